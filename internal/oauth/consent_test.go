package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// Ids that Microsoft Graph publishes (permissions reference).
var (
	userReadID      = guid.Must("e1fe6dd8-ba31-4d61-89e7-88639da4683d")
	groupReadAllID  = guid.Must("5f8c59db-677d-491f-a6b8-5f174b11ec1d")
	auditLogReadApp = guid.Must("b0afded3-3588-46d8-8b3d-9842eff778da")
	roleWriteApp    = guid.Must("9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8")
)

// fresh registers a client that nobody has consented to anything for.
func (w *world) fresh(change func(*directory.Application)) (app, principal guid.ID) {
	w.t.Helper()
	app, principal = w.server.env.NewID(), w.server.env.NewID()
	w.write(func(tx *store.WriteTx) error {
		a := directory.Application{
			Object: directory.Object{ID: w.server.env.NewID(), Kind: directory.KindApplication, DisplayName: "Fresh", Deleted: when.Never},
			AppID:  app, PublicURIs: []string{"http://localhost"}, Public: true,
		}
		change(&a)
		if err := tx.InsertApplication(a); err != nil {
			return err
		}
		return tx.InsertServicePrincipal(directory.ServicePrincipal{
			Object: directory.Object{ID: principal, Kind: directory.KindServicePrincipal, DisplayName: "Fresh", Deleted: when.Never}, AppID: app, Enabled: true, Type: "Application",
		})
	})
	return app, principal
}

func needing(all ...directory.Access) func(*directory.Application) {
	return func(a *directory.Application) {
		a.Needs = []directory.Need{
			{Resource: guid.Must("00000002-0000-0000-c000-000000000000"), Access: []directory.Access{{ID: userReadID}}},
			{Resource: GraphAppID, Access: all},
		}
	}
}

// missing is what the person would have to allow the client for a scope.
func (w *world) missing(app, principal guid.ID, scope, prompt string) (c Consent) {
	w.t.Helper()
	f := Flow{Kind: SignInFlow, Client: app, Principal: principal, Prompt: prompt}
	var refused *failure
	if f.Asked, refused = w.server.readAsked(w.t.Context(), w.tenant, scope); refused != nil {
		w.t.Fatal(refused)
	}
	c, err := w.server.MissingConsent(w.t.Context(), w.tenant, f, ada)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestDefaultAsksForWhatTheRegistrationNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, principal := w.fresh(needing(directory.Access{ID: userReadID}, directory.Access{ID: groupReadAllID}, directory.Access{ID: auditLogReadApp, Role: true}, directory.Access{ID: w.server.env.NewID()}))
	const scope = "https://graph.microsoft.com/.default openid"
	c := w.missing(app, principal, scope, "")
	if !slices.Equal(c.Missing, []string{"Group.Read.All", "User.Read", "openid"}) || len(c.Permissions) != 0 || c.Alone {
		t.Errorf("%+v", c)
	}
	w.write(func(tx *store.WriteTx) error {
		graph, _ := tx.Snap().Client(GraphAppID)
		return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: principal, Resource: graph, Principal: ada, Scopes: []string{"User.Read", "openid"}})
	})
	if c := w.missing(app, principal, scope, ""); !c.Settled() {
		t.Errorf("who has allowed something is asked again: %+v", c)
	}
	if c := w.missing(app, principal, scope, promptConsent); !slices.Equal(c.Missing, []string{"Group.Read.All", "User.Read", "openid"}) {
		t.Errorf("who is to be asked again: %+v", c)
	}
	plain, of := w.fresh(func(*directory.Application) {})
	if c := w.missing(plain, of, scope, ""); !slices.Equal(c.Missing, []string{"User.Read", "openid"}) || !c.Alone {
		t.Errorf("a registration that needs nothing: %+v", c)
	}
}

