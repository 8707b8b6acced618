package tutorial

import "strings"

// activate is the body of a request for User Administrator by Aline for so long from now,
// with more members as the caller adds them.
func activate(duration string, more ...string) string {
	return `{
    "action": "selfActivate",
    "principalId": "${aline}",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/",
    ` + strings.Join(more, "\n    ") + `
    "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + duration + `"}}
}`
}

const (
	whyInvalidate = "Need to invalidate all app refresh tokens for Contoso users."
	because       = `"justification": "Need to invalidate all app refresh tokens for Contoso users.",`
	contosoTicket = `{"ticketNumber": "CONTOSO:Security-012345", "ticketSystem": "Contoso ICM"}`
)

// activationScopes is the refusal for want of a permission at this endpoint, which takes the
// Remove ones for removals too (operations.md 1c). Every such message on record begins with
// the ReadWrite one (errors.md 1a); where Remove stands, the pages do not agree on.
var activationScopes = `{"${either}": [` + strings.Join([]string{
	scopeMissing("RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory", "RoleAssignmentSchedule.Remove.Directory", "RoleEligibilitySchedule.Remove.Directory"),
	scopeMissing("RoleAssignmentSchedule.ReadWrite.Directory", "RoleAssignmentSchedule.Remove.Directory", "RoleEligibilitySchedule.Remove.Directory", "RoleManagement.ReadWrite.Directory"),
	scopeMissing("RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory"),
}, ", ") + `]}`

// What stands between eligibility and privilege, before any of it is had.
var refusedActivations = []step{
	{
		chapter: "Step 5: Activate the role. First, what is refused", name: "without the scope",
		at: "2021-09-03T21:10:00Z", as: alineUsersOnly, method: "POST", path: assignmentRequests, body: activate("PT5H", because),
		status: 403, want: activationScopes,
		proves: "a token without a scope for it activates nothing, and the refusal names each scope that would do",
	},
	{
		name: "without a token", as: nobody, method: "POST", path: assignmentRequests, body: activate("PT5H", because),
		status: 401, want: refusal("InvalidAuthenticationToken", "Access token is empty.", ""),
		proves: "nothing is done for nobody",
	},
	{
		name: "without a second factor", as: alinePassword, method: "POST", path: assignmentRequests, body: activate("PT5H", because),
		status: 400, want: rulesFailed("MfaRule"),
		proves: "activation needs multifactor authentication",
	},
	{
		name: "for nine hours", as: aline, method: "POST", path: assignmentRequests, body: activate("PT9H", because),
		status: 400, want: rulesFailed("ExpirationRule"),
		proves: "an activation lasts at most eight hours",
	},
	{
		name: "without a justification", as: aline, method: "POST", path: assignmentRequests, body: activate("PT5H"),
		status: 400, want: rulesFailed("JustificationRule"),
		proves: "activation needs a justification",
	},
	{
		name: "in the group's name", as: aline, method: "POST", path: assignmentRequests,
		body:   strings.Replace(activate("PT5H", because), "${aline}", "${group}", 1),
		status: 400, want: refusal("InvalidRoleAssignmentRequest", "The role assignment request is invalid.", ""),
		proves: "each member activates alone, in their own name",
	},
	{
		name: "by somebody who is not eligible", as: pradeep, method: "POST", path: assignmentRequests,
		body:   strings.Replace(activate("PT5H", because), "${aline}", "${pradeep}", 1),
		status: 400, want: notEligible,
		proves: "without eligibility there is no activation",
	},
	{
		name: "for validation only", as: aline, method: "POST", path: assignmentRequests,
		body:   activate("PT5H", because, `"isValidationOnly": true,`),
		status: 201,
		want: asked{
			id: "${guid}", status: "Granted", created: "${now}", completed: "${time>=now:rehearsed}",
			action: "selfActivate", principal: "${aline}", role: "${userAdministrator}", dry: true,
			why: whyInvalidate, by: "${aline}", schedule: lasting("${rehearsed}", "PT5H"),
		}.answer(assignmentSet),
		proves: "a dry run tells that it would be granted",
	},
	{
		name: "Aline's requests", as: aline, method: "GET", path: ownRequests,
		status: 200, want: collection("roleManagement/directory/" + assignmentSet),
		proves: "neither a refusal nor a dry run leaves a request behind",
	},
}

// The requests of step 5 as they are answered, which lists show again.
var (
	later = asked{
		id: "${guid:later}", status: "Granted", created: "2021-09-03T21:10:49.6670479Z", completed: "2021-09-04T15:13:00Z",
		action: "SelfActivate", principal: "${aline}", role: "fe930be7-5e62-47db-91af-98c3a49a38b1", target: "${later}",
		why: whyInvalidate, by: "${aline}", schedule: lasting("2021-09-04T15:13:00Z", "PT5H"), ticket: contosoTicket,
	}
	sooner = asked{
		id: "${guid:sooner}", status: "Provisioned", created: "2021-09-03T21:15:00Z", completed: "${time>=now:started}",
		action: "SelfActivate", principal: "${aline}", role: "fe930be7-5e62-47db-91af-98c3a49a38b1", target: "${sooner}",
		why: whyInvalidate, by: "${aline}", schedule: lasting("${started}", "PT5H"), ticket: contosoTicket,
	}
)

// listed is a request as it is shown again, once its id and times are known.
func (a asked) listed(id, completed string) asked {
	a.id, a.completed = id, completed
	return a
}

var activation = []step{
	{
		chapter: "Step 5: Activate the role", name: "activate for tomorrow, with a ticket",
		at: "2021-09-03T21:10:49.6670479Z", as: aline, method: "POST", path: assignmentRequests,
		body: `{
    "action": "SelfActivate",
    "principalId": "${aline}",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/",
    "justification": "Need to invalidate all app refresh tokens for Contoso users.",
    "scheduleInfo": {
        "startDateTime": "2021-09-04T15:13:00.000Z",
        "expiration": {
            "type": "AfterDuration",
            "duration": "PT5H"
        }
    },
    "ticketInfo": {
        "ticketNumber": "CONTOSO:Security-012345",
        "ticketSystem": "Contoso ICM"
    }
}`,
		status: 201, want: later.answer(assignmentSet), keep: "activateLater",
		proves: "a start in the future is granted, and not yet provisioned",
	},
	{
		name: "end Pradeep's sessions before the start", as: aline, method: "POST", path: users + "/${pradeep}/revokeSignInSessions",
		status: 403, want: noRole,
		proves: "what is granted for later is no privilege now",
	},
	{
		name: "activate with start now",
		at:   "2021-09-03T21:15:00Z", as: aline, method: "POST", path: assignmentRequests,
		body: `{
    "action": "SelfActivate",
    "principalId": "${aline}",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/",
    "justification": "Need to invalidate all app refresh tokens for Contoso users.",
    "scheduleInfo": {
        "startDateTime": "2021-09-03T21:15:00.000Z",
        "expiration": {
            "type": "AfterDuration",
            "duration": "PT5H"
        }
    },
    "ticketInfo": {
        "ticketNumber": "CONTOSO:Security-012345",
        "ticketSystem": "Contoso ICM"
    }
}`,
		status: 201, want: sooner.answer(assignmentSet), keep: "activateNow",
		proves: "a start now is provisioned at once",
	},
	{
		name: "confirm by filterByCurrentUser", as: aline, method: "GET", path: ownRequests,
		status: 200, want: collection("roleManagement/directory/"+assignmentSet, sooner.listed("${sooner}", "${started}").row(), later.listed("${later}", later.completed).row()),
		proves: "both activations are there, the newest first",
	},
	{
		name: "activate once more", as: aline, method: "POST", path: assignmentRequests, body: activate("PT5H", because),
		status: 400, want: alreadyExists,
		proves: "what is active is not activated again",
	},
}

// What the activation is good for, and what not.
var active = []step{
	{
		chapter: "While it is active", name: "end Pradeep's sessions", as: aline, method: "POST", path: users + "/${pradeep}/revokeSignInSessions",
		status: 200, want: revoked, keep: "revoke",
		proves: "from the start instant the privilege works",
	},
	{
		name: "end the Global Administrator's sessions", as: aline, method: "POST", path: users + "/${admin}/revokeSignInSessions",
		status: 403, want: outOfReach,
		proves: "a User Administrator does not reach a Global Administrator",
	},
	{
		name: "end the sessions of somebody eligible for Global Administrator", as: aline, method: "POST", path: users + "/${diego}/revokeSignInSessions",
		status: 403, want: outOfReach,
		proves: "who could become Global Administrator is out of reach as well",
	},
	{
		name: "end Pradeep's sessions without the scope", as: alineActivations, method: "POST", path: users + "/${pradeep}/revokeSignInSessions",
		status: 403, want: denied("Directory.ReadWrite.All", "User.ReadWrite.All", "User.RevokeSessions.All"),
		proves: "a role without the scope does nothing, and the refusal names each scope that would do",
	},
	{
		name: "list Aline's role assignments", as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection("roleManagement/directory/roleAssignments", "{"+assignment("userAdministrator", "aline")+"}"),
		proves: "an activation is a role assignment while it lasts, under the id that spells out role and principal",
	},
	{
		name: "list Aline's instances", as: admin, method: "GET", path: instancesOfAline,
		status: 200,
		want: collection("roleManagement/directory/roleAssignmentScheduleInstances",
			runningInstance("userAdministrator", "aline", "${started}", "${started+PT5H}", "${sooner}")),
		proves: "the instance has the computed end; the activation that is yet to start has none",
	},
	{
		name: "ask the decision API", as: admin, method: "POST", path: evaluation, body: mayAlineRevoke,
		status: 200, want: decided(true, "${started+PT5H}"),
		proves: "applications are told yes, and until when",
	},
}
