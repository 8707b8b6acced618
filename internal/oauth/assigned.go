package oauth

import (
	"errors"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// errUnassigned says that a service principal serves only who is assigned to it
// (appRoleAssignmentRequired), and this one is not.
var errUnassigned = errors.New("only who is assigned may have tokens for it")

// mostGroups bounds how many groups of a person count for what they are assigned to.
const mostGroups = 1000

// alsoAs is user, and the groups that they are in now: what one is assigned to through them
// counts, through a group in a group it does not.
func alsoAs(tx *store.ReadTx, user guid.ID) ([]guid.ID, error) {
	around, err := tx.FirstAround([]guid.ID{user}, directory.Member, mostGroups)
	return append([]guid.ID{user}, around[user]...), err
}

// assignedRoles are the values of the app roles that any of who has at a service principal.
// Microsoft Graph has none to give here. errUnassigned is the answer where it serves only who
// is assigned, which may be to it as a whole, and nobody is; and where it is not there.
func assignedRoles(tx *store.ReadTx, principal guid.ID, who []guid.ID) (values []string, err error) {
	p, found, err := tx.ServicePrincipal(principal)
	if err != nil || p.AppID == GraphAppID {
		return nil, err
	}
	if !found {
		return nil, errUnassigned
	}
	roles, err := tx.RolesAt(principal, who)
	if err != nil {
		return nil, err
	}
	if len(roles) == 0 && p.Manifest.AssignedOnly() {
		return nil, errUnassigned
	}
	for _, name := range roles {
		id, _ := guid.Parse(name)
		if r, published := p.Registration.Manifest.AppRole(id); published && r.Enabled && r.Value != "" {
			values = append(values, r.Value)
		}
	}
	return values, nil
}

// assigned judges whether the person may have tokens for the client and for the API that it
// asks for, and says with which app roles of that API.
func (i *issue) assigned(tx *store.ReadTx) error {
	who, err := alsoAs(tx, i.user.ID)
	if err != nil {
		return err
	}
	if _, err = assignedRoles(tx, i.client.principal, who); err != nil || i.asked.API.IsZero() {
		return err
	}
	api, _ := tx.Snap().Client(i.asked.API)
	i.values, err = assignedRoles(tx, api, who)
	return err
}
