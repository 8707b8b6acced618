package matrix

import (
	"strings"

	"ephor/internal/op"
)

// An example is a request that asks for one thing of an operation. Names in braces stand
// for ids: {target} and {self} for the target's and the actor's.
type example struct {
	path, body string
	head       map[string]string
	// passes are codes of refusals that only those get who were let in.
	passes []string
}

const (
	rm = "/roleManagement/directory/"
	au = "/directory/administrativeUnits"
)

const (
	assigns = `"roleDefinitionId": "fdd7a751-b60b-444a-984c-02652fe8fa1c", "directoryScopeId": "/"`
	forever = `"scheduleInfo": {"startDateTime": null, "expiration": {"type": "noExpiration"}}`
	anHour  = `"scheduleInfo": {"startDateTime": null, "expiration": {"type": "afterDuration", "duration": "PT1H"}}`
	because = `"justification": "because"`
	objects = "https://graph.microsoft.com/v1.0/directoryObjects/"
)

var eventual = map[string]string{"ConsistencyLevel": "eventual"}

// examples are by method, path and case.
var examples = map[string]*example{
	"GET /roleManagement/directory/roleDefinitions/{id}": {path: rm + "roleDefinitions/fdd7a751-b60b-444a-984c-02652fe8fa1c"},
	"GET /roleManagement/directory/roleAssignments/{id}": {path: rm + "roleAssignments/{assignment}"},
	"POST /roleManagement/directory/roleAssignments":     {path: rm + "roleAssignments", body: `{` + assigns + `, "principalId": "{spare}"}`},
	"DELETE /roleManagement/directory/roleAssignments/{id}": {
		path: rm + "roleAssignments/{assignment}",
	},
	"GET /roleManagement/directory/roleEligibilityScheduleRequests/{id}":         {path: rm + "roleEligibilityScheduleRequests/{eligibilityRequest}"},
	"GET /roleManagement/directory/roleAssignmentScheduleRequests/{id}":          {path: rm + "roleAssignmentScheduleRequests/{assignmentRequest}"},
	"POST /roleManagement/directory/roleEligibilityScheduleRequests/{id}/cancel": {path: rm + "roleEligibilityScheduleRequests/{waitingEligibility}/cancel"},
	"POST /roleManagement/directory/roleAssignmentScheduleRequests/{id}/cancel":  {path: rm + "roleAssignmentScheduleRequests/{waitingActivation}/cancel"},
	"PATCH /roleManagement/ephor/settings":                                       {path: "/roleManagement/ephor/settings", body: `{"extendWithin": "P13D"}`},
	"GET /roleManagement/ephor/grants/filterByCurrentUser(on={on})":              {path: "/roleManagement/ephor/grants/filterByCurrentUser(on='principal')"},
	"GET /roleManagement/directory/roleEligibilitySchedules/{id}":                {path: rm + "roleEligibilitySchedules/{eligibilitySchedule}"},
	"GET /roleManagement/directory/roleAssignmentSchedules/{id}":                 {path: rm + "roleAssignmentSchedules/{assignmentSchedule}"},
	"GET /roleManagement/directory/roleEligibilityScheduleInstances/{id}":        {path: rm + "roleEligibilityScheduleInstances/{eligibilityInstance}"},
	"GET /roleManagement/directory/roleAssignmentScheduleInstances/{id}":         {path: rm + "roleAssignmentScheduleInstances/{assignmentInstance}"},

	"POST /roleManagement/directory/roleEligibilityScheduleRequests|adminAssign": {
		path: rm + "roleEligibilityScheduleRequests", body: `{"action": "adminAssign", "principalId": "{plain}", ` + assigns + `, ` + forever + `, ` + because + `}`,
	},
	"POST /roleManagement/directory/roleEligibilityScheduleRequests|adminRemove": {
		path: rm + "roleEligibilityScheduleRequests", body: `{"action": "adminRemove", "principalId": "{eligible}", "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/"}`,
	},
	"POST /roleManagement/directory/roleAssignmentScheduleRequests|adminAssign": {
		path: rm + "roleAssignmentScheduleRequests", body: `{"action": "adminAssign", "principalId": "{plain}", ` + assigns + `, ` + anHour + `, ` + because + `}`,
	},
	"POST /roleManagement/directory/roleAssignmentScheduleRequests|adminRemove": {
		path: rm + "roleAssignmentScheduleRequests", body: `{"action": "adminRemove", "principalId": "{t.groups-administrator}", ` + assigns + `}`,
	},
	"POST /roleManagement/directory/roleAssignmentScheduleRequests|selfActivate": {
		path: rm + "roleAssignmentScheduleRequests", body: `{"action": "selfActivate", "principalId": "{self}", "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/", ` + anHour + `, ` + because + `}`,
		passes: []string{"RoleAssignmentRequestPolicyValidationFailed", "RoleAssignmentExists"},
	},

	"POST /roleManagement/directory/roleDefinitions":                  {path: rm + "roleDefinitions", body: `{"displayName": "New", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/applications/basic/update"]}]}`},
	"PATCH /roleManagement/directory/roleDefinitions/{id}|unassigned": {path: rm + "roleDefinitions/{custom}", body: `{"displayName": "Other"}`},
	"PATCH /roleManagement/directory/roleDefinitions/{id}|assigned":   {path: rm + "roleDefinitions/{customheld}", body: `{"displayName": "Other"}`},
	"DELETE /roleManagement/directory/roleDefinitions/{id}":           {path: rm + "roleDefinitions/{custom}"},

	"GET /roleManagement/directory/resourceNamespaces/{id}":                          {path: rm + "resourceNamespaces/microsoft.directory"},
	"GET /roleManagement/directory/resourceNamespaces/{id}/resourceActions":          {path: rm + "resourceNamespaces/microsoft.directory/resourceActions"},
	"GET /roleManagement/directory/resourceNamespaces/{id}/resourceActions/{action}": {path: rm + "resourceNamespaces/microsoft.directory/resourceActions/microsoft.directory-applications-basic-update-patch"},

	"GET " + au + "/$count":                                 {path: au + "/$count", head: eventual},
	"POST " + au:                                            {path: au, body: `{"displayName": "New", "visibility": "HiddenMembership"}`},
	"GET " + au + "/{id}":                                   {path: au + "/{unit}"},
	"PATCH " + au + "/{id}":                                 {path: au + "/{unit}", body: `{"description": "Other"}`},
	"DELETE " + au + "/{id}":                                {path: au + "/{unit}"},
	"POST " + au + "/{id}/members/$ref":                     {path: au + "/{unit}/members/$ref", body: `{"@odata.id": "` + objects + `{spare}"}`},
	"DELETE " + au + "/{id}/members/{member}/$ref":          {path: au + "/{unit}/members/{mem}/$ref"},
	"GET " + au + "/{id}/scopedRoleMembers":                 {path: au + "/{unit}/scopedRoleMembers"},
	"GET " + au + "/{id}/scopedRoleMembers/{membership}":    {path: au + "/{unit}/scopedRoleMembers/{scopedmember}"},
	"POST " + au + "/{id}/scopedRoleMembers":                {path: au + "/{unit}/scopedRoleMembers", body: `{"roleId": "{directoryrole}", "roleMemberInfo": {"id": "{spare}"}}`},
	"DELETE " + au + "/{id}/scopedRoleMembers/{membership}": {path: au + "/{unit}/scopedRoleMembers/{scopedmember}"},
	"POST /directoryRoles": {
		path: "/directoryRoles", body: `{"roleTemplateId": "{attributes}"}`, passes: []string{"Request_BadRequest"}, // somebody has every role, so all are active
	},
	"GET /directoryRoleTemplates/{id}": {path: "/directoryRoleTemplates/fdd7a751-b60b-444a-984c-02652fe8fa1c"},

	"POST /users":                                 {path: "/users", body: `{"accountEnabled": true, "displayName": "New", "mailNickname": "new", "userPrincipalName": "new@house.example", "passwordProfile": {"password": "correct-horse-4-battery"}}`},
	"GET /users/{id}|other":                       {path: "/users/{plain}"},
	"GET /users/{id}|own":                         {path: "/users/{self}"},
	"DELETE /users/{id}":                          {path: "/users/{target}"},
	"POST /me/changePassword":                     {path: "/me/changePassword", body: `{"currentPassword": "` + everybodys + `", "newPassword": "correct-horse-4-battery"}`},
	"POST /users/{id}/revokeSignInSessions":       {path: "/users/{target}/revokeSignInSessions"},
	"POST /users/{id}/invalidateAllRefreshTokens": {path: "/users/{target}/invalidateAllRefreshTokens"},
	"GET /groups/{id}":                            {path: "/groups/{open}"},
	"GET /users/$count":                           {path: "/users/$count", head: eventual},
	"GET /groups/$count":                          {path: "/groups/$count", head: eventual},
	"GET /applications/$count":                    {path: "/applications/$count", head: eventual},
	"GET /servicePrincipals/$count":               {path: "/servicePrincipals/$count", head: eventual},

	"GET /users/{id}/manager|other":                  {path: "/users/{plain}/manager"},
	"GET /users/{id}/manager|own":                    {path: "/users/{self}/manager", passes: []string{"Request_ResourceNotFound"}},
	"GET /identityGovernance/privilegedAccess":       {path: "/identityGovernance/privilegedAccess", passes: []string{"UnknownError"}},
	"GET /identityGovernance/privilegedAccess/group": {path: "/identityGovernance/privilegedAccess/group", passes: []string{"UnknownError"}},
	"GET /me/manager":                                {path: "/me/manager", passes: []string{"Request_ResourceNotFound"}},
	"GET /users/{id}/directReports|other":            {path: "/users/{mem}/directReports"},
	"GET /users/{id}/directReports|own":              {path: "/users/{self}/directReports"},
	"PUT /users/{id}/manager/$ref":                   {path: "/users/{target}/manager/$ref", body: `{"@odata.id": "` + objects + `{mem}"}`},
	"DELETE /users/{id}/manager/$ref":                {path: "/users/{target}/manager/$ref", passes: []string{"Request_ResourceNotFound"}},
	"POST /applications":                             {path: "/applications", body: `{"displayName": "New"}`},
	"POST /servicePrincipals":                        {path: "/servicePrincipals", body: `{"appId": "{target.appId}"}`},

	"GET /users/{id}/ownedObjects|other": {path: "/users/{owner}/ownedObjects"},
	"GET /users/{id}/ownedObjects|own":   {path: "/users/{self}/ownedObjects"},

	"POST /groups|plain":                                   {path: "/groups", body: `{"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true}`},
	"POST /groups|assignable":                              {path: "/groups", body: `{"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true, "isAssignableToRole": true}`},
	"DELETE /groups/{id}|plain":                            {path: "/groups/{target}"},
	"DELETE /groups/{id}|assignable":                       {path: "/groups/{target}"},
	"GET /groups/{id}/members/{member}/$ref":               {path: "/groups/{open}/members/{mem}/$ref"},
	"GET /groups/{id}/owners/{member}/$ref":                {path: "/groups/{open}/owners/{own-open}/$ref"},
	"DELETE /groups/{id}/members/{member}/$ref|plain":      {path: "/groups/{target}/members/{mem}/$ref"},
	"DELETE /groups/{id}/members/{member}/$ref|assignable": {path: "/groups/{target}/members/{inside}/$ref"},
	"DELETE /groups/{id}/owners/{member}/$ref|plain":       {path: "/groups/{target}/owners/{own-open}/$ref"},
	"DELETE /groups/{id}/owners/{member}/$ref|assignable":  {path: "/groups/{target}/owners/{outside}/$ref"},

	"GET /directoryObjects/{id}|other":    {path: "/directoryObjects/{plain}"},
	"GET /directoryObjects/{id}|own":      {path: "/directoryObjects/{self}"},
	"GET /organization/{id}":              {path: "/organization/{tenant}"},
	"GET /auditLogs/directoryAudits/{id}": {path: "/auditLogs/directoryAudits/{audit}"},

	"POST /directory/deletedItems/getUserOwnedObjects":        {path: "/directory/deletedItems/getUserOwnedObjects", body: `{"userId": "{plain}", "type": "Group"}`},
	"PATCH /organization/{id}":                                {path: "/organization/{tenant}", body: `{"technicalNotificationMails": ["ops@house.example"]}`},
	"DELETE /directoryObjects/{id}|user":                      {path: "/directoryObjects/{target}"},
	"DELETE /directoryObjects/{id}|group":                     {path: "/directoryObjects/{target}"},
	"DELETE /directoryObjects/{id}|assignable group":          {path: "/directoryObjects/{target}"},
	"DELETE /directoryObjects/{id}|servicePrincipal":          {path: "/directoryObjects/{target}"},
	"DELETE /directoryObjects/{id}|application":               {path: "/directoryObjects/{target.app}"},
	"DELETE /directoryObjects/{id}|administrativeUnit":        {path: "/directoryObjects/{unit}"},
	"GET /roleManagement/directory/transitiveRoleAssignments": {path: rm + "transitiveRoleAssignments?$filter=principalId eq '{plain}'"},
	"GET /users/{id}/oauth2PermissionGrants":                  {path: "/users/{plain}/oauth2PermissionGrants"},
	"GET /users/{id}/appRoleAssignments":                      {path: "/users/{plain}/appRoleAssignments"},
	"POST /users/{id}/appRoleAssignments":                     {path: "/users/{plain}/appRoleAssignments", body: `{"principalId": "{plain}", "resourceId": "{fresh}", "appRoleId": "00000000-0000-0000-0000-000000000000"}`},
	"DELETE /users/{id}/appRoleAssignments/{assignment}":      {path: "/users/{plain}/appRoleAssignments/{assigned.plain}"},
	"GET /groups/{id}/appRoleAssignments":                     {path: "/groups/{open}/appRoleAssignments"},
	"POST /groups/{id}/appRoleAssignments":                    {path: "/groups/{open}/appRoleAssignments", body: `{"principalId": "{open}", "resourceId": "{fresh}", "appRoleId": "00000000-0000-0000-0000-000000000000"}`},
	"DELETE /groups/{id}/appRoleAssignments/{assignment}":     {path: "/groups/{open}/appRoleAssignments/{assigned.open}"},

	"POST /oauth2PermissionGrants|for all":        {path: "/oauth2PermissionGrants", body: `{"clientId": "{target}", "consentType": "AllPrincipals", "resourceId": "{graph}", "scope": "User.Read"}`},
	"POST /oauth2PermissionGrants|leads to roles": {path: "/oauth2PermissionGrants", body: `{"clientId": "{target}", "consentType": "AllPrincipals", "resourceId": "{graph}", "scope": "RoleManagement.ReadWrite.Directory"}`},
	"POST /oauth2PermissionGrants|for oneself":    {path: "/oauth2PermissionGrants", body: `{"clientId": "{target}", "consentType": "Principal", "principalId": "{self}", "resourceId": "{graph}", "scope": "User.Read"}`},
	"GET /oauth2PermissionGrants/{id}":            {path: "/oauth2PermissionGrants/{consent.app}"},
	"PATCH /oauth2PermissionGrants/{id}":          {path: "/oauth2PermissionGrants/{consent.target}", body: `{"scope": "User.Read User.ReadBasic.All"}`},
	"DELETE /oauth2PermissionGrants/{id}":         {path: "/oauth2PermissionGrants/{consent.target}"},
}

