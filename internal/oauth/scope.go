package oauth

import (
	"context"
	"slices"
	"strings"
	"sync"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// standing are the scopes that ask for OpenID's own things and not for rights at a
// resource. Several clients add them to every request, app-only ones too (clients.md).
var standing = directory.OpenID

// The bounds of a request's scopes.
const (
	maxScopes = 256
	maxScope  = 8 << 10 // bytes in all
)

// splitScopes is the list that s writes with spaces between.
func splitScopes(s string) []string { return strings.Fields(s) }

// asked is the scopes of a request without the standing ones.
func asked(scope string) []string {
	return slices.DeleteFunc(splitScopes(scope), func(s string) bool { return slices.Contains(standing, s) })
}

// Asked is what a request for a person's token asks for, at one resource.
type Asked struct {
	// API is the application id of the resource; zero for Microsoft Graph.
	API guid.ID `json:"api,omitzero"`
	// Standing are OpenID's own scopes among them.
	Standing []string `json:"standing,omitempty"`
	// Names are permissions by name; none with Default.
	Names []string `json:"names,omitempty"`
	// Default asks for all that is consented to (.default).
	Default bool `json:"default,omitempty"`
	// Audience is the resource as the client named it; scopes without one are Graph's.
	Audience string `json:"audience"`
	// Spelt is every scope as the client wrote it: clients look for what they asked for in
	// the answer (clients.md).
	Spelt []string `json:"spelt,omitempty"`
}

// Has reports whether a standing scope was asked for.
func (a *Asked) Has(name string) bool { return slices.Contains(a.Standing, name) }

// spelling is a permission's name by its lower-case form: clients write scopes in any case.
var spelling = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, name := range authz.AllScopes().Names() {
		all[strings.ToLower(name)] = name
	}
	return all
})

// An apiFinder knows the APIs of a tenant.
type apiFinder interface {
	// named is the application id of the API that a client calls by a name.
	named(resource string) (app guid.ID, found bool, err error)
	// published are the names of the scopes that can be asked for at an API; none where there
	// is no such API.
	published(app guid.ID) ([]string, error)
}

// apisIn finds the APIs of a tenant: by their application id, with or without api:// before
// it, or by one of their identifier URIs. An id is never taken for another's name; whether
// there is such a client is asked later.
type apisIn struct{ tx *store.ReadTx }

func (in apisIn) named(resource string) (guid.ID, bool, error) {
	if app, ok := apiNamed(resource); ok {
		return app, true, nil
	}
	if len(resource) > maxShown || plain(resource) != resource {
		return guid.ID{}, false, nil
	}
	a, found, err := in.tx.ApplicationByURI(resource)
	return a.AppID, found, err
}

func (in apisIn) published(app guid.ID) ([]string, error) {
	a, _, err := in.tx.ApplicationByAppID(app)
	return a.Manifest.Published(), err
}

// apisOf is apisIn in transactions of its own.
type apisOf struct {
	read func(fn func(tx *store.ReadTx) error) error
}

func (of apisOf) named(resource string) (app guid.ID, found bool, err error) {
	if app, ok := apiNamed(resource); ok {
		return app, true, nil
	}
	err = of.read(func(tx *store.ReadTx) error {
		app, found, err = apisIn{tx}.named(resource)
		return err
	})
	return app, found, err
}

func (of apisOf) published(app guid.ID) (names []string, err error) {
	err = of.read(func(tx *store.ReadTx) error {
		names, err = apisIn{tx}.published(app)
		return err
	})
	return names, err
}

// apisOf finds the APIs of t.
func (s *Server) apisOf(ctx context.Context, t *store.Tenant) apiFinder {
	return apisOf{func(fn func(tx *store.ReadTx) error) error { return t.Read(ctx, fn) }}
}

// readAsked is what the scope parameter of a request for a person's token asks for.
func (s *Server) readAsked(ctx context.Context, t *store.Tenant, scope string) (Asked, *failure) {
	return s.set.readScopes(scope, t.ID(), s.apisOf(ctx, t))
}

