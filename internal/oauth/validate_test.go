package oauth

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// adaSignsIn is Ada's token with the client.
func (w *world) adaSignsIn(methods ...string) string {
	w.t.Helper()
	token, err := w.server.UserToken(w.t.Context(), w.tenant, SignIn{User: ada, Client: client, Methods: methods})
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Access
}

func TestUserTokenSpeaksForThePersonAndTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.adaSignsIn(signin.Password, signin.MultiFactor)
	for _, time := range []string{"first", "second"} {
		c, _, err := w.server.Authenticate(t.Context(), raw, contoso.String())
		if err != nil {
			t.Fatal(err)
		}
		if c.AppOnly || c.Principal != (directory.Ref{ID: ada, Kind: directory.KindUser}) || c.Client != worker || c.AppID != client ||
			!c.Proof.MFA || !slices.Equal(c.Proof.Methods, []string{"pwd", "mfa"}) || !slices.Equal(c.Scopes.Names(), []string{"Group.Read.All", "User.Read"}) {
			t.Errorf("the %s time, caller is %+v", time, c)
		}
	}
	c, _, err := w.server.Authenticate(t.Context(), w.adaSignsIn(signin.Password), "")
	if err != nil || c.Proof.MFA {
		t.Errorf("a password alone: %+v, %v", c, err)
	}
}

func TestLaterProofsNeedANewToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.adaSignsIn(signin.Password)
	w.write(func(tx *store.WriteTx) error {
		jws, err := parse(raw)
		if err != nil {
			return err
		}
		keys, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		k, err := openKey(keys[0])
		if err != nil {
			return err
		}
		v, err := set.verify(contoso, &ring{keys: []*Key{k}}, jws)
		if err != nil {
			return err
		}
		s, _, err := tx.Session(v.session)
		if err != nil {
			return err
		}
		s.Factors = append(s.Factors, signin.Factor{Method: signin.MultiFactor, At: noon})
		return tx.PutSession(s)
	})
	c, _, err := w.server.Authenticate(t.Context(), raw, "")
	if err != nil || c.Proof.MFA || !slices.Equal(c.Proof.Methods, []string{"pwd"}) {
		t.Errorf("caller %+v, %v", c, err)
	}
}

func TestUserTokenIsRefusedForWhoeverMayNotAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name string
		in   SignIn
		want error
	}{
		{"no such user", SignIn{User: fabrikam, Client: client}, ErrNoUser},
		{"a client is no user", SignIn{User: worker, Client: client}, ErrNoUser},
		{"no such client", SignIn{User: ada, Client: ada}, ErrNoClient},
		{"an unknown scope", SignIn{User: ada, Client: client, Scopes: []string{"Everything.All"}}, ErrScope},
		{"a scope without consent", SignIn{User: ada, Client: client, Scopes: []string{"User.Read", "User.ReadWrite.All"}}, ErrScope},
	} {
		if _, err := w.server.UserToken(t.Context(), w.tenant, c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := w.server.ClientToken(t.Context(), w.tenant, ada); !errors.Is(err, ErrNoClient) {
		t.Errorf("a token for a client that is not there: %v", err)
	}
	token, err := w.server.UserToken(t.Context(), w.tenant, SignIn{User: ada, Client: client, Scopes: []string{"User.Read"}})
	if err != nil {
		t.Fatal(err)
	}
	caller, _, err := w.server.Authenticate(t.Context(), token.Access, "")
	if err != nil || !slices.Equal(caller.Scopes.Names(), []string{"User.Read"}) {
		t.Errorf("caller %+v, %v", caller, err)
	}
}

// Every row takes something away after both tokens were found good and remembered; the
// very next request is refused.
func TestWhatIsTakenAwayVoidsTokensAtTheNextRequest(t *testing.T) {
	t.Parallel()
	user := func(change func(*directory.User)) func(*store.WriteTx) error {
		return func(tx *store.WriteTx) error {
			u, _, err := tx.User(ada)
			if err != nil {
				return err
			}
			change(&u)
			return tx.UpdateUser(u)
		}
	}
	principal := func(change func(*directory.ServicePrincipal)) func(*store.WriteTx) error {
		return func(tx *store.WriteTx) error {
			p, _, err := tx.ServicePrincipal(worker)
			if err != nil {
				return err
			}
			change(&p)
			return tx.UpdateServicePrincipal(p)
		}
	}
	for _, c := range []struct {
		name      string
		act       func(*store.WriteTx) error
		app, user bool // whose token is void
	}{
		{"nothing", func(*store.WriteTx) error { return nil }, false, false},
		{"the user is disabled", user(func(u *directory.User) { u.Enabled = false }), false, true},
		{"the user's sessions are revoked", user(func(u *directory.User) { u.Generation++ }), false, true},
		{"the user is deleted", func(tx *store.WriteTx) error { return tx.DeleteUser(ada, noon) }, false, true},
		{"the client is disabled", principal(func(p *directory.ServicePrincipal) { p.Enabled = false }), true, true},
		{"the client is revoked", principal(func(p *directory.ServicePrincipal) { p.Generation++ }), true, true},
		{"the client's service principal is deleted", func(tx *store.WriteTx) error { return tx.DeleteServicePrincipal(worker, noon) }, true, true},
		{"the keys are dropped", func(tx *store.WriteTx) error {
			keys, err := tx.SigningKeys()
			for _, k := range keys {
				tx.DropSigningKey(k.ID)
			}
			return err
		}, true, true},
	} {
		w := newWorld(t)
		app, person := w.token(), w.adaSignsIn(signin.Password)
		w.accepted(c.name+": app token before", app)
		w.accepted(c.name+": user token before", person)
		w.write(c.act)
		if c.name == "the keys are dropped" {
			w.turn(ringLife) // other nodes' changes to keys are seen within that time
		}
		for _, tok := range []struct {
			raw  string
			void bool
		}{{app, c.app}, {person, c.user}} {
			if tok.void {
				w.refused(c.name, tok.raw, "", sayOver)
			} else {
				w.accepted(c.name, tok.raw)
			}
		}
	}
}

func TestWithdrawnConsentLeavesATokenWithoutScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app, person := w.token(), w.adaSignsIn()
	w.accepted("before", app)
	w.accepted("before", person)
	w.write(func(tx *store.WriteTx) error {
		return errors.Join(tx.DeleteRoleGrant(guid.Must("a0000000-0000-4000-8000-000000000005")),
			tx.UpdateConsent(guid.Must("a0000000-0000-4000-8000-000000000006"), []string{"User.Read"}))
	})
	for raw, want := range map[string][]string{app: nil, person: {"User.Read"}} {
		c, _, err := w.server.Authenticate(t.Context(), raw, "")
		if err != nil || !slices.Equal(c.Scopes.Names(), want) {
			t.Errorf("caller %+v, %v; want scopes %v", c, err, want)
		}
	}
}