func init() {
	for _, side := range []string{"roleEligibility", "roleAssignment"} {
		for _, set := range []string{"ScheduleRequests", "Schedules", "ScheduleInstances"} {
			path := rm + side + set
			examples["GET "+path+"/filterByCurrentUser(on={on})"] = &example{path: path + "/filterByCurrentUser(on='principal')"}
			examples["GET "+path+"|own"] = &example{path: path + "?$filter=principalId eq '{self}'"}
		}
	}
	for name, who := range map[string]string{"": "{plain}", "|own": "{self}"} {
		examples["GET "+rm+"roleSchedules(directoryScopeId={directoryScopeId},appScopeId={appScopeId},principalId={principalId},roleDefinitionId={roleDefinitionId})"+name] = &example{
			path: rm + "roleSchedules(directoryScopeId='%2F',appScopeId='',principalId='" + who + "',roleDefinitionId='')",
		}
	}
	examples["GET "+rm+"roleAssignments|own"] = &example{path: rm + "roleAssignments?$filter=principalId eq '{self}'"}
	for property, value := range map[string]string{
		"displayName": `"Other"`, "jobTitle": `"Other"`, "city": `"Other"`, "usageLocation": `"NO"`, "preferredLanguage": `"nb-NO"`, "passwordPolicies": `"DisablePasswordExpiration"`,
		"accountEnabled true": "true", "accountEnabled false": "false", "userPrincipalName": `"other@house.example"`, "onPremisesImmutableId": `"b3RoZXI="`,
		"businessPhones": `["1"]`, "mobilePhone": `"1"`, "otherMails": `["a@other.example"]`, "passwordProfile": `{"password": "correct-horse-4-battery"}`,
	} {
		name, _, _ := strings.Cut(property, " ")
		body := `{"` + name + `": ` + value + `}`
		examples["PATCH /users/{id}|"+property] = &example{path: "/users/{target}", body: body}
		examples["PATCH /me|"+property] = &example{path: "/me", body: body}
	}
	for property, body := range map[string]string{
		"displayName": `{"displayName": "Other"}`, "classification": `{"classification": "Low"}`, "visibility": `{"visibility": "Private"}`,
		"members": `{"members@odata.bind": ["` + objects + `{spare}"]}`,
	} {
		for _, kind := range []string{" plain", " assignable"} {
			examples["PATCH /groups/{id}|"+property+kind] = &example{path: "/groups/{target}", body: body}
		}
	}
	for _, relation := range []string{"members", "owners"} {
		for kind, who := range map[string]string{"plain": "spare", "assignable": "spare", "assignable oneself": "self"} {
			examples["POST /groups/{id}/"+relation+"/$ref|"+kind] = &example{path: "/groups/{target}/" + relation + "/$ref", body: `{"@odata.id": "` + objects + `{` + who + `}"}`}
		}
	}
	for segment, head := range map[string]map[string]string{"": nil, "/$ref": nil, "/graph.user": nil, "/graph.group": nil, "/$count": eventual, "/graph.user/$count": eventual, "/graph.group/$count": eventual} {
		for kind, name := range map[string]string{"open": "unit", "hidden": "hidden"} {
			examples["GET "+au+"/{id}/members"+segment+"|"+kind] = &example{path: au + "/{" + name + "}/members" + segment, head: head}
		}
	}
	examples["GET "+au+"/{id}/members/{member}/$ref|open"] = &example{path: au + "/{unit}/members/{mem}/$ref"}
	examples["GET "+au+"/{id}/members/{member}/$ref|hidden"] = &example{path: au + "/{hidden}/members/{mem}/$ref", passes: []string{"Request_ResourceNotFound"}} // nobody is in it
	for key, x := range map[string][3]string{
		"/{id}":                             {"/{directoryrole}", "t.helpdesk-administrator", "r.groups-administrator"},
		"(roleTemplateId={roleTemplateId})": {"(roleTemplateId='fdd7a751-b60b-444a-984c-02652fe8fa1c')", "t.global-reader", "booked"},
	} {
		path, newcomer, member := x[0], x[1], x[2]
		examples["GET /directoryRoles"+key] = &example{path: "/directoryRoles" + path}
		examples["GET /directoryRoles"+key+"/members"] = &example{path: "/directoryRoles" + path + "/members"}
		examples["GET /directoryRoles"+key+"/scopedMembers"] = &example{path: "/directoryRoles" + path + "/scopedMembers"}
		examples["POST /directoryRoles"+key+"/members/$ref"] = &example{path: "/directoryRoles" + path + "/members/$ref", body: `{"@odata.id": "` + objects + `{` + newcomer + `}"}`}
		examples["GET /directoryRoles"+key+"/members/{member}/$ref"] = &example{path: "/directoryRoles" + path + "/members/{" + member + "}/$ref"}
		examples["DELETE /directoryRoles"+key+"/members/{member}/$ref"] = &example{path: "/directoryRoles" + path + "/members/{" + member + "}/$ref"}
	}
	memberOf()
	casts()
	actions()
	for kind, name := range map[string]string{"user": "d.plain", "group": "d.open", "application": "d.app.app", "servicePrincipal": "d.app", "administrativeUnit": "d.unit"} {
		examples["GET /directory/deletedItems/{id}|"+kind] = &example{path: "/directory/deletedItems/{" + name + "}"}
	}
	for _, kind := range []string{"user", "group", "assignable group", "application", "servicePrincipal", "administrativeUnit"} {
		examples["POST /directory/deletedItems/{id}/restore|"+kind] = &example{path: "/directory/deletedItems/{target}/restore"}
		examples["DELETE /directory/deletedItems/{id}|"+kind] = &example{path: "/directory/deletedItems/{target}"}
	}
	policyExamples()
	placeExamples()
	approvalExamples()
	keyed("GET", "applications", "", "", "")
	keyed("POST", "applications", "/addPassword", `{"passwordCredential": {"displayName": "new"}}`, "")
	keyed("POST", "applications", "/removePassword", `{"keyId": "{key.target}"}`, "")
	for property, value := range map[string]string{
		"displayName": `"Other"`, "web": `{"redirectUris": ["https://other.example/back"]}`, "spa": `{"redirectUris": ["https://other.example/"]}`,
		"publicClient": `{"redirectUris": ["http://localhost"]}`, "isFallbackPublicClient": "true", "signInAudience": `"AzureADMultipleOrgs"`, "keyCredentials": "[]",
		"identifierUris": `["api://files"]`, "tags": `["one"]`,
		"requiredResourceAccess": `[{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}]}]`,
	} {
		keyed("PATCH", "applications", "", `{"`+property+`": `+value+`}`, "|"+property)
	}
	for property, value := range map[string]string{
		"appRoles": `[{"id": "7a1d0b1c-0000-4000-8000-000000000001", "displayName": "Reader", "value": "read", "allowedMemberTypes": ["User", "Application"], "isEnabled": true}]`,
		"api":      `{"oauth2PermissionScopes": [{"id": "7a1d0b1c-0000-4000-8000-000000000002", "value": "use", "type": "User", "isEnabled": true}]}`,
		"notes":    `"n"`, "description": `"d"`, "optionalClaims": `{"idToken": [{"name": "email"}]}`, "defaultRedirectUri": `"https://other.example/back"`,
	} {
		keyed("PATCH", "applications", "", `{"`+property+`": `+value+`}`, "|"+property)
	}
	for property, value := range map[string]string{
		"notes": `"n"`, "appRoleAssignmentRequired": "true", "displayName": `"Other"`, "loginUrl": `"https://other.example/login"`,
	} {
		keyed("PATCH", "servicePrincipals", "", `{"`+property+`": `+value+`}`, "|"+property)
	}
	keyed("DELETE", "applications", "", "", "")
	for _, set := range []string{"applications", "servicePrincipals"} {
		keyed("GET", set, "/owners", "", "")
		keyed("POST", set, "/owners/$ref", `{"@odata.id": "`+objects+`{spare}"}`, "")
		keyed("GET", set, "/owners/{owner}/$ref", "", "")
		keyed("DELETE", set, "/owners/{owner}/$ref", "", "")
	}
	keyed("PATCH", "servicePrincipals", "", `{"accountEnabled": true}`, "|enable")
	keyed("PATCH", "servicePrincipals", "", `{"accountEnabled": false}`, "|disable")
	keyed("PATCH", "servicePrincipals", "", `{"tags": ["one"]}`, "|tags")
	keyed("DELETE", "servicePrincipals", "", "", "")
	keyed("GET", "servicePrincipals", "", "", "")
	keyed("POST", "servicePrincipals", "/addPassword", `{"passwordCredential": {"displayName": "new"}}`, "")
	keyed("POST", "servicePrincipals", "/removePassword", `{"keyId": "{key2.target}"}`, "")
	keyed("GET", "servicePrincipals", "/oauth2PermissionGrants", "", "")
	for _, end := range []string{"/appRoleAssignments", "/appRoleAssignedTo"} {
		keyed("GET", "servicePrincipals", end, "", "")
		for name, permission := range map[string]string{"harmless": "Organization.Read.All", "leads to roles": "RoleManagement.ReadWrite.Directory"} {
			keyed("POST", "servicePrincipals", end, `{"principalId": "{target}", "resourceId": "{graph}", "appRoleId": "{role:`+permission+`}"}`, "|"+name)
		}
		keyed("GET", "servicePrincipals", end+"/{assignment}", "", "")
		keyed("DELETE", "servicePrincipals", end+"/{assignment}", "", "")
	}
}

