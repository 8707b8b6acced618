package tutorial

import (
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

func TestDerivedIdsAreThoseOfThePublishedExamples(t *testing.T) {
	t.Parallel()
	role, principal := guid.Must("62e90394-69f5-4237-9190-012177145e10"), guid.Must("6be4b305-b75e-4efc-bfcc-31bd3b53a5f8")
	if got := tupleID(role, principal) + "-1"; got != "lAPpYvVpN0KRkAEhdxReEAWz5Gtet_xOv8wxvTtTpfg-1" {
		t.Errorf("role assignment id %s", got)
	}
	if got := securityIdentifier(guid.Must(anotherID)); got != "S-1-12-1-3883711267-1310199794-258579585-1385637464" {
		t.Errorf("security identifier %s", got)
	}
}

// printed holds the requests and answers of the two documents, as they print them.
//
//go:embed testdata/*.json
var printed embed.FS

type page struct {
	Request json.RawMessage `json:"request"`
	Path    string          `json:"path"`
	Answer  json.RawMessage `json:"answer"`
}

func readPage(t *testing.T, name string) page {
	t.Helper()
	b, err := printed.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p page
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func find(t *testing.T, name string) step {
	t.Helper()
	i := slices.IndexFunc(scenario(), func(s step) bool { return s.name == name })
	if i < 0 {
		t.Fatalf("the scenario has no step %q", name)
	}
	return scenario()[i]
}

// The ids and instants that the pages print.
var onPage = scope{
	"root": "https://graph.microsoft.com/v1.0", "admin": "1ed8ac56-4827-4733-8f80-86adc2e67db5",
	"aline": someID, "group": anotherID, "eligibility": "64a8bd54-4591-4f6a-9c77-3e9cb1fdd29b",
	"page": "50877283-9d40-433c-bab8-7986dc10458a",
}

var pages = []struct {
	step, file, now string
	short           bool // the page says that its answer is shortened, and it is
}{
	{"create Aline", "tutorial-user", "2021-09-03T20:45:28.3848182Z", true},
	{"create the group", "tutorial-group", "2021-09-03T20:45:28.3848182Z", true},
	{"assign eligibility to the group", "tutorial-eligibility", "2021-09-03T20:45:28.3848182Z", true},
	{"list Aline's role assignments", "tutorial-assignments", "2021-09-03T20:45:28.3848182Z", false},
	{"activate for tomorrow, with a ticket", "tutorial-activation", "2021-09-03T21:10:49.6670479Z", true},
	{"remove the group's eligibility", "tutorial-removal", "2021-09-05T09:20:00Z", true},
	{"an administrator assigns eligibility", "reference-assign", "2022-04-12T09:05:39.7594064Z", false},
	{"an administrator removes it", "reference-remove", "2022-04-12T09:12:15.6859992Z", false},
}

func TestRequestsAreThePages(t *testing.T) {
	t.Parallel()
	for _, row := range pages {
		p, s := readPage(t, row.file), find(t, row.step)
		path, err := onPage.expand(s.path)
		if err != nil || path != p.Path {
			t.Errorf("%s: path %s, the page has %s (%v)", row.step, path, p.Path, err)
		}
		if s.body == "" {
			continue
		}
		body, err := onPage.expand(s.body)
		if err != nil {
			t.Errorf("%s: %v", row.step, err)
		}
		if list := (scope{}).compare(string(p.Request), []byte(body)); len(list) > 0 {
			t.Errorf("%s: the body is not the page's:\n%s", row.step, told(list))
		}
	}
}

func TestAnswersWantedAreThePages(t *testing.T) {
	t.Parallel()
	for _, row := range pages {
		known := maps.Clone(onPage)
		known["now"] = row.now
		for _, d := range known.compare(find(t, row.step).want, readPage(t, row.file).Answer) {
			left := d.Problem == missing && row.short
			odata := d.Path == "$.@odata.id" && d.Problem == extra // behaviour.md §2, 10: under odata.metadata=full only
			if !left && !odata {
				t.Errorf("%s: the page's own answer would be refused: %s", row.step, d)
			}
		}
	}
}

func TestEveryStepIsComplete(t *testing.T) {
	t.Parallel()
	chapters := 0
	for i, s := range scenario() {
		if s.chapter != "" {
			chapters++
		}
		if _, known := callers[s.as]; !known && s.as != nobody {
			t.Errorf("step %d, %s: nobody is called %q", i+1, s.name, s.as)
		}
		if s.name == "" || s.proves == "" || s.method == "" || s.status < 200 || !strings.HasPrefix(s.path, "/v1.0/") && !besideGraph(s.path) {
			t.Errorf("step %d is incomplete: %+v", i+1, s)
		}
		if (s.want == "") != (s.status == 204) {
			t.Errorf("step %d, %s: status %d and body %q", i+1, s.name, s.status, s.want)
		}
		for what, body := range map[string]string{"body": s.body, "template": s.want} {
			if _, err := decode([]byte(body)); body != "" && err != nil {
				t.Errorf("step %d, %s: %s: %v\n%s", i+1, s.name, what, err, body)
			}
		}
	}
	if scenario()[0].chapter == "" || scenario()[0].at == "" || chapters < 10 {
		t.Errorf("%d chapters; the first step must open one and set the clock", chapters)
	}
}

func TestEveryReferenceIsGivenBefore(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"root": true, "admin": true, "now": true}
	for name := range roles {
		known[name] = true
	}
	for i, s := range scenario() {
		uses := func(where, in string, own map[string]bool) {
			for _, m := range reference.FindAllStringSubmatch(in, -1) {
				for _, name := range needed(m[1]) {
					if !known[name] && !own[name] {
						t.Errorf("step %d, %s: the %s needs ${%s}, which no step before gives", i+1, s.name, where, name)
					}
				}
			}
		}
		uses("instant", s.at, nil)
		uses("path", s.path, nil)
		uses("body", s.body, nil)
		given := gifts(s.want)
		uses("template", s.want, given)
		maps.Copy(known, given)
		known[s.keep] = true
	}
}

// needed are the names that a hole compares with.
func needed(hole string) []string {
	if m := derived.FindStringSubmatch(hole); m != nil {
		return slices.DeleteFunc([]string{m[2], m[3]}, func(s string) bool { return s == "" })
	}
	if m := pattern.FindStringSubmatch(hole); m != nil {
		return slices.DeleteFunc([]string{m[2]}, func(s string) bool { return s == "" })
	}
	if slices.Contains([]string{"set", "among", "either"}, hole) {
		return nil
	}
	if m := moved.FindStringSubmatch(hole); m != nil {
		return []string{m[1]}
	}
	return []string{hole}
}

// gifts are the names that a template's holes give.
func gifts(template string) map[string]bool {
	names := map[string]bool{}
	for _, m := range reference.FindAllStringSubmatch(template, -1) {
		if p := pattern.FindStringSubmatch(m[1]); p != nil && p[3] != "" {
			names[p[3]] = true
		}
	}
	return names
}

func TestTheClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	// Instants that refer to a start are written as they come out in an unshifted run.
	known := scope{"started": "2021-09-03T21:15:00Z"}
	last := when.Instant(0)
	for i, s := range scenario() {
		if s.at == "" {
			continue
		}
		text, err := known.expand(s.at)
		at, ok := when.Parse(text)
		if err != nil || !ok || at < last {
			t.Errorf("step %d, %s: the clock shows %q behind %s (%v)", i+1, s.name, text, last, err)
		}
		last = at
	}
}

func TestAShiftMovesEveryDateByOneConstant(t *testing.T) {
	t.Parallel()
	today := when.Of(time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC))
	days := daysUntil(today)
	if days != 1905 {
		t.Fatalf("from 2021-09-03 to 2026-11-21 are %d days", days)
	}
	if got := shift(`"at": "2021-09-04T15:13:00.000Z", "name": "CONTOSO:2021-09-04"`, days); got != `"at": "2026-11-22T15:13:00.000Z", "name": "CONTOSO:2021-09-04"` {
		t.Error(got)
	}
	for _, s := range scenario() {
		moved := s.shifted(days)
		for _, year := range []string{"2021-", "2022-", "2024-"} {
			for _, text := range []string{moved.at, moved.path, moved.body, moved.want} {
				if strings.Contains(text, year) {
					t.Errorf("%s: a date stays behind: %s", s.name, text)
				}
			}
		}
		if back := moved.shifted(-days); back != s {
			t.Errorf("%s: shifted there and back it is another", s.name)
		}
	}
	if s := scenario()[0]; s.shifted(0) != s {
		t.Error("a shift by nothing changes something")
	}
}
