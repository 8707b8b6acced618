package rest

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ephor/internal/authz"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// Authenticate turns a bearer token into the tenant that it names and the caller that it
// proves. Its refusals are 401 faults.
type Authenticate func(ctx context.Context, token string) (*store.Tenant, *authz.Caller, error)

// A Config is what a Graph face needs.
type Config struct {
	Gate         *op.Gate
	Operations   op.Operations
	Authenticate Authenticate
	Env          *env.Env
	Log          *slog.Logger
	// PublicURL is the only source of links, such as https://localhost:8443.
	PublicURL string
	// Metadata is the CSDL of each API version, which anybody may read; nil serves none.
	Metadata map[string][]byte
	// Address is the caller's network address, judged by what proxies are trusted.
	Address func(*http.Request) string
}

// Graph is the handler of /v1.0 and /beta.
type Graph struct {
	Config
	versions map[string]*router
}

// requestBudget is the longest that one call may take before its client is refused.
const requestBudget = 30 * time.Second

// New makes the Graph face. It panics on an incomplete operation.
func New(c Config) *Graph {
	c.Operations.MustCheck()
	return &Graph{Config: c, versions: map[string]*router{
		"v1.0": newRouter(c.Operations, op.V1),
		"beta": newRouter(c.Operations, op.Beta),
	}}
}

// ServeHTTP answers one request, or one batch of them.
func (g *Graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if crossOrigin(w, r) {
		return
	}
	if isBatch(r.URL.Path) {
		g.batch(w, r)
		return
	}
	g.serve(w, r, g.Address(r))
}

// serve answers one request of the caller at address.
func (g *Graph) serve(w http.ResponseWriter, r *http.Request, address string) {
	x := g.exchange(w, r, address)
	ctx, cancel := context.WithTimeout(r.Context(), requestBudget)
	defer cancel()
	answer, err := g.answer(ctx, r, x)
	if err != nil {
		g.fail(w, r, x, err)
		return
	}
	x.succeed(w, answer)
	if answer.Free != nil {
		answer.Free()
	}
}

// An exchange is what a request and its answer share: ids and form.
type exchange struct {
	id       guid.ID
	client   string // client-request-id
	metadata string // odata.metadata level
	at       time.Time
	address  string // the caller's
}

func (g *Graph) exchange(w http.ResponseWriter, r *http.Request, address string) *exchange {
	x := &exchange{id: g.Env.NextID(), metadata: metadataLevel(r.Header.Get("Accept")), at: g.Env.Time(), address: address}
	x.client = x.id.String()
	if given := r.Header.Get("client-request-id"); given != "" && len(given) <= 64 && printable(given) {
		x.client = given
	}
	h := w.Header()
	h["Request-Id"] = []string{x.id.String()}
	h["Client-Request-Id"] = []string{x.client}
	h["Cache-Control"] = privately
	h["Strict-Transport-Security"] = overTLS
	h["X-Content-Type-Options"] = notSniffed
	h["Vary"] = byEncoding
	return x
}

// Header values that every answer shares; nobody changes them. Names are set as the header
// spells them, which Header.Set would find out anew each time.
var (
	privately  = []string{"private, no-store"}
	overTLS    = []string{"max-age=31536000"}
	byEncoding = []string{"Accept-Encoding"}
	protocol   = []string{"4.0"}
	oneUnit    = []string{"1"}
)

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7e })
}

// metadataLevel is the odata.metadata parameter of an Accept header; minimal unless it
// says full or none.
func metadataLevel(accept string) string {
	lower := strings.ToLower(accept)
	for _, level := range []string{"none", "full"} {
		if strings.Contains(lower, "odata.metadata="+level) {
			return level
		}
	}
	return "minimal"
}

// answer is a request's whole way: match, authenticate, read, run.
func (g *Graph) answer(ctx context.Context, r *http.Request, x *exchange) (op.Answer, error) {
	if csdl := g.metadata(r); csdl != nil {
		return op.Answer{Status: http.StatusOK, Body: csdl, Type: "application/xml"}, nil
	}
	token, err := bearer(r)
	if err != nil {
		return op.Answer{}, err
	}
	tenant, caller, err := g.Authenticate(ctx, token)
	if err != nil {
		return op.Answer{}, err
	}
	in, err := g.input(r, x, tenant, caller)
	if err != nil {
		return op.Answer{}, err
	}
	return g.Gate.Run(ctx, tenant, in)
}

// metadata is the CSDL, if that is what the request asks for.
func (g *Graph) metadata(r *http.Request) []byte {
	version, rest, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !strings.EqualFold(rest, "$metadata") {
		return nil
	}
	return g.Metadata[strings.ToLower(version)]
}

// input matches a request to its operation.
func (g *Graph) input(r *http.Request, x *exchange, tenant *store.Tenant, caller *authz.Caller) (*op.Input, error) {
	version, path, err := g.locate(r.URL.EscapedPath(), tenant)
	if err != nil {
		return nil, err
	}
	m, err := g.match(r, version, path)
	if err != nil {
		return nil, err
	}
	root := g.PublicURL + "/" + version
	return &op.Input{
		Op: m.op, Caller: caller, Params: m.params,
		Read: func(in *op.Input) (err error) {
			if in.Query, err = readQuery(r.URL.RawQuery, m.op); err == nil {
				in.Body, err = readBody(r)
			}
			return err
		},
		Advanced: strings.EqualFold(r.Header.Get("ConsistencyLevel"), "eventual"),
		Root:     root, Self: root + strings.TrimSuffix(path, "/"), RawQuery: r.URL.RawQuery,
		Metadata: x.metadata, Request: x.id, Address: x.address,
	}, nil
}

