package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

const (
	revoke    = "microsoft.directory/users/invalidateAllRefreshTokens"
	readUsers = "microsoft.directory/users/standard/read"
	makeUsers = "microsoft.directory/users/create"
)

func TestDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct {
		name, token, question string
		allowed               bool
		reason                string
	}{
		{"a role allows it", "client", asked("user", bob, revoke, "user", eve), true, "allowed"},
		{"about oneself with any token", "bob/User.Read", asked("user", bob, revoke, "user", eve), true, "allowed"},
		{"in the tenant", "client", asked("user", ada, makeUsers, "tenant", contoso), true, "allowed"},
		{"no role", "client", asked("user", eve, makeUsers, "tenant", contoso), false, "noRoleGrantsAction"},
		{"a service principal about itself", "mute", asked("servicePrincipal", mute, makeUsers, "tenant", contoso), false, "noRoleGrantsAction"},
		{"the target is eligible", "client", asked("user", bob, revoke, "user", gus), false, "targetIsPrivileged"},
		{"a disabled subject", "client", asked("user", out, readUsers, "user", eve), false, "subjectDisabled"},
		{"an unknown subject", "client", asked("user", nobody, revoke, "user", eve), false, "unknownSubject"},
		{"a subject of another type", "client", asked("servicePrincipal", bob, revoke, "user", eve), false, "unknownSubject"},
		{"a subject that cannot act", "client", asked("tenant", contoso, revoke, "user", eve), false, "unknownSubject"},
		{"a subject of no type", "client", asked("robot", bob, revoke, "user", eve), false, "unknownSubject"},
		{"a subject by name", "client", asked("user", "bob@contoso.com", revoke, "user", eve), false, "unknownSubject"},
		{"an unknown action", "client", asked("user", bob, "microsoft.directory/users/sing", "user", eve), false, "unknownAction"},
		{"an unknown object", "client", asked("user", bob, revoke, "user", nobody), false, "unknownResource"},
		{"an object of another type", "client", asked("user", bob, revoke, "group", eve), false, "unknownResource"},
		{"an object of no type", "client", asked("user", bob, revoke, "planet", eve), false, "unknownResource"},
		{"an object without an id", "client", asked("user", bob, revoke, "user", "eve"), false, "unknownResource"},
		{"another tenant", "client", asked("user", ada, makeUsers, "tenant", nobody), false, "unknownResource"},
		{"the tenant by no id", "client", asked("user", ada, makeUsers, "tenant", guid.ID{}), false, "unknownResource"},
	} {
		got := w.ask(row.token, row.question)
		if got.Decision != row.allowed || got.Context.Code != row.reason || got.Context.Text == "" {
			t.Errorf("%s: %+v, want %v %s", row.name, got, row.allowed, row.reason)
		}
	}
}

// Who may not ask about others is refused in the same words whether there is such a subject
// or not, and the refusal is on record.
func TestOnlyThoseWhoReadPrivilegeAskAboutOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.change(func(tx *store.WriteTx) error {
		return tx.PutSchedule(pim.Schedule{
			ID: eve, Kind: pim.Assigned, Principal: eve, Target: pim.Target{Role: reader},
			Window: when.Window{Start: noon, End: noon.Add(time.Hour)}, Created: noon, Modified: when.Never,
		})
	})
	about := func(subject any) string { return asked("user", subject, readUsers, "user", eve) }
	for _, row := range []struct {
		token  string
		status int
	}{
		{"client", 200},
		{"mute", 403},
		{"ada", 200},
		{"ada/User.Read.All", 403},
		{"ada/RoleManagement.Read.Directory", 200},
		{"eve", 200},
		{"bob", 403},
		{"gus", 403},
	} {
		known, unknown := w.post(evaluationPath, row.token, about(out)), w.post(evaluationPath, row.token, about(nobody))
		if known.Code != row.status || unknown.Code != row.status {
			t.Errorf("as %s: %d, and %d for one who is not there; want %d", row.token, known.Code, unknown.Code, row.status)
		}
		if row.status == 403 && known.Body.String() != unknown.Body.String() {
			t.Errorf("as %s the refusal tells who is there: %s, %s", row.token, known.Body, unknown.Body)
		}
	}
	w.clock.Add(int64(time.Hour / 100))
	if rec := w.post(evaluationPath, "eve", about(out)); rec.Code != 403 {
		t.Errorf("a reader whose role has just ended: %d %s", rec.Code, rec.Body)
	}
	for range 10_000 { // a refusal is recorded soon, by somebody else
		f, err := w.tenant.Refusals(t.Context(), when.Never, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(f) > 0 && f[0].Record.Operation == "evaluateAccess" && f[0].Record.Result == "failure" {
			return
		}
	}
	t.Error("the refusal is not on record")
}

