package oauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/pim"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// cheap is a password's cost in tests.
var cheap = signin.Cost{Memory: 8 * 1024, Time: 1, Threads: 1}

const adasPassword = "a-sentence-that-only-Ada-knows-7"

// withPassword gives ada a password, and the server somebody who judges it.
func (w *world) withPassword(change func(*directory.User)) {
	w.t.Helper()
	hasher, err := login.NewHasher(w.server.env, cheap)
	if err == nil {
		w.server.Login, err = login.New(w.server.env, hasher, "https://ephor.example:8443")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	hash, err := signin.Hash(adasPassword, cheap, make([]byte, signin.SaltSize))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(func(tx *store.WriteTx) error {
		u, _, err := tx.User(ada)
		if err != nil {
			return err
		}
		u.Password.Hash = hash
		if change != nil {
			change(&u)
		}
		return tx.UpdateUser(u)
	})
}

func byPassword(changes ...string) url.Values {
	return with(url.Values{
		"grant_type": {"password"}, "client_id": {native.String()}, "username": {"Ada@contoso.com"}, "password": {adasPassword},
		"scope": {"openid profile offline_access https://graph.microsoft.com/.default"}, "response_type": {"id_token token"}, "client_info": {"1"},
	}, changes...)
}

func TestPasswordGrantNeverStandsForMoreThanAPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withPassword(nil)
	body := w.tokens(byPassword())
	c, _, err := w.server.Authenticate(t.Context(), body.Access, "")
	if err != nil || c.Proof.MFA || !slices.Equal(c.Proof.Methods, []string{"pwd"}) || body.ID == "" || body.Refresh == "" || body.ClientInfo == "" {
		t.Errorf("%+v, %+v, %v", body, c, err)
	}
	w.tokens(refreshing(body.Refresh))
	w.denied("wrong", byPassword("password", "x"), 50126)
	w.denied("nobody", byPassword("username", "nobody@contoso.com"), 50126)
	w.denied("a client with an address only", byPassword("client_id", spa.String()), 7000218)
	got := w.denied("a second factor is asked for", byPassword("claims", `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`), 50076)
	if got.Claims == "" || got.Error != "interaction_required" {
		t.Errorf("%+v", got)
	}
}

func TestPasswordGrantRefusesAccountsThatNeedMore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*directory.User)
		also   func(*store.WriteTx)
		code   int
	}{
		"the password must be changed": {func(u *directory.User) { u.Password.ForceChange = true }, nil, 50055},
		"the account is disabled":      {func(u *directory.User) { u.Enabled = false }, nil, 50057},
		"a second factor is required":  {nil, func(tx *store.WriteTx) { tx.PutMFA(ada, signin.Enabled) }, 50076},
	} {
		w := newWorld(t)
		w.withPassword(c.change)
		if c.also != nil {
			w.write(func(tx *store.WriteTx) error { c.also(tx); return nil })
		}
		w.denied(name, byPassword(), c.code)
		w.denied(name+", to who does not know the password", byPassword("password", "x"), 50126)
	}
}

func TestPasswordGrantIsOffOutsideDevelopment(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		w := newWorld(t, func(s *Settings) {
			if allowed {
				s.PasswordClients = []guid.ID{native}
			}
		})
		q := &request{tenant: w.tenant, client: party{app: native}}
		w.withPassword(nil)
		if f := w.server.passwordAllowed(q); f != nil {
			t.Errorf("in development: %+v", f)
		}
		dir := t.TempDir()
		if _, err := store.MakeKey(filepath.Join(dir, "master.key"), w.server.env); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), store.Config{Dir: dir, Env: w.server.env, Log: w.server.log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if q.tenant, err = s.CreateFrom(t.Context(), store.Spec{ID: fabrikam, Name: "f", Domains: []string{"fabrikam.com"}, Kind: store.Production}, store.Seed{}); err != nil {
			t.Fatal(err)
		}
		if f := w.server.passwordAllowed(q); (f == nil) != allowed {
			t.Errorf("in production, allowed %v: %+v", allowed, f)
		}
	}
}

func polling(code string, changes ...string) url.Values {
	return with(url.Values{"grant_type": {"device_code"}, "client_id": {native.String()}, "device_code": {code}, "client_info": {"1"}}, changes...)
}

