package crash

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ephor/internal/pgtest"
)

// binary is the server under test, built once.
var binary string

// rounds is how often a server is killed on each engine.
var rounds = 3

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if s := os.Getenv("EPHOR_ROUNDS"); s != "" {
		if rounds, err = strconv.Atoi(s); err != nil || rounds < 1 {
			return 2, fmt.Errorf("EPHOR_ROUNDS=%s: want a number from 1", s)
		}
	}
	dir, err := os.MkdirTemp("", "ephor-crash-")
	if err != nil {
		return 1, err
	}
	binary = filepath.Join(dir, "ephor")
	if out, err := exec.Command("go", "build", "-o", binary, "ephor/cmd/ephor").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	code = m.Run()
	return code, errors.Join(pgtest.Stop(), os.RemoveAll(dir))
}

// patience is how long a server may take to start.
const patience = time.Minute

// A site is a data folder, and a database or none, that servers are started on.
type site struct {
	t        *testing.T
	dir      string
	database string
}

// flags are those that say where the data is.
func (s *site) flags() []string {
	list := []string{"--data", s.dir}
	if s.database != "" {
		list = append(list, "--database", s.database)
	}
	return list
}

// A server is a running process.
type server struct {
	*site
	cmd    *exec.Cmd
	said   *bytes.Buffer
	client *http.Client
	url    string
	tenant string
}

// start runs a server and does not wait for it.
func (s *site) start() *server {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, "dev.json")); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	v := &server{site: s, said: new(bytes.Buffer)}
	v.cmd = exec.Command(binary, append([]string{"serve", "--dev", "--addr", "localhost:0"}, s.flags()...)...)
	v.cmd.Stderr = v.said
	if err := v.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = v.cmd.Process.Kill() })
	return v
}

// kill ends the server as kill -9 does, and waits until it is gone.
func (v *server) kill() {
	v.t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		v.t.Fatalf("the server was gone already: %v\n%s", v.cmd.Wait(), v.said)
	}
	var killed *exec.ExitError
	if err := v.cmd.Wait(); !errors.As(err, &killed) || killed.Exited() {
		v.t.Fatalf("the server ended by itself: %v\n%s", err, v.said)
	}
}

// ready waits until the server answers.
func (v *server) ready() *server {
	v.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if err = v.meet(); err == nil {
			return v
		}
	}
	_ = v.cmd.Process.Kill()
	_ = v.cmd.Wait()
	v.t.Fatalf("the server did not become ready: %v\n%s", err, v.said)
	return nil
}

// meet learns where the server is, and asks whether it is well.
func (v *server) meet() error {
	text, err := os.ReadFile(filepath.Join(v.dir, "dev.json"))
	if err != nil {
		return err
	}
	var file struct {
		BaseURL string
		CAFile  string
		Tenants []struct{ TenantID string }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return err
	}
	pem, err := os.ReadFile(file.CAFile)
	if err != nil {
		return err
	}
	if len(file.Tenants) == 0 {
		return errors.New("there is no tenant")
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	v.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxIdleConnsPerHost: clients}, Timeout: patience}
	v.url, v.tenant = file.BaseURL, file.Tenants[0].TenantID
	status, _, err := v.call("", "GET", "/_ephor/health", "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("health is %d", status)
	}
	return err
}

// call makes a request; an error says that there was no whole answer.
func (v *server) call(token, method, path, body string) (status int, answer map[string]any, err error) {
	r, err := http.NewRequestWithContext(context.Background(), method, v.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := v.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &answer)
	}
	return res.StatusCode, answer, err
}

// token is a new one for a person.
func (v *server) token(user string) (string, error) {
	status, a, err := v.call("", "POST", "/_ephor/dev/tenants/"+v.tenant+"/token", fmt.Sprintf(`{"user":%q,"amr":["pwd","mfa"]}`, user))
	if err != nil {
		return "", err
	}
	token, _ := a["access_token"].(string)
	if status != http.StatusOK || token == "" {
		return "", fmt.Errorf("no token: %d %v", status, a)
	}
	return token, nil
}

// verify runs `ephor audit verify` on what the server left.
func (s *site) verify() {
	s.t.Helper()
	out, err := exec.Command(binary, append([]string{"audit", "verify"}, s.flags()...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("ephor audit verify: %v\n%s", err, out)
	}
}