// Asking about oneself tells nothing of objects that one may not read, nor of others'
// privilege.
func TestAskingAboutOneselfRevealsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		token  string
		first  any
		second any
		same   bool
	}{
		"without a scope to read users":   {"bob/User.Read", gus, nobody, true},
		"out of reach for its privilege":  {"eve/User.Read", gus, nobody, true},
		"with a scope: who is not there":  {"eve", bob, nobody, false},
		"with a scope: who is privileged": {"bob", gus, ada, true},
	} {
		subject := bob
		if strings.HasPrefix(row.token, "eve") {
			subject = eve
		}
		one := w.post(evaluationPath, row.token, asked("user", subject, revoke, "user", row.first)).Body.String()
		two := w.post(evaluationPath, row.token, asked("user", subject, revoke, "user", row.second)).Body.String()
		if (one == two) != row.same {
			t.Errorf("%s: %s, %s", name, one, two)
		}
		if row.same && !strings.Contains(one, `"outOfReach"`) {
			t.Errorf("%s: %s", name, one)
		}
	}
}

func TestUntilIsTheTickAtWhichTheAnswerChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	later := noon.Add(3 * time.Hour)
	w.change(func(tx *store.WriteTx) error {
		return tx.PutSchedule(pim.Schedule{
			ID: nobody, Kind: pim.Assigned, Principal: bob, Target: pim.Target{Role: helpdesk},
			Window: when.Window{Start: later, End: when.Never}, Created: noon, Modified: when.Never,
		})
	})
	for _, token := range []string{"client", "bob"} {
		w.clock.Store(int64(noon))
		question := asked("user", bob, revoke, "user", eve)
		for i, want := range []bool{true, false, true} {
			got := w.ask(token, question)
			if got.Decision != want {
				t.Fatalf("as %s, %d: %+v", token, i, got)
			}
			if i == 2 {
				if got.Context.Until != nil {
					t.Errorf("what does not end has until %s", *got.Context.Until)
				}
				break
			}
			until, ok := when.Parse(*got.Context.Until)
			if !ok || until != []when.Instant{noon.Add(time.Hour), later}[i] {
				t.Fatalf("until is %s", *got.Context.Until)
			}
			w.clock.Store(int64(until - when.Tick))
			if w.ask(token, question).Decision != want {
				t.Error("the answer changed a tick early")
			}
			w.clock.Store(int64(until))
		}
	}
}

func TestARightTakenAwayIsRefusedAtTheNextDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	question := asked("user", bob, revoke, "user", eve)
	if !w.ask("client", question).Decision {
		t.Fatal("bob holds the role")
	}
	w.change(func(tx *store.WriteTx) error {
		s, _, err := tx.Schedule(bob)
		tx.DeleteSchedule(s)
		return err
	})
	if got := w.ask("client", question); got.Decision || got.Context.Until != nil {
		t.Errorf("after the removal: %+v", got)
	}
}

// several is the answer to a body of evaluations.
func several(t *testing.T, rec *httptest.ResponseRecorder) []ruling {
	t.Helper()
	var out struct {
		Evaluations []ruling `json:"evaluations"`
	}
	if rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	return out.Evaluations
}

// spelt is how rulings came out: y, n, and e for an error.
func spelt(all []ruling) (s string) {
	for _, r := range all {
		switch {
		case r.Context.Error != nil && !r.Decision:
			s += "e"
		case r.Decision:
			s += "y"
		default:
			s += "n"
		}
	}
	return s
}