// readScopes takes the scope parameter of a request for a person's token apart. Several
// resources in one request are refused, and so are names that mean nothing here.
func (s Settings) readScopes(scope string, tenant guid.ID, apis apiFinder) (a Asked, f *failure) {
	names := splitScopes(scope)
	if len(scope) > maxScope || len(names) > maxScopes {
		return a, refuses(400, "invalid_scope", 70011, "The provided request must include a 'scope' input parameter of at most %d scopes.", maxScopes)
	}
	a.Audience = graphURL
	at := "" // the resource that was named
	for _, spelt := range names {
		if lower := strings.ToLower(spelt); slices.Contains(standing, lower) {
			a.Standing = appendNew(a.Standing, lower)
			continue
		}
		resource, name := cutScope(spelt)
		if resource != "" && !s.resource(resource) {
			api, found, err := apis.named(resource)
			if err != nil {
				return a, unavailable()
			}
			if !found {
				return a, unknownResource(resource, tenant)
			}
			a.API = api
		}
		if resource != "" && at != "" && !strings.EqualFold(at, resource) {
			return a, manyResources()
		}
		if resource != "" {
			at, a.Audience = resource, resource
		}
		if f = a.add(name); f != nil {
			return a, f
		}
		a.Spelt = appendNew(a.Spelt, spelt)
	}
	if a.Default && len(a.Names) > 0 {
		return a, mixedDefault(scope)
	}
	if a.API.IsZero() || len(a.Names) == 0 {
		return a, nil
	}
	published, err := apis.published(a.API)
	if err != nil {
		return a, unavailable()
	}
	return a, a.known(published)
}

// known puts the permissions asked for at an API as the API writes them. One that it does not
// publish is refused; of an API that is not there all are, in the same words.
func (a *Asked) known(published []string) *failure {
	for i, name := range a.Names {
		at := slices.Index(published, name)
		if at < 0 {
			at = slices.IndexFunc(published, func(p string) bool { return strings.EqualFold(p, name) })
		}
		if at < 0 {
			return unknownScope(name, a.API)
		}
		a.Names[i] = published[at]
	}
	return nil
}

// add adds the permission called name, in any case, or .default.
func (a *Asked) add(name string) *failure {
	if strings.EqualFold(name, ".default") {
		a.Default = true
		return nil
	}
	if !a.API.IsZero() {
		if len(name) > maxShown || plain(name) != name {
			return unknownScope(name, a.API)
		}
		a.Names = appendNew(a.Names, name)
		return nil
	}
	known, ok := spelling()[strings.ToLower(name)]
	if !ok {
		return unknownScope(name, GraphAppID)
	}
	a.Names = appendNew(a.Names, known)
	return nil
}

// apiNamed is the application id in the name of an API that is a client's own: the id, with
// or without api:// before it. Whether there is such a client is asked later.
func apiNamed(resource string) (guid.ID, bool) {
	if len(resource) > len("api://") && strings.EqualFold(resource[:len("api://")], "api://") {
		resource = resource[len("api://"):]
	}
	return guid.Parse(resource)
}

// cutScope takes a scope apart into its resource, "" where it names none, and the
// permission. Some clients double the slash between.
func cutScope(scope string) (resource, name string) {
	i := strings.LastIndexByte(scope, '/')
	if i < 0 {
		return "", scope
	}
	return strings.TrimRight(scope[:i], "/"), scope[i+1:]
}

// appendNew appends s unless it is there.
func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// echo is the scope member of an answer: what was asked for as it was spelt, and what was
// granted beyond that, as the resource's.
func (a *Asked) echo(granted []string) string {
	out := slices.Clone(a.Standing)
	out = slices.DeleteFunc(out, func(s string) bool { return s == "offline_access" })
	prefix := ""
	if a.Default {
		prefix = strings.TrimSuffix(a.Audience, "/") + "/"
	}
	for _, name := range granted {
		if slices.Contains(standing, name) {
			continue
		}
		if spelt := a.speltAs(name); spelt != "" {
			out = appendNew(out, spelt)
		} else {
			out = append(out, prefix+name)
		}
	}
	for _, spelt := range a.Spelt {
		if _, name := cutScope(spelt); strings.EqualFold(name, ".default") {
			out = appendNew(out, spelt)
		}
	}
	return strings.Join(out, " ")
}

// speltAs is how the client wrote the permission called name, "" if it did not.
func (a *Asked) speltAs(name string) string {
	for _, spelt := range a.Spelt {
		if _, n := cutScope(spelt); strings.EqualFold(n, name) {
			return spelt
		}
	}
	return ""
}
