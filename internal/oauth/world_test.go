package oauth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// secretText is the client's secret in every world.
const secretText = "the-clients-secret-that-nobody-may-read"

var graphPrincipal = guid.Must("a0000000-0000-4000-8000-000000000004")

// A world is a server over a real store with one tenant, contoso, in which there is a
// client with a secret and a person. Its machine's clock stands until it is turned.
type world struct {
	t      testing.TB
	clock  atomic.Int64
	store  *store.Store
	tenant *store.Tenant
	server *Server
	logs   *logBuffer
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(t testing.TB, change ...func(*Settings)) *world {
	t.Helper()
	w := &world{t: t, logs: &logBuffer{}}
	w.clock.Store(int64(noon))
	e := env.Fixed(func() time.Time { return when.Instant(w.clock.Load()).Time() }, rand.Reader)
	log := slog.New(slog.NewTextHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.store, err = store.Open(t.Context(), store.Config{Dir: t.TempDir(), Env: e, Dev: true, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.tenant = w.newTenant(contoso, "contoso.com")
	s := set
	for _, c := range change {
		c(&s)
	}
	if w.server, err = New(s, w.store, e, log); err != nil {
		t.Fatal(err)
	}
	return w
}

// newTenant makes a memory tenant with the client and the person in it.
func (w *world) newTenant(id guid.ID, domain string) *store.Tenant {
	w.t.Helper()
	t, err := w.store.CreateFrom(w.t.Context(), store.Spec{ID: id, Name: domain, Domains: []string{domain}, Kind: store.Development, Memory: true}, seed)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

var seed = store.Seed{Key: "oauth test", Fill: func(tx *store.WriteTx) error {
	object := func(id guid.ID, kind directory.Kind, name string) directory.Object {
		return directory.Object{ID: id, Kind: kind, DisplayName: name, Deleted: when.Never}
	}
	app := directory.Application{Object: object(guid.Must("a0000000-0000-4000-8000-000000000009"), directory.KindApplication, "Robot"), AppID: client}
	app.WebRedirects = []string{webURI}
	app.Secrets = []directory.Secret{{KeyID: ada, Hash: signin.HashSecret(secretText), End: when.Never}}
	user := directory.User{Object: object(ada, directory.KindUser, "Ada"), UPN: "ada@contoso.com", Enabled: true, Type: "Member", Generation: 1}
	for _, err := range []error{
		tx.InsertApplication(app),
		tx.InsertServicePrincipal(directory.ServicePrincipal{Object: object(graphPrincipal, directory.KindServicePrincipal, "Microsoft Graph"), AppID: GraphAppID, Enabled: true, Type: "Application"}),
		tx.InsertServicePrincipal(directory.ServicePrincipal{Object: object(worker, directory.KindServicePrincipal, "Robot"), AppID: client, Enabled: true, Type: "Application", Generation: 3}),
		tx.InsertUser(user),
		other(tx, native, nativePrincipal, "Native", func(a *directory.Application) {
			a.PublicURIs, a.Public = []string{"http://localhost", "http://127.0.0.1/cb", "msal" + native.String() + "://auth"}, true
		}),
		other(tx, spa, spaPrincipal, "Page", func(a *directory.Application) { a.SPARedirects = []string{spaURI} }),
		tx.InsertConsent(directory.Consent{ID: guid.Must("a0000000-0000-4000-8000-000000000007"), Client: nativePrincipal, Resource: graphPrincipal, Scopes: []string{"openid", "profile", "User.Read", "Group.Read.All"}}),
		tx.InsertRoleGrant(directory.RoleGrant{ID: guid.Must("a0000000-0000-4000-8000-000000000005"), Principal: worker, Resource: graphPrincipal, Permission: "User.Read.All"}),
		tx.InsertConsent(directory.Consent{ID: guid.Must("a0000000-0000-4000-8000-000000000006"), Client: worker, Resource: graphPrincipal, Scopes: []string{"User.Read", "Group.Read.All"}}),
	} {
		if err != nil {
			return err
		}
	}
	tx.Record(operator("Seed"))
	return nil
}}

// The clients beside the one with a secret: an app on a device, and a page in a browser that
// nobody has allowed anything.
var (
	native          = guid.Must("b0000000-0000-4000-8000-000000000001")
	nativePrincipal = guid.Must("b0000000-0000-4000-8000-000000000002")
	spa             = guid.Must("b0000000-0000-4000-8000-000000000003")
	spaPrincipal    = guid.Must("b0000000-0000-4000-8000-000000000004")
)

const (
	webURI = "https://web.example/cb"
	spaURI = "https://page.example/cb"
)

// other adds a client and its service principal.
func other(tx *store.WriteTx, app, principal guid.ID, name string, change func(*directory.Application)) error {
	object := directory.Object{DisplayName: name, Deleted: when.Never}
	a := directory.Application{Object: object, AppID: app}
	a.ID, a.Kind = app, directory.KindApplication
	change(&a)
	p := directory.ServicePrincipal{Object: object, AppID: app, Enabled: true, Type: "Application"}
	p.ID, p.Kind = principal, directory.KindServicePrincipal
	return errors.Join(tx.InsertApplication(a), tx.InsertServicePrincipal(p))
}

func operator(activity string) audit.Record {
	return audit.Record{Activity: activity, Category: "Policy", Service: "Core Directory", Type: "Update", Result: audit.Success, Actor: audit.Actor{Operator: "test"}}
}

// write changes the tenant.
func (w *world) write(fn func(tx *store.WriteTx) error) {
	w.t.Helper()
	err := w.tenant.Write(w.t.Context(), func(tx *store.WriteTx) error {
		tx.Record(operator("Test"))
		return fn(tx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// turn moves the machine's clock on.
func (w *world) turn(d time.Duration) { w.clock.Add(d.Nanoseconds() / 100) }

// do sends a request to the server's endpoints.
func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	w.t.Helper()
	h := w.server.Handler(r.URL.Path)
	if h == nil {
		w.t.Fatalf("nothing is served at %s", r.URL.Path)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// ask posts a form to a tenant's token endpoint.
func (w *world) ask(tenant string, form url.Values) *httptest.ResponseRecorder {
	w.t.Helper()
	r := post(w.t, form.Encode())
	r.URL.Path = "/" + tenant + "/oauth2/v2.0/token"
	return w.do(r)
}

// get reads a document into v.
func (w *world) get(path string, v any) {
	w.t.Helper()
	rec := w.do(httptest.NewRequest(http.MethodGet, path, nil))
	if rec.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d %s", path, rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
		w.t.Fatal(err)
	}
}

// form is a good client-credentials request, with changes in pairs; "" takes away.
func form(changes ...string) url.Values {
	f := url.Values{"grant_type": {"client_credentials"}, "client_id": {client.String()}, "client_secret": {secretText}, "scope": {graphURL + "/.default"}}
	for i := 0; i < len(changes); i += 2 {
		if f.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			f.Del(changes[i])
		}
	}
	return f
}

// token is an access token of the client's own.
func (w *world) token() string {
	w.t.Helper()
	rec := w.ask("contoso.com", form())
	var body tokenBody
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || rec.Code != 200 {
		w.t.Fatalf("token: %d %s", rec.Code, rec.Body)
	}
	return body.Access
}

// refused checks that the token is answered with 401 and that class of message.
func (w *world) refused(name, raw, named, message string) {
	w.t.Helper()
	c, _, err := w.server.Authenticate(context.WithoutCancel(w.t.Context()), raw, named)
	f, ok := fault.As(err)
	if !ok || c != nil || f.Status != 401 || f.Code != "InvalidAuthenticationToken" || f.Message != message {
		w.t.Errorf("%s: caller %+v, error %v; want 401 %q", name, c, err, message)
		return
	}
	if !strings.HasPrefix(f.Challenge, `Bearer realm="", authorization_uri="https://ephor.example:8443/`) {
		w.t.Errorf("%s: challenge is %s", name, f.Challenge)
	}
	if len(raw) > 100 && (strings.Contains(f.Error(), raw) || strings.Contains(f.Message, "secret")) {
		w.t.Errorf("%s: the refusal repeats the token", name)
	}
}

// The messages of errors.md, section 2.
const (
	sayEmpty   = "Access token is empty."
	sayGarbled = "CompactToken parsing failed with error code: 80049217"
	sayForeign = "CompactToken parsing failed with error code: 8004920A"
	sayOver    = "CompactToken validation failed with reason code: 80049228."
)

// accepted checks that the token is good.
func (w *world) accepted(name, raw string) {
	w.t.Helper()
	if _, _, err := w.server.Authenticate(w.t.Context(), raw, ""); err != nil {
		w.t.Errorf("%s: %v", name, err)
	}
}

func body(t *testing.T, rec *httptest.ResponseRecorder) string {
	t.Helper()
	b, err := io.ReadAll(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
