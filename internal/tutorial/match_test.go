package tutorial

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	someID    = "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2"
	anotherID = "e77cbb23-0ff2-4e18-819c-690f58269752"
)

// told are differences as a person reads them.
func told(list []Difference) string {
	var lines []string
	for _, d := range list {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

func TestAnAnswerIsComparedAsAWhole(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ want, got, told string }{
		"the same":          {`{"a": 1, "b": [true, null, "x"]}`, `{"b": [true, null, "x"], "a": 1}`, ""},
		"missing":           {`{"a": 1, "b": 2}`, `{"a": 1}`, "$.b is missing, want 2"},
		"extra":             {`{"a": 1}`, `{"a": 1, "b": 2}`, "$.b is extra, got 2"},
		"different":         {`{"a": {"b": "x"}}`, `{"a": {"b": "y"}}`, `$.a.b is different, want "x", got "y"`},
		"letter case":       {`"Granted"`, `"granted"`, `$ is different, want "Granted", got "granted"`},
		"number as text":    {`{"a": 1}`, `{"a": "1"}`, `$.a is different, want 1, got "1"`},
		"null as missing":   {`{"a": null}`, `{}`, "$.a is missing, want null"},
		"null as false":     {`{"a": null}`, `{"a": false}`, "$.a is different, want null, got false"},
		"object as array":   {`{"a": {}}`, `{"a": []}`, "$.a is different, want an object, got []"},
		"array as object":   {`{"a": []}`, `{"a": {}}`, "$.a is different, want an array, got {}"},
		"order":             {`[1, 2]`, `[2, 1]`, "$[0] is different, want 1, got 2\n$[1] is different, want 2, got 1"},
		"too many":          {`[1]`, `[1, 2]`, "$[1] is extra, got 2"},
		"too few":           {`[1, 2]`, `[1]`, "$[1] is missing, want 2"},
		"a member twice":    {`{"a": 1}`, `{"a": 1, "a": 1}`, `$ is different, want JSON, got {"a": 1, "a": 1} (the member "a" is there twice)`},
		"text behind":       {`{}`, `{} {}`, "$ is different, want JSON, got {} {} (there is text after the JSON value)"},
		"no JSON":           {`{}`, `<html>`, "$ is different, want JSON, got <html> (invalid character '<' looking for beginning of value)"},
		"nothing":           {`{"a": 1}`, ``, `$ is missing, want {"a":1}`},
		"something":         {``, `{"a": 1}`, `$ is extra, got {"a": 1}`},
		"optional, there":   {`{"a?": 1}`, `{"a": 1}`, ""},
		"optional, left":    {`{"a?": 1}`, `{}`, ""},
		"optional, wrong":   {`{"a?": 1}`, `{"a": 2}`, "$.a is different, want 1, got 2"},
		"set":               {`{"${set}": [1, 2]}`, `[2, 1]`, ""},
		"set, one too many": {`{"${set}": [1]}`, `[2, 1]`, "$[0] is extra, got 2"},
		"set, one missing":  {`{"${set}": [1, 2]}`, `[2]`, "$[*] is missing, want 1\n$[0] is different, want 1, got 2"},
		"set, one twice":    {`{"${set}": [1, 1]}`, `[1]`, "$[*] is missing, want 1"},
		"set, near":         {`{"${set}": [{"a": 1, "b": 2}]}`, `[{"a": 1, "b": 3}]`, "$[*] is missing, want {\"a\":1,\"b\":2}\n$[0].b is different, want 2, got 3\n$[0] is extra, got {\"a\":1,\"b\":3}"},
		"set, no array":     {`{"${set}": []}`, `null`, "$ is different, want an array, got null"},
		"among":             {`{"${among}": [1]}`, `[2, 1]`, ""},
		"among, missing":    {`{"${among}": [3]}`, `[2, 1]`, "$[*] is missing, want 3\n$[0] is different, want 3, got 2"},
		"either":            {`{"${either}": [1, 2]}`, `2`, ""},
		"either, neither":   {`{"${either}": [1, 2]}`, `3`, "$ is different, want 1, got 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(row.told, told(scope{}.compare(row.want, []byte(row.got)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAHoleAdmitsItsKindAlone(t *testing.T) {
	t.Parallel()
	known := scope{"id": someID, "other": anotherID, "at": "2021-09-03T20:45:28.3848182Z", requestID: anotherID, "root": "https://localhost/v1.0"}
	for _, row := range []struct {
		hole, got string // JSON
		admitted  bool
	}{
		{`"${guid}"`, `"` + someID + `"`, true},
		{`"${guid}"`, `"` + strings.ToUpper(someID) + `"`, false},
		{`"${guid}"`, `"00000000-0000-0000-0000-000000000000"`, false},
		{`"${guid}"`, `"7146daa8"`, false},
		{`"${guid}"`, `null`, false},
		{`"${time}"`, `"2021-09-03T20:45:28.3848182Z"`, true},
		{`"${time}"`, `"2021-09-03T20:45:28Z"`, true},
		{`"${time}"`, `"2021-09-03T20:45:28.000Z"`, false},
		{`"${time}"`, `"2021-09-03T22:45:28+02:00"`, false},
		{`"${time}"`, `1630701928`, false},
		{`"${time>=at}"`, `"2021-09-03T20:45:28.3848182Z"`, true},
		{`"${time>=at}"`, `"2021-09-03T20:45:28.3848183Z"`, true},
		{`"${time>=at}"`, `"2021-09-03T20:45:28.3848181Z"`, false},
		{`"${time>=never}"`, `"2021-09-03T20:45:28.3848182Z"`, false},
		{`"${date}"`, `"2021-09-03T20:45:28"`, true},
		{`"${date}"`, `"2021-09-03T20:45:28Z"`, false},
		{`"${date}"`, `"2021-13-03T20:45:28"`, false},
		{`"${text}"`, `"x"`, true},
		{`"${text}"`, `""`, false},
		{`"${text}"`, `null`, false},
		{`"${any}"`, `null`, true},
		{`"${any}"`, `[1]`, true},
		{`"${request}"`, `"` + anotherID + `"`, true},
		{`"${request}"`, `"` + someID + `"`, false},
		{`"${id}"`, `"` + someID + `"`, true},
		{`"${id}"`, `"` + anotherID + `"`, false},
		{`"${unknown}"`, `"${unknown}"`, false},
		{`"${root}/$metadata#users/$entity"`, `"https://localhost/v1.0/$metadata#users/$entity"`, true},
		{`"${root}/$metadata#users/$entity"`, `"https://localhost/beta/$metadata#users/$entity"`, false},
		{`"${at+PT5H}"`, `"2021-09-04T01:45:28.3848182Z"`, true},
		{`"${at+PT5H-tick}"`, `"2021-09-04T01:45:28.3848181Z"`, true},
		{`"${at+PT5H}"`, `"2021-09-04T01:45:28.3848181Z"`, false},
		{`"${id+PT5H}"`, `"` + someID + `"`, false},
		{`"${sid other}"`, `"S-1-12-1-3883711267-1310199794-258579585-1385637464"`, true},
		{`"${sid other}"`, `"S-1-12-1-3883711267-1310199794-258579585-1385637465"`, false},
		{`"${sid nobody}"`, `"S-1-12-1-3883711267-1310199794-258579585-1385637464"`, false},
	} {
		list := known.copied().compare(row.hole, []byte(row.got))
		if admitted := len(list) == 0; admitted != row.admitted {
			t.Errorf("%s admits %s: %v (%s)", row.hole, row.got, admitted, told(list))
		}
	}
}

func TestWhatAHoleNamesHoldsForTheRestOfTheAnswer(t *testing.T) {
	t.Parallel()
	const want = `{"copy": "${made}", "id": "${guid:made}", "inner": [{"again": "${made}"}]}`
	answer := func(id, copied, again string) []byte {
		return []byte(`{"copy": "` + copied + `", "id": "` + id + `", "inner": [{"again": "` + again + `"}]}`)
	}
	known := scope{}
	if list := known.compare(want, answer(someID, someID, someID)); len(list) > 0 || known["made"] != someID {
		t.Errorf("%s; made is %q", told(list), known["made"])
	}
	for _, body := range [][]byte{answer(someID, anotherID, someID), answer(someID, someID, anotherID), answer(anotherID, someID, someID)} {
		if list := (scope{}).compare(want, body); len(list) == 0 {
			t.Errorf("%s: no difference", body)
		}
	}
}

// A sample is a template and an answer that it admits.
type sample struct{ want, got any }

func samples(depth int) *rapid.Generator[sample] {
	return rapid.Custom(func(t *rapid.T) sample {
		kinds := 5
		if depth > 0 {
			kinds = 8
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return sample{nil, nil}
		case 1:
			b := rapid.Bool().Draw(t, "bool")
			return sample{b, b}
		case 2:
			n := json.Number(rapid.StringMatching(`[1-9][0-9]{0,6}`).Draw(t, "number"))
			return sample{n, n}
		case 3:
			s := rapid.StringMatching(`[a-zA-Z/ ]{0,8}`).Draw(t, "string")
			return sample{s, s}
		case 4:
			return rapid.SampledFrom([]sample{{"${guid}", someID}, {"${id}", anotherID}, {"${time}", "2021-09-03T20:45:28Z"}, {"${date}", "2021-09-03T20:45:28"}}).Draw(t, "hole")
		case 5:
			n := rapid.IntRange(0, 3).Draw(t, "items")
			want, got := make([]any, n), make([]any, n)
			for i := range n {
				s := samples(depth-1).Draw(t, "item")
				want[i], got[i] = s.want, s.got
			}
			return sample{want, got}
		}
		want, got := map[string]any{}, map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			name := rapid.StringMatching(`[a-z@.]{1,4}`).Draw(t, "name")
			s := samples(depth-1).Draw(t, "member")
			want[name], got[name] = s.want, s.got
		}
		return sample{want, got}
	})
}

// spoiled is a copy of v with one place changed, so that no template of it admits it.
func spoiled(t *rapid.T, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := maps.Clone(v)
		names := append(keys(v), "")
		switch name := rapid.SampledFrom(names).Draw(t, "place"); {
		case name == "":
			out["added"] = rapid.SampledFrom([]any{nil, "x", true}).Draw(t, "added")
		case rapid.Bool().Draw(t, "remove"):
			delete(out, name)
		default:
			out[name] = spoiled(t, v[name])
		}
		return out
	case []any:
		if i := rapid.IntRange(0, len(v)).Draw(t, "place"); i < len(v) {
			out := append([]any{}, v...)
			if rapid.Bool().Draw(t, "remove") {
				return append(out[:i], out[i+1:]...)
			}
			out[i] = spoiled(t, v[i])
			return out
		}
		return append(append([]any{}, v...), "added")
	case bool:
		return rapid.SampledFrom([]any{!v, nil, "true"}).Draw(t, "value")
	case json.Number:
		return rapid.SampledFrom([]any{v + "1", v.String(), nil}).Draw(t, "value")
	case string:
		return rapid.SampledFrom([]any{v + "x", nil, false, []any{v}, map[string]any{"v": v}}).Draw(t, "value")
	}
	return rapid.SampledFrom([]any{false, "", "null", []any{}, map[string]any{}}).Draw(t, "value")
}

func TestAnySingleChangeOfAMatchingAnswerIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := samples(3).Draw(t, "sample")
		known := scope{"id": anotherID}
		if list := known.compare(text(s.want), []byte(text(s.got))); len(list) > 0 {
			t.Fatalf("a matching answer differs: %s", told(list))
		}
		bad := spoiled(t, s.got)
		list := known.compare(text(s.want), []byte(text(bad)))
		if len(list) == 0 {
			t.Fatalf("%s admits %s", text(s.want), text(bad))
		}
		for _, d := range list {
			if !strings.HasPrefix(d.Path, "$") {
				t.Fatalf("a difference names no place: %+v", d)
			}
		}
	})
}

func FuzzCompare(f *testing.F) {
	for _, s := range scenario() {
		f.Add(s.want, s.want)
	}
	f.Add(`{"${set}": [{"a?": "${guid:x}"}]}`, `[{"a":"`+someID+`"}]`)
	f.Fuzz(func(t *testing.T, want, got string) {
		known := scope{requestID: someID, "now": "2021-09-03T20:45:28Z"}
		list := known.compare(want, []byte(got))
		for _, d := range list {
			if d.String() == "" || d.Path == "" {
				t.Fatalf("%+v says nothing", d)
			}
		}
	})
}