func TestPermissionGrantedLaterIsNotInAnEarlierToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.token()
	w.write(func(tx *store.WriteTx) error {
		return tx.InsertRoleGrant(directory.RoleGrant{ID: fabrikam, Principal: worker, Resource: graphPrincipal, Permission: "User.ReadWrite.All"})
	})
	c, _, err := w.server.Authenticate(t.Context(), raw, "")
	if err != nil || c.Scopes.Has("User.ReadWrite.All") {
		t.Errorf("caller %+v, %v", c, err)
	}
}

func TestRememberedTokenEndsOnTheTick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.token()
	w.accepted("fresh", raw)
	w.turn(set.Lifetime - 100*time.Nanosecond)
	w.accepted("in its last tick", raw)
	w.turn(100 * time.Nanosecond)
	w.refused("at its end", raw, "", sayOver)
	w.clock.Store(int64(noon - 2*when.Second))
	w.refused("on a clock set back", raw, "", sayForeign)
}

func TestTokenIsOfOneTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.newTenant(fabrikam, "fabrikam.com")
	raw := w.token()
	for _, name := range []string{contoso.String(), strings.ToUpper(contoso.String()), "contoso.com", "Contoso.COM"} {
		if _, tenant, err := w.server.Authenticate(t.Context(), raw, name); err != nil || tenant != w.tenant {
			t.Errorf("under %s: %v", name, err)
		}
	}
	for _, name := range []string{fabrikam.String(), "fabrikam.com", "nobody.example", ada.String(), "common", "../contoso.com"} {
		w.refused("under "+name, raw, name, sayForeign)
	}
	// Fabrikam's key signs what says that it is Contoso's.
	keys, err := w.server.keysOf(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	snap, _, err := w.tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := claimsOf(t)
	c["xms_ephor"] = Stamp{Incarnation: snap.Version().Incarnation, Client: 3}
	w.refused("another tenant's key", signed(t, keys.keys[0], c), "", sayForeign)
	own, err := w.server.keysOf(t.Context(), w.tenant)
	if err != nil {
		t.Fatal(err)
	}
	w.accepted("the same claims under its own key", signed(t, own.keys[0], c))
	c["tid"] = ada
	w.refused("a tenant that is not", signed(t, own.keys[0], c), "", sayForeign)
}

func TestResetTenantKnowsNoEarlierToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw, person := w.token(), w.adaSignsIn()
	w.accepted("before", raw)
	if err := w.store.Reset(t.Context(), contoso, seed); err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{raw, person} {
		c, _, err := w.server.Authenticate(t.Context(), old, "")
		if c != nil || err == nil || !strings.Contains(err.Error(), "InvalidAuthenticationToken") {
			t.Errorf("a token from before the reset: %+v, %v", c, err)
		}
	}
	fresh := w.token()
	w.accepted("a token from after it", fresh)
	w.turn(2 * ringLife)
	w.accepted("a token from after it, when keys are read again", fresh)
	if err := w.store.Drop(t.Context(), contoso); err != nil {
		t.Fatal(err)
	}
	w.refused("a dropped tenant's token", fresh, "", sayForeign)
}

