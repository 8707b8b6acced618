package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"ephor/internal/env"
	"ephor/internal/graph"
)

// newOperator is at work on a folder of its own, in which there is nothing yet.
func newOperator(t *testing.T) *Operator {
	t.Helper()
	return &Operator{Data: Data{Dir: filepath.Join(t.TempDir(), "data")}, Name: "tester", Env: env.System(), Log: slog.New(slog.DiscardHandler)}
}

// founded makes a production tenant.
func founded(t *testing.T) (*Operator, Founded) {
	t.Helper()
	o := newOperator(t)
	f, err := o.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"})
	if err != nil {
		t.Fatal(err)
	}
	return o, f
}

// serving is a production server on o's data, on loopback without TLS.
func serving(t *testing.T, o *Operator) Config {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	return Config{
		Addr: addr, Data: o.Data, PublicURL: "http://" + addr, InsecureHTTP: true, Operations: graph.Operations(),
		Env: env.System(), Log: slog.New(slog.DiscardHandler), Operator: "tester",
	}
}

// production is a production server with a tenant.
func production(t *testing.T) Config {
	t.Helper()
	o, _ := founded(t)
	return serving(t, o)
}

// clientToken takes a token by a client's secret, as an application does.
func (h *house) clientToken(tenant string, k Key) answer {
	h.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {k.AppID.String()}, "client_secret": {k.Secret}, "scope": {"https://graph.microsoft.com/.default"},
	}
	return h.send("POST", "/"+tenant+"/oauth2/v2.0/token", form.Encode(), "Content-Type: application/x-www-form-urlencoded")
}

// access is the access token of an answer.
func (a answer) access(t *testing.T) string {
	t.Helper()
	var body struct {
		Access string `json:"access_token"`
	}
	if a.into(t, &body); body.Access == "" {
		t.Fatalf("no token: %d %s", a.status, a.body)
	}
	return body.Access
}

func TestInitMakesATenantThatCanBeServed(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	h := start(t, serving(t, o))
	for _, tenant := range []string{f.TenantID.String(), "contoso.com"} {
		token := h.clientToken(tenant, f.Client).access(t)
		a := h.get(token, "/users?$select=userPrincipalName,accountEnabled")
		if want := `{"accountEnabled":false,"userPrincipalName":"ada@contoso.com"}`; a.status != 200 || !sameMembers(a.body, want) {
			t.Errorf("the users are %d %s, want %s alone", a.status, a.body, want)
		}
	}
	token := h.clientToken("contoso.com", f.Client).access(t)
	a := h.get(token, "/roleManagement/directory/roleAssignmentSchedules?$filter="+url.QueryEscape("principalId eq '"+f.Admin.ID.String()+"'"))
	if a.status != 200 || !strings.Contains(a.body, "62e90394-69f5-4237-9190-012177145e10") && a.status != 403 {
		t.Errorf("the administrator's grant: %d %s", a.status, a.body)
	}
	if a := h.get(token, "/auditLogs/directoryAudits?$top=50"); a.status != 200 || !strings.Contains(a.body, "Create tenant") {
		t.Errorf("the audit log: %d %s", a.status, a.body)
	}
}

// sameMembers reports whether the body holds one object with the members of want.
func sameMembers(body, want string) bool {
	for member := range strings.SplitSeq(strings.Trim(want, "{}"), ",") {
		if strings.Count(body, member) != 1 {
			return false
		}
	}
	return true
}

func TestInitIsRefusedWhereItWouldDoHarm(t *testing.T) {
	t.Parallel()
	o, _ := founded(t)
	if _, err := o.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"}); err == nil || !strings.Contains(err.Error(), "ephor admin recover") {
		t.Errorf("a second time: %v", err)
	}
	c := devConfig(t)
	h := start(t, c)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	d := &Operator{Data: c.Data, Name: "tester", Env: env.System(), Log: c.Log}
	if _, err := d.Init(t.Context(), Founding{Domain: "contoso.com", Admin: "ada@contoso.com"}); err == nil || !strings.Contains(err.Error(), "development tenant") {
		t.Errorf("in a development folder: %v", err)
	}
	for _, f := range []Founding{{Domain: "contoso", Admin: "ada@contoso"}, {Domain: "contoso.com", Admin: "ada"}, {Domain: "contoso.com", Admin: "ada@other.example"}, {Domain: "contoso.com", Admin: "a da@contoso.com"}} {
		o := newOperator(t)
		if _, err := o.Init(t.Context(), f); err == nil {
			t.Errorf("%+v is accepted", f)
		}
		if _, err := os.Stat(filepath.Join(o.Dir, "master.key")); err == nil {
			t.Errorf("%+v left a key behind", f)
		}
	}
}

