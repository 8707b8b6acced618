package tutorial

import "slices"

// scenario is the whole tutorial in order, with what must be refused along the way.
func scenario() []step {
	return slices.Concat(
		preparation, eligibility, refusedActivations, activation, active, ending,
		again, removal, secondRole, disabling, cleanUp,
		requestReference(), records(),
	)
}

// Steps 1 and 2 of the tutorial, and two more people to try the privilege on.
var preparation = []step{
	{
		chapter: "Step 1: Create a test user", name: "create Aline",
		at: "2021-09-03T20:45:28.3848182Z", as: admin, method: "POST", path: users,
		body: `{
    "accountEnabled": true,
    "displayName": "Aline Dupuy",
    "mailNickname": "AlineD",
    "userPrincipalName": "AlineD@Contoso.com",
    "passwordProfile": {
        "forceChangePasswordNextSignIn": true,
        "password": "xWwvJ]6NMw+bWH-d"
    }
}`,
		status: 201, want: madeUser("${guid:aline}", "Aline Dupuy", "AlineD@Contoso.com"), keep: "createAline",
		proves: "a Global Administrator creates a user",
	},
	{
		name: "read Aline by user principal name", as: admin, method: "GET", path: users + "/AlineD@Contoso.com",
		status: 200, want: madeUser("${aline}", "Aline Dupuy", "AlineD@Contoso.com"),
		proves: "the user is there, under the name it was given",
	},
	{
		name: "enable multifactor authentication for Aline", as: authenticator, method: "PATCH", path: users + "/${aline}/authentication/requirements",
		body:   `{"perUserMfaState": "enabled"}`,
		status: 204,
		proves: "the administrator has her account use a second factor, which her first sign-in then makes her register",
	},
	{
		name: "create an ordinary user", as: admin, method: "POST", path: users,
		body: `{
    "accountEnabled": true,
    "displayName": "Pradeep Gupta",
    "mailNickname": "PradeepG",
    "userPrincipalName": "PradeepG@Contoso.com",
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}
}`,
		status: 201, want: madeUser("${guid:pradeep}", "Pradeep Gupta", "PradeepG@Contoso.com"),
		proves: "there is somebody without any role",
	},
	{
		name: "create a user who is to be eligible for Global Administrator", as: admin, method: "POST", path: users,
		body: `{
    "accountEnabled": true,
    "displayName": "Diego Siciliani",
    "mailNickname": "DiegoS",
    "userPrincipalName": "DiegoS@Contoso.com",
    "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}
}`,
		status: 201, want: madeUser("${guid:diego}", "Diego Siciliani", "DiegoS@Contoso.com"),
		proves: "there is somebody to make eligible",
	},
	{
		chapter: "Step 2: Create a security group that can be assigned a role", name: "create the group",
		as: admin, method: "POST", path: groups,
		body: `{
    "description": "IT Helpdesk to support Contoso employees",
    "displayName": "IT Helpdesk (User)",
    "mailEnabled": false,
    "mailNickname": "userHelpdesk",
    "securityEnabled": true,
    "isAssignableToRole": true,
    "owners@odata.bind": [
        "https://graph.microsoft.com/v1.0/users/${admin}"
    ],
    "members@odata.bind": [
        "https://graph.microsoft.com/v1.0/users/${admin}",
        "https://graph.microsoft.com/v1.0/users/${aline}"
    ]
}`,
		status: 201, want: madeGroup, keep: "createGroup",
		proves: "the group is role-assignable and private, with the security identifier of its id",
	},
}

// Steps 3 and 4.
var eligibility = []step{
	{
		chapter: "Step 3: Make the group eligible", name: "assign eligibility to the group",
		as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "AdminAssign",
    "justification": "Assign User Admin eligibility to IT Helpdesk (User) group",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/",
    "principalId": "${group}",
    "scheduleInfo": {
        "startDateTime": "2021-07-01T00:00:00Z",
        "expiration": {
            "endDateTime": "2022-06-30T00:00:00Z",
            "type": "AfterDateTime"
        }
    }
}`,
		status: 201, keep: "assignEligibility",
		want: asked{
			id: "${guid:eligibility}", status: "Provisioned", created: "2021-09-03T20:45:28.3848182Z", completed: "${time>=now:eligibleFrom}",
			action: "AdminAssign", principal: "${group}", role: "fe930be7-5e62-47db-91af-98c3a49a38b1", target: "${eligibility}",
			why: "Assign User Admin eligibility to IT Helpdesk (User) group", by: "${admin}",
			schedule: until("${eligibleFrom}", "2022-06-30T00:00:00Z"),
		}.answer(eligibilitySet),
		proves: "the eligibility is provisioned; a start in the past is moved up to now, the end is kept",
	},
	{
		name: "the same again", as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "adminAssign",
    "justification": "Once more",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/",
    "principalId": "${group}",
    "scheduleInfo": {"expiration": {"type": "noExpiration"}}
}`,
		status: 400, want: alreadyExists,
		proves: "there is one eligibility of a principal for a role at a scope",
	},
	{
		name: "make Diego eligible for Global Administrator", as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "adminAssign",
    "justification": "Stands in for the administrator",
    "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
    "directoryScopeId": "/",
    "principalId": "${diego}",
    "scheduleInfo": {"expiration": {"type": "NoExpiration"}}
}`,
		status: 201,
		want: asked{
			id: "${guid:diegoEligibility}", status: "Provisioned", created: "${now}", completed: "${time>=now:diegoFrom}",
			action: "adminAssign", principal: "${diego}", role: "${globalAdministrator}", target: "${diegoEligibility}",
			why: "Stands in for the administrator", by: "${admin}", schedule: endless("${diegoFrom}"),
		}.answer(eligibilitySet),
		proves: "an eligibility may be permanent; the action comes back as it was spelt, the type in camel case",
	},
	{
		name: "Aline tries to make herself eligible", as: aline, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "adminAssign",
    "justification": "I would like to",
    "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10",
    "directoryScopeId": "/",
    "principalId": "${aline}",
    "scheduleInfo": {"expiration": {"type": "noExpiration"}}
}`,
		status: 403, want: notAdministrator,
		proves: "with the scope but without the role nobody hands out eligibility",
	},
	{
		chapter: "Step 4: Confirm the user's current role assignments", name: "list Aline's role assignments",
		as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection("roleManagement/directory/roleAssignments"),
		proves: "who is only eligible has no role",
	},
	{
		name: "Aline looks at what she is eligible for", as: aline, method: "GET", path: ownEligibilities,
		status: 200, want: own("roleEligibilityScheduleInstances", "unifiedRoleEligibilityScheduleInstance", groupEligibility),
		proves: "the group's eligibility reaches its member",
	},
	{
		name: "Aline tries to end Pradeep's sessions", as: aline, method: "POST", path: users + "/${pradeep}/revokeSignInSessions",
		status: 403, want: noRole,
		proves: "before activation there is no privilege",
	},
}
