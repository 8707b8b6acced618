package graph

import (
	"net/url"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// References name an object by its address: …/users/{id}, …/directoryObjects/{id}. The
// host may be ours or Graph's own, which published examples and scripts carry.

const graphHost = "graph.microsoft.com"

// referable are the collections that a reference may name, and the kind each promises.
var referable = map[string]directory.Kind{
	"users": directory.KindUser, "groups": directory.KindGroup, "serviceprincipals": directory.KindServicePrincipal,
	"directoryobjects": directory.KindNone, "applications": directory.KindApplication,
}

// A reference is what an address names: an id and, unless it went through
// directoryObjects, the kind that it claims.
type reference struct {
	id   guid.ID
	kind directory.Kind
	host string
}

// readReference reads the text of an @odata.id or @odata.bind.
func readReference(v edm.Value) (reference, error) {
	text, err := v.Str()
	if err != nil {
		return reference{}, err
	}
	bad := fault.BadRequest(v.Path, "Not a valid reference update. Send an address such as https://graph.microsoft.com/v1.0/directoryObjects/{id}.")
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return reference{}, bad
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) == 4 { // a tenant stands between version and collection
		if _, ok := guid.Parse(parts[1]); ok {
			parts = append(parts[:1], parts[2:]...)
		}
	}
	if len(parts) != 3 || parts[0] != "v1.0" && parts[0] != "beta" {
		return reference{}, bad
	}
	kind, known := referable[strings.ToLower(parts[1])]
	id, ok := guid.Parse(parts[2])
	if !known || !ok {
		return reference{}, bad
	}
	return reference{id: id, kind: kind, host: u.Host}, nil
}

// readReferences reads a list of addresses, none named twice.
func readReferences(v edm.Value, most int) ([]reference, error) {
	if v.Kind != edm.ArrayValue {
		return nil, fault.BadRequest(v.Path, "'%s' must be an array of addresses.", v.Path)
	}
	if len(v.Items) > most {
		return nil, fault.BadRequest(v.Path, "At most %d objects can be bound in one request.", most)
	}
	seen := map[guid.ID]bool{}
	var out []reference
	for _, item := range v.Items {
		r, err := readReference(item)
		if err != nil {
			return nil, err
		}
		if seen[r.id] {
			return nil, fault.BadRequest(v.Path, "Request contains a property with duplicate values.")
		}
		seen[r.id] = true
		out = append(out, r)
	}
	return out, nil
}

// resolve finds the live object that a reference names, of the kind that it claims.
func (r reference) resolve(c *op.Call) (directory.Ref, error) {
	if root, err := url.Parse(c.Root); err != nil || !strings.EqualFold(r.host, root.Host) && !strings.EqualFold(r.host, graphHost) {
		return directory.Ref{}, fault.BadRequest("", "Not a valid reference update. The address is of another server.")
	}
	f, ok := c.Snap.Object(r.id)
	if !ok || !f.Live() || r.kind != directory.KindNone && r.kind != f.Kind {
		return directory.Ref{}, c.NotFound(r.id.String())
	}
	return directory.Ref{ID: r.id, Kind: f.Kind}, nil
}

// readRefBody reads the body of POST …/$ref.
func readRefBody(body edm.Value) (any, error) {
	if err := body.Object(nil); err != nil {
		return nil, err
	}
	v, ok := body.Get("@odata.id")
	if !ok {
		return nil, fault.BadRequest("@odata.id", "The property '@odata.id' is required.")
	}
	return readReference(v)
}