// adminConsented goes through the admin consent of the client as ada, up to the answer.
func (w *world) adminConsented(b *browser, app guid.ID, query url.Values, all bool) (Consent, *httptest.ResponseRecorder, error) {
	w.t.Helper()
	query.Set("client_id", app.String())
	query.Set("redirect_uri", "http://localhost:5000")
	query.Set("state", "the state")
	rec := b.send("GET", "/contoso.com/v2.0/adminconsent?"+query.Encode(), "")
	to, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != http.StatusSeeOther || to.Query().Get("flow") == "" {
		w.t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	session := b.signIn("pwd", "mfa")
	f, err := w.server.Flow(w.t.Context(), w.tenant, to.Query().Get("flow"), b.cookies["__Host-"+browserCookie])
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.server.MissingConsent(w.t.Context(), w.tenant, f, ada)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.server.GrantConsent(w.t.Context(), w.tenant, f, ada, all); err != nil {
		return c, nil, err
	}
	rec = httptest.NewRecorder()
	return c, rec, w.server.Finish(rec, b.request("POST", "/", ""), w.tenant, f, session)
}

func TestAdministratorConsentsToAllThatIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(func(tx *store.WriteTx) error {
		return grantRole(tx, ada, "e8611ab8-c189-46e8-94e1-60213ab1f814") /* Privileged Role Administrator */
	})
	app, principal := w.fresh(needing(directory.Access{ID: groupReadAllID}, directory.Access{ID: auditLogReadApp, Role: true}))
	b := w.browser()
	c, rec, err := w.adminConsented(b, app, url.Values{}, true)
	if err != nil || !slices.Equal(c.Missing, []string{"Group.Read.All"}) || !slices.Equal(c.Permissions, []string{"AuditLog.Read.All"}) || !c.All || c.Alone {
		t.Fatalf("%+v, %v", c, err)
	}
	got := answered(t, rec)
	if got.Get("admin_consent") != "True" || got.Get("tenant") != contoso.String() || got.Get("state") != "the state" {
		t.Errorf("the client is told %v", got)
	}
	w.look(func(tx *store.ReadTx) error {
		graph, _ := tx.Snap().Client(GraphAppID)
		k, found, err := tx.ConsentOf(principal, graph, guid.ID{})
		if err != nil || !found || !slices.Equal(k.Scopes, []string{"Group.Read.All"}) {
			t.Errorf("consent %+v, %v, %v", k, found, err)
		}
		if p := partyIn(tx, app).permissions.Names(); !slices.Equal(p, []string{"AuditLog.Read.All"}) {
			t.Errorf("application permissions %v", p)
		}
		return nil
	})
}

func TestAttackAdminConsentByWhoMayNot(t *testing.T) {
	t.Parallel()
	for role, needs := range map[string]directory.Access{
		"":                                     {ID: groupReadAllID},
		"fe930be7-5e62-47db-91af-98c3a49a38b1": {ID: auditLogReadApp, Role: true}, // User Administrator: may consent, gives no application permissions
		"158c047a-c907-4556-b7ef-446551a6b5f7": {ID: roleWriteApp, Role: true},    // Cloud Application Administrator
	} {
		w := newWorld(t)
		if role != "" {
			w.write(func(tx *store.WriteTx) error { return grantRole(tx, ada, role) })
		}
		app, principal := w.fresh(needing(needs))
		for _, all := range []bool{true, false} {
			if _, _, err := w.adminConsented(w.browser(), app, url.Values{}, all); err == nil || !strings.Contains(err.Error(), ErrConsent.Error()) {
				t.Errorf("%q, for everybody %v: %v", role, all, err)
			}
		}
		w.look(func(tx *store.ReadTx) error {
			graph, _ := tx.Snap().Client(GraphAppID)
			if _, found, err := tx.ConsentOf(principal, graph, guid.ID{}); found || err != nil || !partyIn(tx, app).permissions.Empty() {
				t.Errorf("%q has given something all the same: %v", role, err)
			}
			return nil
		})
	}
}

// partyIn is the client as it is in tx.
func partyIn(tx *store.ReadTx, app guid.ID) party {
	p, _ := readParty(tx, app)
	return p
}

func TestIdentifierURIIsAResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api, of := w.fresh(func(a *directory.Application) {
		a.IdentifierURIs, a.Manifest = []string{"api://contoso.com/files"}, publishing(scope{"read", readID, true})
	})
	app, principal := w.fresh(func(*directory.Application) {})
	w.write(func(tx *store.WriteTx) error {
		return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: principal, Resource: of, Scopes: []string{"read"}})
	})
	b := w.browser()
	b.signIn("pwd")
	values := ask("client_id", app.String(), "scope", "API://contoso.com/files/read")
	body := w.tokens(redemption(b.code(values), "client_id", app.String()))
	if c := claimsIn(t, body.Access); c["aud"] != api.String() || c["scp"] != "read" {
		t.Errorf("%v", c)
	}
	if body.Scope != "API://contoso.com/files/read" {
		t.Errorf("scope %q", body.Scope)
	}
	own := w.tokens(url.Values{"grant_type": {"client_credentials"}, "client_id": {client.String()}, "client_secret": {secretText}, "scope": {"api://contoso.com/files/.default"}})
	if c := claimsIn(t, own.Access); c["aud"] != api.String() {
		t.Errorf("%v", c)
	}
	if _, f := w.server.readAsked(t.Context(), w.tenant, "api://contoso.com/file/read"); f == nil || f.Code != 500011 {
		t.Errorf("a name that nobody has: %+v", f)
	}
}

func TestClientsAreToldOfASignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told, of := w.fresh(func(a *directory.Application) { a.LogoutURL = "https://files.example/out?x=1" })
	w.write(func(tx *store.WriteTx) error {
		graph, _ := tx.Snap().Client(GraphAppID)
		return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: of, Resource: graph, Scopes: []string{"User.Read", "openid", "profile", "offline_access"}})
	})
	var drawn Message
	w.server.Draw = func(rw http.ResponseWriter, _ *http.Request, m Message) { drawn = m; rw.WriteHeader(http.StatusOK) }
	b := w.browser()
	session := b.signIn("pwd")
	w.tokens(redemption(b.code(ask("client_id", told.String())), "client_id", told.String()))
	w.tokens(redemption(b.code(ask())))
	b.send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {"http://localhost:5000"}, "client_id": {native.String()}, "state": {"s"}}.Encode(), "")
	want := "https://files.example/out?x=1&iss=" + url.QueryEscape(set.PublicURL+"/"+contoso.String()+"/v2.0") + "&sid=" + session.ID.String()
	if len(drawn.Tells) != 1 || drawn.Tells[0] != want || drawn.Next != "http://localhost:5000?state=s" {
		t.Errorf("told %v, on to %q; want %s", drawn.Tells, drawn.Next, want)
	}
	rec := b.send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {"http://localhost:5000"}, "client_id": {native.String()}}.Encode(), "")
	if rec.Code != http.StatusSeeOther {
		t.Errorf("with nobody to tell: %d", rec.Code)
	}
}

func (w *world) look(fn func(tx *store.ReadTx) error) {
	w.t.Helper()
	if err := w.tenant.Read(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func TestAssignmentDecidesWhoGetsTokensForAnAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const reader = "3b1e3f0a-6f43-4d8e-9a37-0b6f0f6d2c11"
	api, of := w.fresh(func(a *directory.Application) {
		a.IdentifierURIs = []string{"api://contoso.com/files"}
		a.Manifest = publishing(scope{"read", readID, true})
		a.Manifest["appRoles"] = []byte(`[{"id":"` + reader + `","allowedMemberTypes":["User","Application"],"isEnabled":true,"value":"Files.Read","displayName":"Reader"}]`)
	})
	app, principal := w.fresh(func(*directory.Application) {})
	only := directory.Manifest{"appRoleAssignmentRequired": []byte("true")}
	require := func(id guid.ID, m directory.Manifest) {
		w.write(func(tx *store.WriteTx) error {
			p, _, err := tx.ServicePrincipal(id)
			p.Manifest = m
			return errors.Join(err, tx.UpdateServicePrincipal(p))
		})
	}
	assign := func(who, at guid.ID, role string) {
		w.write(func(tx *store.WriteTx) error {
			return tx.InsertRoleGrant(directory.RoleGrant{ID: w.server.env.NewID(), Principal: who, Resource: at, Permission: role})
		})
	}
	w.write(func(tx *store.WriteTx) error {
		return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: principal, Resource: of, Scopes: []string{"read"}})
	})
	b := w.browser()
	b.signIn("pwd")
	values := ask("client_id", app.String(), "scope", "api://contoso.com/files/read")
	redeem := func() url.Values { return redemption(b.code(values), "client_id", app.String()) }
	own := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.String()}, "client_secret": {secretText}, "scope": {"api://contoso.com/files/.default"}}

	if c := claimsIn(t, w.tokens(redeem()).Access); c["aud"] != api.String() || c["roles"] != nil {
		t.Errorf("an API for everybody: %v", c)
	}
	require(of, only)
	w.denied("a person who is not assigned to the API", redeem(), 50105)
	w.denied("a client that is not", own, 501051)
	assign(ada, of, reader)
	assign(worker, of, reader)
	if c := claimsIn(t, w.tokens(redeem()).Access); fmt.Sprint(c["roles"]) != "[Files.Read]" || c["wids"] != nil {
		t.Errorf("a person who is assigned: %v", c)
	}
	if c := claimsIn(t, w.tokens(own).Access); fmt.Sprint(c["roles"]) != "[Files.Read]" {
		t.Errorf("a client that is assigned: %v", c)
	}
	require(principal, only)
	w.denied("a person who is not assigned to the client", redeem(), 50105)
	w.write(func(tx *store.WriteTx) error {
		return errors.Join(
			tx.InsertGroup(directory.Group{Object: directory.Object{ID: fabrikam, Kind: directory.KindGroup, DisplayName: "Readers", Deleted: when.Never}, SecurityEnabled: true}),
			tx.InsertMembership(directory.Membership{Group: fabrikam, Relation: directory.Member, Member: directory.Ref{ID: ada, Kind: directory.KindUser}}),
		)
	})
	assign(fabrikam, principal, "")
	w.tokens(redeem())
}