func TestDataIsServedOnlyAsWhatItIs(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	h := start(t, c)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	c.Dev, c.InsecureHTTP, c.PublicURL = false, true, "http://localhost"
	if err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), "--dev") {
		t.Errorf("a development folder in production: %v", err)
	}
	o, _ := founded(t)
	p := serving(t, o)
	p.Dev, p.PublicURL = true, ""
	if err := Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "without --dev") {
		t.Errorf("a production folder in development: %v", err)
	}
	if err := os.Remove(filepath.Join(o.Dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), serving(t, o)); err == nil || !strings.Contains(err.Error(), "--key-file") {
		t.Errorf("without the key: %v", err)
	}
}

func TestRecoverMakesAWayBack(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	if _, err := o.Recover(t.Context(), "", "grace@other.example"); err == nil {
		t.Error("an administrator outside the tenant's domains is accepted")
	}
	back, err := o.Recover(t.Context(), "", "grace@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	if back.TenantID != f.TenantID || back.Admin == nil || back.Admin.Enabled || back.Client.AppID == f.Client.AppID {
		t.Errorf("recovered %+v", back)
	}
	again, err := o.Recover(t.Context(), "contoso.com", "grace@contoso.com")
	if err != nil || again.Admin.ID != back.Admin.ID || again.Admin.Enabled || again.Admin.Enrol == back.Admin.Enrol {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	h := start(t, serving(t, o))
	if _, err := o.Recover(t.Context(), "", ""); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("while the server runs: %v", err)
	}
	token := h.clientToken("contoso.com", again.Client).access(t)
	a := h.get(token, "/auditLogs/directoryAudits?$top=100")
	for _, activity := range []string{"Add user", "Reset account for enrolment", "Add member to role outside of PIM (permanent)", "Add service principal"} {
		if !strings.Contains(a.body, activity) {
			t.Errorf("the audit log does not say %q", activity)
		}
	}
	if a := h.get(token, "/users/grace@contoso.com?$select=accountEnabled"); !strings.Contains(a.body, `"accountEnabled":false`) {
		t.Errorf("the administrator: %d %s", a.status, a.body)
	}
}

func TestVerifyNamesABrokenLog(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	logs, err := o.Verify(t.Context(), "")
	if err != nil || len(logs) != 1 || !logs[0].Whole || logs[0].TenantID != f.TenantID || logs[0].Records < 3 {
		t.Fatalf("verified %+v, %v", logs, err)
	}
	path := filepath.Join(o.Dir, "tenants", f.TenantID.String()+".db")
	tamper(t, path, "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'tester', 'nobody') AS BLOB) WHERE idx = 1")
	logs, err = o.Verify(t.Context(), f.TenantID.String())
	if err != nil || len(logs) != 1 || logs[0].Whole || logs[0].Index == nil || *logs[0].Index != 1 {
		t.Errorf("verified %+v, %v, want record 1 to be named", logs, err)
	}
	if _, err := o.Verify(t.Context(), "other.example"); err == nil {
		t.Error("a tenant that is not there is verified")
	}
	empty := &Operator{Data: Data{Dir: t.TempDir()}, Env: o.Env, Log: o.Log}
	if _, err := empty.Verify(context.Background(), ""); err == nil {
		t.Error("an empty folder is verified")
	}
}

// tamper changes a closed database behind the server's back.
func tamper(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlitex.Execute(db, statement, nil); err != nil || db.Changes() != 1 {
		t.Fatalf("%d rows changed, %v", db.Changes(), err)
	}
}

func TestSecretOfTheWrongClientIsRefused(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	h := start(t, serving(t, o))
	f.Client.Secret = strings.Repeat("x", 40)
	if a := h.clientToken("contoso.com", f.Client); a.status != http.StatusUnauthorized {
		t.Errorf("%d %s", a.status, a.body)
	}
}
