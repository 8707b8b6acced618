package edm

import "testing"

func TestABodyThatRepeatsWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says, has string
		want      bool
	}{
		{`null`, `null`, true},
		{`"a"`, `"a"`, true},
		{`"a"`, `"A"`, false},
		{`"a"`, `null`, false},
		{`null`, `"a"`, false},
		{`true`, `false`, false},
		{`7`, `7`, true},
		{`"2026-11-29T12:56:19Z"`, `"2026-11-29T12:56:19.0000000Z"`, true},
		{`"2026-11-29T12:56:19Z"`, `"2026-11-29T12:56:19.0000001Z"`, false},
		{`"62E90394-69F5-4237-9190-012177145E10"`, `"62e90394-69f5-4237-9190-012177145e10"`, true},
		{`[]`, `[]`, true},
		{`["a"]`, `[]`, false},
		{`[]`, `["a"]`, false},
		{`["a","b"]`, `["b","a"]`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, true},
		{`{"a":1,"b":2}`, `{"a":1}`, false},
		{`{"@odata.type":"x"}`, `{"a":1}`, true},
		{`[{"a":null}]`, `[{"a":"x"}]`, false},
	} {
		says, err := ParseJSON([]byte(row.says))
		if err != nil {
			t.Fatal(err)
		}
		has, err := ParseJSON([]byte(row.has))
		if err != nil {
			t.Fatal(err)
		}
		if got := says.repeats(has); got != row.want {
			t.Errorf("%s repeats %s: %v, want %v", row.says, row.has, got, row.want)
		}
	}
}

func TestAnUpdateAheadOfItsObjectLeavesWhatIsReadOnlyToBeJudged(t *testing.T) {
	t.Parallel()
	v, err := ParseJSON([]byte(`{"name":"a","colour":"red"}`)) // a name is given on create only
	if err != nil {
		t.Fatal(err)
	}
	var scratch thing
	given, err := thingEntity.Apply(&scratch, v, OnUpdate|Ahead)
	if err != nil || len(given) != 1 || given[0] != "colour" {
		t.Errorf("ahead: %v, %v; want colour alone", given, err)
	}
	if _, err := thingEntity.Apply(&thing{Name: "a"}, v, OnUpdate); err != nil {
		t.Errorf("the same name is refused: %v", err)
	}
	if _, err := thingEntity.Apply(&thing{Name: "b"}, v, OnUpdate); err == nil {
		t.Error("another name is taken")
	}
	secret, err := ParseJSON([]byte(`{"secret":""}`)) // never shown, so nothing can be compared with it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := thingEntity.Apply(&thing{}, secret, OnUpdate); err == nil {
		t.Error("a property that is never shown is taken as repeated")
	}
}
