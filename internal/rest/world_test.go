package rest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

const noon = when.Instant(1_800_000_000 * when.Second)

// Who and what there is in every world.
var (
	contoso  = guid.Must("c0000000-0000-4000-8000-000000000001")
	ada      = guid.Must("c0000000-0000-4000-8000-00000000000a") // Global Administrator
	bob      = guid.Must("c0000000-0000-4000-8000-00000000000b") // Helpdesk Administrator for an hour from noon
	eve      = guid.Must("c0000000-0000-4000-8000-00000000000e") // nothing
	gus      = guid.Must("c0000000-0000-4000-8000-000000000010") // eligible for Global Administrator
	out      = guid.Must("c0000000-0000-4000-8000-000000000011") // disabled
	app      = guid.Must("c0000000-0000-4000-8000-0000000000f1") // the client's appId
	client   = guid.Must("c0000000-0000-4000-8000-0000000000f2") // its service principal, which may read roles
	mute     = guid.Must("c0000000-0000-4000-8000-0000000000f3") // a service principal without permissions
	graphAPI = guid.Must("c0000000-0000-4000-8000-0000000000f4")
	nobody   = guid.Must("c0000000-0000-4000-8000-0000000000ff")

	helpdesk = guid.Must("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	reader   = guid.Must("f2ef992c-3afb-46b9-b7cf-a126ee74c451") // Global Reader
)

// A world is a tenant in a real store, on a clock that tests turn, and the decision API
// over it. A token is the name of its bearer, and behind a slash the scopes that it asked
// for, all unless given.
type world struct {
	*Decisions
	t      testing.TB
	tenant *store.Tenant
	clock  atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t}
	w.clock.Store(int64(noon))
	e := env.Fixed(func() time.Time { return when.Instant(w.clock.Load()).Time() }, rand.Reader)
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Env: e, Dev: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	spec := store.Spec{ID: contoso, Name: "Contoso", Domains: []string{"contoso.com"}, Kind: store.Development, Memory: true}
	if w.tenant, err = st.CreateFrom(t.Context(), spec, store.Seed{Finish: settle}); err != nil {
		t.Fatal(err)
	}
	w.Decisions = NewDecisions(DecisionsConfig{
		Authenticate: w.authenticate, Env: e, Log: log, PublicURL: "https://ephor.example",
		Address: func(*http.Request) string { return "192.0.2.1" },
	})
	return w
}

// settle writes who and what there is.
func settle(tx *store.WriteTx) error {
	tx.Record(audit.Record{Activity: "Seed", Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}})
	tx.PutGuestRole(roledata.GuestUser)
	if _, err := tx.PutBuiltInRoles(); err != nil {
		return err
	}
	object := func(id guid.ID, kind directory.Kind, name string) directory.Object {
		return directory.Object{ID: id, Kind: kind, DisplayName: name, Created: noon, Deleted: when.Never}
	}
	for name, id := range map[string]guid.ID{"ada": ada, "bob": bob, "eve": eve, "gus": gus, "out": out} {
		u := directory.User{Object: object(id, directory.KindUser, name), UPN: name + "@contoso.com", Enabled: id != out, Type: "Member"}
		if err := tx.InsertUser(u); err != nil {
			return err
		}
	}
	for id, appID := range map[guid.ID]guid.ID{client: app, mute: mute, graphAPI: guid.Must("00000003-0000-0000-c000-000000000000")} {
		sp := directory.ServicePrincipal{Object: object(id, directory.KindServicePrincipal, "app"), AppID: appID, Enabled: true, Type: "Application"}
		if err := tx.InsertServicePrincipal(sp); err != nil {
			return err
		}
	}
	tx.PutOrganization(directory.Organization{Object: object(contoso, directory.KindTenant, "Contoso"), Domains: []string{"contoso.com"}})
	err := tx.InsertConsent(directory.Consent{ID: nobody, Client: client, Resource: graphAPI, Scopes: []string{
		"User.Read", "User.Read.All", "RoleManagement.Read.Directory", "User.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "AuditLog.Read.All",
	}})
	if err == nil {
		err = tx.InsertRoleGrant(directory.RoleGrant{ID: nobody, Principal: client, Resource: graphAPI, Permission: "RoleManagement.Read.Directory"})
	}
	if err != nil {
		return err
	}
	always, hour := when.Window{Start: noon, End: when.Never}, when.Window{Start: noon, End: noon.Add(time.Hour)}
	for _, s := range []pim.Schedule{
		{ID: ada, Kind: pim.Assigned, Principal: ada, Target: pim.Target{Role: roledata.GlobalAdministrator}, Window: always},
		{ID: bob, Kind: pim.Assigned, Principal: bob, Target: pim.Target{Role: helpdesk}, Window: hour},
		{ID: gus, Kind: pim.Eligible, Principal: gus, Target: pim.Target{Role: roledata.GlobalAdministrator}, Window: always},
	} {
		s.Created, s.Modified = noon, when.Never
		if err := tx.PutSchedule(s); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) authenticate(_ context.Context, token string) (*store.Tenant, *authz.Caller, error) {
	name, scopes, some := strings.Cut(token, "/")
	c := &authz.Caller{Tenant: contoso, Client: client, AppID: app, Scopes: authz.AllScopes()}
	if some {
		c.Scopes, _ = authz.ParseScopes(strings.Fields(scopes))
	}
	switch users := map[string]guid.ID{"ada": ada, "bob": bob, "eve": eve, "gus": gus}; name {
	case "client":
		c.AppOnly, c.Principal = true, directory.Ref{ID: client, Kind: directory.KindServicePrincipal}
	case "mute":
		c.AppOnly, c.Client, c.Principal = true, mute, directory.Ref{ID: mute, Kind: directory.KindServicePrincipal}
	default:
		id, known := users[name]
		if !known {
			return nil, nil, &fault.Fault{Status: 401, Code: "InvalidAuthenticationToken", Message: "The token is bad.", Challenge: `Bearer error="invalid_token"`}
		}
		c.Principal = directory.Ref{ID: id, Kind: directory.KindUser}
	}
	return w.tenant, c, nil
}

// change writes to the tenant.
func (w *world) change(fn func(tx *store.WriteTx) error) {
	w.t.Helper()
	err := w.tenant.Write(w.t.Context(), func(tx *store.WriteTx) error {
		tx.Record(audit.Record{Activity: "Change", Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}})
		return fn(tx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// post asks as the bearer of token.
func (w *world) post(path, token, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

// A ruling is an answer as a client reads it.
type ruling struct {
	Decision bool `json:"decision"`
	Context  struct {
		Code  string  `json:"reason_code"`
		Text  string  `json:"reason"`
		Until *string `json:"until"`
		Error *struct {
			Status  int    `json:"status"`
			Message string `json:"message"`
		} `json:"error"`
	} `json:"context"`
}

// ask is the answer to one question, which must be one.
func (w *world) ask(token, body string) ruling {
	w.t.Helper()
	rec := w.post(evaluationPath, token, body)
	var out ruling
	if rec.Code != http.StatusOK {
		w.t.Fatalf("%s as %s = %d %s", body, token, rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		w.t.Fatalf("%s: %v", rec.Body, err)
	}
	return out
}

// asked is a question in JSON.
func asked(kind string, subject any, action, on string, object any) string {
	b, err := json.Marshal(map[string]any{
		"subject": map[string]any{"type": kind, "id": subject}, "action": map[string]any{"name": action},
		"resource": map[string]any{"type": on, "id": object},
	})
	if err != nil {
		panic(err)
	}
	return string(b)
}