func (w *world) device(changes ...string) (body deviceBody) {
	w.t.Helper()
	form := with(url.Values{"client_id": {native.String()}, "scope": {"openid profile offline_access User.Read"}}, changes...)
	r := post(w.t, form.Encode())
	r.URL.Path = "/contoso.com/oauth2/v2.0/devicecode"
	rec := w.do(r)
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || rec.Code != 200 {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return body
}

// typed types a code, and is the device that the person is asked about.
func (b *browser) typed(code string) (Waiting, error) {
	b.w.t.Helper()
	r, rec := b.request("POST", "/", ""), httptest.NewRecorder()
	d, err := b.w.server.Type(rec, r, b.w.tenant, code)
	b.keep(rec)
	return d, err
}

// waiting is typed for a code that a device shows.
func (b *browser) waiting(code string) Waiting {
	b.w.t.Helper()
	d, err := b.typed(code)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return d
}

func TestDeviceIsSignedInByItsPersonElsewhere(t *testing.T) {
	t.Parallel()
	for _, grant := range []string{"device_code", "urn:ietf:params:oauth:grant-type:device_code"} {
		w := newWorld(t)
		d := w.device()
		if len(d.UserCode) != userLength || d.Seconds != 900 || d.Interval != 5 || !strings.Contains(d.Message, d.UserCode) || !strings.Contains(d.Message, d.URI) {
			t.Errorf("%+v", d)
		}
		form := polling(d.DeviceCode, "grant_type", grant)
		if got := w.denied("nobody has typed it", form, 70016); got.Error != "authorization_pending" {
			t.Errorf("%+v", got)
		}
		b := w.browser()
		session := b.signIn("pwd", "mfa")
		waiting := b.waiting(strings.ToLower(d.UserCode[:4]) + " " + d.UserCode[4:])
		if waiting.Client != "Native" || waiting.Address != "192.0.2.1" {
			t.Errorf("the person is not told who asks and from where: %+v", waiting)
		}
		w.denied("nobody has said yes", form, 70016)
		f, err := w.server.Flow(t.Context(), w.tenant, waiting.Flow, b.cookies["__Host-"+browserCookie])
		if err != nil || f.Kind != DeviceFlow {
			t.Fatalf("%+v, %v", f, err)
		}
		if err := w.server.Finish(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil), w.tenant, f, session); err != nil {
			t.Fatal(err)
		}
		body := w.tokens(form)
		w.accepted("the device's token", body.Access)
		w.tokens(refreshing(body.Refresh))
		w.denied("the code again", form, 70018)
		if _, err := b.typed(d.UserCode); !errors.Is(err, ErrNoDevice) {
			t.Errorf("the code can be typed again: %v", err)
		}
	}
}

func TestDeviceIsRefusedByItsPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.device()
	b := w.browser()
	f, err := w.server.Flow(t.Context(), w.tenant, b.waiting(d.UserCode).Flow, b.cookies["__Host-"+browserCookie])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.server.Refuse(httptest.NewRecorder(), b.request("POST", "/", ""), w.tenant, f, Declined); err != nil {
		t.Fatal(err)
	}
	if got := w.denied("declined", polling(d.DeviceCode), 65004); got.Error != "authorization_declined" {
		t.Errorf("%+v", got)
	}
	late := w.device()
	w.turn(deviceLife)
	if got := w.denied("late", polling(late.DeviceCode), 70020); got.Error != "expired_token" {
		t.Errorf("%+v", got)
	}
	w.denied("another client", polling(w.device().DeviceCode, "client_id", client.String(), "client_secret", secretText), 70018)
	w.denied("made up", polling("x"), 70018)
}

func TestAttackDeviceCodesAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.device()
	b := w.browser()
	for range typingMost {
		if _, err := b.typed("BBBBBBBBB"); !errors.Is(err, ErrNoDevice) {
			t.Fatal(err)
		}
	}
	if d, err := b.typed(d.UserCode); d.Flow != "" || !errors.Is(err, ErrTries) {
		t.Errorf("the right one after too many: %+v, %v", d, err)
	}
	w.turn(typingFor)
	if _, err := b.typed(w.device().UserCode); err != nil {
		t.Errorf("the door does not open again: %v", err)
	}
}

func TestAttackFlowIsOfNoUseInAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, thief := w.browser(), w.browser()
	handle := b.waiting(w.device().UserCode).Flow
	thief.waiting(w.device().UserCode) // is known by now
	for name, other := range map[string]string{"another": thief.cookies["__Host-"+browserCookie], "none": "", "made up": strings.Repeat("x", 43)} {
		if _, err := w.server.Flow(t.Context(), w.tenant, handle, other); !errors.Is(err, ErrNoFlow) {
			t.Errorf("%s browser: %v", name, err)
		}
	}
	f := w.flow(b, Flow{Kind: PasswordFlow})
	if err := w.server.Refuse(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), w.tenant, f, 65004); err != nil {
		t.Fatal(err)
	}
	if err := w.server.Refuse(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), w.tenant, f, 65004); !errors.Is(err, ErrNoFlow) {
		t.Errorf("finished twice: %v", err)
	}
	late := w.flow(b, Flow{Kind: PasswordFlow})
	w.turn(flowLife)
	if err := w.server.Finish(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), w.tenant, late, signin.Session{}); !errors.Is(err, ErrNoFlow) {
		t.Errorf("finished late: %v", err)
	}
}

// Of many who finish a flow at once, one is answered.
func TestFlowIsFinishedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	session := b.signIn("pwd")
	f := Flow{Kind: SignInFlow, Client: native, ClientName: "Native", Principal: nativePrincipal, Reply: Reply{Redirect: "http://localhost:5000", Mode: "query"}}
	f.Asked, _ = set.readScopes("openid User.Read", contoso, nil)
	f = w.flow(b, f)
	var mu sync.Mutex
	done := 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := w.server.Finish(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), w.tenant, f, session)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !errors.Is(err, ErrNoFlow) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if done != 1 {
		t.Errorf("finished %d times", done)
	}
}