// readQuery reads the query options and refuses what the operation does not take.
func readQuery(raw string, o *op.Operation) (odata.Query, error) {
	var also []string
	if strings.HasSuffix(o.Path, "/$ref") {
		also = []string{"@id"} // names what is referred to, in one of the two spellings
	}
	q, err := odata.Parse(raw, odata.Limits{}, also...)
	if err == nil {
		err = q.Only(o.Query | odata.Format)
	}
	return q, err
}

// locate splits a path into API version and the path below it; a tenant between the two
// must be the token's own.
func (g *Graph) locate(escaped string, tenant *store.Tenant) (version, path string, err error) {
	version, path, _ = strings.Cut(strings.TrimLeft(escaped, "/"), "/")
	version = strings.ToLower(version)
	if g.versions[version] == nil {
		return "", "", fault.BadQuery("", "Resource not found for the segment '%s'. The API versions are v1.0 and beta.", version)
	}
	path = "/" + strings.TrimLeft(path, "/")
	head, rest, _ := strings.Cut(path[1:], "/")
	if id, ok := guid.Parse(head); ok {
		if id != tenant.ID() {
			return "", "", &fault.Fault{Status: 401, Code: "InvalidAuthenticationToken", Message: "The token was issued by another tenant than the one in the path."}
		}
		path = "/" + rest
	}
	return version, path, nil
}

func (g *Graph) match(r *http.Request, version, path string) (match, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	m, ok := g.versions[version].find(method, path)
	if id := referred(r.URL.Query().Get("@id")); ok && m.op == nil && method == http.MethodDelete && strings.HasSuffix(strings.ToLower(path), "/$ref") && id != "" {
		// DELETE …/members/$ref?@id={url} is the other spelling of …/members/{id}/$ref.
		m, ok = g.versions[version].find(method, strings.TrimSuffix(path, "/"+path[strings.LastIndex(path, "/")+1:])+"/"+url.PathEscape(id)+"/$ref")
	}
	if !ok {
		return m, unknownSegment(path)
	}
	if m.op == nil {
		slices.Sort(m.methods)
		return m, wrongVerb(r.Method, m.methods...)
	}
	return m, nil
}

// referred is the id in the address of an object: its last segment, or the one before that
// where the last is the object's type (behaviour.md §2.10).
func referred(address string) string {
	address = strings.TrimSuffix(address, "/")
	last := address[strings.LastIndex(address, "/")+1:]
	if rest, typed := strings.CutSuffix(address, "/"+last); typed && strings.HasPrefix(strings.ToLower(last), "microsoft.directoryservices.") {
		return rest[strings.LastIndex(rest, "/")+1:]
	}
	return last
}

// wrongVerb is the refusal of a method that a path does not take.
func wrongVerb(method string, supported ...string) error {
	return &fault.Fault{
		Status: http.StatusMethodNotAllowed, Code: "Request_BadRequest", Target: method, Allow: supported,
		Message: "This resource does not support " + method + ". It supports " + strings.Join(supported, ", ") + ".",
	}
}

// unknownSegment is the gateway's refusal of a path that nothing is declared for.
func unknownSegment(path string) error {
	s := path[strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1:]
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	if len(s) > 80 {
		s = s[:80]
	}
	return fault.BadQuery("", "Resource not found for the segment '%s'.", strings.ToValidUTF8(s, "?"))
}

// bearer is the token of the Authorization header.
func bearer(r *http.Request) (string, error) {
	values := r.Header.Values("Authorization")
	if len(values) == 1 {
		scheme, token, ok := strings.Cut(values[0], " ")
		if ok && strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(token) != "" {
			return strings.TrimSpace(token), nil
		}
	}
	return "", &fault.Fault{
		Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: "Access token is empty.",
		Challenge: "Bearer",
	}
}

// fail writes an error as Graph does, and logs what the caller must not read.
func (g *Graph) fail(w http.ResponseWriter, r *http.Request, x *exchange, err error) {
	f := g.asFault(r, x, err)
	h := w.Header()
	if f.Challenge != "" {
		h.Set("WWW-Authenticate", f.Challenge)
	}
	if len(f.Allow) > 0 {
		h.Set("Allow", strings.Join(f.Allow, ", "))
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", itoa(f.RetryAfter))
	}
	writeJSON(w, f.Status, "application/json", errorBody(f, x))
}

func (g *Graph) asFault(r *http.Request, x *exchange, err error) *fault.Fault {
	f, ok := fault.As(err)
	switch {
	case ok:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f = fault.Unavailable(err)
	default:
		f = fault.Internal(err)
	}
	if f.Status >= 500 {
		g.Log.ErrorContext(r.Context(), "request failed", "request", x.id, "method", r.Method, "path", r.URL.Path, "status", f.Status, "error", err)
	}
	return f
}

// jsonContent reports whether a Content-Type is JSON in UTF-8.
func jsonContent(header string) bool {
	media, params, err := mime.ParseMediaType(header)
	if err != nil || media != "application/json" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}
