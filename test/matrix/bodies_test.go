package matrix

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/graph"
)

// malformed are bodies that no operation takes.
var malformed = []string{
	``, `{`, `null`, `[]`, `"text"`, `1`, `{"a": 1, "a": 2}`, `{"nonsense": 1}`, `{} {}`, `{"\u0000": "\ud800"}`, "{\"a\": \"\xff\"}",
	strings.Repeat(`{"a": `, 500) + `1` + strings.Repeat(`}`, 500), strings.Repeat(`[`, 5000), `{"a": 1e999999}`, `{"id": {"id": {"id": null}}}`,
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, before := w.face(graph.Operations()), w.Version()
	for _, c := range w.walk(t) {
		if c.Decode == nil {
			continue
		}
		for _, body := range malformed {
			if a := f.send(c, sending{body: body}); a.Code != 400 {
				t.Errorf("%s with %.40q: %d %s, want 400", c.Name, body, a.Code, a.Body)
			}
		}
	}
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v", before, after)
	}
}

// anyJSON is some value, shallow.
func anyJSON(depth int) *rapid.Generator[any] {
	plain := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Float64Range(-1e300, 1e300).AsAny(), rapid.String().AsAny(),
		rapid.SampledFrom([]string{"", " ", "/", "PT0S", "P1Y", "-PT1H", "0001-01-01T00:00:00Z", "2999-12-31T23:59:59.9999999Z", "00000000-0000-0000-0000-000000000000", "AdminAssign", "\u202e", strings.Repeat("x", 5000)}).AsAny(),
	}
	if depth > 0 {
		plain = append(plain,
			rapid.SliceOfN(anyJSON(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.StringMatching(`[a-zA-Z@.]{0,12}`), anyJSON(depth-1), 0, 4).AsAny(),
		)
	}
	return rapid.OneOf(plain...)
}

// spoilt is an example's body with some members changed, dropped or added, at any depth.
func spoilt(rt *rapid.T, body string) string {
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		rt.Fatalf("the example is no object: %v: %s", err, body)
	}
	for range rapid.IntRange(1, 3).Draw(rt, "changes") {
		at := v
		for name := range sorted(at) {
			if inner, ok := at[name].(map[string]any); ok && rapid.Bool().Draw(rt, "inside "+name) {
				at = inner
				break
			}
		}
		names := slices.Collect(sorted(at))
		switch what := rapid.IntRange(0, 3).Draw(rt, "what"); {
		case what == 0 && len(names) > 0:
			delete(at, rapid.SampledFrom(names).Draw(rt, "dropped"))
		case what == 1:
			at[rapid.StringMatching(`[a-zA-Z@.]{1,12}`).Draw(rt, "added")] = anyJSON(2).Draw(rt, "value")
		case len(names) > 0:
			at[rapid.SampledFrom(names).Draw(rt, "changed")] = anyJSON(2).Draw(rt, "value")
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		rt.Fatal(err)
	}
	return string(b)
}

func sorted(m map[string]any) func(yield func(string) bool) {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Values(names)
}

// Whatever a body says, the answer is a refusal that says why or the thing done; never a
// failure of the server. Writes are undone, so that all start from the same tenant.
func TestNoBodyFailsTheServer(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, before := w.face(graph.Operations()), w.Version()
	calls := slices.DeleteFunc(w.walk(t), func(c call) bool {
		// A guess at a password is counted, and so changes something.
		return c.Decode == nil || strings.HasSuffix(c.Name, "ByAppId") || c.Name == "changeMyPassword"
	})
	if len(calls) < 15 {
		t.Fatalf("only %d operations take a body", len(calls))
	}
	rapid.Check(t, func(rt *rapid.T) {
		for _, c := range calls {
			body := spoilt(rt, f.fill(c.x.body, ga, c.t.name))
			if a := f.send(c, sending{body: body}); a.Code >= 500 && a.Code != undone || a.Code < 400 && c.Writes {
				rt.Fatalf("%s with %s: %d %s", c.Name, body, a.Code, a.Body)
			}
		}
	})
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v", before, after)
	}
}