func TestFlowIsNotFinishedWhileSomethingIsMissing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	session := b.signIn("pwd")
	finish := func(change func(*Flow)) error {
		f := Flow{Kind: SignInFlow, Client: native, ClientName: "Native", Principal: nativePrincipal, Reply: Reply{Redirect: "http://localhost:5000", Mode: "query"}}
		f.Asked, _ = set.readScopes("openid User.Read", contoso, nil)
		change(&f)
		rec := httptest.NewRecorder()
		err := w.server.Finish(rec, httptest.NewRequest(http.MethodGet, "/", nil), w.tenant, w.flow(b, f), session)
		if err != nil && (rec.Header().Get("Location") != "" || rec.Body.Len() > 0) {
			t.Errorf("answered all the same: %v", rec.Header())
		}
		return err
	}
	for name, c := range map[string]struct {
		change func(*Flow)
		want   error
	}{
		"a second factor":     {func(f *Flow) { f.Demand.MFA = true }, ErrLacking},
		"a fresh one":         {func(f *Flow) { f.Demand.Contexts = []string{"c1"} }, ErrLacking},
		"a proof of just now": {func(f *Flow) { f.Demand.Since = noon + 1 }, ErrLacking},
		"consent":             {func(f *Flow) { f.Asked, _ = set.readScopes("User.ReadWrite.All", contoso, nil) }, ErrLacking},
		"consent asked again": {func(f *Flow) { f.Prompt = promptConsent }, ErrLacking},
		"nothing":             {func(*Flow) {}, nil},
	} {
		if err := finish(c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	w.write(func(tx *store.WriteTx) error { tx.PutMFA(ada, signin.Enforced); return nil })
	if err := finish(func(*Flow) {}); !errors.Is(err, ErrLacking) {
		t.Errorf("the account asks for a second factor: %v", err)
	}
}

func TestConsentIsGivenByWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	admin := guid.Must("a0000000-0000-4000-8000-00000000000a")
	w.write(func(tx *store.WriteTx) error {
		if _, err := tx.PutBuiltInRoles(); err != nil {
			return err
		}
		u := directory.User{Object: directory.Object{ID: admin, Kind: directory.KindUser, DisplayName: "Iris", Deleted: when.Never}, UPN: "iris@contoso.com", Enabled: true, Type: "Member"}
		return errors.Join(tx.InsertUser(u), grantRole(tx, admin, "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")) // Application Administrator
	})
	flow := func(scope string) Flow {
		f := Flow{Kind: SignInFlow, Client: spa, ClientName: "Page", Principal: spaPrincipal, Reply: Reply{Redirect: spaURI, Mode: "query"}}
		f.Asked, _ = set.readScopes(scope, contoso, nil)
		return w.flow(b, f)
	}
	for name, c := range map[string]struct {
		scope      string
		user       guid.ID
		alone, all bool
	}{
		"a user, the basic ones":                 {"openid User.Read", ada, true, false},
		"a user, more":                           {"User.Read User.Read.All", ada, false, false},
		"an administrator":                       {"User.Read User.Read.All", admin, false, true},
		"an administrator, what leads to roles":  {"RoleManagement.ReadWrite.Directory", admin, false, false},
		"an administrator, also not by .default": {"https://graph.microsoft.com/.default", admin, true, true},
	} {
		f := flow(c.scope)
		got, err := w.server.MissingConsent(t.Context(), w.tenant, f, c.user)
		if err != nil || got.Settled() || got.Alone != c.alone || got.All != c.all {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if !c.alone {
			if err := w.server.GrantConsent(t.Context(), w.tenant, f, c.user, false); !errors.Is(err, ErrConsent) {
				t.Errorf("%s: consented alone: %v", name, err)
			}
		}
		if !c.all {
			if err := w.server.GrantConsent(t.Context(), w.tenant, f, c.user, true); !errors.Is(err, ErrConsent) {
				t.Errorf("%s: consented for all: %v", name, err)
			}
		}
	}
	f := flow("openid User.Read User.Read.All")
	if err := w.server.GrantConsent(t.Context(), w.tenant, f, admin, true); err != nil {
		t.Fatal(err)
	}
	if got, err := w.server.MissingConsent(t.Context(), w.tenant, f, ada); err != nil || !got.Settled() {
		t.Errorf("after consent for all: %+v, %v", got, err)
	}
	b.signIn("pwd")
	body := w.tokens(redemption(b.code(ask("client_id", spa.String(), "redirect_uri", spaURI, "scope", "https://graph.microsoft.com/.default openid")), "client_id", spa.String(), "redirect_uri", spaURI))
	if got := claimsIn(t, body.Access)["scp"]; got != "User.Read User.Read.All openid" {
		t.Errorf("scp is %v", got)
	}
}

// grantRole makes a principal hold a role in the whole tenant.
func grantRole(tx *store.WriteTx, principal guid.ID, role string) error {
	return tx.PutSchedule(pim.Schedule{
		ID: principal, Kind: pim.Assigned, Principal: principal, Target: pim.Target{Role: guid.Must(role)},
		Window: when.Window{Start: noon - when.Day, End: when.Never}, Created: noon - when.Day, Modified: when.Never,
	})
}

func TestLogoutEndsWhatWasGivenAndGoesBackToTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	body := w.tokens(redemption(b.code(ask())))
	other := w.browser()
	other.signIn("pwd")
	kept := w.tokens(redemption(other.code(ask())))
	rec := b.send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {"http://localhost:5000"}, "state": {"s &x"}, "client_id": {native.String()}}.Encode(), "")
	if rec.Code != 303 || rec.Header().Get("Location") != "http://localhost:5000?state=s%20%26x" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	w.refused("its token", body.Access, "", sayOver)
	w.denied("its refresh token", refreshing(body.Refresh), 50173)
	if got := answered(t, b.authorize(ask("prompt", "none"))); got.Get("error") != "login_required" {
		t.Errorf("the session goes on: %v", got)
	}
	w.accepted("another browser's", kept.Access)
	rec = other.send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {webURI}, "id_token_hint": {kept.ID}}.Encode(), "")
	if rec.Code != 400 || rec.Header().Get("Location") != "" {
		t.Errorf("another client's address: %d %v", rec.Code, rec.Header())
	}
	w.refused("its token, all the same", kept.Access, "", sayOver)
}

func TestAttackLogoutIsNoOpenRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{
		"https://evil.example", "//evil.example", "javascript:alert(1)", "http://localhost@evil.example", "http://localhost:5000.evil.example", webURI + ".evil.example",
		webURI + "?x", "https://evil.example/" + webURI, "http://localhost\r\nX: y",
	} {
		for _, id := range []string{"", native.String(), client.String(), ada.String()} {
			rec := w.browser().send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {to}, "client_id": {id}}.Encode(), "")
			if rec.Code != 400 || rec.Header().Get("Location") != "" {
				t.Errorf("%q of %q: %d %v", to, id, rec.Code, rec.Header())
			}
		}
	}
	rec := w.browser().send("GET", "/contoso.com/oauth2/v2.0/logout?"+url.Values{"post_logout_redirect_uri": {webURI}}.Encode(), "")
	if rec.Code != 303 || rec.Header().Get("Location") != webURI {
		t.Errorf("a client's own: %d %v", rec.Code, rec.Header())
	}
}

// api is a client that is called by others: the web server.
func TestOnBehalfOfAddsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.stepUp(b.signIn("pwd"))
	w.say(client, publishing(scope{"access_as_user", readID, true}))
	w.write(func(tx *store.WriteTx) error {
		return tx.InsertConsent(directory.Consent{ID: w.server.env.NewID(), Client: nativePrincipal, Resource: worker, Scopes: []string{"access_as_user"}})
	})
	claims := `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`
	code := b.code(ask("scope", "openid api://"+client.String()+"/access_as_user", "claims", claims))
	called := w.tokens(redemption(code))
	c := claimsIn(t, called.Access)
	if c["aud"] != client.String() || c["scp"] != "access_as_user" || c["acrs"] == nil {
		t.Fatalf("%v", c)
	}
	w.refused("a token for another resource at Graph", called.Access, "", sayForeign)
	form := with(url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "client_id": {client.String()}, "client_secret": {secretText},
		"assertion": {called.Access}, "requested_token_use": {"on_behalf_of"}, "scope": {"https://graph.microsoft.com/.default"},
	})
	body := w.tokens(form)
	caller, _, err := w.server.Authenticate(t.Context(), body.Access, "")
	if err != nil || caller.Principal.ID != ada || caller.AppID != client || caller.Proof.Context != nil || !caller.Proof.MFA ||
		!slices.Equal(caller.Scopes.Names(), []string{"Group.Read.All", "User.Read"}) {
		t.Errorf("%+v, %v", caller, err)
	}
	if claimsIn(t, body.Access)["acrs"] != nil {
		t.Error("the context was carried along")
	}
	graphs := w.tokens(redemption(b.code(ask())))
	for name, change := range map[string][]string{
		"a token for Graph":       {"assertion", graphs.Access},
		"an ID token":             {"assertion", graphs.ID},
		"the client's own token":  {"assertion", w.token()},
		"no token":                {"assertion", "x"},
		"a token with a cut seal": {"assertion", called.Access[:len(called.Access)-5]},
	} {
		w.denied(name, with(copyOf(form), change...), 500131)
	}
	w.denied("without proof", with(copyOf(form), "client_secret", ""), 7000218)
	w.denied("what is not consented to", with(copyOf(form), "scope", "User.ReadWrite.All"), 65001)
	w.write(func(tx *store.WriteTx) error {
		u, _, err := tx.User(ada)
		u.Generation++
		return errors.Join(err, tx.UpdateUser(u))
	})
	w.denied("of a person whose sessions were revoked", form, 50173)
}

// copyOf is a copy of a form.
func copyOf(f url.Values) url.Values {
	out := url.Values{}
	for name, values := range f {
		out[name] = slices.Clone(values)
	}
	return out
}

// A holder of a certificate signs assertions with it.
type holder struct {
	key any
	der []byte
}

func newHolder(t testing.TB, key any) holder {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "robot"}, NotBefore: noon.Time().Add(-time.Hour), NotAfter: noon.Time().Add(1000 * time.Hour)}
	var public any
	switch k := key.(type) {
	case *rsa.PrivateKey:
		public = &k.PublicKey
	case *ecdsa.PrivateKey:
		public = &k.PublicKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return holder{key, der}
}

