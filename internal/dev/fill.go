package dev

import (
	"fmt"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// seed is the plan as the store takes it: what every tenant of it has in common, and what
// only tenant id has.
func (p *plan) seed(id guid.ID, name, operator string, keys []store.SigningKey) store.Seed {
	f := filler{plan: p, operator: operator}
	return store.Seed{Key: p.key, Fill: f.fill, Finish: func(tx *store.WriteTx) error {
		return f.finish(tx, id, name, keys)
	}}
}

// A filler writes a plan into a tenant, and a record of each thing by the operator.
type filler struct {
	*plan
	operator string
}

// fill writes all that is the same in every tenant.
func (f *filler) fill(tx *store.WriteTx) error {
	if _, err := tx.PutBuiltInRoles(); err != nil {
		return err
	}
	for _, step := range []func(*store.WriteTx) error{f.people, f.registrations, f.places, f.consented, f.granted} {
		if err := step(tx); err != nil {
			return fmt.Errorf("fill with %s: %w", f.plan, err)
		}
	}
	f.record(tx, "Seed tenant", "DirectoryManagement", "Add")
	return nil
}

// finish writes what a tenant does not share: what it is called, and, after a reset, its
// signing keys, which clients have in their caches.
func (f *filler) finish(tx *store.WriteTx, id guid.ID, name string, keys []store.SigningKey) error {
	org := directory.Organization{Object: made(id, directory.KindTenant, name), Domains: f.domains}
	tx.PutOrganization(org)
	tx.PutGuestRole(roledata.GuestUser)
	for _, k := range keys {
		tx.InsertSigningKey(k)
	}
	f.record(tx, "Set company information", "DirectoryManagement", "Update", audit.Target{ID: id.String(), Kind: audit.KindDirectory, Name: name})
	return nil
}

func (f *filler) people(tx *store.WriteTx) error {
	for _, u := range f.users {
		if err := tx.InsertUser(u); err != nil {
			return err
		}
		f.record(tx, "Add user", "UserManagement", "Add", audit.Target{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN})
	}
	for _, g := range f.groups {
		if err := tx.InsertGroup(g); err != nil {
			return err
		}
		f.record(tx, "Add group", "GroupManagement", "Add", groupTarget(&g))
	}
	return nil
}

func groupTarget(g *directory.Group) audit.Target {
	kind := "azureAD"
	if g.Unified() {
		kind = "unifiedGroups"
	}
	return audit.Target{ID: g.ID.String(), Kind: audit.KindGroup, Name: g.DisplayName, GroupType: kind}
}

func (f *filler) registrations(tx *store.WriteTx) error {
	for _, a := range f.apps {
		if err := tx.InsertApplication(a); err != nil {
			return err
		}
		f.record(tx, "Add application", "ApplicationManagement", "Add", audit.Target{ID: a.ID.String(), Kind: audit.KindApplication, Name: a.DisplayName})
	}
	for _, sp := range f.principals {
		if err := tx.InsertServicePrincipal(sp); err != nil {
			return err
		}
		f.record(tx, "Add service principal", "ApplicationManagement", "Add", audit.Target{ID: sp.ID.String(), Kind: audit.KindServicePrincipal, Name: sp.DisplayName})
	}
	return nil
}

func (f *filler) places(tx *store.WriteTx) error {
	groups := map[guid.ID]*directory.Group{}
	for i := range f.groups {
		groups[f.groups[i].ID] = &f.groups[i]
	}
	for _, m := range f.memberships {
		if err := tx.InsertMembership(m); err != nil {
			return err
		}
		f.record(tx, "Add "+m.Relation.String()+" to group", "GroupManagement", "Assign",
			audit.Target{ID: m.Member.ID.String(), Kind: auditKind(m.Member.Kind)}, groupTarget(groups[m.Group]))
	}
	return nil
}

// auditKind is a principal's kind as the audit log spells it.
func auditKind(k directory.Kind) audit.Kind {
	switch k {
	case directory.KindUser:
		return audit.KindUser
	case directory.KindGroup:
		return audit.KindGroup
	case directory.KindServicePrincipal:
		return audit.KindServicePrincipal
	}
	return audit.KindOther
}

func (f *filler) consented(tx *store.WriteTx) error {
	for _, c := range f.consents {
		if err := tx.InsertConsent(c); err != nil {
			return err
		}
		f.record(tx, "Add delegated permission grant", "ApplicationManagement", "Assign",
			audit.Target{ID: c.Client.String(), Kind: audit.KindServicePrincipal, Name: strings.Join(c.Scopes, " ")})
	}
	for _, g := range f.grants {
		if err := tx.InsertRoleGrant(g); err != nil {
			return err
		}
		f.record(tx, "Add app role assignment to service principal", "ApplicationManagement", "Assign",
			audit.Target{ID: g.Principal.String(), Kind: audit.KindServicePrincipal, Name: g.Permission})
	}
	return nil
}

// granted gives the roles. What Decide refuses is a fault that names the place in the seed.
func (f *filler) granted(tx *store.WriteTx) error {
	for _, r := range f.requests {
		facts, err := tx.PIMFacts(r.ask)
		if err != nil {
			return err
		}
		verdict, err := pim.Decide(r.ask, facts, Beginning)
		if err != nil {
			return within(r.place, err)
		}
		if err := tx.Apply(verdict); err != nil {
			return err
		}
		activity := "Add member to role outside of PIM (permanent)"
		switch {
		case r.ask.Side == pim.Eligibility:
			activity = "Add eligible member to role in PIM completed (permanent)"
		case !r.ask.OutsidePIM:
			activity = "Add member to role in PIM completed (permanent)"
		}
		f.record(tx, activity, "RoleManagement", "Assign",
			audit.Target{ID: r.ask.Target.Role.String(), Kind: audit.KindRole},
			audit.Target{ID: r.ask.Principal.String(), Kind: auditKind(f.kinds[r.ask.Principal])})
	}
	return nil
}

// record leaves a record of what the operator's seed has made, dated as the seed is.
func (f *filler) record(tx *store.WriteTx, activity, category, kind string, targets ...audit.Target) {
	tx.Record(audit.Record{
		At: Beginning, Activity: activity, Category: category, Service: "Core Directory", Type: kind, Operation: "seed",
		Result: audit.Success, Actor: audit.Actor{Operator: f.operator}, Targets: targets,
	})
}
