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

// References name an object by its address: …/users/{id}, …/directoryObjects/{id}, or the
// form that Graph itself gives in @odata.id, …/v2/{tenant}/directoryObjects/{id}/{type}.
// Clients send back what they got, from here or from examples, and some make the host up, so
// the host says nothing: the id does, and the tenant if one is named.

const graphHost = "graph.microsoft.com"

// referable are the collections that a reference may name, and the kind each promises.
var referable = map[string]directory.Kind{
	"users": directory.KindUser, "groups": directory.KindGroup, "serviceprincipals": directory.KindServicePrincipal,
	"directoryobjects": directory.KindNone, "applications": directory.KindApplication,
}

// A Reference is what an address names: an id and, unless it went through
// directoryObjects, the kind that it claims.
type Reference struct {
	ID     guid.ID
	kind   directory.Kind
	tenant guid.ID // zero where none is named
	as     string  // the directory's name of the type, "" where none is named
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
	if r, ok := readAddress(strings.Split(strings.Trim(u.Path, "/"), "/")); ok {
		return r, nil
	}
	return Reference{}, bad
}

// readAddress reads the segments of an address's path.
func readAddress(parts []string) (r Reference, ok bool) {
	if len(parts) < 3 || parts[0] != "v1.0" && parts[0] != "beta" && parts[0] != "v2" {
		return r, false
	}
	parts = parts[1:]
	if tenant, named := guid.Parse(parts[0]); named { // it stands between version and collection
		r.tenant, parts = tenant, parts[1:]
	}
	if len(parts) == 3 && len(parts[2]) > len(directoryTypes) && strings.EqualFold(parts[2][:len(directoryTypes)], directoryTypes) {
		r.as, parts = parts[2], parts[:2]
	}
	if len(parts) != 2 {
		return r, false
	}
	kind, known := referable[strings.ToLower(parts[0])]
	r.kind = kind
	r.ID, ok = guid.Parse(parts[1])
	return r, ok && known
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
	if !r.tenant.IsZero() && r.tenant != c.Caller.Tenant {
		return directory.Ref{}, fault.BadRequest("", "Not a valid reference update. The address is of another tenant.")
	}
	f, ok := c.Snap.Object(r.ID)
	if !ok || !f.Live() || r.kind != directory.KindNone && r.kind != f.Kind {
		return directory.Ref{}, c.NotFound(r.ID.String())
	}
	if r.as != "" && !strings.EqualFold(r.as, directoryType(f.Kind.String())) {
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