func (h holder) sign(t testing.TB, alg jose.SignatureAlgorithm, name string, claims map[string]any) string {
	t.Helper()
	short, long := sha1.Sum(h.der), sha256.Sum256(h.der)
	value := map[string]string{"x5t": base64.RawURLEncoding.EncodeToString(short[:]), "x5t#S256": base64.RawURLEncoding.EncodeToString(long[:])}[name]
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader(jose.HeaderKey(name), value)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: h.key}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(mustJSON(t, claims))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCertificatesProveClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	elliptic256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, other := newHolder(t, key), newHolder(t, stranger)
	registration := guid.Must("a0000000-0000-4000-8000-000000000009")
	w.write(func(tx *store.WriteTx) error {
		tx.PutKey(registration, directory.Key{KeyID: ada, Certificate: h.der, End: when.Never})
		return nil
	})
	claims := func(changes ...any) map[string]any {
		c := map[string]any{
			"aud": "https://ephor.example:8443/contoso.com/oauth2/v2.0/token", "iss": client.String(), "sub": client.String(), "jti": "1",
			"nbf": seconds(noon), "exp": seconds(noon) + 600,
		}
		for i := 0; i < len(changes); i += 2 {
			c[changes[i].(string)] = changes[i+1]
		}
		return c
	}
	form := func(raw string) url.Values {
		return form("client_secret", "", "client_assertion", raw, "client_assertion_type", assertionType)
	}
	for _, c := range []struct {
		alg  jose.SignatureAlgorithm
		name string
	}{{jose.PS256, "x5t#S256"}, {jose.RS256, "x5t"}, {jose.PS256, "x5t"}} {
		body := w.tokens(form(h.sign(t, c.alg, c.name, claims())))
		if got := claimsIn(t, body.Access)["azpacr"]; got != "2" {
			t.Errorf("%s %s: azpacr is %v", c.alg, c.name, got)
		}
	}
	without := copyOf(form(h.sign(t, jose.PS256, "x5t", claims())))
	without.Del("client_id")
	w.tokens(without)
	forged := h.sign(t, jose.PS256, "x5t", claims())
	header, payload, signature := cut(forged)
	short := sha1.Sum(h.der)
	lying := holder{stranger, h.der}
	for name, raw := range map[string]string{
		"another's key under this thumbprint": lying.sign(t, jose.PS256, "x5t", claims()),
		"another's certificate":               other.sign(t, jose.PS256, "x5t", claims()),
		"an elliptic key's":                   holder{elliptic256, h.der}.sign(t, jose.ES256, "x5t", claims()),
		"no signature":                        header + "." + payload + ".",
		"alg none":                            segment(`{"alg":"none","x5t":"`+base64.RawURLEncoding.EncodeToString(short[:])+`"}`) + "." + payload + ".",
		"the public key as a secret":          hmacWith(t, h.der, payload, base64.RawURLEncoding.EncodeToString(short[:])),
		"another payload":                     header + "." + segment(`{"iss":"x"}`) + "." + signature,
		"another audience":                    h.sign(t, jose.PS256, "x5t", claims("aud", "https://evil.example/contoso.com/oauth2/v2.0/token")),
		"another tenant's endpoint":           h.sign(t, jose.PS256, "x5t", claims("aud", set.PublicURL+"/"+fabrikam.String()+"/oauth2/v2.0/token")),
		"another tenant's domain":             h.sign(t, jose.PS256, "x5t", claims("aud", set.PublicURL+"/fabrikam.com/oauth2/v2.0/token")),
		"Graph's audience":                    h.sign(t, jose.PS256, "x5t", claims("aud", set.PublicURL)),
		"another issuer":                      h.sign(t, jose.PS256, "x5t", claims("iss", ada.String())),
		"another subject":                     h.sign(t, jose.PS256, "x5t", claims("sub", ada.String())),
		"expired":                             h.sign(t, jose.PS256, "x5t", claims("exp", seconds(noon))),
		"without an end":                      h.sign(t, jose.PS256, "x5t", claims("exp", nil)),
		"for a year":                          h.sign(t, jose.PS256, "x5t", claims("exp", seconds(noon)+365*86400)),
		"not valid yet":                       h.sign(t, jose.PS256, "x5t", claims("nbf", seconds(noon)+3600)),
		"times that overflow":                 h.sign(t, jose.PS256, "x5t", claims("exp", 1e300)),
		"garbage":                             "x.y.z",
		"nothing between dots":                "..",
	} {
		if got := w.denied(name, form(raw), 700027); got.Error != "invalid_client" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	w.write(func(tx *store.WriteTx) error { tx.DeleteKey(registration, ada); return nil })
	w.denied("a certificate that was removed", form(forged), 700027)
}

