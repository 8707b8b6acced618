package edm

import "testing"

// What a client sends of properties that it knows and has no value for asks for nothing.
func TestWhatSaysNothingIsBlank(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`null`: true, `[]`: true, `{}`: true, `{"a":null,"b":{"c":null,"d":[]}}`: true, `{"@odata.type":"#x"}`: true,
		`""`: false, `false`: false, `0`: false, `[null]`: false, `{"a":null,"b":""}`: false,
	} {
		v, err := ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := v.blank(); got != want {
			t.Errorf("blank(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestWithoutTakesOnlyNamedMembersThatSayNothing(t *testing.T) {
	t.Parallel()
	v, err := ParseJSON([]byte(`{"createdBy":null,"id":"x","action":null}`))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, m := range v.Without([]string{"createdBy", "id"}).Members {
		left = append(left, m.Name)
	}
	if len(left) != 2 || left[0] != "id" || left[1] != "action" || len(v.Members) != 3 {
		t.Errorf("left %v of %d", left, len(v.Members))
	}
}
