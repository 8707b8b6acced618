package tutorial

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Config says which server is to be tried and how.
type Config struct {
	// Durable has the tenant on disk, or in the server\'s database, instead of in memory.
	Durable    bool
	URL        string       // where requests go, such as https://localhost:8443
	Public     string       // the server's own address, which its links and contexts show
	Client     *http.Client // trusts the server's certificate
	ControlKey string       // dev.json's, "" where none is needed
	Name       string       // of the tenant that the run makes and drops
	// Today, unless Never, shifts all dates by one constant so that the run begins on its
	// day. With Never the dates are as the documents print them.
	Today when.Instant
}

// The states that a step ends in.
const (
	Proved  = "proved"
	Differs = "differs"
	Skipped = "skipped" // it needs what an earlier step did not give
)

// A Result is a step as it went.
type Result struct {
	Step        int          `json:"step"` // from 1
	Chapter     string       `json:"chapter"`
	Name        string       `json:"name"`
	As          string       `json:"as"`
	Clock       string       `json:"clock"`
	Request     Sent         `json:"request"`
	Answer      Answer       `json:"answer"`
	State       string       `json:"state"` // Proved, Differs or Skipped
	Proves      string       `json:"proves"`
	Differences []Difference `json:"differences"`
}

// Sent is a step's request; the body is text, "" for none.
type Sent struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Body   string `json:"body"`
}

// An Answer is what the server said; the body is text, "" for none.
type Answer struct {
	Status    int    `json:"status"`
	RequestID string `json:"requestId"`
	Body      string `json:"body"`
}

// A run is one pass through the scenario.
type run struct {
	*Config
	tenant tenant
	known  scope
	tokens map[string]string
	clock  string
	client string // the confidential client's appId
	public string // the public client's
}

// Run performs the scenario and tells of each step as it is done. It goes on behind a step
// that differs, so that one run shows all that is wrong. Its error is of what the steps
// stand on: the network, the control API, the seed.
func Run(ctx context.Context, c Config, tell func(Result) error) (failed int, err error) {
	t, err := c.create(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		// Also after an interruption the tenant goes.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, c.drop(ctx, t))
	}()
	r := run{Config: &c, tenant: t, known: scope{}, tokens: map[string]string{}}
	if err := r.begin(); err != nil {
		return 0, err
	}
	days := 0
	if c.Today != when.Never {
		days = daysUntil(c.Today)
	}
	chapter := ""
	for i, s := range scenario() {
		if s.chapter != "" {
			chapter = s.chapter
		}
		result, err := r.do(ctx, s.shifted(days))
		if err != nil {
			return failed, fmt.Errorf("step %d, %s: %w", i+1, s.name, err)
		}
		result.Step, result.Chapter = i+1, chapter
		if result.State != Proved {
			failed++
		}
		if err := tell(result); err != nil {
			return failed, fmt.Errorf("tell of step %d: %w", i+1, err)
		}
	}
	return failed, nil
}

// begin names what the seed gives: its people, its confidential client, and the roles.
func (r *run) begin() error {
	maps.Copy(r.known, roles)
	r.known["root"] = strings.TrimSuffix(r.Public, "/") + "/v1.0"
	for i, u := range r.tenant.Users {
		if i == 0 { // the Global Administrator
			r.known["admin"], r.known["admin.upn"] = u.ID, u.UPN
		}
		if name, wanted := people[u.ID]; wanted {
			r.known[name], r.known[name+".upn"] = u.ID, u.UPN
		}
	}
	for _, name := range people {
		if _, found := r.known[name]; !found {
			return fmt.Errorf("the seed contoso has no user who could be %s", name)
		}
	}
	for _, c := range r.tenant.Clients {
		switch c.Kind {
		case "confidential":
			r.client = c.AppID
		case "public":
			r.public = c.AppID
		}
	}
	if r.client == "" || r.public == "" {
		return errors.New("the seed contoso has no confidential or no public client")
	}
	return nil
}

