package face

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

// A Reference is what an address names: an id and, unless it went through
// directoryObjects, the kind that it claims.
type Reference struct {
	ID   guid.ID
	kind directory.Kind
	host string
}

// ReadReference reads the text of an @odata.id or @odata.bind.
func ReadReference(v edm.Value) (Reference, error) {
	text, err := v.Str()
	if err != nil {
		return Reference{}, err
	}
	bad := fault.BadRequest(v.Path, "Not a valid reference update. Send an address such as https://graph.microsoft.com/v1.0/directoryObjects/{id}.")
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		return Reference{}, bad
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) == 4 { // a tenant stands between version and collection
		if _, ok := guid.Parse(parts[1]); ok {
			parts = append(parts[:1], parts[2:]...)
		}
	}
	if len(parts) != 3 || parts[0] != "v1.0" && parts[0] != "beta" {
		return Reference{}, bad
	}
	kind, known := referable[strings.ToLower(parts[1])]
	id, ok := guid.Parse(parts[2])
	if !known || !ok {
		return Reference{}, bad
	}
	return Reference{ID: id, kind: kind, host: u.Host}, nil
}

// ReadReferences reads a list of addresses, none named twice.
func ReadReferences(v edm.Value, most int) ([]Reference, error) {
	if v.Kind != edm.ArrayValue {
		return nil, fault.BadRequest(v.Path, "'%s' must be an array of addresses.", v.Path)
	}
	if len(v.Items) > most {
		return nil, fault.BadRequest(v.Path, "At most %d objects can be bound in one request.", most)
	}
	seen := map[guid.ID]bool{}
	var out []Reference
	for _, item := range v.Items {
		r, err := ReadReference(item)
		if err != nil {
			return nil, err
		}
		if seen[r.ID] {
			return nil, fault.BadRequest(v.Path, "Request contains a property with duplicate values.")
		}
		seen[r.ID] = true
		out = append(out, r)
	}
	return out, nil
}

// Resolve finds the live object that a reference names, of the kind that it claims.
func (r Reference) Resolve(c *op.Call) (directory.Ref, error) {
	if root, err := url.Parse(c.Root); err != nil || !strings.EqualFold(r.host, root.Host) && !strings.EqualFold(r.host, graphHost) {
		return directory.Ref{}, fault.BadRequest("", "Not a valid reference update. The address is of another server.")
	}
	f, ok := c.Snap.Object(r.ID)
	if !ok || !f.Live() || r.kind != directory.KindNone && r.kind != f.Kind {
		return directory.Ref{}, c.NotFound(r.ID.String())
	}
	return directory.Ref{ID: r.ID, Kind: f.Kind}, nil
}

// ReadRefBody reads the body of POST …/$ref.
func ReadRefBody(body edm.Value) (any, error) {
	if err := body.Object(nil); err != nil {
		return nil, err
	}
	v, ok := body.Get("@odata.id")
	if !ok {
		return nil, fault.BadRequest("@odata.id", "The property '@odata.id' is required.")
	}
	return ReadReference(v)
}
