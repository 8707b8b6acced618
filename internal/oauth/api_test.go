package oauth

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// Ids of scopes of an API of the tenant.
const (
	readID  = "7a1d0b1c-0000-4000-8000-0000000000a1"
	writeID = "7a1d0b1c-0000-4000-8000-0000000000a2"
)

// A scope is one that an API says it has.
type scope struct {
	value, id string
	enabled   bool
}

// publishing is what the registration of an API says.
func publishing(scopes ...scope) directory.Manifest { return trusting("", nil, scopes...) }

// trusting is publishing that lets a client have the scopes with some ids without consent.
func trusting(client string, ids []string, scopes ...scope) directory.Manifest {
	said := map[string]any{}
	var published []map[string]any
	for _, s := range scopes {
		published = append(published, map[string]any{"id": s.id, "value": s.value, "isEnabled": s.enabled, "type": "User"})
	}
	said["oauth2PermissionScopes"] = published
	if client != "" {
		said["preAuthorizedApplications"] = []map[string]any{{"appId": client, "delegatedPermissionIds": ids}}
	}
	raw, err := json.Marshal(said)
	if err != nil {
		panic(err)
	}
	return directory.Manifest{"api": raw}
}

// say makes the registration of an application say something else of itself.
func (w *world) say(app guid.ID, m directory.Manifest) {
	w.t.Helper()
	w.write(func(tx *store.WriteTx) error {
		a, _, err := tx.ApplicationByAppID(app)
		a.Manifest = m
		return errors.Join(err, tx.UpdateApplication(a))
	})
}

// service is an API, and a client that nobody has allowed anything, with a request of its for a
// scope of the API.
func (w *world) service() (api, app guid.ID, at func(scope string) url.Values) {
	w.t.Helper()
	api, _ = w.fresh(func(*directory.Application) {})
	app, _ = w.fresh(func(*directory.Application) {})
	return api, app, func(scope string) url.Values {
		return ask("client_id", app.String(), "scope", strings.ReplaceAll(scope, "@", "api://"+api.String()+"/"), "prompt", "none")
	}
}

var both = []scope{{"read", readID, true}, {"write", writeID, true}}

func TestPreAuthorizedClientNeedsNoConsentForWhatItIsNamedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	api, app, at := w.service()
	w.say(api, publishing(both...))
	if got := answered(t, b.authorize(at("@read"))); got.Get("error") != "consent_required" {
		t.Errorf("a client that is not named: %v", got)
	}
	for _, id := range []string{app.String(), strings.ToUpper(app.String())} {
		w.say(api, trusting(id, []string{strings.ToUpper(readID)}, both...))
		for asked, scp := range map[string]string{"@read": "read", "openid offline_access @READ": "read", "@.default": "read"} {
			body := w.tokens(redemption(b.code(at(asked)), "client_id", app.String()))
			if c := claimsIn(t, body.Access); c["aud"] != api.String() || c["scp"] != scp || c["azp"] != app.String() {
				t.Errorf("%s: %v", asked, c)
			}
			if body.ID == "" && strings.Contains(asked, "openid") || body.Refresh == "" && strings.Contains(asked, "offline_access") {
				t.Errorf("%s: %+v", asked, body)
			}
		}
		for _, asked := range []string{"@write", "@read @write"} {
			if got := answered(t, b.authorize(at(asked))); got.Get("error") != "consent_required" {
				t.Errorf("%s: %v", asked, got)
			}
		}
	}
	// What the API says does not reach Microsoft Graph.
	if got := answered(t, b.authorize(at("User.Read"))); got.Get("error") != "consent_required" {
		t.Errorf("at Graph: %v", got)
	}
}