func TestEvaluations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	user := func(id guid.ID) string { return fmt.Sprintf(`{"type":"user","id":"%s"}`, id) }
	yes := `{"resource":` + user(eve) + `}`
	nay := `{"resource":` + user(gus) + `}`
	defaults := `"subject":` + user(bob) + `,"action":{"name":"` + revoke + `"}`
	for _, row := range []struct{ name, token, body, want string }{
		{"in their order", "client", `{` + defaults + `,"evaluations":[` + yes + `,` + nay + `,` + yes + `]}`, "yny"},
		{"all, said so", "client", `{` + defaults + `,"options":{"evaluations_semantic":"execute_all","x":1},"evaluations":[` + nay + `,` + yes + `]}`, "ny"},
		{"until one is denied", "client", `{` + defaults + `,"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[` + yes + `,` + nay + `,` + yes + `]}`, "yn"},
		{"until one is permitted", "client", `{` + defaults + `,"options":{"evaluations_semantic":"permit_on_first_permit"},"evaluations":[` + nay + `,` + yes + `,` + yes + `]}`, "ny"},
		{"an error denies", "client", `{` + defaults + `,"options":{"evaluations_semantic":"deny_on_first_deny"},"evaluations":[{},` + yes + `]}`, "e"},
		{"an item's own comes first", "client", `{` + defaults + `,"evaluations":[{"subject":` + user(eve) + `,"resource":` + user(bob) + `},` + yes + `]}`, "ny"},
		{"a default resource", "client", `{"resource":` + user(eve) + `,"evaluations":[{` + defaults + `},{"subject":` + user(eve) + `}]}`, "ye"},
		{"one that is no question", "client", `{` + defaults + `,"evaluations":[7,{"resource":{"type":"user"}},{"resource":5},{"resource":null},` + yes + `]}`, "eeeey"},
		{"others among them", "bob", `{` + defaults + `,"evaluations":[` + yes + `,{"subject":` + user(ada) + `,"resource":` + user(eve) + `},` + yes + `]}`, "yey"},
		{"free members", "client", `{` + defaults + `,"context":{"time":"now"},"x":[1],"evaluations":[{"resource":{"type":"user","id":"` + eve.String() + `","properties":{"a":[{}]},"b":2},"context":{"c":null},"y":{}}]}`, "y"},
	} {
		if got := spelt(several(t, w.post(evaluationsPath, row.token, row.body))); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
	for _, list := range []string{``, `,"evaluations":[]`, `,"evaluations":null`} {
		rec := w.post(evaluationsPath, "client", `{`+defaults+`,"resource":`+user(eve)+list+`}`)
		if rec.Code != 200 || !strings.HasPrefix(rec.Body.String(), `{"decision":true,`) {
			t.Errorf("without evaluations %q: %d %s", list, rec.Code, rec.Body)
		}
	}
}

func TestEvaluationsAreAThousandAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := func(n int) string {
		return `{"evaluations":[` + strings.TrimSuffix(strings.Repeat(asked("user", bob, revoke, "user", eve)+",", n), ",") + `]}`
	}
	if got := several(t, w.post(evaluationsPath, "client", body(1000))); spelt(got) != strings.Repeat("y", 1000) {
		t.Errorf("a thousand: %d answers", len(got))
	}
	if rec := w.post(evaluationsPath, "client", body(1001)); rec.Code != 400 {
		t.Errorf("a thousand and one: %d", rec.Code)
	}
}

