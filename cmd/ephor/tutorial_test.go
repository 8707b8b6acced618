package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"ephor/internal/env"
	"ephor/internal/graph"
	"ephor/internal/pgtest"
	"ephor/internal/server"
)

// development starts a development server and answers where its data is.
func development(t *testing.T) (dir string, started server.Started) {
	t.Helper()
	return developmentOn(t, "")
}

// developmentOn is development with its data in a database, or in files for "".
func developmentOn(t *testing.T, database string) (dir string, started server.Started) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan server.Started, 1), make(chan error, 1)
	dir = t.TempDir()
	go func() {
		ended <- server.Run(ctx, server.Config{
			Addr: "localhost:0", Data: server.Data{Dir: dir, Database: database}, Dev: true, Operations: graph.Operations(),
			Env: env.System(), Log: slog.New(slog.DiscardHandler), Operator: "tester",
			Ready: func(s server.Started) { ready <- s },
		})
	}()
	select {
	case started = <-ready:
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return dir, started
}

// perform runs the command and gives what it printed.
func perform(t *testing.T, c tutorialCommand) (string, error) {
	t.Helper()
	if c.Output == "" {
		c.Output = "text"
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := c.Run(t.Context(), &terminal{&out, io.Discard})
	return out.String(), err
}

var allProved = regexp.MustCompile(`\n(\d+) steps: (\d+) proved\n$`)

func TestTutorialProvesEveryStep(t *testing.T) {
	t.Parallel()
	dir, started := development(t)
	for name, c := range map[string]tutorialCommand{
		"as printed":    {devFlags: devFlags{Data: dir}},
		"today":         {devFlags: devFlags{Data: dir}, Shift: true, Verbose: true},
		"without a key": {URL: started.URL, devFlags: devFlags{DevJSON: withoutKey(t, started)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := perform(t, c)
			m := allProved.FindStringSubmatch(out)
			if err != nil || m == nil || m[1] != m[2] {
				t.Errorf("%v\n%s", err, differing(out))
			}
		})
	}
}

func TestTutorialProvesEveryStepOnEachEngine(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(*testing.T) string{
		"sqlite":   func(*testing.T) string { return "" },
		"postgres": func(t *testing.T) string { return pgtest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := developmentOn(t, database(t))
			out, err := perform(t, tutorialCommand{devFlags: devFlags{Data: dir}, Durable: true})
			m := allProved.FindStringSubmatch(out)
			if err != nil || m == nil || m[1] != m[2] {
				t.Errorf("%v\n%s", err, differing(out))
			}
		})
	}
}