func TestAttackPreAuthorizationThatIsNone(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]func(app guid.ID) directory.Manifest{
		"of another client": func(guid.ID) directory.Manifest { return trusting(native.String(), []string{readID}, both...) },
		"of a scope that is disabled": func(app guid.ID) directory.Manifest {
			return trusting(app.String(), []string{readID}, scope{"read", readID, false}, both[1])
		},
		"of another scope":       func(app guid.ID) directory.Manifest { return trusting(app.String(), []string{writeID}, both...) },
		"of a scope by its name": func(app guid.ID) directory.Manifest { return trusting(app.String(), []string{"read"}, both...) },
		"of a scope that is not there": func(app guid.ID) directory.Manifest {
			return trusting(app.String(), []string{readID}, both[1])
		},
		"of nothing": func(app guid.ID) directory.Manifest { return trusting(app.String(), nil, both...) },
	} {
		w := newWorld(t)
		b := w.browser()
		b.signIn("pwd")
		api, app, at := w.service()
		w.say(api, said(app))
		got := answered(t, b.authorize(at("@read")))
		if got.Get("code") != "" || got.Get("error") != "consent_required" && !strings.Contains(got.Get("error_description"), "AADSTS650053") {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The same ids in another tenant are another client and another API.
func TestAttackPreAuthorizationByAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api, app, at := w.service()
	w.say(api, trusting(app.String(), []string{readID}, both...))
	ours := w.tenant
	w.tenant = w.newTenant(fabrikam, "fabrikam.com")
	w.write(func(tx *store.WriteTx) error {
		return other(tx, app, w.server.env.NewID(), "Fresh", func(a *directory.Application) { a.PublicURIs, a.Public = []string{"http://localhost"}, true })
	})
	b := w.browser()
	b.signIn("pwd")
	rec := b.send("GET", "/fabrikam.com/oauth2/v2.0/authorize?"+at("@read").Encode(), "")
	if got := answered(t, rec); got.Get("code") != "" || !strings.Contains(got.Get("error_description"), "AADSTS650053") {
		t.Errorf("there is no such API there: %v", got)
	}
	// With an API of that id of its own, which names nobody.
	w.write(func(tx *store.WriteTx) error {
		return other(tx, api, w.server.env.NewID(), "Files", func(a *directory.Application) { a.Manifest = publishing(both...) })
	})
	rec = b.send("GET", "/fabrikam.com/oauth2/v2.0/authorize?"+at("@read").Encode(), "")
	if got := answered(t, rec); got.Get("code") != "" || got.Get("error") != "consent_required" {
		t.Errorf("an API that names nobody: %v", got)
	}
	w.tenant = ours
	b = w.browser()
	b.signIn("pwd")
	b.code(at("@read"))
}

func TestAttackScopeTakenBackIsNotUsedOn(t *testing.T) {
	t.Parallel()
	for name, named := range map[string]bool{"consented to": false, "pre-authorized": true} {
		w := newWorld(t)
		b := w.browser()
		b.signIn("pwd")
		api, app, at := w.service()
		said := func(scopes ...scope) directory.Manifest {
			if named {
				return trusting(app.String(), []string{readID, writeID}, scopes...)
			}
			return publishing(scopes...)
		}
		w.say(api, said(both...))
		w.write(func(tx *store.WriteTx) error {
			of, _ := tx.Snap().Client(api)
			principal, _ := tx.Snap().Client(app)
			if named {
				return nil
			}
			return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: principal, Resource: of, Principal: ada, Scopes: []string{"read", "write", "offline_access"}})
		})
		body := w.tokens(redemption(b.code(at("offline_access @read @write")), "client_id", app.String()))
		pending := b.code(at("offline_access @read @write"))
		ours := func(changes ...string) url.Values {
			return with(refreshing(body.Refresh, "client_id", app.String(), "scope", ""), changes...)
		}

		w.say(api, said(scope{"read", readID, true}, scope{"write", writeID, false}))
		w.denied(name+": the refresh token, after one was disabled", ours(), 65001)
		w.denied(name+": by name", ours("scope", "api://"+api.String()+"/write"), 650053)
		w.denied(name+": the code", redemption(pending, "client_id", app.String()), 65001)
		if got := answered(t, b.authorize(at("@write"))); got.Get("code") != "" {
			t.Errorf("%s: asked for anew: %v", name, got)
		}
		next := w.tokens(ours("scope", "api://"+api.String()+"/.default"))
		if c := claimsIn(t, next.Access); c["scp"] != "read" {
			t.Errorf("%s: what is left: %v", name, c)
		}
		body.Refresh = next.Refresh
		if c := claimsIn(t, w.tokens(ours("scope", "api://"+api.String()+"/read")).Access); c["scp"] != "read" {
			t.Errorf("%s: %v", name, c)
		}
	}
}

func TestAttackTokensForADisabledAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	api, app, at := w.service()
	w.say(api, trusting(app.String(), []string{readID}, both...))
	b.code(at("@read"))
	own := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.String()}, "client_secret": {secretText}, "scope": {"api://" + api.String() + "/.default"}}
	w.tokens(own)
	w.write(func(tx *store.WriteTx) error {
		p, _, err := tx.ServicePrincipalByAppID(api)
		p.Enabled = false
		return errors.Join(err, tx.UpdateServicePrincipal(p))
	})
	for _, asked := range []string{"@read", "@.default"} {
		if got := answered(t, b.authorize(at(asked))); got.Get("code") != "" {
			t.Errorf("%s: %v", asked, got)
		}
	}
	w.denied("a client for itself", own, 500011)
}