// casts adds an example of every list of members of one kind, and of the numbers of all.
func casts() {
	for _, cast := range []string{"", "/graph.user", "/graph.group", "/graph.servicePrincipal"} {
		for _, relation := range []string{"/members", "/owners", "/transitiveMembers"} {
			x := &example{path: "/groups/{open}" + relation + cast}
			if relation == "/transitiveMembers" && cast != "" {
				x = &example{path: x.path + "?$count=true", head: eventual}
			}
			examples["GET /groups/{id}"+relation+cast] = x
			examples["GET /groups/{id}"+relation+cast+"/$count"] = &example{path: "/groups/{open}" + relation + cast + "/$count", head: eventual}
		}
	}
}

// actions adds an example of every action on directory objects.
func actions() {
	for of, ids := range map[string]map[string]string{
		"/users/{id}": {"|other": "/users/{plain}", "|own": "/users/{self}"}, "/directoryObjects/{id}": {"|other": "/directoryObjects/{plain}", "|own": "/directoryObjects/{self}"},
		"/me": {"": "/me"}, "/groups/{id}": {"": "/groups/{open}"}, "/servicePrincipals/{id}": {"": "/servicePrincipals/{app}"},
	} {
		for name, path := range ids {
			for action, body := range map[string]string{
				"/checkMemberGroups": `{"groupIds": ["{open}", "{vault}"]}`, "/checkMemberObjects": `{"ids": ["{open}", "{unit}"]}`,
				"/getMemberGroups": `{"securityEnabledOnly": false}`, "/getMemberObjects": `{"securityEnabledOnly": true}`,
			} {
				examples["POST "+of+action+name] = &example{path: path + action, body: body}
			}
		}
	}
	examples["POST /directoryObjects/getByIds"] = &example{path: "/directoryObjects/getByIds", body: `{"ids": ["{plain}", "{open}", "{app}"], "types": ["User", "group"]}`}
	examples["POST /directoryObjects/validateProperties"] = &example{path: "/directoryObjects/validateProperties", body: `{"entityType": "Group", "displayName": "New", "mailNickname": "new", "onBehalfOfUserId": "{plain}"}`}
	examples["GET /domains/{id}"] = &example{path: "/domains/house.example"}
}

