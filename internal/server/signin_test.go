package server

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"ephor/internal/env"
	"ephor/internal/signin"
	"ephor/internal/tutorial"
)

// A visitor is somebody at a browser; what fails in it fails the test.
type visitor struct {
	*tutorial.Browser
	t *testing.T
}

func (h *house) visitor() *visitor {
	h.t.Helper()
	b, err := tutorial.NewBrowser(&http.Client{Transport: &http.Transport{TLSClientConfig: h.trust()}}, h.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	return &visitor{b, h.t}
}

func (v *visitor) open(path string) {
	v.t.Helper()
	if err := v.Open(v.t.Context(), path); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) press(button string, fields ...string) {
	v.t.Helper()
	var list []tutorial.Field
	for i := 0; i < len(fields); i += 2 {
		list = append(list, tutorial.Field{Name: fields[i], Value: fields[i+1]})
	}
	if err := v.Submit(v.t.Context(), button, list...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visitor) shows(title string) {
	v.t.Helper()
	if !strings.HasPrefix(v.Page.Title, title) || v.Page.Error != "" && title != "Something is not right" {
		v.t.Fatalf("the page is %q (%d) and says %q, not %q", v.Page.Title, v.Page.Status, v.Page.Error, title)
	}
}

func (v *visitor) seed() []byte {
	v.t.Helper()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(v.Page.Texts["key"], " ", ""))
	if err != nil || len(seed) != signin.SeedSize {
		v.t.Fatalf("the key is %q: %v", v.Page.Texts["key"], err)
	}
	return seed
}

const chosen = "mangrove-Lagoon-47"

// enrol takes a fresh account's holder through the enrolment link, and answers the seed of
// the app, the code that was shown, and the recovery codes.
func enrol(v *visitor, path string) (seed []byte, code string, codes []string) {
	v.t.Helper()
	v.open(path)
	v.shows("Set up your account")
	v.press("")
	v.shows("Choose a new password")
	v.press("change", "newPassword", chosen, "confirmPassword", chosen)
	v.shows("Set up an authenticator app")
	seed = v.seed()
	code = signin.Code(seed, env.System().Now())
	v.press("add-app", "code", code)
	v.shows("Keep your recovery codes")
	codes = regexp.MustCompile(`[0-9A-Z]{4}(-[0-9A-Z]{4}){3}`).FindAllString(v.Page.Texts["codes"], -1)
	v.open(v.Page.Links[len(v.Page.Links)-1])
	v.shows("Your account")
	return seed, code, codes
}

func TestEnrolmentLinkOpensTheAccountOnce(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	h := start(t, serving(t, o))
	enabled := func() string {
		return h.get(h.clientToken("contoso.com", f.Client).access(t), "/users/ada@contoso.com?$select=accountEnabled").body
	}
	v, thief := h.visitor(), h.visitor()
	v.open(f.Admin.Enrol) // looking uses nothing up
	thief.open(f.Admin.Enrol)
	if strings.Contains(enabled(), "true") {
		t.Fatal("the account is open before its holder has enrolled")
	}
	seed, code, codes := enrol(v, f.Admin.Enrol)
	if len(codes) != signin.RecoveryCodes || !strings.Contains(enabled(), "true") {
		t.Errorf("%d codes; %s", len(codes), enabled())
	}
	thief.press("")
	if !strings.Contains(thief.Page.Error, "has been used") {
		t.Errorf("the link was used twice: %q %s", thief.Page.Title, thief.Page.Error)
	}

	// Now the account signs in as any other, and a code is worth nothing twice.
	account := "/" + f.TenantID.String() + "/account"
	again := h.visitor()
	again.open(account)
	again.press("password", "username", "ada@contoso.com", "password", chosen)
	again.shows("Verify that it is you")
	again.press("code", "code", code)
	if again.Page.Error == "" {
		t.Error("TOTP replay: the code of the registration was taken again")
	}
	again.open(again.Page.URL.String() + "&with=recovery")
	again.press("recovery", "recovery", codes[0])
	again.shows("Your account")
	third := h.visitor()
	third.open(account)
	third.press("password", "username", "ada@contoso.com", "password", chosen)
	third.open(third.Page.URL.String() + "&with=recovery")
	third.press("recovery", "recovery", codes[0])
	if third.Page.Error == "" {
		t.Error("a recovery code was taken twice")
	}
	_ = seed
}

func TestLaterEnrolmentLinkVoidsTheEarlier(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	back, err := o.Recover(t.Context(), "", "ada@contoso.com")
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, serving(t, o))
	v := h.visitor()
	v.open(f.Admin.Enrol)
	if v.Page.Status != 400 {
		t.Errorf("the earlier link: %d %s", v.Page.Status, v.Page.Title)
	}
	v.open(back.Admin.Enrol)
	v.shows("Set up your account")
}

