package authz

import (
	"crypto/sha256"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// Roles, by their ids in builtin-roles.json.
var (
	globalAdmin    = guid.Must("62e90394-69f5-4237-9190-012177145e10")
	roleAdmin      = guid.Must("e8611ab8-c189-46e8-94e1-60213ab1f814") // Privileged Role Administrator
	privAuthAdmin  = guid.Must("7be44c8a-adaf-4e2a-84d6-ab2649e08a13")
	authAdmin      = guid.Must("c4e39bd9-1100-46d3-8c65-fb160da0071f")
	userAdmin      = guid.Must("fe930be7-5e62-47db-91af-98c3a49a38b1")
	helpdesk       = guid.Must("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	passwordAdmin  = guid.Must("966707d0-3269-4727-9be2-8c3a10f19b9d")
	groupsAdmin    = guid.Must("fdd7a751-b60b-444a-984c-02652fe8fa1c")
	appAdmin       = guid.Must("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")
	dirReader      = guid.Must("88d8e3e3-8f55-4a1e-953a-9b9898b8876b") // Directory Readers
	securityReader = guid.Must("5d6b6bb7-de71-4623-b4af-96380a352509")
	reportsReader  = guid.Must("4a5d8f65-41da-4de4-8968-e035b65339cf")
	attributeAdmin = guid.Must("58a13ea3-c632-46ae-9ee0-9c0d43cd7f3d") // Attribute Assignment Administrator
)

// A world is a tenant in the making, whose objects go by name.
type world struct{ *Edit }

const noon = when.Instant(1_630_000_000 * when.Second)

// named is the id of what is called name.
func named(name string) guid.ID {
	sum := sha256.Sum256([]byte(name))
	return guid.ID(sum[:16])
}

func newWorld() world {
	w := world{Empty().Edit()}
	w.PutSettings(Settings{Tenant: named("tenant"), GuestRole: roledata.GuestUser})
	w.PutObject(named("graph"), Facts{Kind: directory.KindServicePrincipal})
	w.PutClient(graph, named("graph"))
	return w
}

func (w world) put(kind directory.Kind, flags Flags, names ...string) {
	for _, name := range names {
		w.PutObject(named(name), Facts{Kind: kind, Flags: flags})
	}
}

func (w world) users(names ...string) { w.put(directory.KindUser, 0, names...) }

// group makes a role-assignable group with these members.
func (w world) group(name string, members ...string) {
	w.put(directory.KindGroup, RoleAssignable, name)
	for _, m := range members {
		w.join(m, name)
	}
}

func (w world) join(who, group string) { w.PutMembership(membership(who, group, directory.Member)) }
func (w world) own(who, group string)  { w.PutMembership(membership(who, group, directory.Owner)) }

func membership(who, group string, r directory.Relation) directory.Membership {
	return directory.Membership{
		ID: named(who + " in " + group + r.String()), Group: named(group), Relation: r,
		Member: directory.Ref{ID: named(who)},
	}
}

// unit makes an administrative unit with these members.
func (w world) unit(name string, restricted bool, members ...string) {
	w.PutUnit(directory.Unit{Object: alive(named(name), directory.KindUnit), Restricted: restricted})
	for _, m := range members {
		w.PutUnitMember(named(name), named(m))
	}
}

// A term is one change to a schedule before it is put.
type term func(*pim.Schedule)

func during(start, end when.Instant) term {
	return func(s *pim.Schedule) { s.Window = when.Window{Start: start, End: end} }
}

func inside(unit string) term {
	return func(s *pim.Schedule) { s.Target.Scope = pim.Scope{Kind: pim.ScopeUnit, ID: named(unit)} }
}

func on(object string) term {
	return func(s *pim.Schedule) { s.Target.Scope = pim.Scope{Kind: pim.ScopeObject, ID: named(object)} }
}

// via says what an activation stands on: an eligibility, and the place in a group that
// carried it.
func via(eligibility, membership string) term {
	return func(s *pim.Schedule) {
		s.Via.Eligibility = named(eligibility)
		if membership != "" {
			s.Via.Membership = named(membership)
		}
	}
}

func (w world) schedule(id string, kind pim.Kind, who string, target pim.Target, terms []term) {
	s := pim.Schedule{
		ID: named(id), Kind: kind, Principal: named(who), Target: target,
		Window: when.Window{Start: noon - when.Hour, End: when.Never},
	}
	for _, t := range terms {
		t(&s)
	}
	w.PutSchedule(s)
}

func (w world) assign(who string, role guid.ID, terms ...term) {
	w.schedule(who+" has "+role.String(), pim.Assigned, who, pim.Target{Role: role}, terms)
}

func (w world) eligible(who string, role guid.ID, terms ...term) {
	w.schedule(who+" may have "+role.String(), pim.Eligible, who, pim.Target{Role: role}, terms)
}

// activate activates the role that holder is eligible for.
func (w world) activate(who string, role guid.ID, holder string, terms ...term) {
	place := ""
	if holder != who {
		place = who + " in " + holder + "member"
	}
	terms = append([]term{via(holder+" may have "+role.String(), place)}, terms...)
	w.schedule(who+" activated "+role.String(), pim.Activated, who, pim.Target{Role: role}, terms)
}

// seat gives who a schedule for a place in a group.
func (w world) seat(id string, kind pim.Kind, who, group string, r directory.Relation, terms ...term) {
	w.schedule(id, kind, who, pim.Target{Group: named(group), Relation: r}, terms)
}

func act(t testing.TB, name string) roledata.Action {
	t.Helper()
	a, found := roledata.ActionOf("microsoft.directory/" + name)
	if !found {
		t.Fatalf("no action %s", name)
	}
	return a
}

func user(name string) directory.Ref { return directory.Ref{ID: named(name), Kind: directory.KindUser} }

func team(name string) directory.Ref {
	return directory.Ref{ID: named(name), Kind: directory.KindGroup}
}

var tenant = directory.Ref{Kind: directory.KindTenant}

// want fails unless who is allowed, or refused, action on what at t for reason.
func (w world) want(t testing.TB, who, action string, what directory.Ref, at when.Instant, reason Reason) Decision {
	t.Helper()
	d := w.View().Can(named(who), act(t, action), what, at)
	if d.Reason != reason || d.Allowed != (reason == Allowed) {
		t.Fatalf("%s %s at noon%+v: %v %s, want %s", who, action, at.Sub(noon), d.Allowed, d.Reason, reason)
	}
	return d
}
