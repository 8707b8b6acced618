package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Each row is a call that a page in somebody's browser could be made to send, or that came
// to the wrong name, and how it is refused.
func TestControlAPIAnswersNoWebPage(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	own := strings.TrimPrefix(h.URL, "https://")
	path := "/_ephor/dev/tenants/" + h.Tenants[0].TenantID.String()
	const name = `{"user":"admin@contoso.com"}`
	for attack, row := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"DNS rebinding":                      {"POST", path + "/token", name, []string{"Host: attacker.example:8443"}, 421},
		"DNS rebinding, own port":            {"POST", path + "/token", name, []string{"Host: attacker.example" + own[strings.LastIndex(own, ":"):]}, 421},
		"DNS rebinding, no port":             {"POST", path + "/token", name, []string{"Host: localhost"}, 421},
		"DNS rebinding, name in front":       {"POST", path + "/token", name, []string{"Host: localhost.attacker.example" + own[strings.LastIndex(own, ":"):]}, 421},
		"another loopback address":           {"POST", path + "/token", name, []string{"Host: 127.0.0.2" + own[strings.LastIndex(own, ":"):]}, 421},
		"forwarded host from nobody trusted": {"POST", path + "/token", name, []string{"Host: attacker.example", "X-Forwarded-Host: " + own}, 421},
		"script of another site":             {"POST", path + "/token", name, []string{"Origin: https://attacker.example"}, 403},
		"script of this site":                {"POST", path + "/token", name, []string{"Origin: " + h.URL}, 403},
		"script of a sandboxed page":         {"POST", path + "/token", name, []string{"Origin: null"}, 403},
		"link or form of another site":       {"POST", path + "/reset", "", []string{"Sec-Fetch-Site: cross-site"}, 403},
		"page of this site":                  {"POST", path + "/reset", "", []string{"Sec-Fetch-Site: same-origin"}, 403},
		"page beside this site":              {"GET", path + "/clock", "", []string{"Sec-Fetch-Site: same-site"}, 403},
		"plain-text form":                    {"POST", path + "/token", name, []string{"Content-Type: text/plain"}, 415},
		"url-encoded form":                   {"POST", path + "/token", name, []string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		"multipart form":                     {"POST", path + "/token", name, []string{"Content-Type: multipart/form-data; boundary=x"}, 415},
		"JSON's name in a parameter":         {"POST", path + "/token", name, []string{"Content-Type: text/plain; x=application/json"}, 415},
		"two types":                          {"POST", path + "/token", name, []string{"Content-Type: application/json, text/plain"}, 415},
		"form that resets, without a body":   {"POST", path + "/reset", "", []string{"Content-Type: text/plain"}, 415},
		"another charset":                    {"POST", path + "/token", name, []string{"Content-Type: application/json; charset=utf-7"}, 415},
		"compressed":                         {"POST", path + "/token", name, []string{"Content-Encoding: gzip"}, 415},
		"preflight":                          {"OPTIONS", path + "/token", "", nil, 405},
		"another method":                     {"PATCH", path + "/clock", `{"frozen":true}`, nil, 405},
		"token by GET":                       {"GET", path + "/token", "", nil, 405},
		"a path that is not there":           {"POST", path + "/sudo", "{}", nil, 404},
		"no tenant":                          {"POST", "/_ephor/dev/tenants/29a4f813/token", name, nil, 404},
		"a body without end":                 {"POST", "/_ephor/dev/tenants", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, nil, 413},
		"another member":                     {"POST", "/_ephor/dev/tenants", `{"name":"t","seed":"empty","kind":"production"}`, nil, 400},
		"no seed":                            {"POST", "/_ephor/dev/tenants", `{"name":"t"}`, nil, 400},
		"a file as seed":                     {"POST", "/_ephor/dev/tenants", `{"name":"t","seed":"/etc/passwd"}`, nil, 400},
		"no name":                            {"POST", "/_ephor/dev/tenants", `{"seed":"empty"}`, nil, 400},
		"a seed that Decide refuses": {"POST", "/_ephor/dev/tenants", `{"name":"t","seed":{"users":[{"id":"` + sam + `","userPrincipalName":"s@b.example"}],
			"eligibilities":[{"principalId":"` + sam + `","roleDefinitionId":"00000000-0000-4000-8000-000000000001"}]}}`, nil, 400},
	} {
		t.Run(attack, func(t *testing.T) {
			t.Parallel()
			g := *h
			g.t = t
			a := g.send(row.method, row.path, row.body, row.headers...)
			if a.status != row.status || !strings.Contains(a.body, `{"error":{"code":"`) || strings.Contains(a.body, "access_token") {
				t.Errorf("%d %s, want %d in Graph's envelope", a.status, a.body, row.status)
			}
			for name := range a.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("the answer lets other sites in: %s", name)
				}
			}
		})
	}
	t.Cleanup(func() { // after the rows
		if all := h.Tenants; len(all) != 1 {
			t.Errorf("there are %d tenants", len(all))
		}
	})
}

