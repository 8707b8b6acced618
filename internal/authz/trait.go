package authz

import (
	"strings"
	"sync"

	"ephor/internal/directory"
	"ephor/internal/roledata"
)

// A trait is what an action's name says about it, worked out once.
type trait struct {
	kinds  uint16 // the kinds of object that it is about, a bit each
	read   bool
	revive bool // it is done to deleted objects
	table  int8 // the sensitive table that judges its targets, noTable for none
	plain  bool // targets without privilege need no row in the table
	group  groupTrait
	app    bool          // on an application: it could be used to act as the application
	part   roledata.Part // the sort of object that it is about, 0 for all
}

const noTable int8 = -1

// A groupTrait says which groups a write reaches.
type groupTrait uint8

const (
	noGroup    groupTrait = iota // not a write on groups, or a read
	looks                        // groups/*, of no consequence for who is in the group
	joins                        // groups/*, which decides who is in the group
	assignable                   // groupsAssignableToRoles/*
)

// traits are the traits of all actions, by Action.
var traits = sync.OnceValue(func() []trait {
	names := roledata.Actions()
	out := make([]trait, len(names))
	for i, name := range names {
		out[i] = traitOf(name)
	}
	// Where several tables list an action, the first is the one that is made for it.
	for t := int8(tables) - 1; t >= 0; t-- {
		for _, a := range roledata.Table(t).Gates() {
			out[a].table = t
		}
	}
	for _, name := range unlisted {
		a, _ := roledata.ActionOf(name)
		out[a].table, out[a].plain = int8(roledata.SensitiveActions), true
	}
	return out
})

// unlisted are actions that the published tables do not name, although an account could
// be taken over by them as by those that they do name: they bind it to another sign-in
// or bring it back. Whoever holds one reaches those without privilege.
var unlisted = []string{
	"microsoft.directory/deletedItems/restore",
	"microsoft.directory/users/authorizationInfo/update", // certificates that sign the user in
	"microsoft.directory/users/changePassword",
	"microsoft.directory/users/convertExternalToInternalMemberUser", // sets name and password
	"microsoft.directory/users/identities/update",
	"microsoft.directory/users/mobile/update",
	"microsoft.directory/users/searchableDeviceKey/update",
}

func traitOf(name string) trait {
	parts := strings.Split(name, "/")
	entity, task := parts[0], parts[len(parts)-1]
	if parts[0] == "microsoft.directory" && len(parts) > 2 {
		entity = parts[1]
	}
	rest := strings.Join(parts[min(2, len(parts)):], "/")
	t := trait{
		table:  noTable,
		read:   strings.HasSuffix(strings.ToLower(task), "read"),
		revive: task == "restore" || strings.HasPrefix(entity, "deletedItems"),
		kinds:  kindsOf(entity),
		part:   roledata.PartOf(name),
	}
	switch kind, _, _ := strings.Cut(strings.TrimPrefix(entity, "deletedItems."), "."); {
	case t.read:
	case kind == "deletedItems": // of any kind
		t.group, t.app = joins, !harmlessTasks[rest]
	case kind == "groupsAssignableToRoles":
		t.group = assignable
	case kind == "groups" && lookTasks[rest]:
		t.group = looks
	case kind == "groups":
		t.group = joins
	case appEntities[kind]:
		t.app = !harmlessTasks[rest]
	}
	return t
}

// lookTasks change how a group looks; all other writes may change who is in it, or who
// decides that.
var lookTasks = map[string]bool{
	"basic/update": true, "classification/update": true, "assignedLabels/update": true,
	"settings/update": true, "assignLicense": true, "reprocessLicenseAssignment": true,
}

// appEntities are what an application's powers depend on.
var appEntities = map[string]bool{
	"applications": true, "servicePrincipals": true, "oAuth2PermissionGrants": true,
	"agentIdentities": true, "agentIdentityBlueprints": true, "agentIdentityBlueprintPrincipals": true,
}

// harmlessTasks give nobody the means to act as the application.
var harmlessTasks = map[string]bool{
	"basic/update": true, "tag/update": true, "notes/update": true,
	"extensionProperties/update": true, "verification/update": true,
	"disable": true, "delete": true,
}

// among reports whether the kind is one of those in a mask.
func among(mask uint16, kind directory.Kind) bool { return mask>>kind&1 != 0 }

func bit(kinds ...directory.Kind) (mask uint16) {
	for _, k := range kinds {
		mask |= 1 << k
	}
	return mask
}

// kindsOf is what the actions on entity are about. The tenant stands for all of a kind.
func kindsOf(entity string) uint16 {
	deleted := strings.HasPrefix(entity, "deletedItems")
	entity, _, _ = strings.Cut(strings.TrimPrefix(entity, "deletedItems."), ".")
	switch entity { // deletedItems by itself is about all kinds
	case "users":
		return bit(directory.KindUser, directory.KindTenant)
	case "groups", "groupsAssignableToRoles":
		return bit(directory.KindGroup, directory.KindTenant)
	case "applications":
		if deleted { // its service principals come and go with it
			return bit(directory.KindApplication, directory.KindServicePrincipal, directory.KindTenant)
		}
		return bit(directory.KindApplication, directory.KindTenant)
	case "servicePrincipals":
		return bit(directory.KindServicePrincipal, directory.KindTenant)
	case "administrativeUnits":
		return bit(directory.KindUnit, directory.KindTenant)
	case "roleDefinitions", "directoryRoles":
		return bit(directory.KindRole, directory.KindTenant)
	}
	return ^uint16(0)
}