// All items of a body are decided on one version, whatever is written meanwhile.
func TestEvaluationsAreOfOneVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"evaluations":[` + strings.TrimSuffix(strings.Repeat(asked("user", bob, revoke, "user", eve)+",", 500), ",") + `]}`
	stop := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		s := pim.Schedule{ID: bob, Kind: pim.Assigned, Principal: bob, Target: pim.Target{Role: helpdesk}, Window: when.Window{Start: noon, End: when.Never}, Created: noon, Modified: when.Never}
		for i := 0; ; i++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			err := w.tenant.Write(t.Context(), func(tx *store.WriteTx) error {
				tx.Record(record("flip"))
				if i%2 == 0 {
					tx.DeleteSchedule(s)
					return nil
				}
				return tx.PutSchedule(s)
			})
			if err != nil {
				done <- err
				return
			}
		}
	}()
	for range 50 {
		got := spelt(several(t, w.post(evaluationsPath, "client", body)))
		if strings.Contains(got, "y") && strings.Contains(got, "n") {
			t.Error("one body was decided on two versions")
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoQuestionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := asked("user", bob, revoke, "user", eve)
	with := func(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }
	for _, body := range []string{
		``, ` `, `null`, `7`, `[]`, `"x"`, `{}`, `{`, good + `x`, `{"subject":1}`, "\xff",
		with(`"action":{"name":"`+revoke+`"}`, `"action":null`), with(`"action":{"name":"`+revoke+`"}`, `"action":"x"`),
		with(`"action":{"name":"`+revoke+`"}`, `"action":{"name":1}`), with(`"action":{"name":"`+revoke+`"}`, `"action":{}`),
		with(`{"id":"`+bob.String()+`"`, `{"id":1`), with(`"type":"user"`, `"type":null`), with(`"type":"user"`, `"type":"user","type":"user"`),
		with(`"type":"user"`, `"type":"user","properties":[]`), with(`{"action"`, `{"context":[],"action"`),
		with(`{"action"`, `{"subject":{"type":"user","id":"x"},"action"`),
	} {
		rec := w.post(evaluationPath, "client", body)
		var message string
		if err := json.Unmarshal(rec.Body.Bytes(), &message); rec.Code != 400 || err != nil || message == "" {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	for _, body := range []string{
		`{"evaluations":{}}`, `{"evaluations":7}`, `{"evaluations":[{}],"evaluations":[{}]}`, `{"subject":7,"evaluations":[` + good + `]}`,
		`{"options":7,"evaluations":[` + good + `]}`, `{"options":{"evaluations_semantic":"all"},"evaluations":[` + good + `]}`,
		`{"options":{"evaluations_semantic":7},"evaluations":[` + good + `]}`, `{"evaluations":[]}`,
	} {
		if rec := w.post(evaluationsPath, "client", body); rec.Code != 400 {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
	if rec := w.post(evaluationPath, "client", `{"context":{"x":"`+strings.Repeat("x", MaxBody)+`"}}`); rec.Code != 413 {
		t.Errorf("a large body: %d %s", rec.Code, rec.Body)
	}
}

func TestTheDecisionAPIOverHTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		return rec
	}
	good := asked("user", bob, revoke, "user", eve)
	if rec := send("POST", evaluationPath, good, "Content-Type", "application/json", "X-Request-ID", "r 1"); rec.Code != 401 || rec.Header().Get("WWW-Authenticate") == "" || rec.Header().Get("X-Request-ID") != "r 1" {
		t.Errorf("without a token: %d %v", rec.Code, rec.Header())
	}
	if rec := send("POST", evaluationPath, good, "Content-Type", "application/json", "Authorization", "Bearer thief"); rec.Code != 401 || rec.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("with a bad token: %d %v", rec.Code, rec.Header())
	}
	if rec := send("POST", evaluationPath, good, "Content-Type", "application/json; charset=utf-8", "Authorization", "Bearer client", "X-Request-ID", "r1"); rec.Code != 200 || rec.Header().Get("X-Request-ID") != "r1" || rec.Header().Get("Content-Type") != "application/json" {
		t.Errorf("a question: %d %v", rec.Code, rec.Header())
	}
	if rec := send("POST", evaluationPath, good, "Content-Type", "text/plain", "Authorization", "Bearer client"); rec.Code != 415 {
		t.Errorf("text: %d %s", rec.Code, rec.Body)
	}
	if rec := send("GET", evaluationPath, "", "Authorization", "Bearer client"); rec.Code != 405 || rec.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d %v", rec.Code, rec.Header())
	}
	rec := send("GET", configurationPath, "")
	want := `{"policy_decision_point":"https://ephor.example","access_evaluation_endpoint":"https://ephor.example/access/v1/evaluation","access_evaluations_endpoint":"https://ephor.example/access/v1/evaluations"}`
	if rec.Code != 200 || rec.Body.String() != want {
		t.Errorf("configuration: %d %s", rec.Code, rec.Body)
	}
}

// A decision on a group's members needs what guards the group, whose reason only a reader
// of privilege learns.
func TestOwnersOfGuardedGroupsLearnOnlyThatItIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := guid.Must("c0000000-0000-4000-8000-0000000000aa")
	w.change(func(tx *store.WriteTx) error {
		g := directory.Group{Object: directory.Object{ID: group, Kind: directory.KindGroup, DisplayName: "g", Created: noon, Deleted: when.Never}, RoleAssignable: true, SecurityEnabled: true, MailNickname: "g", Visibility: "Private"}
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		return tx.PutSchedule(pim.Schedule{ID: group, Kind: pim.Eligible, Principal: group, Target: pim.Target{Role: roledata.GlobalAdministrator}, Window: when.Window{Start: noon, End: when.Never}, Created: noon, Modified: when.Never})
	})
	question := asked("user", eve, "microsoft.directory/groups/members/update", "group", group)
	if got := w.ask("client", question); got.Context.Code != "groupIsGuarded" {
		t.Errorf("who reads privilege: %+v", got)
	}
	if got := w.ask("eve", question); got.Context.Code != "outOfReach" || got.Context.Until != nil {
		t.Errorf("who does not: %+v", got)
	}
}
