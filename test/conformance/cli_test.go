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
)

// signedIn runs `ephor login`, does in a browser what it says, and wants it to greet sam.
func signedIn(t *testing.T, do func(told string) bool, flags ...string) {
	t.Helper()
	at := newTenant(t)
	c := exec.CommandContext(t.Context(), binary(), append([]string{"login", "--url", house.BaseURL, "--ca-file", house.CAFile, "--tenant", at.TenantID}, flags...)...)
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

const sam, password = "sam@contoso.com", "Development-Only-1"

func TestTheCommandLineSignsInWithADeviceCode(t *testing.T) {
	t.Parallel()
	says := regexp.MustCompile(`open (\S+) in any browser and type the code (\S+)`)
	signedIn(t, func(told string) bool {
		m := says.FindStringSubmatch(told)
		if m != nil {
			newBrowser(t).typeCode(m[1], m[2], sam, password)
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
		back := newBrowser(t).signIn(address.String(), sam, password)
		res, err := http.Get(address.Query().Get("redirect_uri") + "/?" + back.Encode())
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%v %v", res, err)
			return true
		}
		_ = res.Body.Close()
		return true
	})
}