func TestUnreadableTokensAreAnsweredByClass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.token()
	parts := strings.Split(raw, ".")
	for name, c := range map[string]struct{ raw, message string }{
		"nothing":           {"", sayEmpty},
		"text":              {"token", sayGarbled},
		"three dots":        {"...", sayGarbled},
		"oversized":         {strings.Repeat("a", maxToken+1), sayGarbled},
		"alg none":          {segment(`{"alg":"none"}`) + "." + parts[1] + ".", sayGarbled},
		"a changed payload": {parts[0] + "." + segment(`{"tid":"`+contoso.String()+`"}`) + "." + parts[2], sayForeign},
		"no tenant":         {parts[0] + "." + segment(`{}`) + "." + parts[2], sayForeign},
		"a cut signature":   {raw[:len(raw)-8], sayForeign},
	} {
		w.refused(name, c.raw, "", c.message)
	}
	if n := len(w.server.seen.young); n != 0 {
		t.Errorf("%d bad tokens are remembered", n)
	}
}

func TestTokenOfAnUnknownOrEndedSessionIsVoid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	snap, _, err := w.tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	session := signin.Session{ID: fabrikam, User: ada, Client: client, Generation: 2, Created: noon, End: noon + when.Hour, Ended: when.Never}
	grant := Grant{
		Type: UserToken, Object: ada, Client: client, Audience: graphURL, Session: session.ID, Until: when.Never,
		Stamp: Stamp{Incarnation: snap.Version().Incarnation, Principal: 1, Client: 3, Session: 2},
	}
	mint := func(change func(*Grant)) string {
		g := grant
		change(&g)
		token, err := w.server.Mint(t.Context(), w.tenant, g)
		if err != nil {
			t.Fatal(err)
		}
		return token.Access
	}
	same := func(*Grant) {}
	w.refused("a session that is not", mint(same), "", sayOver)
	w.write(func(tx *store.WriteTx) error { return tx.PutSession(session) })
	w.accepted("a session that goes on", mint(same))
	w.refused("an earlier generation of it", mint(func(g *Grant) { g.Stamp.Session = 1 }), "", sayOver)
	w.write(func(tx *store.WriteTx) error { s := session; s.User = worker; s.ID = worker; return tx.PutSession(s) })
	w.refused("another person's session", mint(func(g *Grant) { g.Session = worker }), "", sayOver)
	w.write(func(tx *store.WriteTx) error { s := session; s.Ended = noon; return tx.PutSession(s) })
	w.refused("a session that was ended", mint(same), "", sayOver)
	w.write(func(tx *store.WriteTx) error { tx.DropSessions(noon+when.Hour+1, 10); return nil })
	w.refused("a session that was forgotten", mint(same), "", sayOver)
}

// A caller's scopes are a subset of both what was asked and what is in force, whatever the
// token says.
func TestTokenCannotBringScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	snap, _, err := w.tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	g := appGrant()
	g.Stamp.Incarnation, g.Scopes = snap.Version().Incarnation, authz.AllScopes().Names()
	token, err := w.server.Mint(t.Context(), w.tenant, g)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := w.server.Authenticate(t.Context(), token.Access, "")
	if err != nil || !slices.Equal(c.Scopes.Names(), []string{"User.Read.All"}) {
		t.Errorf("caller %+v, %v", c, err)
	}
}

// The signature is the tenant's own; what the claims name does not stand.
func TestSignedClaimsAboutOthersAreVoid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	snap, _, err := w.tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	present := snap.Version().Incarnation
	for name, change := range map[string]func(*Grant){
		"another incarnation":                         func(g *Grant) { g.Stamp.Incarnation = present - 1 },
		"another service principal than the client's": func(g *Grant) { g.Object = graphPrincipal },
		"a user in an app token":                      func(g *Grant) { g.Object = ada },
		"a service principal as user":                 func(g *Grant) { g.Type, g.Scopes, g.Stamp.Principal = UserToken, nil, 3 },
		"a client that is not":                        func(g *Grant) { g.Client = fabrikam },
		"a client of a later generation":              func(g *Grant) { g.Stamp.Client = 4 },
	} {
		g := appGrant()
		g.Stamp.Incarnation = present
		good, err := w.server.Mint(t.Context(), w.tenant, g)
		if err != nil {
			t.Fatal(err)
		}
		w.accepted("the token that the attacks were made from", good.Access)
		change(&g)
		token, err := w.server.Mint(t.Context(), w.tenant, g)
		if err != nil {
			t.Fatal(err)
		}
		w.refused(name, token.Access, "", sayOver)
	}
}