// memberOf adds an example of every list of memberships, and of its number.
func memberOf() {
	for of, ids := range map[string]map[string]string{
		"/users/{id}": {"|other": "/users/{plain}", "|own": "/users/{self}"}, "/me": {"": "/me"},
		"/groups/{id}": {"": "/groups/{open}"}, "/servicePrincipals/{id}": {"": "/servicePrincipals/{app}"},
	} {
		for name, path := range ids {
			for _, relation := range []string{"/memberOf", "/transitiveMemberOf"} {
				for _, cast := range []string{"", "/graph.group", "/graph.directoryRole", "/graph.administrativeUnit"} {
					x := &example{path: path + relation + cast}
					if relation == "/transitiveMemberOf" && cast != "" {
						x = &example{path: x.path + "?$count=true", head: eventual}
					}
					examples["GET "+of+relation+cast+name] = x
					examples["GET "+of+relation+cast+"/$count"+name] = &example{path: path + relation + cast + "/$count", head: eventual}
				}
			}
		}
	}
}

// keyed adds an example by object id, and by appId. What Graph gives is at Graph's end.
func keyed(method, set, rest, body, name string) {
	id := "{target}"
	switch {
	case set == "applications":
		id = "{target.app}"
	case strings.HasPrefix(rest, "/appRoleAssignedTo"):
		id = "{graph}"
	}
	appID := "{target.appId}"
	if id == "{graph}" {
		appID = "00000003-0000-0000-c000-000000000000"
	}
	tail := strings.NewReplacer("{assignment}", "{grant.target}", "{owner}", "{own-open}").Replace(rest)
	examples[method+" /"+set+"/{id}"+rest+name] = &example{path: "/" + set + "/" + id + tail, body: body}
	examples[method+" /"+set+"(appId={appId})"+rest+name] = &example{path: "/" + set + "(appId='" + appID + "')" + tail, body: body}
}

