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
