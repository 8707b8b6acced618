// Package house is a started server that tests of other people's clients talk to, with
// tenants of a test's own and a person at its sign-in pages.
package house

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// GraphScope is what most clients ask for: all that is consented to, of Graph.
const GraphScope = "https://graph.microsoft.com/.default"

// commandLine is the client of Ephor's own command line, which may do most.
const commandLine = "7be3a1c4-5d0b-4f6e-8f57-93d2a6b1c0e8"

// The server that all tests of a process talk to: a started `ephor serve --dev`.
var (
	BaseURL string       // https://localhost:PORT
	CAFile  string       // the authority to trust, as PEM
	Client  *http.Client // that trusts it
)

// A Tenant is one of the server's, with its people and clients.
type Tenant struct {
	TenantID, Name, Domain string
	Users                  []struct{ ID, UserPrincipalName, Password string }
	Clients                []struct {
		AppID, DisplayName, Kind, Secret string
		RedirectURIs                     []string
	}
}

// ClientOf is the tenant's client of that kind: confidential, public or spa.
func (t *Tenant) ClientOf(kind string) (appID, secret string) {
	for _, c := range t.Clients {
		if c.Kind == kind {
			return c.AppID, c.Secret
		}
	}
	panic("no client of kind " + kind)
}

// Password is that user's.
func (t *Tenant) Password(upn string) string {
	for _, u := range t.Users {
		if u.UserPrincipalName == upn {
			return u.Password
		}
	}
	panic("no user " + upn)
}

// Run starts the server, runs the tests and stops it: what TestMain is to exit with.
func Run(m *testing.M) int {
	stop, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the server (make build comes first):", err)
		return 1
	}
	defer stop()
	return m.Run()
}

// Binary is the program under test: EPHOR, or the one that make build has put into the
// nearest folder above that has one.
func Binary() string {
	if named := os.Getenv("EPHOR"); named != "" {
		return named
	}
	up := ".."
	for range 4 {
		file := filepath.Join(up, "bin", "ephor")
		if _, err := os.Stat(file); err == nil {
			return file
		}
		up = filepath.Join(up, "..")
	}
	return "ephor"
}

// start starts the server and waits until it is ready.
func start() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "ephor-conformance-")
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(Binary(), "serve", "--dev", "--data", data, "--addr", "localhost:0")
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "A first call") { // the end of the banner
			go func() { _, _ = io.Copy(io.Discard, out) }()
			if err := open(filepath.Join(data, "dev.json")); err != nil {
				stop()
				return nil, err
			}
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("it ended: %s", log.String())
}

// open reads dev.json.
func open(file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the server is ready and there is no %s", file)
	}
	var dev struct{ BaseURL, CAFile string }
	if err == nil {
		err = json.Unmarshal(text, &dev)
	}
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(dev.CAFile)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return errors.New("the CA file holds no certificate")
	}
	BaseURL, CAFile = dev.BaseURL, dev.CAFile
	Client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}, Timeout: time.Minute}
	return nil
}

// NewTenant is a tenant of the test's own, in memory, with contoso's people.
func NewTenant(t *testing.T) *Tenant {
	t.Helper()
	var made Tenant
	Call(t, http.MethodPost, "/_ephor/dev/tenants", "", map[string]any{"name": t.Name(), "seed": "contoso", "memory": true}, http.StatusCreated, &made)
	t.Cleanup(func() {
		r, _ := http.NewRequestWithContext(context.Background(), http.MethodDelete, BaseURL+"/_ephor/dev/tenants/"+made.TenantID, nil)
		if res, err := Client.Do(r); err == nil {
			_ = res.Body.Close()
		}
	})
	return &made
}

// Token is an access token from the control API, for what a test needs around a client.
func (t *Tenant) Token(tt *testing.T, user string) string {
	tt.Helper()
	var got struct {
		Access string `json:"access_token"`
	}
	body := map[string]any{"user": user, "amr": []string{"pwd", "mfa"}, "client": commandLine}
	Call(tt, http.MethodPost, "/_ephor/dev/tenants/"+t.TenantID+"/token", "", body, http.StatusOK, &got)
	return got.Access
}

// Call makes a request and wants that status.
func Call(t *testing.T, method, path, token string, body any, want int, answer any) {
	t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, BaseURL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		t.Fatalf("%s %s: %d %s %v, want %d", method, path, res.StatusCode, text, err, want)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatal(err)
		}
	}
}

// Works reports that a token is one that Graph takes: for the user by that name, or for an
// application when upn is "".
func Works(t *testing.T, token, upn string) {
	t.Helper()
	if upn == "" {
		Call(t, http.MethodGet, "/v1.0/users?$top=1", token, nil, http.StatusOK, nil)
		return
	}
	var me struct{ UserPrincipalName string }
	Call(t, http.MethodGet, "/v1.0/me", token, nil, http.StatusOK, &me)
	if !strings.EqualFold(me.UserPrincipalName, upn) {
		t.Errorf("/me is %q, want %q", me.UserPrincipalName, upn)
	}
}
