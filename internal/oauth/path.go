package oauth

import (
	"context"
	"net/http"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// A route is an endpoint below the name of a tenant.
type route struct {
	methods string // with spaces between
	serve   func(*Server, http.ResponseWriter, *http.Request, string)
	// shared is set where scripts of other origins may read the answer: where nothing is
	// opened by a cookie.
	shared bool
}

// routes are the endpoints by the lower-case path below the tenant. Those without a
// version are the addresses of Entra's older endpoint that documents are still read from.
var routes = map[string]route{
	"v2.0/.well-known/openid-configuration": {"GET HEAD", (*Server).discovery, true},
	".well-known/openid-configuration":      {"GET HEAD", (*Server).discovery, true},
	"discovery/v2.0/keys":                   {"GET HEAD", (*Server).keySet, true},
	"discovery/keys":                        {"GET HEAD", (*Server).keySet, true},
	"discovery/instance":                    {"GET HEAD", (*Server).instance, true},
	"oauth2/v2.0/token":                     {"POST", (*Server).token, true},
	"oauth2/v2.0/devicecode":                {"POST", (*Server).deviceCodes, true},
	"oauth2/v2.0/authorize":                 {"GET HEAD POST", (*Server).authorize, false},
	"adminconsent":                          {"GET HEAD", (*Server).adminConsents, false},
	"v2.0/adminconsent":                     {"GET HEAD", (*Server).adminConsents, false},
	"oauth2/v2.0/logout":                    {"GET POST", (*Server).logout, false},
	"oauth2/logout":                         {"GET POST", (*Server).logout, false},
	"openid/userinfo":                       {"GET POST", (*Server).userInfo, true},
}

// rootRoutes are the endpoints that are below no tenant. Of userrealm, the name of the
// person stands behind it.
var rootRoutes = map[string]route{
	"oidc/userinfo":      {"GET POST", (*Server).userInfo, true},
	"metadata/endpoints": {"GET HEAD", (*Server).environment, true},
}

// maxPath bounds, in bytes, the paths that are looked at.
const maxPath = 512

// Split takes a path apart into the tenant's name and what is below it, in lower case.
// Clients double slashes and change case, so neither counts. Both are empty for a path that
// names no tenant, or is longer than any of ours.
func Split(path string) (tenant, rest string) {
	if len(path) > maxPath {
		return "", ""
	}
	var parts []string
	for p := range strings.SplitSeq(strings.ToLower(path), "/") {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) < 2 {
		return "", ""
	}
	return parts[0], strings.Join(parts[1:], "/")
}

// Handler is the endpoint at path, or nil when there is none. A server asks it before its
// mux, which would redirect doubled slashes.
func (s *Server) Handler(path string) http.Handler {
	tenant, rest := Split(path)
	e, ok := rootRoutes[tenant+"/"+rest]
	if !ok {
		e, ok = routes[rest]
	}
	if !ok && strings.HasPrefix(rest, "userrealm/") {
		e, ok = route{"GET HEAD", (*Server).userRealm, true}, true
	}
	if !ok {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.shared && crossOrigin(w, r, e.methods) {
			return
		}
		if !strings.Contains(" "+e.methods+" ", " "+r.Method+" ") {
			methods := strings.ReplaceAll(e.methods, " ", ", ")
			w.Header().Set("Allow", methods)
			s.refuse(w, r, wrongMethod(methods))
			return
		}
		e.serve(s, w, r, tenant)
	})
}

// crossOrigin lets scripts of any origin read the answer, and answers for itself when a
// browser only asks whether they may. No cookie is looked at where this is allowed, and none
// is sent, so a script learns no more than any program that is not in a browser.
func crossOrigin(w http.ResponseWriter, r *http.Request, methods string) (answered bool) {
	if r.Header.Get("Origin") == "" {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Date, WWW-Authenticate")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", strings.ReplaceAll(methods, " ", ", ")+", OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Client-Request-Id, Return-Client-Request-Id, X-Client-Sku, X-Client-Ver, X-Client-Os, X-Client-Cpu, X-Client-Current-Telemetry, X-Client-Last-Telemetry, X-Ms-Lib-Capability, X-App-Name, X-App-Ver, X-Anchormailbox")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// shared reports whether name stands for the tenant of whoever signs in.
func shared(name string) bool { return name == "common" || name == "organizations" }

// tenantNamed finds the tenant of a path: by id, by domain, and by the shared names if the
// server has one tenant only, which then is meant.
func (s *Server) tenantNamed(ctx context.Context, name string) (*store.Tenant, *failure) {
	t, err := s.lookUp(ctx, name)
	switch {
	case err != nil:
		s.log.ErrorContext(ctx, "open tenant", "name", plain(name), "error", err)
		return nil, unavailable()
	case t == nil && shared(name):
		return nil, whichTenant()
	case t == nil:
		return nil, unknownTenant(name)
	}
	return t, nil
}

// Tenant is the tenant of that name in a path: its id, a domain, or one of the shared names
// where there is one tenant only. store.ErrNoTenant is the answer for no such tenant.
func (s *Server) Tenant(ctx context.Context, name string) (*store.Tenant, error) {
	t, err := s.lookUp(ctx, name)
	if err == nil && t == nil {
		err = store.ErrNoTenant
	}
	return t, err
}

// lookUp is the tenant of that name, or nil.
func (s *Server) lookUp(ctx context.Context, name string) (*store.Tenant, error) {
	if shared(name) {
		return s.only(ctx)
	}
	if id, ok := guid.Parse(name); ok {
		return s.byID(ctx, id)
	}
	return s.byDomain(ctx, name)
}
