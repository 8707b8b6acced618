package conformance

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ephor/conformance/house"
)

// signedIn runs `ephor login`, does in a browser what it says, and wants it to greet sam.
func signedIn(t *testing.T, do func(told string) bool, flags ...string) {
	t.Helper()
	at := house.NewTenant(t)
	c := exec.CommandContext(t.Context(), house.Binary(), append([]string{"login", "--url", house.BaseURL, "--ca-file", house.CAFile, "--tenant", at.TenantID}, flags...)...)
	c.Env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "PATH="+filepath.Join(t.TempDir(), "no-browser"))
	var out bytes.Buffer
	c.Stdout = &out
	told, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(told); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if do(lines.Text()) {
			do = func(string) bool { return false }
		}
	}
	if err := c.Wait(); err != nil || !strings.Contains(out.String(), "Signed in as Sam Reed (sam@contoso.com)") {
		t.Errorf("%v\n%s%s", err, all.String(), out.String())
	}
}

func TestTheCommandLineSignsInWithADeviceCode(t *testing.T) {
	t.Parallel()
	says := regexp.MustCompile(`open (\S+) in any browser and type the code (\S+)`)
	signedIn(t, func(told string) bool {
		m := says.FindStringSubmatch(told)
		if m != nil {
			house.NewBrowser(t).TypeCode(m[1], m[2], sam, password)
		}
		return m != nil
	}, "--device")
}

func TestTheCommandLineSignsInInABrowser(t *testing.T) {
	t.Parallel()
	signedIn(t, func(told string) bool {
		address, err := url.Parse(strings.TrimSpace(told))
		if err != nil || !strings.HasSuffix(address.Path, "/authorize") {
			return false
		}
		back := house.NewBrowser(t).SignIn(address.String(), sam, password)
		res, err := http.Get(address.Query().Get("redirect_uri") + "/?" + back.Encode())
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%v %v", res, err)
			return true
		}
		_ = res.Body.Close()
		return true
	})
}

// A role whose policy asks for an authentication context is activated by one command: the
// browser opens by itself, and the request is sent again. Only where somebody is there: the
// command runs in a terminal of its own, which script(1) gives it.
func TestTheCommandLineAnswersAClaimsChallenge(t *testing.T) {
	t.Parallel()
	const initial = "Walnut-Harbour-31"
	at, person := house.NewTenant(t), house.NewBrowser(t)
	strict(t, at, initial)
	env := append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "PATH="+filepath.Join(t.TempDir(), "no-browser"), "SHELL=/bin/sh")
	login := exec.CommandContext(t.Context(), house.Binary(), "login", "--url", house.BaseURL, "--ca-file", house.CAFile, "--tenant", at.TenantID)
	login.Env = env
	if out, err := visiting(t, login, person, initial); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	activate := house.Binary() + " activate 'user admin' --for 1h --why 'ticket 7'"
	alone := exec.CommandContext(t.Context(), "/bin/sh", "-c", activate)
	alone.Env = env
	if out, err := alone.CombinedOutput(); alone.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "RoleAssignmentRequestAcrsValidationFailed") {
		t.Errorf("with nobody there: %v\n%s", err, out)
	}
	attended := exec.CommandContext(t.Context(), "/usr/bin/script", "-qefc", activate, os.DevNull)
	attended.Env = env
	out, err := visiting(t, attended, person, house.Chosen)
	if err != nil || !strings.Contains(out, "fresh proof of who you are") || !strings.Contains(out, "User Administrator is active") {
		t.Errorf("%v\n%s", err, out)
	}
	if strings.Count(out, "/authorize?") != 1 {
		t.Errorf("the person was sent to sign in more than once:\n%s", out)
	}
}

const aline = "aline@contoso.com"

// strict makes Aline, with an initial password, has her use a second factor, and lets her
// activate User Administrator under an authentication context.
func strict(t *testing.T, at *house.Tenant, initial string) {
	t.Helper()
	const role, rule = "fe930be7-5e62-47db-91af-98c3a49a38b1", "AuthenticationContext_EndUser_Assignment"
	admin := at.Token(t, "admin@contoso.com")
	var who struct{ ID string }
	house.Call(t, http.MethodPost, "/v1.0/users", admin, map[string]any{
		"accountEnabled": true, "displayName": "Aline Dupuy", "mailNickname": "aline", "userPrincipalName": aline,
		"passwordProfile": map[string]any{"password": initial, "forceChangePasswordNextSignIn": true},
	}, http.StatusCreated, &who)
	house.Call(t, http.MethodPatch, "/beta/users/"+aline+"/authentication/requirements", admin, map[string]any{"perUserMfaState": "enabled"}, http.StatusNoContent, nil)
	house.Call(t, http.MethodPost, "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests", admin, map[string]any{
		"action": "adminAssign", "principalId": who.ID, "roleDefinitionId": role, "directoryScopeId": "/", "justification": "on call",
		"scheduleInfo": map[string]any{"expiration": map[string]any{"type": "afterDuration", "duration": "P30D"}},
	}, http.StatusCreated, nil)
	var policies struct{ Value []struct{ PolicyID string } }
	filter := url.QueryEscape("scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '" + role + "'")
	house.Call(t, http.MethodGet, "/v1.0/policies/roleManagementPolicyAssignments?$filter="+filter, admin, nil, http.StatusOK, &policies)
	house.Call(t, http.MethodPatch, "/v1.0/policies/roleManagementPolicies/"+policies.Value[0].PolicyID+"/rules/"+rule, admin, map[string]any{
		"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyAuthenticationContextRule", "id": rule, "isEnabled": true, "claimValue": "c1",
	}, http.StatusNoContent, nil)
}

// visiting runs a command, and has a person open the addresses that it tells them of. It
// answers all that the command said.
func visiting(t *testing.T, c *exec.Cmd, person *house.Browser, password string) (string, error) {
	t.Helper()
	told, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(told); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		address, err := url.Parse(strings.TrimSpace(lines.Text()))
		if err != nil || !strings.HasSuffix(address.Path, "/authorize") {
			continue
		}
		back := person.SignIn(address.String(), aline, password)
		res, err := http.Get(address.Query().Get("redirect_uri") + "/?" + back.Encode())
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", res, err)
		}
		_ = res.Body.Close()
	}
	return all.String(), c.Wait()
}