// Nobody, an administrator neither, allows what an API does not publish: also not in a flow that
// began while it did.
func TestAttackConsentToWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(func(tx *store.WriteTx) error {
		return grantRole(tx, ada, "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3") /* Application Administrator */
	})
	api, app, _ := w.service()
	w.say(api, publishing(both...))
	principal := func() (client, resource guid.ID) {
		w.look(func(tx *store.ReadTx) error {
			client, _ = tx.Snap().Client(app)
			resource, _ = tx.Snap().Client(api)
			return nil
		})
		return client, resource
	}
	client, resource := principal()
	begin := func(scope string) Flow {
		f := Flow{Kind: SignInFlow, Client: app, ClientName: "Fresh", Principal: client, Reply: Reply{Redirect: "http://localhost:5000", Mode: "query"}}
		var refused *failure
		if f.Asked, refused = w.server.readAsked(t.Context(), w.tenant, scope); refused != nil {
			t.Fatal(refused)
		}
		return w.flow(w.browser(), f)
	}
	f := begin("api://" + api.String() + "/read api://" + api.String() + "/write")
	w.say(api, publishing(both[0], scope{"write", writeID, false}))
	if c, err := w.server.MissingConsent(t.Context(), w.tenant, f, ada); err != nil || c.All || c.Alone || !slices.Equal(c.Missing, []string{"read", "write"}) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, all := range []bool{true, false} {
		if err := w.server.GrantConsent(t.Context(), w.tenant, f, ada, all); !errors.Is(err, ErrConsent) {
			t.Errorf("allowed: %v", err)
		}
	}
	if err := w.server.GrantConsent(t.Context(), w.tenant, begin("api://"+api.String()+"/read"), ada, true); err != nil {
		t.Errorf("what is published: %v", err)
	}
	w.look(func(tx *store.ReadTx) error {
		k, _, err := tx.ConsentOf(client, resource, guid.ID{})
		if !slices.Equal(k.Scopes, []string{"read"}) {
			t.Errorf("consented to %v", k.Scopes)
		}
		return err
	})
	for _, scope := range []string{"/write", "/nothing", "/user_impersonation"} {
		for _, of := range []guid.ID{api, w.server.env.NewID(), native} {
			if _, f := w.server.readAsked(t.Context(), w.tenant, "api://"+of.String()+scope); f == nil || f.Code != 650053 {
				t.Errorf("%s of %s: %+v", scope, of, f)
			}
		}
	}
}

// .default stands for what the client's registration says it needs of that very API, by id.
func TestDefaultAtAnAPIAsksForWhatTheRegistrationNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	api, _ := w.fresh(func(a *directory.Application) { a.Manifest = publishing(both[0], scope{"write", writeID, false}) })
	app, principal := w.fresh(func(a *directory.Application) {
		a.Needs = []directory.Need{
			{Resource: GraphAppID, Access: []directory.Access{{ID: userReadID}}},
			{Resource: api, Access: []directory.Access{{ID: guid.Must(readID)}, {ID: guid.Must(writeID)}, {ID: w.server.env.NewID()}, {ID: guid.Must(readID), Role: true}}},
		}
	})
	if c := w.missing(app, principal, "api://"+api.String()+"/.default openid", ""); !slices.Equal(c.Missing, []string{"openid", "read"}) || c.Alone {
		t.Errorf("%+v", c)
	}
	plain, of := w.fresh(func(*directory.Application) {})
	if c := w.missing(plain, of, "api://"+api.String()+"/.default", ""); !slices.Equal(c.Missing, []string{"user_impersonation"}) || c.All || c.Alone {
		t.Errorf("a registration that needs nothing there: %+v", c)
	}
}

func TestClientAsksItselfForWhatItPublishes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	_, app, _ := w.service()
	own := func(scope string) url.Values {
		return ask("client_id", app.String(), "scope", "openid "+app.String()+"/"+scope, "prompt", "none")
	}
	if got := answered(t, b.authorize(own("read"))); !strings.Contains(got.Get("error_description"), "AADSTS650053") {
		t.Errorf("what it does not publish: %v", got)
	}
	w.say(app, publishing(both...))
	for scope, scp := range map[string]string{"read": "read", ".default": "read write"} {
		body := w.tokens(redemption(b.code(own(scope)), "client_id", app.String()))
		if c := claimsIn(t, body.Access); c["aud"] != app.String() || c["scp"] != scp {
			t.Errorf("%s: %v", scope, c)
		}
	}
}
