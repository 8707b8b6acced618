package matrix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ephor/test/harness"
)

// A sample is a published request with its answer.
type sample struct {
	Request struct {
		Method, Path string
		Body         json.RawMessage
	}
	Response struct {
		Status int
		Body   any
	}
	Notes string
}

// A golden is how a sample is asked for here.
type golden struct {
	status         int // where the sample prints none
	as, path, body string
	keep           string // names the answer's id
	head           map[string]string
	// lacks are members of the sample that no answer has, by path, with why: the sample was
	// cut, edited or is of another version, as its notes say, or the member is not served.
	lacks map[string]string
}

func load(t *testing.T, name string) *sample {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "examples", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	s := new(sample)
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(name, err)
	}
	return s
}

// missing are the members of the sample that the answer lacks or has as another type.
// Null fits every type: a sample shows what is set there, we what is set here.
func missing(path string, sample, answer any) (all []string) {
	switch s := sample.(type) {
	case nil:
		return nil
	case map[string]any:
		a, ok := answer.(map[string]any)
		if !ok {
			if answer == nil {
				return nil
			}
			return []string{fmt.Sprintf("%s is %T, want an object", path, answer)}
		}
		for name := range sorted(s) {
			v, ok := a[name]
			if !ok {
				all = append(all, path+"/"+name)
				continue
			}
			all = append(all, missing(path+"/"+name, s[name], v)...)
		}
		return all
	case []any:
		a, ok := answer.([]any)
		switch {
		case !ok && answer != nil:
			return []string{fmt.Sprintf("%s is %T, want a list", path, answer)}
		case len(s) == 0 || len(a) == 0:
			return nil
		}
		return missing(path+"[]", s[0], a[0])
	}
	if answer != nil && fmt.Sprintf("%T", sample) != fmt.Sprintf("%T", answer) {
		return []string{fmt.Sprintf("%s is %T, want %T", path, answer, sample)}
	}
	return nil
}

// hasRows reports that an answer shows a row where the sample does.
func hasRows(sample, answer any) bool {
	rows := func(v any) int {
		m, _ := v.(map[string]any)
		list, ok := m["value"].([]any)
		if !ok {
			return -1
		}
		return len(list)
	}
	return rows(sample) <= 0 || rows(answer) > 0
}

func TestAnswersHaveTheMembersOfTheSamples(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.prepareGoldens()
	files, err := filepath.Glob("testdata/examples/*.json")
	if err != nil || len(files) != 210 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		g, ok := goldens[name]
		switch why := notServed[name]; {
		case ok == (why != ""):
			t.Errorf("the sample %s must be asked for, or said why not, and not both", name)
		case ok:
			w.checkGolden(t, name, g)
		}
	}
	for name := range goldens {
		if !slices.Contains(files, filepath.Join("testdata", "examples", name+".json")) {
			t.Errorf("there is no sample %s", name)
		}
	}
}

