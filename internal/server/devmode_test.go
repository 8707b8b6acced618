package server

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"ephor/internal/dev"
)

const (
	ada  = "1ed8ac56-4827-4733-8f80-86adc2e67db5" // the tutorial's "your id"
	sam  = "071cc716-8147-4397-a5ba-b2105951cc0b" // the principal of create-eligibility-request.md
	iris = "3fbd929d-8c56-4462-851e-0eb9a7b3a2a5" // its creator
)

func TestContosoIsTheSameInEveryTenant(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	first, second := h.memory(`"contoso"`), h.memory(`"contoso"`)
	if first.TenantID == second.TenantID {
		t.Fatal("two tenants have one id")
	}
	for _, path := range []string{
		"/users?$select=id,displayName,userPrincipalName,accountEnabled,createdDateTime", "/groups", "/applications", "/servicePrincipals",
		"/roleManagement/directory/roleAssignments", "/directoryObjects/" + ada,
	} {
		a := h.get(h.token(first, `{"user":"admin@contoso.com"}`), path)
		b := h.get(h.token(second, `{"user":"admin@contoso.com"}`), path)
		if a.body != b.body || a.status != b.status {
			t.Errorf("%s differs:\n%d %s\n%d %s", path, a.status, a.body, b.status, b.body)
		}
	}
	first.TenantID = second.TenantID
	if a, b := asText(t, first), asText(t, second); a != b {
		t.Errorf("the elements differ:\n%s\n%s", a, b)
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDevFileTellsScriptsAll(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	h := start(t, c)
	if info, err := os.Stat(filepath.Join(c.Dir, "dev.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("dev.json: %v, %v, want mode 0600", info.Mode(), err)
	}
	if info, err := os.Stat(c.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v, want mode 0700", info.Mode(), err)
	}
	var file struct {
		BaseURL    string        `json:"baseUrl"`
		CAFile     string        `json:"caFile"`
		ControlKey string        `json:"controlKey"`
		Tenants    []dev.Element `json:"tenants"`
	}
	text, err := os.ReadFile(h.DevFile)
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	if file.BaseURL != h.URL || file.CAFile != h.CAFile || len(file.ControlKey) < 40 || len(file.Tenants) != 1 {
		t.Fatalf("dev.json says %s", text)
	}
	e := file.Tenants[0]
	if e.TenantID.String() != "29a4f813-9274-4e1b-858d-0afa98ae66d4" || e.Name != "Contoso" || e.Domain != "contoso.com" {
		t.Errorf("the default tenant is %+v", e)
	}
	if u := e.Users[0]; u.ID.String() != ada || len(u.Roles) != 1 || u.Roles[0] != "Global Administrator" || u.Password == nil {
		t.Errorf("the first user is %+v", u)
	}
	kinds := map[string]int{}
	for _, client := range e.Clients {
		kinds[client.Kind]++
		if (client.Secret != nil) != (client.Kind == dev.Confidential) {
			t.Errorf("client %s has kind %s and secret %v", client.DisplayName, client.Kind, client.Secret)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("the clients are of kinds %v", kinds)
	}
}

func TestSecondStartFindsTheSameTenant(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	h := start(t, c)
	first := h.Tenants[0]
	token := h.token(first, `{"user":"admin@contoso.com"}`)
	keys := h.send("GET", "/"+first.TenantID.String()+"/discovery/v2.0/keys", "").body
	user := h.send("POST", "/v1.0/users", newUser, "Authorization: Bearer "+token)
	if user.status != 201 {
		t.Fatalf("create user: %d %s", user.status, user.body)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	c.Seed = dev.Empty
	h = start(t, c)
	if a, b := asText(t, first), asText(t, h.Tenants[0]); a != b || len(h.Tenants) != 1 {
		t.Errorf("the second start tells of other tenants:\n%s\n%s", a, b)
	}
	if a := h.get(h.token(first, `{"user":"AlineD@contoso.com"}`), "/me"); a.status != 200 {
		t.Errorf("what was made before is gone: %d %s", a.status, a.body)
	}
	if again := h.send("GET", "/"+first.TenantID.String()+"/discovery/v2.0/keys", "").body; again != keys {
		t.Errorf("the signing keys are others:\n%s\n%s", keys, again)
	}
}

// newUser is the tutorial's step 1.
const newUser = `{"accountEnabled":true,"displayName":"Aline Dupuy","mailNickname":"AlineD","userPrincipalName":"AlineD@Contoso.com",
"passwordProfile":{"forceChangePasswordNextSignIn":true,"password":"xWwvJ]6NMw+bWH-d"}}`

func TestResetReturnsToTheSeedAndVoidsTokens(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	for name, e := range map[string]dev.Element{"on disk": h.Tenants[0], "in memory": h.memory(`"contoso"`)} {
		admin := `{"user":"admin@contoso.com"}`
		path := "tenants/" + e.TenantID.String()
		h.control(200, "PUT", path+"/clock", `{"now":"2030-01-01T00:00:00Z","frozen":true}`)
		before := h.token(e, admin)
		app := h.token(e, `{"client":"93ff68cd-c8f3-419a-9458-d11bd9c63f13"}`)
		keys := h.send("GET", "/"+e.TenantID.String()+"/discovery/v2.0/keys", "").body
		seeded := h.get(before, "/users?$select=id,userPrincipalName").body
		if a := h.send("POST", "/v1.0/users", newUser, "Authorization: Bearer "+before); a.status != 201 {
			t.Fatalf("%s: create user: %d %s", name, a.status, a.body)
		}
		var after dev.Element
		h.control(200, "POST", path+"/reset", "").into(t, &after)
		if a, b := asText(t, e), asText(t, after); a != b {
			t.Errorf("%s: the tenant is another:\n%s\n%s", name, a, b)
		}
		for _, token := range []string{before, app} {
			if a := h.get(token, "/users"); a.status != 401 || !strings.Contains(a.body, "InvalidAuthenticationToken") {
				t.Errorf("%s: a token from before the reset: %d %s, want 401", name, a.status, a.body)
			}
		}
		if a := h.get(h.token(e, admin), "/users?$select=id,userPrincipalName"); a.body != seeded {
			t.Errorf("%s: the users are\n%s, want\n%s", name, a.body, seeded)
		}
		if again := h.send("GET", "/"+e.TenantID.String()+"/discovery/v2.0/keys", "").body; again != keys {
			t.Errorf("%s: the signing keys are others", name)
		}
		var clock struct{ Frozen bool }
		if h.control(200, "GET", path+"/clock", "").into(t, &clock); clock.Frozen {
			t.Errorf("%s: the clock still stands", name)
		}
	}
}

func TestDroppedTenantIsGone(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	token := h.token(e, `{"user":"admin@contoso.com"}`)
	h.control(204, "DELETE", "tenants/"+e.TenantID.String(), "")
	if a := h.get(token, "/me"); a.status != 401 {
		t.Errorf("a token of a dropped tenant: %d %s", a.status, a.body)
	}
	h.control(404, "DELETE", "tenants/"+e.TenantID.String(), "")
	h.control(404, "GET", "tenants/"+e.TenantID.String()+"/clock", "")
}

func TestClockMovesAsTold(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	path := "tenants/" + e.TenantID.String() + "/clock"
	old := h.token(e, `{"user":"admin@contoso.com"}`)
	for _, step := range []struct{ method, path, body, want string }{
		{"PUT", path, `{"now":"2021-09-03T20:45:28Z","frozen":true}`, `{"now":"2021-09-03T20:45:28Z","frozen":true}`},
		{"GET", path, ``, `{"now":"2021-09-03T20:45:28Z","frozen":true}`},
		{"POST", path + "/advance", `{"by":"PT5H"}`, `{"now":"2021-09-04T01:45:28Z","frozen":true}`},
		{"POST", path + "/advance", `{"by":"P1D"}`, `{"now":"2021-09-05T01:45:28Z","frozen":true}`},
		{"PUT", path, `{"now":"2021-09-03T22:45:28.3848182+02:00","frozen":true}`, `{"now":"2021-09-03T20:45:28.3848182Z","frozen":true}`},
		{"PUT", path, `{"frozen":true}`, `{"now":"2021-09-03T20:45:28.3848182Z","frozen":true}`},
	} {
		if a := h.control(200, step.method, step.path, step.body); a.body != step.want {
			t.Errorf("%s %s %s = %s, want %s", step.method, step.path, step.body, a.body, step.want)
		}
	}
	if a := h.get(old, "/me"); a.status != 401 {
		t.Errorf("a token from before the clock was set back: %d, want 401", a.status)
	}
	if a := h.get(h.token(e, `{"user":"admin@contoso.com"}`), "/users"); a.status != 200 {
		t.Errorf("the administrator cannot act in 2021: %d %s", a.status, a.body)
	}
	var clock struct{ Now time.Time }
	h.control(200, "PUT", path, `{"frozen":false}`)
	h.control(200, "GET", path, "").into(t, &clock)
	if year := clock.Now.Year(); year != 2021 {
		t.Errorf("a clock that was set going shows %s", clock.Now)
	}
	for _, bad := range []struct{ path, body string }{
		{path, `{}`},
		{path, `{"now":"yesterday"}`},
		{path, `{"now":"0800-01-01T00:00:00Z"}`},
		{path, `{"now":"2021-09-03T20:45:28Z","freeze":true}`},
		{path, ``},
		{path, `[]`},
		{path, `{"frozen":1}`},
		{path, `{"frozen":true}`},
	} {
		h.control(400, "PUT", bad.path, bad.body)
	}
	for _, bad := range []string{`{"by":"-PT5H"}`, `{"by":"5h"}`, `{"by":"P101Y"}`, `{}`, `{"by":"PT5H","to":1}`} {
		h.control(400, "POST", path+"/advance", bad)
	}
}

func TestNextEventIsWhereAGrantBeginsOrEnds(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`{"users":[{"id":"` + sam + `","userPrincipalName":"sam@contoso.com"}],"eligibilities":[
		{"principalId":"` + sam + `","roleDefinitionId":"fe930be7-5e62-47db-91af-98c3a49a38b1",
		 "scheduleInfo":{"startDateTime":"2931-01-01T00:00:00Z","expiration":{"type":"afterDuration","duration":"PT30M"}}}]}`)
	path := "tenants/" + e.TenantID.String() + "/clock"
	h.control(200, "PUT", path, `{"now":"2030-01-01T00:00:00Z","frozen":true}`)
	for _, want := range []string{"2931-01-01T00:00:00Z", "2931-01-01T00:30:00Z"} {
		if a := h.control(200, "POST", path+"/next", ""); !strings.Contains(a.body, want) {
			t.Errorf("the next event: %s, want %s", a.body, want)
		}
	}
	h.control(404, "POST", path+"/next", "")
	// The timekeeper, woken by the move, records the end.
	const ended = "Remove eligible member from role in PIM completed (timebound)"
	token := h.token(e, `{"client":"93ff68cd-c8f3-419a-9458-d11bd9c63f13"}`)
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		a := h.get(token, "/auditLogs/directoryAudits?$top=10")
		if strings.Contains(a.body, ended) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody recorded the end: %d %s", a.status, a.body)
		}
	}
}

func TestTokensAreAsAskedFor(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	path := "tenants/" + e.TenantID.String() + "/token"
	if a := h.get(h.token(e, `{"user":"`+ada+`","scopes":["User.ReadWrite.All"]}`), "/users"); a.status != 200 {
		t.Errorf("with the scope: %d %s", a.status, a.body)
	}
	narrow := h.token(e, `{"user":"ADMIN@contoso.com","scopes":["RoleEligibilitySchedule.ReadWrite.Directory"],"amr":["pwd","mfa"]}`)
	if a := h.get(narrow, "/users"); a.status != 403 {
		t.Errorf("without the scope: %d %s", a.status, a.body)
	}
	if a := h.get(h.token(e, `{"client":"93ff68cd-c8f3-419a-9458-d11bd9c63f13"}`), "/users"); a.status != 200 {
		t.Errorf("a client's own token: %d %s", a.status, a.body)
	}
	if a := h.get(h.token(e, `{"user":"sam@contoso.com","client":"c0767588-920b-4de5-a301-142248c34943"}`), "/me"); a.status != 200 {
		t.Errorf("through the single-page client: %d %s", a.status, a.body)
	}
	const methods = "/users/sam@contoso.com/authentication/methods"
	if a := h.get(h.token(e, `{"user":"admin@contoso.com"}`), methods); a.status != 403 {
		t.Errorf("with what was consented to: %d %s", a.status, a.body)
	}
	wide := h.token(e, `{"user":"admin@contoso.com","scopes":["UserAuthenticationMethod.Read.All","Directory.Read.All"]}`)
	if a := h.get(wide, methods); a.status != 200 {
		t.Errorf("with a scope that is consented to by asking for it: %d %s", a.status, a.body)
	}
	if a := h.get(wide, "/auditLogs/directoryAudits?$filter=activityDisplayName%20eq%20'Consent%20to%20application'"); a.status != 200 ||
		strings.Count(a.body, `"newValue":"UserAuthenticationMethod.Read.All"`) != 1 {
		t.Errorf("the record of that consent: %d %s", a.status, a.body)
	}
	if a := h.get(h.token(e, `{"user":"iris@contoso.com"}`), methods); a.status != 403 {
		t.Errorf("another's consent: %d %s", a.status, a.body)
	}
	for _, row := range []struct {
		body   string
		status int
		says   string
	}{
		{`{}`, 400, "Name the user"},
		{`{"user":"nobody@contoso.com"}`, 404, "admin@contoso.com"},
		{`{"user":"00000000-0000-0000-0000-000000000001"}`, 404, "admin@contoso.com"},
		{`{"user":"admin@contoso.com","scopes":["User.Fly.All"]}`, 400, "User.ReadWrite.All"},
		{`{"user":"admin@contoso.com","scopes":["AuditLog.Read.All","User.Fly.All"]}`, 400, "User.Fly.All"},
		{`{"user":"admin@contoso.com","amr":["password"]}`, 400, "pwd"},
		{`{"user":"admin@contoso.com","client":"x"}`, 400, "appId"},
		{`{"user":"admin@contoso.com","client":"00000000-0000-0000-0000-000000000001"}`, 404, "Contoso automation"},
		{`{"client":"00000000-0000-0000-0000-000000000001"}`, 404, "Contoso automation"},
		{`{"client":"93ff68cd-c8f3-419a-9458-d11bd9c63f13","scopes":["User.ReadWrite.All"]}`, 400, "Name the user"},
		{`{"user":"admin@contoso.com","scope":"User.ReadWrite.All"}`, 400, "scope"},
	} {
		if a := h.send("POST", "/_ephor/dev/"+path, row.body); a.status != row.status || !strings.Contains(a.body, row.says) {
			t.Errorf("%s: %d %s, want %d with %q", row.body, a.status, a.body, row.status, row.says)
		}
	}
}

func TestSeedsRunTheReferencePagesAsPrinted(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	h.control(200, "PUT", "tenants/"+e.TenantID.String()+"/clock", `{"now":"2022-04-12T09:05:39Z","frozen":true}`)
	token := h.token(e, `{"user":"`+iris+`","amr":["pwd","mfa"]}`)
	a := h.send("POST", "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests", `{"action":"adminAssign",
		"justification":"Assign Attribute Assignment Admin eligibility to restricted user","roleDefinitionId":"8424c6f0-a189-499e-bbd0-26c1753c96d4",
		"directoryScopeId":"/","principalId":"`+sam+`","scheduleInfo":{"startDateTime":"2022-04-10T00:00:00Z",
		"expiration":{"type":"afterDateTime","endDateTime":"2024-04-10T00:00:00Z"}}}`, "Authorization: Bearer "+token)
	if a.status != 201 || !strings.Contains(a.body, `"status":"Provisioned"`) {
		t.Errorf("example 1: %d %s", a.status, a.body)
	}
}

func TestSeededGrantsAreInForce(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	group := "e77cbb23-0ff2-4e18-819c-690f58269752"
	e := h.memory(`{"users":[{"id":"` + sam + `","userPrincipalName":"sam@contoso.com"},{"id":"` + ada + `","userPrincipalName":"ada@contoso.com"}],
		"groups":[{"id":"` + group + `","displayName":"Helpdesk","isAssignableToRole":true,"members@odata.bind":["https://graph.microsoft.com/v1.0/users/` + sam + `"]}],
		"roleAssignments":[{"principalId":"` + ada + `","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","directoryScopeId":"/"}],
		"eligibilities":[{"principalId":"` + group + `","roleDefinitionId":"fe930be7-5e62-47db-91af-98c3a49a38b1","directoryScopeId":"/"}]}`)
	if e.Users[0].ID.String() != ada {
		t.Errorf("the administrator is not the first user: %+v", e.Users)
	}
	if a := h.get(h.token(e, `{"user":"sam@contoso.com"}`), "/roleManagement/directory/roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')"); a.status != 200 || !strings.Contains(a.body, group) {
		t.Errorf("sam is not eligible through the group: %d %s", a.status, a.body)
	}
	if a := h.get(h.token(e, `{"user":"ada@contoso.com"}`), "/roleManagement/directory/roleAssignments?$filter=principalId%20eq%20%27"+ada+"%27"); !strings.Contains(a.body, "62e90394-69f5-4237-9190-012177145e10") {
		t.Errorf("ada's assignments: %d %s", a.status, a.body)
	}
}

func TestEmptySeedHasOnlyItsAdministrator(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"empty"`)
	if len(e.Users) != 1 || len(e.Clients) != 4 || e.Users[0].Roles[0] != "Global Administrator" {
		t.Errorf("empty is %+v", e)
	}
}
