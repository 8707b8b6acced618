package server

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/dev"
)

// askedDevice is a device of the tenant's public client that waits to be signed in.
type askedDevice struct {
	Code   string `json:"device_code"`
	Typed  string `json:"user_code"`
	Page   string `json:"verification_uri"`
	client string
	tenant string
}

func (h *house) device(e dev.Element) askedDevice {
	h.t.Helper()
	i := slices.IndexFunc(e.Clients, func(c dev.Client) bool { return c.Kind == dev.Public })
	d := askedDevice{client: e.Clients[i].AppID.String(), tenant: e.TenantID.String()}
	h.form("/"+d.tenant+"/oauth2/v2.0/devicecode", "client_id", d.client, "scope", "openid profile offline_access User.Read").into(h.t, &d)
	return d
}

// form posts a form; fields are in pairs.
func (h *house) form(path string, fields ...string) answer {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return h.send("POST", path, values.Encode(), "Content-Type: application/x-www-form-urlencoded")
}

// poll is what the device is told.
func (h *house) poll(d askedDevice) answer {
	h.t.Helper()
	return h.form("/"+d.tenant+"/oauth2/v2.0/token", "grant_type", "device_code", "client_id", d.client, "device_code", d.Code)
}

func TestPersonSignsADeviceInOnItsPage(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	d, v := h.device(e), h.visitor()
	v.open(d.Page)
	v.shows("Enter code")
	v.press("", "user_code", "BBBBBBBBB")
	if v.Page.Title != "Enter code" && !strings.HasPrefix(v.Page.Title, "Enter code - ") || !strings.Contains(v.Page.Error, "didn't work") {
		t.Errorf("a wrong code: %q %q", v.Page.Title, v.Page.Error)
	}
	v.press("", "user_code", strings.ToLower(d.Typed[:3])+" "+d.Typed[3:])
	v.shows("Are you trying to sign in to ")
	if csp := v.Page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self'") || strings.Contains(csp, "script-src") {
		t.Errorf("the policy of the page: %s", csp)
	}
	if a := h.poll(d); !strings.Contains(a.body, "authorization_pending") {
		t.Errorf("nobody has signed in: %d %s", a.status, a.body)
	}
	v.press("yes")
	v.shows("Sign in")
	v.press("password", "username", "sam@contoso.com", "password", "Development-Only-1")
	v.shows("You are signed in")
	if a := h.poll(d); a.status != 200 || !strings.Contains(a.body, `"access_token"`) {
		t.Errorf("the device: %d %s", a.status, a.body)
	}
}

func TestPersonRefusesADeviceOnItsPage(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	d, v, thief := h.device(e), h.visitor(), h.visitor()
	v.open(d.Page)
	v.press("", "user_code", d.Typed)
	thief.open(d.Page)
	if err := thief.Post(t.Context(), d.Page, url.Values{"flow": {v.Page.Forms[0].Fields["flow"]}, "answer": {"no"}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(thief.Page.Error, "took too long") {
		t.Errorf("another browser answers: %q %q", thief.Page.Title, thief.Page.Error)
	}
	a := h.send("POST", "/"+d.tenant+"/oauth2/deviceauth", "user_code="+d.Typed, "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example")
	if a.status != 403 {
		t.Errorf("CSRF: a form of another site: %d", a.status)
	}
	v.press("no")
	v.shows("You have cancelled the sign-in")
	if a := h.poll(d); !strings.Contains(a.body, "authorization_declined") {
		t.Errorf("the device: %d %s", a.status, a.body)
	}
}

// What the endpoints themselves tell a person is drawn as all pages are.
func TestEndpointsSpeakToPeopleOnPages(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	e := h.memory(`"contoso"`)
	v := h.visitor()
	for path, want := range map[string]int{"/oauth2/v2.0/authorize?client_id=x": 400, "/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.example": 400} {
		v.open("/" + e.TenantID.String() + path)
		if v.Page.Status != want || !strings.Contains(v.Page.Error, "AADSTS") || !strings.Contains(v.Page.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %q %v", path, v.Page.Status, v.Page.Error, v.Page.Header)
		}
	}
	v.open("/" + e.TenantID.String() + "//OAuth2//v2.0/logout")
	v.shows("You signed out")
}