func (w *world) checkGolden(t *testing.T, name string, g golden) {
	t.Helper()
	s := load(t, name)
	body := g.body
	if body == "" && len(s.Request.Body) > 0 && string(s.Request.Body) != "null" && s.Request.Method != http.MethodGet {
		body = string(s.Request.Body)
	}
	caller := w.ga
	if g.as != "" {
		caller = w.As(g.as)
	}
	for header, value := range g.head {
		caller = caller.With(header, value)
	}
	self := g.as
	if self == "" {
		self = ga
	}
	a := caller.Do(s.Request.Method, w.fill(g.path, self, "plain"), w.fill(body, self, "plain"))
	// Creations are 201 always (behaviour.md 2.3).
	want := s.Response.Status
	switch { // of some requests the answer, or its status, is not printed
	case g.status != 0:
		want = g.status
	case want == 0:
		want = http.StatusOK
	}
	if want == http.StatusOK && s.Request.Method == http.MethodPost && a.Status == http.StatusCreated {
		want = http.StatusCreated
	}
	if a.Status != want {
		t.Errorf("%s: %d %s, want %d", name, a.Status, a.Text, want)
		return
	}
	if s.Response.Body == nil {
		if a.Text != "" && s.Response.Status != 0 {
			t.Errorf("%s: a body where the sample has none: %s", name, a.Text)
		}
		return
	}
	var answer any
	if err := json.Unmarshal([]byte(a.Text), &answer); err != nil {
		t.Errorf("%s: %v: %s", name, err, a.Text)
		return
	}
	if g.keep != "" {
		w.text[g.keep] = a.Str("id")
	}
	if !hasRows(s.Response.Body, answer) {
		t.Errorf("%s: the answer has no row: %s", name, a.Text)
	}
	if want, got := contextOf(s.Response.Body), contextOf(answer); want != "" && (want == got) == (otherContexts[name] != "") {
		t.Errorf("%s: @odata.context is %s, the sample has %s: %s", name, got, want, otherContexts[name])
	}
	lacking := map[string]bool{}
	for _, m := range missing("", s.Response.Body, answer) {
		lacking[m] = true
		if _, known := g.lacks[m]; !known {
			t.Errorf("%s: the answer lacks %s", name, m)
		}
	}
	for m := range g.lacks {
		if !lacking[m] {
			t.Errorf("%s: the answer has %s, said to be lacking", name, m)
		}
	}
}

// contextOf is what an answer says that it is: what stands behind $metadata, without the ids
// of one tenant.
func contextOf(answer any) string {
	m, _ := answer.(map[string]any)
	c, _ := m["@odata.context"].(string)
	_, c, _ = strings.Cut(c, "$metadata")
	return someID.ReplaceAllString(c, "{id}")
}

var someID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// prepareGoldens makes what the samples are about.
func (w *world) prepareGoldens() {
	w.ga.Want(201, "POST", groupPIM+"eligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{eligible}", "groupId": "{open}", "accessId": "owner", `+anHour[:len(anHour)-len(`"PT1H"}}`)]+`"P9D"}}, `+because+`}`)
	w.first("eligibilitySchedules.owner", groupPIM+"eligibilitySchedules?$filter=groupId eq '{open}' and principalId eq '{eligible}'")
	w.ga.Want(204, "PATCH", "/users/{plain}", `{"givenName": "Plain", "businessPhones": ["1"], "mobilePhone": "1", "officeLocation": "1", "jobTitle": "x", "preferredLanguage": "en-US", "surname": "y", "mail": "plain@house.example"}`)
	w.ga.Want(201, "POST", rm+"roleEligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{eligible}", `+assigns+`, `+forever+`, `+because+`, "ticketInfo": {"ticketNumber": "1", "ticketSystem": "x"}}`)
	w.ga.Want(201, "POST", rm+"roleEligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{booked}", "roleDefinitionId": "`+harness.Role("Reports Reader").String()+`", "directoryScopeId": "/", `+forever+`, `+because+`}`)
	w.ga.Want(204, "POST", "/groups/{open}/members/$ref", `{"@odata.id": "`+objects+`{eligible}"}`)
	w.Name("spareunit", w.ga.Want(201, "POST", au, `{"displayName": "spare"}`).Str("id"))
	w.Name("sparerole", w.ga.Want(201, "POST", rm+"roleDefinitions", `{"displayName": "spare", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}]}`).Str("id"))
	w.ga.Want(204, "DELETE", "/directoryRoles(roleTemplateId='"+w.text["attributes"]+"')/members/{"+nameOf("r.", unactivated)+"}/$ref", "")
	w.Name("above", w.ga.Want(201, "POST", "/groups", `{"displayName": "above", "mailNickname": "above", "mailEnabled": false, "securityEnabled": true, "members@odata.bind": ["`+objects+`{open}", "`+objects+`{plain}"]}`).Str("id"))
}
