package oauth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

func TestClientCredentialsGiveATokenOfTheClientsOwn(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256", "PS256"} {
		w := newWorld(t, func(s *Settings) { s.Algorithm = algorithm })
		rec := w.ask(contoso.String(), form("claims", `{"access_token":{"xms_cc":{"values":["CP1"]}}}`, "scope", "openid offline_access profile https://graph.microsoft.com/.default"))
		var got map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != 200 {
			t.Fatalf("%s: %d %s", algorithm, rec.Code, rec.Body)
		}
		raw, _ := got["access_token"].(string)
		if got["token_type"] != "Bearer" || got["expires_in"] != 3600.0 || got["ext_expires_in"] != 3600.0 || len(got) != 4 {
			t.Errorf("%s: answer is %v", algorithm, got)
		}
		if rec.Header().Get("Cache-Control") != "no-store" || rec.Header().Get("Pragma") != "no-cache" {
			t.Errorf("%s: the token may be cached: %v", algorithm, rec.Header())
		}
		c, tenant, err := w.server.Authenticate(t.Context(), raw, "contoso.com")
		if err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if tenant != w.tenant || !c.AppOnly || c.AppID != client || c.Client != worker || c.Tenant != contoso ||
			c.Principal != (directory.Ref{ID: worker, Kind: directory.KindServicePrincipal}) || !slices.Equal(c.Scopes.Names(), []string{"User.Read.All"}) {
			t.Errorf("%s: caller is %+v", algorithm, c)
		}
		checkPublished(t, w, algorithm, raw)
	}
}

// checkPublished verifies a token as a stranger would: by discovery and the key set only.
func checkPublished(t *testing.T, w *world, algorithm, raw string) {
	t.Helper()
	var doc struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	w.get("/contoso.com/v2.0/.well-known/openid-configuration", &doc)
	var keys jose.JSONWebKeySet
	w.get(strings.TrimPrefix(doc.Keys, set.PublicURL), &keys)
	jws, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(keys)
	if err != nil {
		t.Fatalf("%s: by the published keys: %v", algorithm, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"iss": doc.Issuer, "aud": graphURL, "idtyp": "app", "oid": worker.String(), "tid": contoso.String(), "appid": client.String(),
		"app_displayname": "Robot", "azpacr": "1",
	} {
		if claims[name] != want {
			t.Errorf("%s: %s is %v, want %v", algorithm, name, claims[name], want)
		}
	}
	if _, ok := claims["xms_cc"]; !ok {
		t.Errorf("%s: the client's capability was forgotten", algorithm)
	}
}

func TestIssuingDoesNotEnterTheWriteLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.token() // makes the first key
	before, _, err := w.tenant.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		w.accepted("a fresh token", w.token())
	}
	after, _, err := w.tenant.Snapshot(t.Context())
	// One entry of the sign-in log stands for them all.
	if err != nil || after.Version().Seq > before.Version().Seq+1 {
		t.Errorf("version went from %v to %v, %v", before.Version(), after.Version(), err)
	}
}

func TestTokenEndpointRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		name, tenant string
		form         []string
		status, code int
		err          string
	}{
		{"wrong secret", "contoso.com", []string{"client_secret", "x"}, 401, 7000215, "invalid_client"},
		{"unknown client", "contoso.com", []string{"client_id", ada.String()}, 401, 7000215, "invalid_client"},
		{"unknown client and a bad scope", "contoso.com", []string{"client_id", ada.String(), "scope", "x"}, 401, 7000215, "invalid_client"},
		{"a client id that is no GUID", "contoso.com", []string{"client_id", "robot"}, 401, 7000215, "invalid_client"},
		{"no secret", "contoso.com", []string{"client_secret", ""}, 401, 7000218, "invalid_client"},
		{"no client", "contoso.com", []string{"client_id", ""}, 400, 900144, "invalid_request"},
		{"no grant type", "contoso.com", []string{"grant_type", ""}, 400, 900144, "invalid_request"},
		{"a grant that is not served", "contoso.com", []string{"grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"}, 400, 70003, "unsupported_grant_type"},
		{"no scope", "contoso.com", []string{"scope", ""}, 400, 900144, "invalid_request"},
		{"a delegated scope", "contoso.com", []string{"scope", "User.Read"}, 400, 1002012, "invalid_scope"},
		{"another resource", "contoso.com", []string{"scope", "https://vault.azure.net/.default"}, 400, 500011, "invalid_resource"},
		{"unknown tenant", "fabrikam.com", nil, 400, 90002, "invalid_request"},
		{"unknown tenant id", fabrikam.String(), nil, 400, 90002, "invalid_request"},
	} {
		rec := w.ask(c.tenant, form(c.form...))
		var got failureBody
		if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != c.status || got.Error != c.err || !slices.Equal(got.Codes, []int{c.code}) {
			t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
			continue
		}
		if !strings.HasPrefix(got.Description, "AADSTS"+itoa(c.code)+": ") || got.Timestamp != "2020-09-13 12:26:40Z" || got.Trace.IsZero() || got.Correlation.IsZero() {
			t.Errorf("%s: %s", c.name, rec.Body)
		}
		if rec.Header().Get("WWW-Authenticate") != "" || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.name, rec.Header())
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestUnknownClientIsAnsweredAsAWrongSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	known := id.ReplaceAllString(body(t, w.ask("contoso.com", form("client_secret", "x"))), "ID")
	unknown := id.ReplaceAllString(body(t, w.ask("contoso.com", form("client_id", ada.String()))), "ID")
	if known != unknown || known == "" {
		t.Errorf("known client:   %s\nunknown client: %s", known, unknown)
	}
}