func TestControlAPIAnswersUnderItsOwnNames(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	c.HostAliases = []string{"ephor.test"}
	h := start(t, c)
	port := h.URL[strings.LastIndex(h.URL, ":"):]
	for _, host := range []string{"localhost" + port, "LOCALHOST" + port, "127.0.0.1" + port, "[::1]" + port, "ephor.test" + port} {
		if a := h.send("GET", "/_ephor/dev/tenants/"+h.Tenants[0].TenantID.String()+"/clock", "", "Host: "+host, "Sec-Fetch-Site: none"); a.status != 200 {
			t.Errorf("Host %s: %d %s", host, a.status, a.body)
		}
	}
}

func TestOtherMachinesNeedTheControlKey(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	c.DevAllowRemote = true
	h := start(t, c)
	path := "/_ephor/dev/tenants/" + h.Tenants[0].TenantID.String() + "/clock"
	for name, headers := range map[string][]string{
		"no key": nil, "empty key": {"Authorization: Bearer "}, "another key": {"Authorization: Bearer " + strings.Repeat("x", 43)},
		"part of the key": {"Authorization: Bearer " + h.key[:20]}, "another scheme": {"Authorization: Basic " + h.key},
	} {
		a := h.send("GET", path, "", headers...)
		if a.status != 401 || a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %d %s, want 401", name, a.status, a.body)
		}
	}
	if a := h.send("GET", path, "", "Authorization: Bearer "+h.key); a.status != 200 {
		t.Errorf("with the key: %d %s", a.status, a.body)
	}
	if a := h.send("GET", path, "", "Authorization: Bearer "+h.key, "Origin: https://attacker.example"); a.status != 403 {
		t.Errorf("with the key, from a web page: %d, want 403", a.status)
	}
}

func TestControlAPIIsNotThereWithoutDev(t *testing.T) {
	t.Parallel()
	h := start(t, production(t))
	for _, path := range []string{"/_ephor/dev/tenants", "/_ephor/dev/", "/_ephor/dev/tenants/29a4f813-9274-4e1b-858d-0afa98ae66d4/token"} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if a := h.send(method, path, ""); a.status != 404 {
				t.Errorf("%s %s = %d %s, want 404", method, path, a.status, a.body)
			}
		}
	}
	if a := h.send("GET", "/_ephor/health", ""); a.status != 200 || a.body != `{"status":"ready"}` {
		t.Errorf("health: %d %s", a.status, a.body)
	}
}

