package people

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/roledata"
)

// What a change asks for depends on what it changes. A demand is the rule for some
// properties; a change must meet the demands of all that it gives (notes.md, Users).
type demand struct {
	properties []string
	rule       *authz.Rule
}

func userRole(tables []roledata.Table, actions ...string) *authz.Rule {
	names := make([]string, len(actions))
	for i, a := range actions {
		names[i] = "microsoft.directory/users/" + a
	}
	return face.Reaches(tables, changeUsersUser, changeUsers, authz.Role(names...))
}

// ownProfile is what people change of themselves without a role
// (default-user-permissions.md: basicProfile/update and mobile/update on self).
var (
	ownLanguage = face.Reaches(nil, changeUsersUser, changeUsers, authz.Role("microsoft.directory/users/basic/update"), authz.OnSelf("microsoft.directory/users/basicProfile/update"))
	ownMobile   = authz.Rule{
		Delegated: changeUsersUser, Application: changeUsers, Tables: eitherTable,
		Ways: []authz.Way{authz.Role("microsoft.directory/users/basic/update"), authz.OnSelf("microsoft.directory/users/mobile/update")},
	}.Compile()
)

var (
	enableUser  = userRole(sensitiveTable, "enable")
	disableUser = userRole(sensitiveTable, "disable")
)

// userDemands are tried in order; a property that none names is basic/update.
var userDemands = []demand{
	{[]string{"userPrincipalName"}, userRole(sensitiveTable, "userPrincipalName/update")},
	{[]string{"onPremisesImmutableId"}, userRole(sensitiveTable, "basic/update")},
	{[]string{"businessPhones", "otherMails"}, userRole(eitherTable, "basic/update")},
	{[]string{"mobilePhone"}, ownMobile},
	{[]string{"preferredLanguage"}, ownLanguage},
	{[]string{"passwordPolicies"}, userRole(nil, "passwordPolicies/update")},
	{[]string{"usageLocation"}, userRole(nil, "usageLocation/update")},
	{[]string{"jobTitle", "department", "companyName", "employeeId", "employeeType"}, userRole(nil, "basic/update", "jobInfo/update")},
	{[]string{"city", "country", "faxNumber", "mail", "officeLocation", "postalCode", "state", "streetAddress"}, userRole(nil, "basic/update", "contactInfo/update")},
	{[]string{"passwordProfile"}, authz.Rule{
		Delegated: append([]string{"Directory.AccessAsUser.All"}, face.SetPassword...), Application: face.SetPassword,
		Ways: []authz.Way{authz.Role("microsoft.directory/users/password/update")}, Tables: passwordTable,
	}.Compile()},
}

var basicUser = userRole(nil, "basic/update")

// updateDemands are the rules that a change of a user must meet, each once.
func updateDemands(c *op.Call) []*authz.Rule {
	b, ok := c.In.(*userBody)
	if !ok {
		return nil
	}
	var rules []*authz.Rule
	for _, name := range b.given {
		rule := demanded(userDemands, name, basicUser)
		if name == "accountEnabled" {
			rule = disableUser
			if b.scratch.Enabled {
				rule = enableUser
			}
		}
		rules = face.AppendNew(rules, rule)
	}
	return rules
}

func demanded(list []demand, property string, otherwise *authz.Rule) *authz.Rule {
	for _, d := range list {
		if slices.Contains(d.properties, property) {
			return d.rule
		}
	}
	return otherwise
}

// Demands of groups.
var (
	basicGroup = authz.Rule{
		Delegated: face.AsUser(changeGroups), Application: changeGroups, Group: authz.GroupLooks,
		Ways: []authz.Way{authz.Role("microsoft.directory/groups/basic/update"), authz.Owner},
	}.Compile()
	classifyGroup = authz.Rule{
		Delegated: face.AsUser(changeGroups), Application: changeGroups, Group: authz.GroupLooks,
		Ways: []authz.Way{authz.Role("microsoft.directory/groups/classification/update"), authz.Owner},
	}.Compile()
	showGroup   = face.Joins(face.AsUser(changeGroups), changeGroups, authz.Role("microsoft.directory/groups/visibility/update"), authz.Owner)
	joinMembers = face.Joins(face.AsUser(changeMembers), changeMembers, authz.Role("microsoft.directory/groups/members/update"), authz.Owner)
	joinOwners  = face.Joins(face.AsUser(changeOwners), changeOwners, authz.Role("microsoft.directory/groups/owners/update"), authz.Owner)

	createPlain = face.Writes(face.AsUser(createGroups), createGroupsApp, authz.Role("microsoft.directory/groups/create"), authz.Member)
	// createAny is met by who administers all groups.
	createAny = face.Writes(face.AsUser(createGroups), createGroupsApp, authz.Role("microsoft.directory/groups/create"))
	// createAssignable asks for the scope besides the one for groups: of the permissions
	// that may be used, RoleManagement.ReadWrite.Directory is needed as well.
	createAssignable = authz.Rule{
		Delegated: face.AsUser(createGroups), Application: createGroupsApp, Also: []string{"RoleManagement.ReadWrite.Directory"},
		Ways: []authz.Way{authz.Role("microsoft.directory/groupsAssignableToRoles/create")}, TenantOnly: true,
	}.Compile()
)

// createDemands tells a role-assignable group from a plain one.
func createDemands(c *op.Call) []*authz.Rule {
	if b, ok := c.In.(*groupBody); ok && b.scratch.RoleAssignable {
		return []*authz.Rule{createAssignable}
	}
	return []*authz.Rule{createPlain}
}

// groupDemands are the rules that a change of a group must meet, each once.
func groupDemands(c *op.Call) []*authz.Rule {
	b, ok := c.In.(*groupBody)
	if !ok {
		return nil
	}
	var rules []*authz.Rule
	if len(b.members) > 0 {
		rules = append(rules, joinMembers)
	}
	for _, name := range b.given {
		rule := basicGroup
		switch name {
		case "classification":
			rule = classifyGroup
		case "visibility":
			rule = showGroup
		}
		rules = face.AppendNew(rules, rule)
	}
	return rules
}