func TestClientMayNotActWhen(t *testing.T) {
	t.Parallel()
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
	application := guid.Must("a0000000-0000-4000-8000-000000000009")
	for name, act := range map[string]func(*store.WriteTx) error{
		"its service principal is disabled": principal(func(p *directory.ServicePrincipal) { p.Enabled = false }),
		"its service principal is deleted":  func(tx *store.WriteTx) error { return tx.DeleteServicePrincipal(worker, noon) },
		"its application is deleted":        func(tx *store.WriteTx) error { return tx.DeleteApplication(application, noon) },
		"its secret was removed":            func(tx *store.WriteTx) error { tx.DeleteSecret(application, ada); return nil },
		"its secret has ended": func(tx *store.WriteTx) error {
			tx.PutSecret(application, directory.Secret{KeyID: ada, Hash: "", End: noon})
			return nil
		},
	} {
		w := newWorld(t)
		w.token()
		w.write(act)
		if rec := w.ask("contoso.com", form()); rec.Code != 401 || !strings.Contains(rec.Body.String(), "7000215") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestTokenDoesNotOutliveItsSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(func(tx *store.WriteTx) error {
		a, _, err := tx.ApplicationByAppID(client)
		if err != nil {
			return err
		}
		s := a.Secrets[0]
		s.End = noon + 10*when.Minute
		tx.PutSecret(a.ID, s)
		return nil
	})
	var got tokenBody
	if err := json.Unmarshal(w.ask("contoso.com", form()).Body.Bytes(), &got); err != nil || got.Seconds != 600 {
		t.Errorf("expires_in is %d, %v", got.Seconds, err)
	}
}

func TestDiscoverySaysWhatIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := contoso.String()
	for path, want := range map[string][2]string{
		"/" + id + "/v2.0/.well-known/openid-configuration":    {id, id},
		"//Contoso.COM//v2.0/.well-known/OpenID-configuration": {id, id},
		"/" + id + "/.well-known/openid-configuration":         {id, id},
		"/common/v2.0/.well-known/openid-configuration":        {"common", "{tenantid}"},
		"/organizations/v2.0/.well-known/openid-configuration": {"organizations", "{tenantid}"},
	} {
		var doc map[string]any
		w.get(path, &doc)
		base := set.PublicURL + "/" + want[0]
		for name, value := range map[string]any{
			"issuer": set.PublicURL + "/" + want[1] + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
			"jwks_uri": base + "/discovery/v2.0/keys", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
		} {
			if doc[name] != value {
				t.Errorf("%s: %s is %v, want %v", path, name, doc[name], value)
			}
		}
		for _, required := range []string{"response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"} {
			if _, ok := doc[required].([]any); !ok {
				t.Errorf("%s: %s is %v, want a list", path, required, doc[required])
			}
		}
		// Every address that the document names is served, and every grant.
		for name, value := range doc {
			if address, ok := value.(string); ok && strings.HasSuffix(name, "_endpoint") && w.server.Handler(strings.TrimPrefix(address, set.PublicURL)) == nil {
				t.Errorf("%s: nothing is served at %s %s", path, name, address)
			}
		}
		grants, _ := doc["grant_types_supported"].([]any)
		for _, g := range grants {
			if name, _ := g.(string); grantTypes[name].run == nil {
				t.Errorf("%s: grant %v is advertised and not served", path, g)
			}
		}
		if len(grants) != len(grantTypes) {
			t.Errorf("%s: %v are advertised, and %d served", path, grants, len(grantTypes))
		}
	}
	if rec := w.do(httptest.NewRequest(http.MethodGet, "/fabrikam.com/v2.0/.well-known/openid-configuration", nil)); rec.Code != 400 || !strings.Contains(rec.Body.String(), "AADSTS90002") {
		t.Errorf("an unknown tenant: %d %s", rec.Code, rec.Body)
	}
}

func TestInstanceDiscoveryKeepsMSALHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for query, want := range map[string]string{
		"": "/common/",
		"?authorization_endpoint=https://ephor.example:8443/contoso.com/oauth2/v2.0/authorize": "/contoso.com/",
		"?authorization_endpoint=https://evil.example/x/oauth2/v2.0/authorize":                 "/common/",
		"?authorization_endpoint=https://ephor.example:8443/%22%3E/x":                          "/common/",
	} {
		var doc struct {
			Endpoint string           `json:"tenant_discovery_endpoint"`
			Metadata []map[string]any `json:"metadata"`
		}
		w.get("/common/discovery/instance"+query, &doc)
		if doc.Endpoint != set.PublicURL+want+"v2.0/.well-known/openid-configuration" || len(doc.Metadata) != 1 || doc.Metadata[0]["preferred_network"] != "ephor.example:8443" {
			t.Errorf("%s: %+v", query, doc)
		}
	}
}

func TestSharedNamesMeanTheOnlyTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, name := range []string{"common", "organizations", "COMMON"} {
		if rec := w.ask(name, form()); rec.Code != 200 {
			t.Errorf("%s, one tenant: %d %s", name, rec.Code, rec.Body)
		}
	}
	w.newTenant(fabrikam, "fabrikam.com")
	for _, name := range []string{"common", "organizations"} {
		if rec := w.ask(name, form()); rec.Code != 400 || !strings.Contains(rec.Body.String(), "AADSTS50059") {
			t.Errorf("%s, two tenants: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestSecretsAndTokensStayOutOfLogsAndAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := w.token()
	w.refused("a token with a cut signature", raw[:len(raw)-4], "", sayForeign)
	var answers strings.Builder
	for _, f := range [][]string{{"client_id", ada.String()}, {"scope", "x"}, {"grant_type", "x"}, {"client_secret", secretText + "x"}} {
		answers.WriteString(w.ask("contoso.com", form(f...)).Body.String())
	}
	for name, text := range map[string]string{"logs": w.logs.String(), "answers": answers.String()} {
		if text == "" || strings.Contains(text, secretText) || strings.Contains(text, raw[len(raw)-40:]) {
			t.Errorf("the %s are empty, or show a secret: %s", name, text)
		}
	}
}

// Many who come first at once make one key, and each gets a token that is good.
func TestFirstKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other, err := New(set, w.store, w.server.env, w.server.log)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			s := []*Server{w.server, other}[i%2]
			token, err := s.ClientToken(t.Context(), w.tenant, client)
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := w.server.Authenticate(t.Context(), token.Access, ""); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	keys, err := w.server.keysOf(t.Context(), w.tenant)
	if err != nil || len(keys.keys) != 1 {
		t.Errorf("%d keys were made, %v", len(keys.keys), err)
	}
}

func TestKeysRotateWithoutBreakingLiveTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	published := func() (ids []string) {
		var keys jose.JSONWebKeySet
		w.get("/contoso.com/discovery/v2.0/keys", &keys)
		for _, k := range keys.Keys {
			if k.Algorithm == "ES256" { // beside those for ID tokens
				ids = append(ids, k.KeyID)
			}
		}
		return ids
	}
	w.token()
	first := published()
	w.turn(set.RotateEvery - announce)
	both := published()
	if len(first) != 1 || len(both) != 2 || both[0] != first[0] {
		t.Fatalf("keys %v, then %v", first, both)
	}
	w.turn(announce - time.Second)
	old := w.token()
	w.turn(time.Second)
	fresh := w.token()
	kid := func(raw string) string {
		jws, err := parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return jws.Signatures[0].Protected.KeyID
	}
	if kid(old) != both[0] || kid(fresh) != both[1] {
		t.Errorf("tokens are signed by %s and %s, keys are %v", kid(old), kid(fresh), both)
	}
	w.turn(set.Lifetime - 2*time.Second)
	w.accepted("the old key's last token", old)
	w.accepted("the new key's first token", fresh)
	w.turn(time.Second)
	w.refused("the old key's last token, at its end", old, "", sayOver)
	w.turn(maxLifetime)
	if now := published(); !slices.Equal(now, both[1:]) {
		t.Errorf("keys are %v, want %v", now, both[1:])
	}
	next, err := w.server.Rotate(t.Context(), w.tenant)
	if err != nil || next <= when.Instant(w.clock.Load()) {
		t.Errorf("Rotate = %s, %v", next, err)
	}
}