func TestHealthSaysOneWordUnderAnyName(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	if a := h.send("GET", "/_ephor/health", "", "Host: 10.0.0.7"); a.status != 200 || a.body != `{"status":"ready"}` {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := h.send("POST", "/_ephor/health", "{}"); a.status != 405 {
		t.Errorf("POST: %d", a.status)
	}
}

func TestReasonsAndMetricsAreForTheOperatorOnly(t *testing.T) {
	t.Parallel()
	c := devConfig(t)
	c.AdminAddr = "127.0.0.1:0"
	h := start(t, c)
	h.send("GET", "/v1.0/me", "")
	for path, want := range map[string]string{"/metrics": `ephor_http_requests_total{face="graph",method="GET",status="401"} 1`, "/ready": `"reasons":[]`} {
		if a := h.send("GET", path, ""); a.status != 404 {
			t.Errorf("%s at the public address: %d, want 404", path, a.status)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.Admin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s at the operator's address: %s, %v, want %q in it", path, body, err, want)
		}
	}
}

func TestChoicesThatCannotBeServedAreRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*Config)
		says   string
	}{
		"development on all addresses":       {func(c *Config) { c.Addr = ":0" }, "--dev-allow-remote"},
		"development on a public address":    {func(c *Config) { c.Addr = "192.0.2.1:0" }, "--dev-allow-remote"},
		"plain HTTP on all addresses":        {func(c *Config) { c.Addr, c.InsecureHTTP, c.DevAllowRemote = "0.0.0.0:0", true, true }, "this machine only"},
		"metrics on all addresses":           {func(c *Config) { c.AdminAddr = ":0" }, "this machine only"},
		"an address without a port":          {func(c *Config) { c.Addr = "localhost" }, "not host:port"},
		"a proxy that is a name":             {func(c *Config) { c.TrustedProxies = []string{"proxy.example"} }, "--trusted-proxies"},
		"an alias that is an address":        {func(c *Config) { c.HostAliases = []string{"192.0.2.1"} }, "host alias"},
		"a public URL with a path":           {func(c *Config) { c.PublicURL = "https://localhost/ephor" }, "--public-url"},
		"a public URL in capitals":           {func(c *Config) { c.PublicURL = "https://Localhost" }, "--public-url"},
		"a public URL without TLS":           {func(c *Config) { c.PublicURL = "http://localhost" }, "must begin with https"},
		"a public URL with the own port":     {func(c *Config) { c.PublicURL = "https://localhost:443" }, "leave out the port"},
		"a public URL of another server":     {func(c *Config) { c.PublicURL = "https://id.example.com" }, "not for the name"},
		"another database":                   {func(c *Config) { c.Database = "mysql://localhost/x" }, "postgres://"},
		"a certificate without its key":      {func(c *Config) { c.TLSCert = "cert.pem" }, "--tls-key"},
		"a broken seed":                      {func(c *Config) { c.Seed = `{"users":[{}]}` }, "users[0]/userPrincipalName"},
		"no data folder":                     {func(c *Config) { c.Dir = "" }, "--data"},
		"production without a certificate":   {func(c *Config) { c.Dev = false }, "--tls-cert"},
		"production without a public URL":    {func(c *Config) { c.Dev, c.InsecureHTTP = false, true }, "--public-url"},
		"production in an empty folder":      {func(c *Config) { c.Dev, c.InsecureHTTP, c.PublicURL = false, true, "http://localhost" }, "ephor init"},
		"production with a seed":             {func(c *Config) { c.Dev, c.Seed = false, "empty" }, "--seed"},
		"production with aliases":            {func(c *Config) { c.Dev, c.HostAliases = false, []string{"a"} }, "--host-alias"},
		"production with --dev-allow-remote": {func(c *Config) { c.Dev, c.DevAllowRemote = false, true }, "--dev-allow-remote"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := devConfig(t)
			row.change(&c)
			ctx, cancel := context.WithCancel(t.Context())
			c.Ready = func(Started) { cancel() }
			if err := Run(ctx, c); err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v, want an error with %q", err, row.says)
			}
		})
	}
}

// Whatever a request says that the server is called: no document, link or redirect says so.
func TestAttackPoisonedHostReachesNoDocument(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	paths := []string{
		"/common/v2.0/.well-known/openid-configuration", "/common/discovery/instance", "/metadata/endpoints?api-version=2022-09-01",
		"/common/UserRealm/x@contoso.com?api-version=1.0", "/contoso.com/oauth2/v2.0/authorize?client_id=25b53456-e532-4cd8-9a42-66cde2c9efb6&response_type=code" +
			"&scope=openid&redirect_uri=http://localhost&code_challenge_method=S256&code_challenge=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	}
	h.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range paths {
		if a := h.send("GET", path, "", "Host: evil.example"); a.status != http.StatusMisdirectedRequest || strings.Contains(a.body, "evil") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		a := h.send("GET", path, "", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example", "X-Original-Host: evil.example")
		if a.status >= 400 || strings.Contains(a.body, "evil") || strings.Contains(a.header.Get("Location"), "evil") {
			t.Errorf("%s, forwarded: %d %v %s", path, a.status, a.header, a.body)
		}
	}
}
