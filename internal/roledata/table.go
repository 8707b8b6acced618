package roledata

import (
	"encoding/json"
	"fmt"
	"slices"

	"ephor/internal/guid"
)

// A Table is one of the published tables of whom a role may touch.
type Table uint8

const (
	// PasswordReset: passwords and refresh tokens.
	PasswordReset Table = iota
	// SensitiveActions: enabling, disabling, deleting, restoring, and the properties by
	// which an account could be taken over.
	SensitiveActions
	// AuthenticationMethods: reading and changing sign-in methods.
	AuthenticationMethods
	// RestrictedMethodsRead: reading sign-in methods without personal data.
	RestrictedMethodsRead

	tableCount
)

// tableNames is the tables' names in the file, by Table.
var tableNames = [tableCount]string{
	"passwordReset", "sensitiveActions", "authenticationMethods", "authenticationMethodsRestrictedRead",
}

// A table is one of the published tables, ready for use.
type table struct {
	actors     [Count]Actor // by the actor's role
	gates      []Action
	properties []string
}

// Gates is the actions for which the table is asked.
func (t Table) Gates() []Action { return load().tables[t].gates }

// Properties is the user's properties whose change the table guards, by wire name.
// PasswordReset lists those that it opens although SensitiveActions guards them: either
// table is enough.
func (t Table) Properties() []string { return load().tables[t].properties }

// ExemptInUnit reports whether a role reaches, also when it is assigned at the scope of
// an administrative unit, those of the unit's users who hold roles. It is what the tables
// say; a stricter caller need not ask.
func ExemptInUnit(role guid.ID) bool { return slices.Contains(load().exempt, role) }

// tableFile is the part of sensitive-actions.json that rules are made of.
type tableFile struct {
	Gates      []string             `json:"gates"`
	Properties []string             `json:"properties"`
	AlsoCovers []string             `json:"alsoCoversProperties"`
	Actors     map[guid.ID]actorRow `json:"actors"`
	Tables     []string             `json:"tables"`     // to which further rows belong
	Exceptions []guid.ID            `json:"exceptions"` // of the rule for units
}

// An actorRow is either the roles and kinds that one role reaches, or one word for them.
type actorRow struct {
	Targets string    `json:"targets"` // any, noRole, none, or the table whose row holds
	Roles   []guid.ID `json:"targetRolesAllowed"`
	Kinds   struct {
		NoRole         bool `json:"noRole"`
		Group          bool `json:"roleAssignableGroupMemberOrOwner"`
		RestrictedUnit bool `json:"roleScopedToRestrictedManagementAdministrativeUnit"`
		AnyOtherRole   bool `json:"anyOtherRole"`
	} `json:"targetKinds"`
}

func (c *catalogue) readTables() {
	var raw map[string]json.RawMessage
	read("sensitive-actions.json", false, &raw)
	for t := range c.tables {
		in := part(raw, tableNames[t])
		c.tables[t].gates = c.known(in.Gates)
		c.tables[t].properties = append(in.Properties, in.AlsoCovers...)
		c.addActors(Table(t), in.Actors)
	}
	c.exempt = part(raw, "administrativeUnitScope").Exceptions
	// Roles that hold the actions and have no column in the published tables.
	for _, name := range []string{"legacyPartnerRoles", "rolesWithNoColumn"} {
		in := part(raw, name)
		for t := range c.tables {
			if slices.Contains(in.Tables, tableNames[t]) {
				c.addActors(Table(t), in.Actors)
			}
		}
	}
}

func part(raw map[string]json.RawMessage, name string) (in tableFile) {
	if err := json.Unmarshal(raw[name], &in); err != nil {
		panic(fmt.Sprintf("roledata: read table %s: %v", name, err))
	}
	return in
}

func (c *catalogue) known(names []string) (out []Action) {
	for _, name := range names {
		a, ok := c.actions[name]
		if !ok {
			panic("roledata: unknown action " + name)
		}
		out = append(out, a)
	}
	return out
}

// addActors works out the reach of each row. A role has a row as target if some actor's
// row names it; every other role, custom ones too, is any other role.
func (c *catalogue) addActors(t Table, rows map[guid.ID]actorRow) {
	var named RoleSet
	for _, row := range rows {
		named.Union(c.set(row.Roles))
	}
	for id, row := range rows {
		i, ok := c.index[id]
		if !ok {
			panic("roledata: unknown role " + id.String())
		}
		c.tables[t].actors[i] = c.actor(row, named, i)
	}
}

func (c *catalogue) actor(row actorRow, named RoleSet, role int) Actor {
	switch row.Targets {
	case "none":
		return Actor{}
	case "noRole":
		return Actor{kinds: noRole}
	case "any":
		return Actor{roles: RoleSet{^uint64(0), ^uint64(0), ^uint64(0)}, kinds: noRole | RoleAssignableGroup | RestrictedUnit}
	case "":
		return c.explicit(row, named)
	}
	like := slices.Index(tableNames[:], row.Targets)
	return c.tables[like].actors[role]
}

func (c *catalogue) explicit(row actorRow, named RoleSet) Actor {
	a := Actor{roles: c.set(row.Roles)}
	for kind, holds := range map[Kinds]bool{
		noRole: row.Kinds.NoRole, RoleAssignableGroup: row.Kinds.Group, RestrictedUnit: row.Kinds.RestrictedUnit,
	} {
		if holds {
			a.kinds |= kind
		}
	}
	if row.Kinds.AnyOtherRole {
		a.roles.Union(RoleSet{^named[0], ^named[1], ^named[2]})
	}
	return a
}

// set is Roles while the catalogue is being read.
func (c *catalogue) set(ids []guid.ID) (s RoleSet) {
	for _, id := range ids {
		s.set(c.bit(id))
	}
	return s
}
