package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"ephor/internal/client"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ephor": main})
}

// TestScripts runs test/script/*.txtar, each a server or a command as a person uses it.
// Besides testscript's own commands there are:
//
//	ready DIR                   wait for the development server of that folder; later calls go to it
//	answers URL                 wait for the server at that address; later calls go to it
//	as USER [AMR…]              act as a user of the development tenant, in ask and in ephor's own commands
//	clock DURATION              move the development tenant's clock, such as PT1H
//	enter FILE                  act as the client in the JSON that init or recover has printed
//	ask METHOD PATH [BODY]      call, and print the status and the body
//	exits CODE COMMAND [ARG…]   run a command, which must end with that code
//	terminate                   send SIGTERM to what runs in the background
//	mode OCTAL PATH             check a file's mode
//	freeaddr NAME               set a variable to an address of this machine that nothing uses
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "../../test/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Values["visit"] = &visit{client: http.DefaultClient}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": ready, "clock": clock, "answers": answers, "as": as, "enter": enter, "ask": ask, "exits": exits, "mode": mode, "freeaddr": freeaddr, "terminate": terminate,
		},
	})
}

// A visit is what a script knows of the server that it talks to.
type visit struct {
	client *http.Client
	url    string
	tenant string
	token  string
}

func visiting(ts *testscript.TestScript) *visit { return ts.Value("visit").(*visit) }

// patience is how long a server may take to start.
const patience = 30 * time.Second

// await tries until it works, or fails the script.
func await(ts *testscript.TestScript, try func() error) {
	var err error
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if err = try(); err == nil {
			return
		}
	}
	ts.Fatalf("the server did not become ready: %v", err)
}

func need(ts *testscript.TestScript, neg bool, args []string, least int, usage string) {
	if neg || len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func ready(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "ready DIR")
	v := visiting(ts)
	await(ts, func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0] + "/dev.json"))
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
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		v.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}, Timeout: patience}
		v.url, v.tenant, v.token = file.BaseURL, file.Tenants[0].TenantID, ""
		return v.healthy()
	})
	ts.Setenv("URL", v.url)
	ts.Setenv("EPHOR_URL", v.url)
	ts.Setenv("EPHOR_CA_FILE", ts.MkAbs(args[0]+"/ca.pem"))
}

func answers(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "answers URL")
	v := visiting(ts)
	v.url, v.token, v.client = args[0], "", &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	await(ts, v.healthy)
}

// healthy is nil once the server is ready.
func (v *visit) healthy() error {
	status, body, err := v.call(http.MethodGet, "/_ephor/health", "", nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("health: %d %s", status, body)
	}
	return err
}

// call sends a request.
func (v *visit) call(method, path, kind string, body []byte) (status int, answer string, err error) {
	r, err := http.NewRequest(method, v.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	res, err := v.client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// take keeps the access token of an answer.
func (v *visit) take(ts *testscript.TestScript, status int, body string, err error) {
	ts.Check(err)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil || token.Access == "" {
		ts.Fatalf("no token: %d %s", status, body)
	}
	v.token = token.Access
}

func as(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "as USER [AMR…]")
	v := visiting(ts)
	v.token = ""
	body, err := json.Marshal(map[string]any{"user": args[0], "client": client.CommandLine.String(), "amr": append([]string{"pwd"}, args[1:]...)})
	ts.Check(err)
	status, answer, err := v.call(http.MethodPost, "/_ephor/dev/tenants/"+v.tenant+"/token", "application/json", body)
	v.take(ts, status, answer, err)
	ts.Setenv("EPHOR_ACCESS_TOKEN", v.token)
}

// clock moves the tenant's clock by a duration.
func clock(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "clock DURATION")
	v := visiting(ts)
	token := v.token
	v.token = ""
	body := fmt.Sprintf(`{"by":%q}`, args[0])
	status, answer, err := v.call(http.MethodPost, "/_ephor/dev/tenants/"+v.tenant+"/clock/advance", "application/json", []byte(body))
	v.token = token
	if err != nil || status != http.StatusOK {
		ts.Fatalf("clock: %d %s %v", status, answer, err)
	}
}

func enter(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "enter FILE")
	var made struct {
		TenantID string
		Client   struct{ AppID, Secret string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &made))
	v := visiting(ts)
	v.token = ""
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {made.Client.AppID}, "client_secret": {made.Client.Secret},
		"scope": {"https://graph.microsoft.com/.default"},
	}
	status, answer, err := v.call(http.MethodPost, "/"+made.TenantID+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", []byte(form.Encode()))
	v.take(ts, status, answer, err)
}

func ask(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "ask METHOD PATH [BODY]")
	v := visiting(ts)
	kind, body := "", ""
	if len(args) > 2 {
		kind, body = "application/json", args[2]
	}
	token := v.token
	if strings.HasPrefix(args[1], "/_ephor/") {
		v.token = ""
	}
	status, answer, err := v.call(args[0], args[1], kind, []byte(body))
	v.token = token
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%d %s\n", status, answer)
	ts.Check(err)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "exits CODE COMMAND [ARG…]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s did not run: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func mode(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "mode OCTAL PATH")
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if info.Mode().Perm() != fs.FileMode(want) {
		ts.Fatalf("%s has mode %#o, want %#o", args[1], info.Mode().Perm(), want)
	}
}

func freeaddr(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "freeaddr NAME")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: terminate")
	}
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
	}
}
