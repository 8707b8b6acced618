package client

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestProfileIsKeptForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a", "profile.json")
	p := &Profile{URL: "https://id.example", Tenant: "organizations", Client: CommandLine.String(), Way: ByDevice, Token: &oauth2.Token{AccessToken: "a", RefreshToken: "r"}}
	if err := p.Save(file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v, want 0600", info.Mode(), err)
	}
	got, err := ReadProfile(file)
	if err != nil || got.Token.RefreshToken != "r" || got.URL != p.URL {
		t.Errorf("read %+v %v", got, err)
	}
	if _, err := ReadProfile(file + "x"); !errors.Is(err, ErrSignedOut) {
		t.Errorf("no profile: %v", err)
	}
}

func TestTokensNeverTravelInTheClear(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"https://id.example": true, "https://id.example/": true, "http://localhost:8443": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
		"http://id.example": false, "http://localhost.id.example": false, "https://id.example/x": false, "https://a@id.example": false, "ftp://id.example": false, "id.example": false, "": false,
	} {
		if err := (&Profile{URL: url, Tenant: "t"}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	for tenant, ok := range map[string]bool{"contoso.com": true, "organizations": true, "": false, "a/b": false, "a?b": false, "a%2fb": false} {
		if err := (&Profile{URL: "https://id.example", Tenant: tenant}).Check(); (err == nil) != ok {
			t.Errorf("tenant %q: %v", tenant, err)
		}
	}
}

func TestRefusalsAreReadFromEveryEnvelope(t *testing.T) {
	t.Parallel()
	challenge := `{"access_token":{"acrs":{"essential":true, "value":"c1"}}}`
	for name, c := range map[string]struct {
		status       int
		header, body string
		code, claims string
	}{
		"Graph's":      {403, "", `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`, "Authorization_RequestDenied", ""},
		"PIM's double": {403, "", `{"error":{"code":"UnknownError","message":"{\"errorCode\":\"PermissionScopeNotGranted\",\"message\":\"no\",\"instanceAnnotations\":[]}"}}`, "PermissionScopeNotGranted", ""},
		"none":         {502, "", `<html>`, "Bad Gateway", ""},
		"a context asked for in PIM's way": {
			400, "", `{"error":{"code":"RoleAssignmentRequestAcrsValidationFailed","message":"&claims=%7B%22access_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%20%22value%22%3A%22c1%22%7D%7D%7D"}}`,
			"RoleAssignmentRequestAcrsValidationFailed", challenge,
		},
		"a context asked for in the standard way": {
			401, `Bearer realm="", error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(challenge)) + `"`,
			`{"error":{"code":"InvalidAuthenticationToken","message":"no"}}`, "InvalidAuthenticationToken", challenge,
		},
		"claims that are no JSON": {400, "", `{"error":{"code":"RoleAssignmentRequestAcrsValidationFailed","message":"&claims=%7B"}}`, "RoleAssignmentRequestAcrsValidationFailed", ""},
	} {
		r := refusal(c.status, http.Header{"Www-Authenticate": {c.header}}, []byte(c.body))
		if r.Code != c.code || r.Claims != c.claims {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestGrantsAreNamedByTheirBeginning(t *testing.T) {
	t.Parallel()
	list := []Grant{
		{Kind: "role", Name: "User Administrator", Role: "r1", Scope: "/"},
		{Kind: "role", Name: "User Administrator", Role: "r1", Scope: "/", Path: []Named{{ID: "g9"}}}, // by another way
		{Kind: "role", Name: "User Experience Success Manager", Role: "r2", Scope: "/"},
		{Kind: "group", Name: "Helpdesk", Group: "g1", Access: "member"},
		{Kind: "group", Name: "Helpdesk", Group: "g1", Access: "owner"},
		{Kind: "group", Name: "Helpdesk Leads", Group: "g2", Access: "member"},
	}
	all := func(*Grant) bool { return true }
	member := func(g *Grant) bool { return g.Access == "member" }
	for name, want := range map[string]string{"user admin": "r1", "USER ADMINISTRATOR": "r1", "r2": "r2", "user": "", "helpdesk l": "g2", "helpdesk": "", "x": "", "": ""} {
		g, err := Choose(list, name, all)
		if (err == nil) != (want != "") || err == nil && g.target() != want {
			t.Errorf("%q: %+v %v, want %q", name, g, err, want)
		}
	}
	if g, err := Choose(list, "helpdesk", member); err != nil || g.Group != "g1" {
		t.Errorf("helpdesk as a member: %+v %v; a whole name goes before a beginning", g, err)
	}
}

func TestRequestsAreNamedByTheBeginningOfTheirID(t *testing.T) {
	t.Parallel()
	list := []Request{{ID: "0199aa"}, {ID: "0199bb"}}
	for id, want := range map[string]string{"0199A": "0199aa", "0199": "", "": "", "5": ""} {
		r, err := Pick(list, id, false)
		if (err == nil) != (want != "") || err == nil && r.ID != want {
			t.Errorf("%q: %+v %v", id, r, err)
		}
	}
	if r, err := Pick(list, "", true); err != nil || r.ID != "0199aa" {
		t.Errorf("latest: %+v %v", r, err)
	}
	if _, err := Pick(nil, "", true); err == nil {
		t.Error("the latest of none was found")
	}
}

// TestTheBrowserMustBringTheStateBack: a page of somebody else's that finds the port cannot
// end the sign-in, or sign the person in as another.
func TestTheBrowserMustBringTheStateBack(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visit := func(query string) int {
		res, err := http.Get("http://" + l.Addr().String() + "/?" + query)
		if err != nil {
			t.Error(err)
			return 0
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	done := make(chan []int, 1)
	go func() {
		done <- []int{visit("code=evil&state=guess"), visit("code=evil"), visit("error=access_denied&state="), visit("code=good&state=the-state")}
	}()
	code, err := receive(t.Context(), l, "the-state")
	if err != nil || code != "good" {
		t.Errorf("code %q, %v", code, err)
	}
	if got := <-done; got[0] != 400 || got[1] != 400 || got[2] != 400 || got[3] != 200 {
		t.Errorf("answers %v", got)
	}
}

func TestWhatIsPendingCanBeWithdrawn(t *testing.T) {
	t.Parallel()
	for status, want := range map[string][2]bool{
		"PendingApproval": {true, true}, "PendingAdminDecision": {true, true}, "Granted": {false, true}, "Provisioned": {}, "Revoked": {}, "Denied": {},
	} {
		r := Request{Status: status}
		if r.Pending() != want[0] || r.Open() != want[1] {
			t.Errorf("%s: pending %v, open %v", status, r.Pending(), r.Open())
		}
	}
}

func TestRefusalNamesEveryDetail(t *testing.T) {
	t.Parallel()
	r := &Refusal{Status: 400, Code: "C", Message: "M.", Details: []Detail{{Message: "Say why.", Target: "justification"}}}
	if got := r.Error(); !strings.Contains(got, "M. (400 C)") || !strings.Contains(got, "Say why. [justification]") {
		t.Errorf("%q", got)
	}
	if !r.Denied() || (&Refusal{Status: 503}).Denied() {
		t.Error("a failure of the server's is no refusal")
	}
}

func TestWhatOthersWroteDoesNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ticket 7":                      "ticket 7",
		"größer, 日本, \u200d":            "größer, 日本, \u200d",
		"\x1b[2J\x1b]0;title\x07":       "\uFFFD[2J\uFFFD]0;title\uFFFD",
		"one\r\nID  STATUS\ttwo":        "one  ID  STATUS two",
		"\u009b31m \u202etxet\u2066 \b": "\uFFFD31m \uFFFDtxet\uFFFD \uFFFD",
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
	r := refusal(400, nil, []byte(`{"error":{"code":"A","message":"no\u001b[2J","details":[{"code":"B","message":"x\ny","target":"\u009b"}]}}`))
	if strings.ContainsAny(r.Error(), "\x1b\u009b") || strings.Count(r.Error(), "\n") != 1 {
		t.Errorf("a refusal says %q", r.Error())
	}
}

// A server that cannot be reached has refused nothing: the sign-in is as good as before.
func TestSignInHasNotRunOutWhereTheServerIsAway(t *testing.T) {
	t.Parallel()
	away, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Profile{URL: "http://" + away.Addr().String(), Tenant: "t", Client: CommandLine.String(), Way: ByBrowser, Token: &oauth2.Token{AccessToken: "a", RefreshToken: "r", Expiry: time.Unix(1, 0)}}
	if err := away.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := New(p, "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.WhoAmI(t.Context())
	if err == nil || strings.Contains(err.Error(), "run out") {
		t.Errorf("an unreachable server: %v", err)
	}
}

func TestScopeSaysWhereAnEligibilityIsActivated(t *testing.T) {
	t.Parallel()
	unit, object := "/administrativeUnits/u", "/o"
	all := []Grant{
		{Kind: "role", State: "eligible", Name: "Helper", Role: "h", Scope: "/"},
		{Kind: "role", State: "eligible", Name: "Helper", Role: "h", Scope: unit},
		{Kind: "role", State: "active", Name: "Helper", Role: "h", Scope: "/"},
		{Kind: "group", State: "eligible", Name: "Helper", Group: "g", Access: "member"},
	}
	for scope, want := range map[string]string{
		unit: unit + " " + unit + " / ", "/administrativeUnits/v": "/administrativeUnits/v " + unit + " / ", object: object + " " + object + " / ", "/": "/ " + unit + " / ",
	} {
		got := ""
		for _, g := range At(all, scope) {
			got += g.Scope + " "
		}
		if got = strings.TrimSuffix(got, " "); got != want {
			t.Errorf("at %s: %q, want %q", scope, got, want)
		}
	}
	if all[0].Scope != "/" {
		t.Error("the list itself was changed")
	}
}
