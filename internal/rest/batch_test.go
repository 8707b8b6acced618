package rest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/graph"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

// face is the Graph face over a world, with more operations than Graph's if given.
func (w *world) face(more ...*op.Operation) *Graph {
	return New(Config{
		Gate: &op.Gate{Env: w.Env, Log: slog.New(slog.DiscardHandler)}, Operations: append(graph.Operations(), more...),
		Authenticate: w.authenticate, Env: w.Env, Log: slog.New(slog.DiscardHandler), PublicURL: "https://ephor.example",
		Address: func(*http.Request) string { return "192.0.2.1" },
	})
}

// A part of a batch's answer as clients read it.
type piece struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

func (p piece) code() string {
	var e struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(p.Body, &e)
	return e.Error.Code
}

// send posts a batch.
func send(g *Graph, path, token, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	g.ServeHTTP(rec, r)
	return rec
}

// pieces are the answers to a batch of items, by id, and the ids in their order.
func pieces(t *testing.T, rec *httptest.ResponseRecorder) (by map[string]piece, order string) {
	t.Helper()
	var out struct {
		Responses []piece `json:"responses"`
	}
	if rec.Code != 200 {
		t.Fatalf("the batch: %d %s", rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	by = map[string]piece{}
	for _, p := range out.Responses {
		by[p.ID] = p
		order += p.ID
	}
	return by, order
}

func batchOf(items ...string) string { return `{"requests":[` + strings.Join(items, ",") + `]}` }

// newUser is an item that makes a user.
func newUser(id, name, rest string) string {
	return fmt.Sprintf(`{"id":"%s","method":"POST","url":"/users","headers":{"Content-Type":"application/json"},"body":{"accountEnabled":true,"displayName":"%s","mailNickname":"%s","userPrincipalName":"%s@contoso.com","passwordProfile":{"password":"Long enough, 4711!"}}%s}`,
		id, name, name, name, rest)
}

func TestABatchRunsItsItemsInOrderUnderTheOuterToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.face()
	rec := send(g, "/v1.0/$batch", "ada", batchOf(
		`{"id":"a","method":"GET","url":"/users/dan@contoso.com?$select=displayName","dependsOn":["c"]}`,
		`{"id":"b","method":"GET","url":"me?$select=id"}`,
		newUser("c", "dan", ""),
		newUser("d", "dan", `,"dependsOn":["c"]`),
		newUser("e", "fay", `,"dependsOn":["d"]`),
		`{"id":"f","method":"GET","url":"/users/fay@contoso.com"}`,
		`{"id":"g","method":"GET","url":"/nowhere"}`,
		`{"id":"h","method":"GET","url":"/users?$filter=endsWith(userPrincipalName,'contoso.com')&$count=true","headers":{"ConsistencyLevel":"eventual"}}`,
		`{"id":"i","method":"GET","url":"/users?$filter=endsWith(userPrincipalName,'contoso.com')&$count=true"}`,
	), "client-request-id", "mine")
	by, order := pieces(t, rec)
	if order != "bcadefghi" {
		t.Errorf("the order is %s", order)
	}
	for id, want := range map[string]int{"a": 200, "b": 200, "c": 201, "d": 400, "e": 424, "f": 404, "g": 400, "h": 200, "i": 400} {
		if by[id].Status != want {
			t.Errorf("%s: %d %s, want %d", id, by[id].Status, by[id].Body, want)
		}
	}
	if !strings.Contains(string(by["a"].Body), `"displayName":"dan"`) || !strings.Contains(string(by["b"].Body), ada.String()) {
		t.Errorf("a: %s, b: %s", by["a"].Body, by["b"].Body)
	}
	if by["e"].code() != "FailedDependency" || !strings.HasPrefix(by["c"].Headers["Location"], "https://ephor.example/v1.0/users/") && by["c"].Headers["Location"] != "" {
		t.Errorf("c: %v, e: %s", by["c"].Headers, by["e"].Body)
	}
	ids := map[string]bool{rec.Header().Get("request-id"): true}
	for id, p := range by {
		if !strings.HasPrefix(p.Headers["Content-Type"], "application/json") {
			t.Errorf("%s: %v", id, p.Headers)
		}
		if ids[p.Headers["Request-Id"]] || p.Headers["Client-Request-Id"] != "mine" {
			t.Errorf("%s: %v", id, p.Headers)
		}
		ids[p.Headers["Request-Id"]] = true
	}
}

// Each item leaves its own record, under its own request-id, by the outer caller at the
// outer address.
func TestEachItemOfABatchIsOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	by, _ := pieces(t, send(w.face(), "/beta/$BATCH", "ada", batchOf(newUser("1", "dan", ""), newUser("2", "fay", ""))))
	recorded := map[string]audit.Record{}
	err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
		page, err := store.List(tx, store.AuditRecords, store.ListQuery{Limit: 100})
		for _, r := range page.Rows {
			if r.Activity == "Add user" {
				recorded[r.Correlation.String()] = r
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, p := range by {
		r, found := recorded[p.Headers["Request-Id"]]
		if p.Status != 201 || !found || r.Actor.User.ID != ada || r.Actor.User.IP != "192.0.2.1" {
			t.Errorf("%s: %d, record %+v", id, p.Status, r)
		}
	}
	if len(recorded) != 2 {
		t.Errorf("%d records", len(recorded))
	}
}

// A right that one item takes away is refused to the next.
func TestAnItemIsJudgedOnWhatThoseBeforeItLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := pim.Schedule{
		ID: eve, Kind: pim.Assigned, Principal: eve, Target: pim.Target{Role: roledata.PrivilegedRoleAdministrator},
		Window: when.Window{Start: noon, End: when.Never}, Created: noon, Modified: when.Never,
	}
	w.change(func(tx *store.WriteTx) error { return tx.PutSchedule(s) })
	assign := func(id string) string {
		return fmt.Sprintf(`{"id":"%s","method":"POST","url":"/roleManagement/directory/roleAssignments","headers":{"Content-Type":"application/json"},"body":{"principalId":"%s","roleDefinitionId":"%s","directoryScopeId":"/"}}`, id, bob, reader)
	}
	end := fmt.Sprintf(`{"id":"2","method":"POST","url":"/roleManagement/directory/roleAssignmentScheduleRequests","headers":{"Content-Type":"application/json"},"body":{"action":"adminRemove","principalId":"%s","roleDefinitionId":"%s","directoryScopeId":"/"}}`, eve, roledata.PrivilegedRoleAdministrator)
	by, _ := pieces(t, send(w.face(), "/v1.0/$batch", "eve", batchOf(end, assign("3"))))
	if by["2"].Status != 201 || by["3"].Status != 403 {
		t.Errorf("after the removal (%d %s): %d %s", by["2"].Status, by["2"].Body, by["3"].Status, by["3"].Body)
	}
}

func TestABatchThatCannotBeReadRunsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.face()
	dan := newUser("1", "dan", "")
	tooMany := []string{dan}
	for i := range 20 {
		tooMany = append(tooMany, fmt.Sprintf(`{"id":"x%d","method":"GET","url":"/me"}`, i))
	}
	for name, row := range map[string]struct {
		path, token, body string
		status            int
	}{
		"no token":               {"/v1.0/$batch", "", batchOf(dan), 401},
		"a bad token":            {"/v1.0/$batch", "thief", batchOf(dan), 401},
		"a batch in a batch":     {"/v1.0/$batch", "ada", batchOf(dan, `{"id":"2","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{"requests":[]}}`), 400},
		"a batch spelt in code":  {"/v1.0/$batch", "ada", batchOf(dan, `{"id":"2","method":"POST","url":"/%24batch","headers":{"Content-Type":"application/json"},"body":{"requests":[]}}`), 400},
		"more than twenty":       {"/v1.0/$batch", "ada", batchOf(tooMany...), 400},
		"one id twice":           {"/v1.0/$batch", "ada", batchOf(dan, dan), 400},
		"an item's own token":    {"/v1.0/$batch", "eve", batchOf(dan, `{"id":"2","method":"GET","url":"/me","headers":{"Authorization":"Bearer ada"}}`), 400},
		"an item's own address":  {"/v1.0/$batch", "ada", batchOf(dan, `{"id":"2","method":"GET","url":"/me","headers":{"X-Forwarded-For":"1.2.3.4"}}`), 400},
		"another host":           {"/v1.0/$batch", "ada", batchOf(dan, `{"id":"2","method":"GET","url":"https://x.example/me"}`), 400},
		"no JSON":                {"/v1.0/$batch", "ada", `{`, 400},
		"below another resource": {"/v1.0/users/$batch", "ada", batchOf(dan), 400},
		"another version":        {"/v2.0/$batch", "ada", batchOf(dan), 400},
		"another tenant":         {"/v1.0/" + nobody.String() + "/$batch", "ada", batchOf(dan), 401},
		"a query":                {"/v1.0/$batch?$top=1", "ada", batchOf(dan), 400},
	} {
		if rec := send(g, row.path, row.token, row.body); rec.Code != row.status {
			t.Errorf("%s: %d %s, want %d", name, rec.Code, rec.Body, row.status)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/v1.0/$batch", nil)
	r.Header.Set("Authorization", "Bearer ada")
	rec := httptest.NewRecorder()
	if g.ServeHTTP(rec, r); rec.Code != 405 {
		t.Errorf("GET: %d", rec.Code)
	}
	err := w.tenant.Read(t.Context(), func(tx *store.ReadTx) error {
		_, found, err := tx.UserByUPN("dan@contoso.com")
		if found {
			t.Error("an item of a refused batch has run")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if rec := send(g, "/v1.0/"+contoso.String()+"/$batch", "ada", batchOf(`{"id":"1","method":"GET","url":"/me"}`)); rec.Code != 200 {
		t.Errorf("under the tenant's own id: %d %s", rec.Code, rec.Body)
	}
}

func TestAPanicOfAnItemIsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boom := &op.Operation{
		Name: "boom", Method: "GET", Path: "/boom", Versions: op.Both, Success: 200,
		Rule: authz.Rule{Delegated: []string{"User.Read"}, Ways: []authz.Way{authz.Anyone}, Reads: true}.Compile(),
		Do:   func(*op.Call) (op.Answer, error) { panic("boom") },
	}
	by, _ := pieces(t, send(w.face(boom), "/v1.0/$batch", "ada", batchOf(
		newUser("1", "dan", ""), `{"id":"2","method":"GET","url":"/boom"}`, `{"id":"3","method":"GET","url":"/me"}`,
	)))
	if by["1"].Status != 201 || by["2"].Status != 500 || by["3"].Status != 200 || strings.Contains(string(by["2"].Body), "boom") {
		t.Errorf("%d, %d %s, %d", by["1"].Status, by["2"].Status, by["2"].Body, by["3"].Status)
	}
}

// A body that is no JSON is a string in the answer, so that the batch stays JSON.
func TestBodiesOfItemsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ kind, body, want string }{
		{"application/json;odata.metadata=minimal", `{"a":1}`, `{"a":1}`},
		{"text/plain", `4"2`, `"4\"2"`},
		{"image/png", "\x01\xff", `"Af8"`},
		{"text/plain", "", ""},
	} {
		s := &slip{header: http.Header{"Content-Type": {row.kind}}}
		_, _ = s.Write([]byte(row.body))
		got := s.response("1")
		if string(got.Body) != row.want || got.Status != 200 || got.Headers["Content-Type"] != row.kind {
			t.Errorf("%s %q: %+v", row.kind, row.body, got)
		}
	}
}
