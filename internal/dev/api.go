package dev

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/store"
)

// Prefix is the path below which the control API is.
const Prefix = "/_ephor/dev/"

// maxBody bounds a request's body, in bytes. Larger seeds are given on the command line.
const maxBody = 1 << 20

// A Config is what the control API needs.
type Config struct {
	Tenants *Tenants
	Tokens  *oauth.Server
	Log     *slog.Logger
	// Key, when set, must come as bearer with every call. It is set when the server can be
	// reached from other machines.
	Key string
	// Refuse answers with an error in Graph's envelope.
	Refuse func(http.ResponseWriter, *http.Request, error)
	// Moved is called when a tenant's clock was moved: something may have come due.
	Moved func()
}

// An API is the handler of the control API. Who wires it sees to the request's Host: only
// requests to the server's own name may get here.
type API struct {
	Config
	routes []route
}

// A route is one call of the control API. Its pattern's "{id}" is a tenant.
type route struct {
	method, pattern string
	serve           func(*API, *call) (status int, answer any, err error)
}

// A call is a request to the control API, with what its path names and its body says.
type call struct {
	ctx    context.Context //nolint:containedctx // a call lives as long as its request
	tenant *store.Tenant   // nil where the path names none
	body   []byte
}

// New is the control API.
func New(c Config) *API {
	return &API{Config: c, routes: []route{
		{http.MethodPost, "tenants", (*API).createTenant},
		{http.MethodDelete, "tenants/{id}", (*API).dropTenant},
		{http.MethodPost, "tenants/{id}/reset", (*API).resetTenant},
		{http.MethodGet, "tenants/{id}/clock", (*API).readClock},
		{http.MethodPut, "tenants/{id}/clock", (*API).setClock},
		{http.MethodPost, "tenants/{id}/clock/advance", (*API).advanceClock},
		{http.MethodPost, "tenants/{id}/clock/next", (*API).nextEvent},
		{http.MethodPost, "tenants/{id}/token", (*API).token},
	}}
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer, err := a.answer(r)
	if err != nil {
		a.Refuse(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	text, err := json.Marshal(answer)
	if err != nil {
		a.Refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that is gone cannot be told
}

// answer is a call's whole way: guard, match, read, serve.
func (a *API) answer(r *http.Request) (int, any, error) {
	if err := a.guard(r); err != nil {
		return 0, nil, err
	}
	route, id, err := a.match(r)
	if err != nil {
		return 0, nil, err
	}
	c := &call{ctx: r.Context()}
	if c.body, err = readBody(r); err != nil {
		return 0, nil, err
	}
	if id != "" {
		if c.tenant, err = a.find(r.Context(), id); err != nil {
			return 0, nil, err
		}
	}
	return route.serve(a, c)
}

// match finds the call that a request asks for, and the tenant that its path names.
func (a *API) match(r *http.Request) (route, string, error) {
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	segments := strings.Split(path, "/")
	var id string
	if len(segments) > 1 {
		id, segments[1] = segments[1], "{id}"
	}
	pattern := strings.Join(segments, "/")
	var methods []string
	for _, route := range a.routes {
		if route.pattern != pattern {
			continue
		}
		if route.method == r.Method {
			return route, id, nil
		}
		methods = append(methods, route.method)
	}
	if methods == nil {
		return route{}, "", &fault.Fault{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: "The control API has no such path."}
	}
	slices.Sort(methods)
	return route{}, "", &fault.Fault{
		Status: http.StatusMethodNotAllowed, Code: "Request_BadRequest", Target: r.Method,
		Message: "This path of the control API takes " + strings.Join(methods, " and ") + ".",
	}
}

// find is the tenant that a path names.
func (a *API) find(ctx context.Context, name string) (*store.Tenant, error) {
	id, ok := guid.Parse(name)
	if !ok {
		return nil, unknownTenant()
	}
	t, err := a.Tenants.Store.Tenant(ctx, id)
	if errors.Is(err, store.ErrNoTenant) {
		return nil, unknownTenant()
	}
	return t, err
}

func unknownTenant() error {
	return &fault.Fault{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: "There is no tenant with this id. dev.json lists those that were there when the server started."}
}

// readBody reads a body within bounds. The guard has seen to its type.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &fault.Fault{Status: http.StatusRequestEntityTooLarge, Code: "Request_BadRequest", Message: "The body is larger than 1 MiB. Give a larger seed on the command line, with --seed."}
	case err != nil:
		return nil, fault.BadRequest("", "The body could not be read to its end.")
	}
	return body, nil
}

// nothing refuses a body that says something where there is nothing to say.
func (c *call) nothing() error {
	if len(c.body) == 0 {
		return nil
	}
	return decode(c.body, &struct{}{})
}