// do performs one step.
func (r *run) do(ctx context.Context, s step) (Result, error) {
	if err := r.turn(ctx, s); err != nil {
		if _, ok := errors.AsType[unbound](err); ok {
			return r.skipped(s, err), nil
		}
		return Result{}, err
	}
	path, err := r.known.expand(s.path)
	body, wrong := r.known.expand(s.body)
	if err = errors.Join(err, wrong); err != nil {
		return r.skipped(s, err), nil
	}
	token, err := r.bearer(ctx, s)
	if errors.Is(err, errControl) {
		return r.skipped(s, err), nil // nobody to sign in as: an earlier step has failed
	}
	if err != nil {
		return Result{}, err
	}
	x, err := r.send(ctx, s.method, path, body, token)
	if err != nil {
		return Result{}, err
	}
	return r.judged(s, x), nil
}

// skipped is the result of a step that cannot be tried.
func (r *run) skipped(s step, why error) Result {
	return Result{
		Name: s.name, As: s.as, Clock: r.clock, State: Skipped, Proves: s.proves,
		Request:     Sent{Method: s.method, Path: s.path, Body: s.body},
		Differences: []Difference{{Path: "$", Problem: missing, Want: "what an earlier step was to give: " + why.Error()}},
	}
}

// turn sets the tenant's clock to the step's instant, if it names one.
func (r *run) turn(ctx context.Context, s step) error {
	at, err := r.known.expand(s.at)
	if err != nil {
		return err
	}
	if at == "" || at == r.clock {
		return nil
	}
	if err := r.freeze(ctx, r.tenant, at); err != nil {
		return err
	}
	r.clock, r.known["now"] = at, at
	return nil
}

// bearer is the token that the step bears, "" for none. One token serves all steps of a
// caller until a step wants a new one.
func (r *run) bearer(ctx context.Context, s step) (string, error) {
	if s.as == nobody {
		return "", nil
	}
	if token, have := r.tokens[s.as]; have && !s.renew {
		return token, nil
	}
	who, known := callers[s.as]
	if !known {
		return "", fmt.Errorf("nobody is called %q", s.as)
	}
	var err error
	if who.user, err = r.known.expand(who.user); err != nil {
		return "", err
	}
	if who.lives && r.tokens[s.as] == "" {
		if r.tokens[s.as], err = r.signIn(ctx, r.tenant, r.public, who.user); err != nil {
			return "", fmt.Errorf("%s signs in: %w", s.as, err)
		}
		return r.tokens[s.as], nil
	}
	if r.tokens[s.as], err = r.token(ctx, r.tenant, who, r.client); err != nil {
		return "", fmt.Errorf("%s: %w", s.as, err)
	}
	return r.tokens[s.as], nil
}

// judged compares an answer with what the step wants of it.
func (r *run) judged(s step, x exchange) Result {
	r.known[requestID] = x.header.Get("request-id")
	list := r.envelope(s, x)
	list = append(list, r.known.compare(s.want, x.answer)...)
	if s.keep != "" {
		r.known[s.keep] = r.known[requestID]
	}
	result := Result{
		Name: s.name, As: s.as, Clock: r.clock, State: Proved, Proves: s.proves, Differences: list,
		Request: Sent{Method: x.method, Path: x.path, Body: x.body},
		Answer:  Answer{Status: x.status, RequestID: r.known[requestID], Body: string(x.answer)},
	}
	if len(list) > 0 {
		result.State = Differs
	}
	return result
}

// envelope compares what is around the body: status and headers.
func (r *run) envelope(s step, x exchange) []Difference {
	var list []Difference
	if x.status != s.status {
		list = append(list, Difference{Path: "status", Problem: different, Want: strconv.Itoa(s.status), Got: strconv.Itoa(x.status)})
	}
	for _, name := range []string{"request-id", "client-request-id"} {
		if _, ok := guid.Parse(x.header.Get(name)); !ok && !besideGraph(x.path) {
			list = append(list, Difference{Path: "header " + name, Problem: different, Want: "an id", Got: x.header.Get(name)})
		}
	}
	if kind := x.header.Get("Content-Type"); len(x.answer) > 0 && !strings.HasPrefix(kind, "application/json") {
		list = append(list, Difference{Path: "header Content-Type", Problem: different, Want: "application/json", Got: kind})
	}
	return list
}