// withoutKey is a dev.json that tells of nothing but address and certificate.
func withoutKey(t *testing.T, s server.Started) string {
	t.Helper()
	text, err := json.Marshal(devServer{BaseURL: s.URL, CAFile: s.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/dev.json"
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// differing is the part of the output that speaks of steps not proved.
func differing(out string) string {
	var parts []string
	for part := range strings.SplitSeq(out, "\n\n") {
		if strings.Contains(part, "DIFFERS") || strings.Contains(part, "SKIPPED") {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n\n")
}

func TestTutorialTellsEachStepAsOneJSONObject(t *testing.T) {
	t.Parallel()
	dir, _ := development(t)
	out, err := perform(t, tutorialCommand{devFlags: devFlags{Data: dir}, outputFlag: outputFlag{"json"}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, line := range lines {
		var step struct {
			Step        int
			State       string
			Differences []any
		}
		if err := json.Unmarshal([]byte(line), &step); err != nil || step.Step != i+1 || step.State != "proved" || step.Differences == nil {
			t.Errorf("line %d: %v: %s", i+1, err, line)
		}
	}
	if len(lines) < 50 {
		t.Errorf("%d steps", len(lines))
	}
}

func TestTutorialLeavesNoTenantBehind(t *testing.T) {
	t.Parallel()
	dir, _ := development(t)
	made := ""
	out, err := perform(t, tutorialCommand{devFlags: devFlags{Data: dir}, URL: proxy(t, dir, func(r *http.Response) error {
		if r.Request.Method == http.MethodDelete && strings.HasPrefix(r.Request.URL.Path, "/_ephor/dev/tenants/") {
			made = r.Request.URL.Path
		}
		return nil
	})})
	if err != nil || made == "" {
		t.Fatalf("%v: removed %q\n%s", err, made, differing(out))
	}
	config, err := (&tutorialCommand{devFlags: devFlags{Data: dir}}).config()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := config.Client.Get(config.URL + made + "/clock")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("the tenant's clock still answers %d", answer.StatusCode)
	}
}

// proxy stands before the server of dir and lets change have each answer. What it gives is
// its own address.
func proxy(t *testing.T, dir string, change func(*http.Response) error) string {
	t.Helper()
	config, err := (&tutorialCommand{devFlags: devFlags{Data: dir}}).config()
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.URL)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // change is to see the body as it is
		},
		Transport:      config.Client.Transport,
		ModifyResponse: change,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	})
	t.Cleanup(front.Close)
	return front.URL
}

// A corruption changes one field of one answer: the nth to a request of that method whose
// path matches, with that status.
type corruption struct {
	method, path string
	status, nth  int
	change       func(t *testing.T, r *http.Response, body map[string]any)
	told         string // what the command must say of it
}

// set gives the member at a path such as value.0.id a value; nil removes it.
func set(path string, value any) func(*testing.T, *http.Response, map[string]any) {
	return func(t *testing.T, _ *http.Response, body map[string]any) {
		t.Helper()
		parts := strings.Split(path, ".")
		var at any = body
		for _, p := range parts[:len(parts)-1] {
			if list, ok := at.([]any); ok {
				i, err := strconv.Atoi(p)
				if err != nil || i >= len(list) {
					t.Errorf("%s: the answer has no such place", path)
					return
				}
				at = list[i]
			} else {
				at, _ = at.(map[string]any)[p]
			}
		}
		members, ok := at.(map[string]any)
		if !ok {
			t.Errorf("%s: the answer has no such place", path)
			return
		}
		if last := parts[len(parts)-1]; value == gone {
			delete(members, last)
		} else {
			members[last] = value
		}
	}
}

// gone stands for removal in set.
var gone = new(int)

const (
	userPath       = `^/v1\.0/users$`
	eligiblePath   = `/roleEligibilityScheduleRequests$`
	activationPath = `/roleAssignmentScheduleRequests$`
)

var corruptions = map[string]corruption{
	"a name":                       {"POST", userPath, 201, 1, set("displayName", "Aline"), `$.displayName is different, want "Aline Dupuy", got "Aline"`},
	"a member gone":                {"POST", `/groups$`, 201, 1, set("securityIdentifier", gone), `$.securityIdentifier is missing, want "S-1-12-1-`},
	"null for a list":              {"POST", `/groups$`, 201, 1, set("groupTypes", nil), `$.groupTypes is different, want an array, got null`},
	"a member more":                {"POST", eligiblePath, 201, 1, set("isElevated", true), `$.isElevated is extra, got true`},
	"a tick":                       {"POST", eligiblePath, 201, 1, set("createdDateTime", "2021-09-03T20:45:28.3848183Z"), `$.createdDateTime is different, want "2021-09-03T20:45:28.3848182Z"`},
	"a null":                       {"POST", eligiblePath, 201, 1, set("approvalId", gone), `$.approvalId is missing, want null`},
	"letter case":                  {"POST", activationPath, 201, 2, set("scheduleInfo.expiration.type", "AfterDuration"), `$.scheduleInfo.expiration.type is different, want "afterDuration"`},
	"a status word":                {"POST", activationPath, 201, 2, set("status", "Provisioned"), `$.status is different, want "Granted", got "Provisioned"`},
	"a ticket":                     {"POST", activationPath, 201, 3, set("ticketInfo.ticketNumber", "1"), `$.ticketInfo.ticketNumber is different`},
	"another id":                   {"GET", `filterByCurrentUser`, 200, 3, set("value.0.id", "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2"), `$.value[0].id is different`},
	"a row too many":               {"GET", `/roleAssignments$`, 200, 1, set("value", []any{map[string]any{"id": "x"}}), `$.value[0] is extra, got {"id":"x"}`},
	"an end":                       {"GET", `/roleAssignmentScheduleInstances$`, 200, 1, set("value.0.endDateTime", nil), `$.value[0].endDateTime is different, want "2021-09-04T02:15:00Z", got null`},
	"a truth":                      {"POST", `/revokeSignInSessions$`, 200, 1, set("value", false), `$.value is different, want true, got false`},
	"an error code":                {"POST", `/revokeSignInSessions$`, 403, 1, set("error.code", "Forbidden"), `$.error.code is different, want "Authorization_RequestDenied"`},
	"an error's id":                {"POST", activationPath, 400, 1, set("error.innerError.request-id", "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2"), `$.error.innerError.request-id is different`},
	"what a refusal names":         {"POST", activationPath, 400, 1, set("error.details.0.code", "Rule"), `$.error.details[0].code is different, want "MfaRule"`},
	"the reference page's creator": {"POST", eligiblePath, 201, 5, set("createdBy.user.displayName", "Iris"), `$.createdBy.user.displayName is different, want null, got "Iris"`},
	"an actor in the log":          {"GET", `/directoryAudits$`, 200, 1, set("value.0.initiatedBy.user.id", "7146daa8-1b4b-4a66-b2f7-cf593d03c8d2"), `$.value[0].initiatedBy.user.id is different`},
	"a justification in the log":   {"GET", `/directoryAudits$`, 200, 2, set("value.0.additionalDetails", []any{}), `{"key":"justification","value":"Assign User Admin eligibility`},
	"another status":               {"POST", userPath, 201, 1, func(_ *testing.T, r *http.Response, _ map[string]any) { r.StatusCode = 200 }, `status is different, want 201, got 200`},
	"no request-id":                {"GET", `^/v1\.0/users/[^/]*$`, 200, 1, func(_ *testing.T, r *http.Response, _ map[string]any) { r.Header.Del("request-id") }, `header request-id is different, want an id`},
	"the order of a list": {"GET", `filterByCurrentUser`, 200, 3, func(_ *testing.T, _ *http.Response, b map[string]any) {
		v, _ := b["value"].([]any)
		v[0], v[1] = v[1], v[0]
	}, `$.value[0].id is different`},
	"a wrong word for not eligible": {"POST", activationPath, 400, 5, set("error.message", "No."), `$.error.message is different, want "The following policy rules failed: [\"EligibilityRule\"]"`},
}

// alone are the corruptions that have a run each; the others share one.
var alone = []string{"a name", "a member gone", "a tick", "letter case", "another status", "the order of a list"}

func TestTutorialFindsOneCorruptedField(t *testing.T) {
	t.Parallel()
	dir, _ := development(t)
	for _, name := range alone {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findsAll(t, dir, corruptions[name])
		})
	}
}