// exampleOf is the example of a case of an operation, nil if there is none. What has no
// parameter and takes no body needs none.
func exampleOf(o *op.Operation, name string) *example {
	k := key(o.Method, o.Path)
	if name != "" {
		k += "|" + name
	}
	if x := examples[k]; x != nil {
		return x
	}
	if name == "" && o.Decode == nil && !strings.Contains(o.Path, "{") {
		return &example{path: o.Path}
	}
	return nil
}

// policyExamples are about the policy of a role, and of members of each sort of group.
func policyExamples() {
	const path = "/policies/roleManagementPolicies"
	const rule = `"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule", "id": "Expiration_Admin_Assignment", "isExpirationRequired": true, "maximumDuration": "P90D"`
	for name, of := range map[string]struct{ filter, policy, assignment string }{
		"of a role":          {"scopeId eq '/' and scopeType eq 'DirectoryRole'", "{policy}", "{policy}_fdd7a751-b60b-444a-984c-02652fe8fa1c"},
		"of a group":         {"scopeId eq '{target}' and scopeType eq 'Group'", "{policy.target}", "{policy.target}_member"},
		"of a guarded group": {"scopeId eq '{target}' and scopeType eq 'Group'", "{policy.target}", "{policy.target}_member"},
	} {
		one := path + "/" + of.policy
		for key, x := range map[string]*example{
			"GET " + path:                                        {path: path + "?$filter=" + of.filter},
			"GET " + path + "/{id}":                              {path: one},
			"GET " + path + "/{id}/rules":                        {path: one + "/rules"},
			"GET " + path + "/{id}/rules/{rule}":                 {path: one + "/rules/Expiration_Admin_Assignment"},
			"GET " + path + "/{id}/effectiveRules":               {path: one + "/effectiveRules"},
			"GET /policies/roleManagementPolicyAssignments":      {path: "/policies/roleManagementPolicyAssignments?$filter=" + of.filter},
			"GET /policies/roleManagementPolicyAssignments/{id}": {path: "/policies/roleManagementPolicyAssignments/" + of.assignment},
			"PATCH " + path + "/{id}":                            {path: one, body: `{"rules": [{` + rule + `}]}`},
			"PATCH " + path + "/{id}/rules/{rule}":               {path: one + "/rules/Expiration_Admin_Assignment", body: `{` + rule + `}`},
			"POST " + path + "/{id}/setApprovalSafeguards":       {path: one + "/setApprovalSafeguards", body: `{"minimumApprovals": 1}`},
		} {
			examples[key+"|"+name] = x
		}
	}
}

