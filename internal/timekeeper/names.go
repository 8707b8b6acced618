package timekeeper

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// self is who acts when nobody does.
var self = audit.Actor{App: audit.App{Name: "Ephor"}}

// names are what roles and objects are called now, for the records of one slice: read
// together, so that many records cost a few queries.
type names struct {
	snap  *authz.Snapshot
	roles map[guid.ID]string
	found map[guid.ID]audit.Target
}

// namesOf reads what the records of schedules need.
func namesOf(tx *store.ReadTx, all []pim.Schedule) (*names, error) {
	w := wanted{}
	for _, s := range all {
		w.add(s.Target, s.Principal)
	}
	return w.read(tx)
}

// namesOfRequests reads what the records of requests need.
func namesOfRequests(tx *store.ReadTx, all []pim.Request) (*names, error) {
	w := wanted{}
	for _, r := range all {
		w.add(r.Target, r.Principal)
	}
	return w.read(tx)
}

// wanted are ids whose names are to be read.
type wanted struct{ roles, objects []guid.ID }

func (w *wanted) add(t pim.Target, principal guid.ID) {
	w.objects = append(w.objects, principal)
	if t.Role.IsZero() {
		w.objects = append(w.objects, t.Group)
	} else {
		w.roles = append(w.roles, t.Role)
	}
}

func (w *wanted) read(tx *store.ReadTx) (*names, error) {
	n := &names{snap: tx.Snap(), roles: map[guid.ID]string{}, found: map[guid.ID]audit.Target{}}
	of := map[directory.Kind][]guid.ID{}
	for _, id := range w.objects {
		f, _ := n.snap.Object(id)
		of[f.Kind] = append(of[f.Kind], id)
	}
	roles, err := tx.RolesOf(w.roles)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		n.roles[r.ID] = r.DisplayName
	}
	users, err := tx.UsersOf(of[directory.KindUser])
	if err != nil {
		return nil, err
	}
	for i := range users {
		n.found[users[i].ID] = userTarget(&users[i])
	}
	groups, err := tx.GroupsOf(of[directory.KindGroup])
	if err != nil {
		return nil, err
	}
	for i := range groups {
		n.found[groups[i].ID] = groupTarget(&groups[i])
	}
	principals, err := tx.ServicePrincipalsOf(of[directory.KindServicePrincipal])
	if err != nil {
		return nil, err
	}
	for i := range principals {
		n.found[principals[i].ID] = principalTarget(&principals[i])
	}
	return n, nil
}

func userTarget(u *directory.User) audit.Target {
	return audit.Target{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN}
}

func groupTarget(g *directory.Group) audit.Target {
	kind := "azureAD"
	if g.Unified() {
		kind = "unifiedGroups"
	}
	return audit.Target{ID: g.ID.String(), Kind: audit.KindGroup, Name: g.DisplayName, GroupType: kind}
}

func applicationTarget(a *directory.Application) audit.Target {
	return audit.Target{ID: a.ID.String(), Kind: audit.KindApplication, Name: a.DisplayName}
}

func principalTarget(p *directory.ServicePrincipal) audit.Target {
	return audit.Target{ID: p.ID.String(), Kind: audit.KindServicePrincipal, Name: p.DisplayName}
}

func unitTarget(u *directory.Unit) audit.Target {
	return audit.Target{ID: u.ID.String(), Kind: audit.KindOther, Name: u.DisplayName}
}

// targets are what a grant is about: the role or group, and who has it.
func (n *names) targets(t pim.Target, principal guid.ID) []audit.Target {
	what := audit.Target{ID: t.Role.String(), Kind: audit.KindRole, Name: n.roles[t.Role]}
	if t.Role.IsZero() {
		what = n.object(t.Group)
	}
	return []audit.Target{what, n.object(principal)}
}

// object is an object as a target; a deleted one has no name any more.
func (n *names) object(id guid.ID) audit.Target {
	if t, found := n.found[id]; found {
		return t
	}
	f, _ := n.snap.Object(id)
	kinds := map[directory.Kind]audit.Kind{
		directory.KindUser: audit.KindUser, directory.KindGroup: audit.KindGroup, directory.KindServicePrincipal: audit.KindServicePrincipal,
	}
	kind, known := kinds[f.Kind]
	if !known {
		kind = audit.KindOther
	}
	return audit.Target{ID: id.String(), Kind: kind}
}

// record is the beginning of a record about a grant of t.
func (n *names) record(t pim.Target, operation, kind, activity string) audit.Record {
	category := "RoleManagement"
	if t.Role.IsZero() {
		category = "GroupManagement"
	}
	return audit.Record{
		Activity: activity, Category: category, Service: "Privileged Identity Management", Type: kind,
		Operation: operation, Result: audit.Success, Actor: self,
	}
}

// about are the details that say what was asked for, and where.
func about(t pim.Target, request guid.ID) (details []audit.Detail) {
	if !request.IsZero() {
		details = append(details, audit.Detail{Key: "requestId", Value: request.String()})
	}
	if !t.Role.IsZero() {
		details = append(details, audit.Detail{Key: "directoryScope", Value: t.Scope.String()})
	}
	return details
}