// hmacWith is a token that takes a public key for a shared secret.
func hmacWith(t testing.TB, secret []byte, payload, thumbprint string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, (&jose.SignerOptions{}).WithHeader("x5t", thumbprint))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestScriptsOfOtherOriginsMayAskForTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, want := range map[string]string{
		"/contoso.com/oauth2/v2.0/token": "*", "/common/v2.0/.well-known/openid-configuration": "*", "/contoso.com/discovery/v2.0/keys": "*", "/oidc/userinfo": "*",
		"/contoso.com/oauth2/v2.0/authorize": "", "/contoso.com/oauth2/v2.0/logout": "",
	} {
		r := httptest.NewRequest(http.MethodOptions, path, nil)
		r.Header.Set("Origin", "https://page.example")
		r.Header.Set("Access-Control-Request-Method", "POST")
		rec := w.do(r)
		if got := rec.Header().Get("Access-Control-Allow-Origin"); got != want || want != "" && rec.Code != 204 || rec.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", path, rec.Code, rec.Header())
		}
	}
	b := w.browser()
	b.signIn("pwd")
	code := b.code(ask())
	r := post(t, redemption(code).Encode(), "Origin", "https://page.example")
	r.URL.Path = "/contoso.com/oauth2/v2.0/token"
	if rec := w.do(r); rec.Code != 400 || !strings.Contains(rec.Body.String(), "AADSTS9002326") || rec.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("an app's code from a page: %d %s", rec.Code, rec.Body)
	}
}

func TestUserRealmTellsEveryNameTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var known, unknown map[string]any
	w.get("/common/UserRealm/ada@contoso.com?api-version=1.0", &known)
	w.get("/common//userrealm/nobody@contoso.com?api-version=1.0", &unknown)
	if !mapsEqual(known, unknown) || known["account_type"] != "Managed" || known["domain_name"] != "contoso.com" || known["cloud_instance_name"] == "" || known["cloud_audience_urn"] == "" {
		t.Errorf("%v, %v", known, unknown)
	}
}

func mapsEqual(a, b map[string]any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

func TestEnvironmentDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var doc struct {
		Name     string `json:"name"`
		Manager  string `json:"resourceManager"`
		Graph    string `json:"microsoftGraphResourceId"`
		Security struct {
			Login string `json:"loginEndpoint"`
		} `json:"authentication"`
	}
	w.get("/metadata/endpoints?api-version=2022-09-01", &doc)
	if doc.Name == "" || doc.Manager == "" || !w.server.set.resource(doc.Graph) || doc.Security.Login != set.PublicURL {
		t.Errorf("%+v", doc)
	}
}

func TestUserInfoIsOfThePersonOfTheToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	body := w.tokens(redemption(b.code(ask())))
	ask := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/oidc/userinfo", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return w.do(r)
	}
	if rec := ask(body.Access); rec.Code != 200 || rec.Body.String() != `{"sub":"`+ada.String()+`","name":"Ada"}` {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	for name, token := range map[string]string{"a client's own": w.token(), "an ID token": body.ID, "none": ""} {
		if rec := ask(token); rec.Code != 401 || rec.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

// A client that can answer a challenge is told what to ask for when its token was revoked.
func TestRevokedTokenIsChallenged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("pwd")
	cp1 := w.tokens(redemption(b.code(ask()), "claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`))
	plain := w.tokens(redemption(b.code(ask())))
	w.write(func(tx *store.WriteTx) error {
		u, _, err := tx.User(ada)
		u.Generation++
		return errors.Join(err, tx.UpdateUser(u))
	})
	for token, challenged := range map[string]bool{cp1.Access: true, plain.Access: false} {
		_, _, err := w.server.Authenticate(context.Background(), token, "")
		f, ok := fault.As(err)
		if !ok || f.Status != 401 || strings.Contains(f.Challenge, `error="insufficient_claims"`) != challenged {
			t.Errorf("challenged %v: %+v", challenged, f)
			continue
		}
		if _, claims, found := strings.Cut(f.Challenge, `claims="`); found {
			text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(claims, `"`))
			if err != nil || string(text) != `{"access_token":{"nbf":{"essential":true, "value":"1600000000"}}}` {
				t.Errorf("%s, %v", text, err)
			}
		}
	}
}