// placeExamples are about members of each sort of group, by PIM.
func placeExamples() {
	for _, side := range []string{"eligibility", "assignment"} {
		requests := groupPIM + side + "ScheduleRequests"
		for _, set := range []string{"ScheduleRequests", "Schedules", "ScheduleInstances"} {
			path := groupPIM + side + set
			for _, sort := range []string{"of a group", "of a guarded group"} {
				examples["GET "+path+"|"+sort] = &example{path: path + "?$filter=groupId eq '{target}'"}
				examples["GET "+path+"/{id}|"+sort] = &example{path: path + "/{" + side + set + ".target}"}
			}
			examples["GET "+path+"|of somebody"] = &example{path: path + "?$filter=principalId eq '{placed}'"}
			examples["GET "+path+"|own"] = &example{path: path + "?$filter=principalId eq '{self}'"}
			examples["GET "+path+"/filterByCurrentUser(on={on})"] = &example{path: path + "/filterByCurrentUser(on='principal')"}
		}
		for name, body := range map[string]string{
			"adminAssign":                 placeBody("adminAssign", "plain", anHour+", "+because),
			"adminAssign guarded":         placeBody("adminAssign", "plain", anHour+", "+because),
			"adminAssign guarded oneself": placeBody("adminAssign", "self", anHour+", "+because),
			"adminRemove":                 placeBody("adminRemove", "placed", because),
			"adminRemove guarded":         placeBody("adminRemove", "placed", because),
			"selfActivate":                placeBody("selfActivate", "self", anHour+", "+because),
		} {
			if strings.HasPrefix(name, "adminAssign") {
				body = strings.ReplaceAll(body, `"member"`, `"owner"`)
			}
			examples["POST "+requests+"|"+name] = &example{path: requests, body: body, passes: []string{"RoleAssignmentRequestPolicyValidationFailed", "RoleAssignmentExists"}}
		}
		for _, sort := range []string{"of a group", "of a guarded group"} {
			examples["POST "+requests+"/{id}/cancel|"+sort] = &example{path: requests + "/{" + side + "Later.target}/cancel"}
		}
	}
}

const groupPIM = "/identityGovernance/privilegedAccess/group/"

func placeBody(action, who, rest string) string {
	return `{"action": "` + action + `", "principalId": "{` + who + `}", "groupId": "{target}", "accessId": "member", ` + rest + `}`
}