func TestFormsOfOtherSitesAndSessionsDoNothing(t *testing.T) {
	t.Parallel()
	o, f := founded(t)
	h := start(t, serving(t, o))
	v := h.visitor()
	enrol(v, f.Admin.Enrol)
	account := "/" + f.TenantID.String() + "/account"
	for name, form := range map[string]url.Values{
		"CSRF: no token":      {"task": {"everywhere"}},
		"CSRF: a wrong token": {"task": {"everywhere"}, "csrf": {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
	} {
		if err := v.Post(t.Context(), account, form); err != nil {
			t.Fatal(err)
		}
		if v.Page.Status != 403 {
			t.Errorf("%s: %d %s", name, v.Page.Status, v.Page.Title)
		}
	}
	a := h.send("POST", account, "task=everywhere", "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
	if a.status != 403 {
		t.Errorf("CSRF: a form of another site: %d", a.status)
	}
	v.open(account)
	v.shows("Your account")
}

func TestFlowOfAnotherBrowserOrTenantIsNone(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	one, two := h.memory(`"contoso"`), h.memory(`"contoso"`)
	v, other := h.visitor(), h.visitor()
	v.open("/" + one.TenantID.String() + "/account")
	v.shows("Sign in")
	mine := v.Page.URL.String()
	other.open(mine)
	if other.Page.Status != 400 || !strings.Contains(other.Page.Error, "another browser") {
		t.Errorf("another browser: %d %s", other.Page.Status, other.Page.Title)
	}
	v.open(strings.Replace(mine, one.TenantID.String(), two.TenantID.String(), 1))
	if v.Page.Status != 400 {
		t.Errorf("another tenant: %d %s", v.Page.Status, v.Page.Title)
	}
	v.open(mine)
	v.shows("Sign in")
}

func TestSessionIsNotFixed(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	v := h.visitor()
	base, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	name := "__Host-ephor-" + e.TenantID.String()
	planted := strings.Repeat("A", 43)
	v.Jar().SetCookies(base, []*http.Cookie{{Name: name, Value: planted, Path: "/", Secure: true}})
	v.open("/" + e.TenantID.String() + "/account")
	v.shows("Sign in")
	v.press("password", "username", "sam@contoso.com", "password", "Development-Only-1")
	v.shows("Your account")
	for _, c := range v.Jar().Cookies(base) {
		if c.Name == name && c.Value == planted {
			t.Error("the session has the value that was planted before the sign-in")
		}
	}
	thief := h.visitor()
	thief.Jar().SetCookies(base, []*http.Cookie{{Name: name, Value: planted, Path: "/", Secure: true}})
	thief.open("/" + e.TenantID.String() + "/account")
	thief.shows("Sign in")
}

func TestPagesTellNobodyWhichNamesThereAre(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	says := func(name string) string {
		v := h.visitor()
		v.open("/" + e.TenantID.String() + "/account")
		v.press("password", "username", name, "password", "not-the-password-1")
		return v.Page.Title + "|" + v.Page.Error + "|" + http.StatusText(v.Page.Status)
	}
	if known, unknown := says("sam@contoso.com"), says("nobody@contoso.com"); known != unknown {
		t.Errorf("a known name: %s; an unknown: %s", known, unknown)
	}
}

func TestFormsHaveBounds(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	path := "/" + e.TenantID.String() + "/signin"
	for name, c := range map[string]struct {
		body string
		want int
	}{
		"an oversized form":  {"password=" + strings.Repeat("x", 200<<10), 413},
		"an oversized field": {"action=password&flow=x&password=" + strings.Repeat("x", 8<<10), 413},
		"too many fields":    {strings.Repeat("a=1&", 64) + "b=1", 400},
		"a field twice":      {"action=password&action=pass", 400},
		"NUL":                {"action=password&flow=%00", 400},
		"not UTF-8":          {"action=password&flow=%ff", 400},
		"no action":          {"flow=x", 400},
		"no flow":            {"action=password", 400},
	} {
		a := h.send("POST", path, c.body, "Content-Type: application/x-www-form-urlencoded")
		if a.status != c.want {
			t.Errorf("%s: %d, want %d", name, a.status, c.want)
		}
	}
}

func TestPagesAreSentSafely(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	v := h.visitor()
	v.open("/" + e.TenantID.String() + "/account")
	csp := v.Page.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("the policy lacks %s: %s", want, csp)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") {
		t.Errorf("a page without a script may run one: %s", csp)
	}
	for name, want := range map[string]string{"X-Frame-Options": "DENY", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got := v.Page.Header.Get(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, cookie := range h.cookies("/" + e.TenantID.String() + "/account") {
		if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("cookie %s", cookie)
		}
	}
}

// cookies are those that a path sets for a new browser.
func (h *house) cookies(path string) []*http.Cookie {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := (&http.Transport{TLSClientConfig: h.trust()}).RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	_ = a.Body.Close()
	if len(a.Cookies()) == 0 {
		h.t.Fatal("no cookie")
	}
	return a.Cookies()
}

func TestSignInLogSaysWhoSignedInAndWhyNot(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	v := h.visitor()
	v.open("/" + e.TenantID.String() + "/account")
	v.press("password", "username", "sam@contoso.com", "password", "not-the-password-1")
	v.press("password", "username", "nobody@contoso.com", "password", "not-the-password-1")
	v.press("password", "username", "sam@contoso.com", "password", "Development-Only-1")
	v.shows("Your account")
	token := h.token(e, `{"client":"93ff68cd-c8f3-419a-9458-d11bd9c63f13"}`)
	var list struct {
		Value []struct {
			ID     string `json:"id"`
			UPN    string `json:"userPrincipalName"`
			Status struct {
				Code int `json:"errorCode"`
			} `json:"status"`
		} `json:"value"`
	}
	first := h.get(token, "/auditLogs/signIns?$filter="+url.QueryEscape("userId eq '"+sam+"'"))
	if first.status != 200 {
		t.Fatalf("%d %s", first.status, first.body)
	}
	first.into(t, &list)
	if len(list.Value) != 2 || list.Value[0].Status.Code != 0 || list.Value[1].Status.Code != 50126 || list.Value[0].UPN != "sam@contoso.com" {
		t.Fatalf("Sam's sign-ins: %+v", list.Value)
	}
	if a := h.get(token, "/auditLogs/signIns/"+list.Value[1].ID); a.status != 200 || !strings.Contains(a.body, `"failureReason":"Invalid username or password."`) {
		t.Errorf("one sign-in: %d %s", a.status, a.body)
	}
	h.get(token, "/auditLogs/signIns?$filter="+url.QueryEscape("status/errorCode eq 50126 and userPrincipalName eq 'SAM@contoso.com'")).into(t, &list)
	if len(list.Value) != 1 {
		t.Errorf("failed sign-ins: %+v", list.Value)
	}
	if a := h.get(token, "/auditLogs/signIns"); strings.Contains(a.body, "nobody@contoso.com") {
		t.Error("a name that nobody has is in the log")
	}
}