func TestTutorialFindsEveryCorruptedField(t *testing.T) {
	t.Parallel()
	dir, _ := development(t)
	var rest []corruption
	for name, c := range corruptions {
		if !slices.Contains(alone, name) {
			rest = append(rest, c)
		}
	}
	findsAll(t, dir, rest...)
}

// findsAll runs the tutorial through a proxy that corrupts answers, and wants it to fail and
// to name each place.
func findsAll(t *testing.T, dir string, all ...corruption) {
	t.Helper()
	seen := make([]atomic.Int32, len(all))
	address := proxy(t, dir, func(r *http.Response) error {
		for i, c := range all {
			if c.concerns(r) && int(seen[i].Add(1)) == c.nth {
				if err := corrupt(t, r, c.change); err != nil {
					return err
				}
			}
		}
		return nil
	})
	out, err := perform(t, tutorialCommand{devFlags: devFlags{Data: dir}, URL: address})
	if !errors.Is(err, errSaid) {
		t.Errorf("the tutorial ended with %v", err)
	}
	for i, c := range all {
		if !strings.Contains(differing(out), c.told) {
			t.Errorf("want %q; %d answers matched\n%s", c.told, seen[i].Load(), differing(out))
		}
	}
}

// concerns reports whether an answer is of the kind that c counts.
func (c corruption) concerns(r *http.Response) bool {
	return r.Request.Method == c.method && r.StatusCode == c.status && regexp.MustCompile(c.path).MatchString(r.Request.URL.Path)
}

// corrupt changes an answer's body.
func corrupt(t *testing.T, r *http.Response, change func(*testing.T, *http.Response, map[string]any)) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		return err
	}
	change(t, r, body)
	if text, err = json.Marshal(body); err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	return nil
}

func TestTutorialRefusesAnAddressThatCannotBe(t *testing.T) {
	t.Parallel()
	for address, fine := range map[string]bool{
		"": true, "https://localhost:8443": true, "https://id.example.com/": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"http://id.example.com": false, "localhost:8443": false, "https://localhost:8443/v1.0": false, "ftp://localhost": false, "https://": false,
	} {
		if err := (&tutorialCommand{URL: address}).Validate(); (err == nil) != fine {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestTutorialWithoutAServerSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := perform(t, tutorialCommand{devFlags: devFlags{Data: t.TempDir()}})
	if err == nil || !strings.Contains(err.Error(), "serve --dev") {
		t.Error(err)
	}
}
