package matrix

import "maps"

const (
	entitlement  = "access packages; the same shape is asked for on the approvals of a place in a group"
	placeIn      = groupPIM + "assignmentApprovals/{approval.group.stage}"
	placeSteps   = "/beta" + groupPIM + "assignmentApprovals/{approval.group.step}"
	deltaQueries = "delta queries"
)

// The samples of what came later, of other doors with the same shapes, and of requests without
// an answer, which are asked for to be answered at all.
func init() {
	maps.Copy(goldens, map[string]golden{
		"approval-get--1":             {path: placeIn + "?$expand=stages"},
		"approval-list-stages--1":     {path: placeIn + "/stages"},
		"approvalstage-get--1":        {path: placeIn + "/stages/{approval.group.stage.id}"},
		"beta-approval-get--1":        {path: placeSteps + "?$expand=steps"},
		"beta-approval-list-steps--1": {path: placeSteps + "/steps"},

		"group-list--5":                   {path: `/groups?$search="displayName:op" OR "description:prod"&$orderby=displayName&$count=true`, head: eventual},
		"user-list--7":                    {path: `/users?$search="displayName:pl" OR "displayName:ad"&$orderby=displayName&$count=true`, head: eventual},
		"user-list-memberof--4":           {path: `/users/{plain}/memberOf/microsoft.graph.group?$count=true&$orderby=displayName&$search="displayName:ab"&$select=displayName,id`, head: eventual},
		"user-list-transitivememberof--4": {path: `/users/{plain}/transitiveMemberOf/microsoft.graph.group?$count=true&$orderby=displayName&$search="displayName:ab"&$select=displayName,id`, head: eventual},
		"user-list-transitivememberof--5": {path: "/users/{plain}/transitiveMemberOf/microsoft.graph.group?$count=true&$orderby=displayName&$filter=startswith(displayName, 'a')", head: eventual},
		"user-changepassword--1":          {as: "booked", path: "/me/changePassword", body: `{"currentPassword": "` + everybodys + `", "newPassword": "0eM85N54wFxWwvJ]"}`},

		"aad-advanced-queries--1":              {path: "/users?$filter=accountEnabled eq false"},
		"aad-advanced-queries--2":              {path: "/users?$filter=accountEnabled ne true&$count=true", head: eventual},
		"aad-advanced-queries--4":              {path: `/applications?$search="displayName:Browser"`, status: 400},
		"aad-advanced-queries--8":              {path: "/groups/$count", head: eventual},
		"aad-advanced-queries--9":              {path: "/servicePrincipals?$count=true", head: eventual},
		"aad-advanced-queries--11":             {path: `/applications?$search="displayName:Browser"`, head: eventual},
		"aad-advanced-queries--12":             {path: "/applications?$orderby=displayName&$count=true", head: eventual},
		"aad-advanced-queries--13":             {path: "/users?$count=true&$filter=endsWith(mail,'@outlook.com')", head: eventual},
		"aad-advanced-queries--16":             {path: "/users?$filter=companyName ne null and NOT(companyName eq 'Microsoft')&$count=true", head: eventual},
		"aad-advanced-queries--17":             {path: "/users?$filter=NOT startsWith(displayName, 'Conf')&$count=true", head: eventual},
		"aad-advanced-queries--18":             {path: "/users?$count=true&$filter=proxyAddresses/any (p:endsWith(p, 'OnMicrosoft.com'))&$select=id,displayName,proxyAddresses", head: eventual},
		"directory-deleteditems-list--1":       {path: "/directory/deletedItems/microsoft.graph.group?&$count=true&$orderBy=deletedDateTime desc&$select=id,displayName,deletedDateTime", head: eventual},
		"directoryobject-checkmembergroups--2": {as: "plain", path: "/me/checkMemberGroups", body: `{"groupIds": ["{open}", "{vault}"]}`},
		"group-list-members--4":                {path: `/groups/{open}/members/microsoft.graph.user?$count=true&$orderby=displayName&$search="displayName:pl"&$select=displayName,id`, head: eventual},
		"group-list-transitivemembers--3":      {path: "/groups/{above}/transitivemembers/microsoft.graph.group?$count=true", head: eventual, lacks: without("@odata.id is for odata.metadata=full (behaviour.md 2, 10); organizationId is of no type", "/value[]/@odata.id", "/value[]/organizationId")},
		"group-list-transitivemembers--5":      {path: "/groups/{open}/transitiveMembers/microsoft.graph.user?$count=true&$orderBy=displayName&$filter=startswith(displayName, 'p')", head: eventual},
		"serviceprincipal-post-serviceprincipals--1": {path: "/servicePrincipals", body: `{"appId": "{bare.appId}"}`, lacks: without("registrations and service principals keep what sign-in and permissions need; an old version of the page (notes)",
			"/appOwnerOrganizationId", "/publisherName")},
		"signin-list--2": {path: "/auditLogs/signIns?&$filter=startsWith(userPrincipalName,'plain')&$top=10", lacks: without("one of ten (notes); nothing of it is judged here", "/@odata.nextLink", "/value[]/appliedConditionalAccessPolicies", "/value[]/deviceDetail", "/value[]/location", "/value[]/riskEventTypes")},
		"temporaryaccesspassauthenticationmethod-list--1": {path: "/users/{plain}/authentication/temporaryAccessPassMethods", lacks: without("names of types, not data (notes)", "/value[]/isUsable is bool, want string", "/value[]/isUsableOnce is bool, want string", "/value[]/lifetimeInMinutes is float64, want string")},
		"temporaryaccesspassauthenticationmethod-post--1": {path: "/users/{outside}/authentication/temporaryAccessPassMethods", body: `{"lifetimeInMinutes": 60}`},
	})
	for why, samples := range map[string][]string{
		"entitlement management's roles, which are not served":       {"rbacapplication-list-roledefinitions--2", "rbacapplication-list-roleassignments--3", "rbacapplication-post-roleassignments--4"},
		entitlement + "; a decision has its own test, test/approval": {"beta-approvalstep-update--1"},
		deltaQueries: {
			"group-delta--1", "group-delta--2", "group-delta--3", "user-delta--1", "user-delta--2", "user-delta--3", "delta-query-users--3", "delta-query-users--5",
			"directoryobject-delta--1", "directoryobject-delta--2", "directoryobject-delta--3", "directoryobject-delta--4",
		},
		"a number in plain text: TestEveryOperationAnswersItsExample asks for it":      {"group-list-members--2", "group-list-transitivemembers--2"},
		"one sign-in, printed as a collection (notes): signin-list--2 has its members": {"signin-get--1"},
		"licences":      {"aad-advanced-queries--10"},
		"subscriptions": {"subscription-post-subscriptions--1"},
		"validateProperties, which is not served":                                                     {"directoryobject-validateproperties--1", "directoryobject-validateproperties--2"},
		"a batch of requests of a made up tenant: internal/rest asks for one":                         {"json-batching--1"},
		"a beta path of an inference (notes): test/query asks for what is refused without the header": {"aad-advanced-queries--5", "aad-advanced-queries--6"},
	} {
		for _, name := range samples {
			notServed[name] = why
		}
	}
}
