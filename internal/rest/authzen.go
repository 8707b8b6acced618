package rest

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/store"
)

// The paths of the decision API (OpenID AuthZEN, Authorization API 1.0).
const (
	evaluationPath    = "/access/v1/evaluation"
	evaluationsPath   = "/access/v1/evaluations"
	configurationPath = "/.well-known/authzen-configuration"
)

// A DecisionsConfig is what the decision API needs.
type DecisionsConfig struct {
	Authenticate Authenticate
	Env          *env.Env
	Log          *slog.Logger
	// PublicURL is the policy decision point's identifier, and the start of its addresses.
	PublicURL string
	// Address is the caller's network address, judged by what proxies are trusted.
	Address func(*http.Request) string
}

// Decisions is the decision API. It answers who may do what now, from the same snapshot
// that the server's own operations are judged by, and reads no database.
//
// Anybody may ask about themselves, with any token. To ask about others takes
// RoleManagement.Read.Directory, .Read.All or .ReadWrite.Directory and, of a signed-in
// user, a role with privilegedIdentityManagement/allProperties/read.
type Decisions struct {
	DecisionsConfig
	configuration []byte
}

// NewDecisions makes the decision API.
func NewDecisions(c DecisionsConfig) *Decisions {
	document, err := json.Marshal(struct {
		Point       string `json:"policy_decision_point"`
		Evaluation  string `json:"access_evaluation_endpoint"`
		Evaluations string `json:"access_evaluations_endpoint"`
	}{c.PublicURL, c.PublicURL + evaluationPath, c.PublicURL + evaluationsPath})
	if err != nil {
		panic("rest: three strings are not JSON: " + err.Error())
	}
	return &Decisions{c, document}
}

// DecisionPath reports whether a path is one of the decision API's.
func DecisionPath(path string) bool {
	return path == evaluationPath || path == evaluationsPath || path == configurationPath
}

// Header values that every answer shares; nobody changes them.
var (
	jsonType   = []string{"application/json"}
	notStored  = []string{"no-store"}
	notSniffed = []string{"nosniff"}
)

// maxRequestID bounds, in bytes, an X-Request-ID that is given back.
const maxRequestID = 256

// ServeHTTP answers one request.
func (d *Decisions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if given := r.Header["X-Request-Id"]; len(given) == 1 && len(given[0]) <= maxRequestID {
		h["X-Request-Id"] = given
	}
	h["X-Content-Type-Options"] = notSniffed
	h["Cache-Control"] = notStored
	if r.URL.Path == configurationPath {
		d.describe(w, r)
		return
	}
	s := newSheet()
	defer s.free()
	if err := d.answer(r, s); err != nil {
		d.fail(w, r, err)
		return
	}
	h["Content-Type"] = jsonType
	_, _ = w.Write(s.out) // a client that is gone cannot be told
}

// describe answers with the document that says where the endpoints are.
func (d *Decisions) describe(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		d.fail(w, r, wrongMethod(r, "GET, HEAD"))
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	writeJSON(w, http.StatusOK, "application/json", d.configuration)
}

// answer is a request's whole way: authenticate, read, decide. What is answered is one
// version of the tenant at one instant, however many questions there are.
func (d *Decisions) answer(r *http.Request, s *sheet) error {
	if r.Method != http.MethodPost {
		return wrongMethod(r, "POST")
	}
	token, err := bearer(r)
	if err != nil {
		return err
	}
	tenant, caller, err := d.Authenticate(r.Context(), token)
	if err != nil {
		return err
	}
	text, err := s.read(r)
	if err != nil {
		return err
	}
	in, bad := readInquiry(text)
	if bad != nil {
		return bad
	}
	snap, now, err := tenant.Snapshot(r.Context())
	if err != nil {
		return err
	}
	a := asker{snap: snap, now: now, caller: caller}
	if r.URL.Path == evaluationsPath {
		s.out, err = in.all(&a, s.out)
	} else {
		s.out, err = in.one(&a, s.out)
	}
	if a.strayed {
		d.refused(tenant, &a, d.Address(r))
	}
	return err
}

// refused records that somebody asked about others who may not: a sensitive read.
func (d *Decisions) refused(t *store.Tenant, a *asker, address string) {
	c := a.caller
	r := audit.Record{
		ID: d.Env.NextID(), Activity: "evaluateAccess", Operation: "evaluateAccess", Type: "Read",
		Category: "RoleManagement", Service: "Privileged Identity Management",
		Result: audit.Failure, Reason: a.refusal.Code + ": " + a.refusal.Message,
		Actor: audit.Actor{App: audit.App{ID: c.AppID.String(), ServicePrincipalID: c.Client}},
	}
	if !c.AppOnly {
		r.Actor = audit.Actor{User: audit.User{ID: c.Principal.ID, IP: address}}
	}
	t.Refused(r)
}

// wrongMethod is the refusal of a method; allowed are those that the path takes.
func wrongMethod(r *http.Request, allowed string) error {
	return &fault.Fault{Status: http.StatusMethodNotAllowed, Code: allowed, Message: "Send " + allowed + " here, not " + r.Method + "."}
}

// fail answers with an error in AuthZEN's form: a status, and a message as a JSON string.
func (d *Decisions) fail(w http.ResponseWriter, r *http.Request, err error) {
	f, ok := fault.As(err)
	switch {
	case ok:
	case r.Context().Err() != nil:
		f = fault.Unavailable(err)
	default:
		f = fault.Internal(err)
	}
	h := w.Header()
	if f.Status >= http.StatusInternalServerError {
		id := d.Env.NextID().String()
		h.Set("request-id", id)
		d.Log.ErrorContext(r.Context(), "decision failed", "request", id, "path", r.URL.Path, "status", f.Status, "error", err)
	}
	if f.Status == http.StatusMethodNotAllowed {
		h.Set("Allow", f.Code)
	}
	if f.Challenge != "" {
		h.Set("WWW-Authenticate", f.Challenge)
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", itoa(f.RetryAfter))
	}
	writeJSON(w, f.Status, "application/json", quoted(inOneLine(f)))
}

// inOneLine is a fault's message, with what would help.
func inOneLine(f *fault.Fault) string {
	var text strings.Builder
	text.WriteString(f.Message)
	for _, d := range f.Details {
		text.WriteString(" " + d.Message)
	}
	return text.String()
}
