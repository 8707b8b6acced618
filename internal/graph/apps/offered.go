package apps

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/op"
)

// offered is an app role as it is stored, and its value, if the API that the body names
// publishes it for such principals: Microsoft Graph its permissions for clients, another API
// those that its registration says and that are enabled. What publishes none for a kind of
// principal is given as a whole, by the id of zeros.
func offered(c *op.Call, b roleGrantBody) (permission, value string, err error) {
	f, _ := c.Snap.Object(b.principal)
	if graph, ok := graphPrincipal(c); ok && b.resource == graph {
		p, published := authz.RoleWithID(b.role)
		if !published || f.Kind != directory.KindServicePrincipal {
			return "", "", notOffered(b)
		}
		return p.Name, p.Name, nil
	}
	api, _, err := c.Tx.ServicePrincipal(b.resource)
	if err != nil {
		return "", "", err
	}
	said := api.Registration.Manifest
	if b.role.IsZero() {
		if slices.ContainsFunc(said.AppRoles(), func(r directory.AppRole) bool { return r.Enabled && r.For(f.Kind) }) {
			return "", "", notOffered(b)
		}
		return "", "", nil
	}
	r, published := said.AppRole(b.role)
	if !published || !r.Enabled || !r.For(f.Kind) {
		return "", "", notOffered(b)
	}
	return b.role.String(), r.Value, nil
}

func notOffered(b roleGrantBody) error {
	return fault.BadRequest("appRoleId", "The service principal %s publishes no app role with the id %s that this principal can have. Its appRoles list those that it does; where it has none, the id of zeros assigns to the whole.", b.resource, b.role)
}
