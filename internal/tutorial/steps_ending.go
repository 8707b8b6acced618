package tutorial

import "strings"

const (
	revokePradeep = users + "/${pradeep}/revokeSignInSessions"
	noAssignments = "roleManagement/directory/roleAssignments"
)

// The ends of both activations, to the tick.
var ending = []step{
	{
		chapter: "When it ends", name: "one tick before the end", at: "${started+PT5H-tick}", as: aline, method: "POST", path: revokePradeep,
		status: 200, want: revoked,
		proves: "the privilege works to the last tick of 100 ns",
	},
	{
		name: "at start + 5 hours exactly", at: "${started+PT5H}", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "at the end instant it is gone",
	},
	{
		name: "list Aline's role assignments", as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection(noAssignments),
		proves: "the assignment ended with it",
	},
	{
		name: "list Aline's instances", as: admin, method: "GET", path: instancesOfAline,
		status: 200, want: collection("roleManagement/directory/roleAssignmentScheduleInstances"),
		proves: "and so did the instance",
	},
	{
		name: "ask the decision API", as: admin, method: "POST", path: evaluation, body: mayAlineRevoke,
		status: 200, want: decided(false, "2021-09-04T15:13:00Z"),
		proves: "applications are told no, and when that may change",
	},
	{
		name: "Aline looks at what she is eligible for", as: aline, method: "GET", path: ownEligibilities,
		status: 200, want: own("roleEligibilityScheduleInstances", "unifiedRoleEligibilityScheduleInstance", groupEligibility),
		proves: "the eligibility is still there",
	},
	{
		name: "one tick before the later activation's start", at: "2021-09-04T15:12:59.9999999Z", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "it does not begin early",
	},
	{
		name: "at its start", at: "2021-09-04T15:13:00Z", as: aline, method: "POST", path: revokePradeep,
		status: 200, want: revoked,
		proves: "it begins at its start, with no job having run",
	},
	{
		name: "read its request", as: aline, method: "GET", path: assignmentRequests + "/${later}",
		status: 200, want: begun().answer(assignmentSet),
		proves: "what was granted is provisioned from its start",
	},
	{
		name: "one tick before its end", at: "2021-09-04T20:12:59.9999999Z", as: aline, method: "POST", path: revokePradeep,
		status: 200, want: revoked,
		proves: "it works to the last tick",
	},
	{
		name: "at its end", at: "2021-09-04T20:13:00Z", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "and not at its end",
	},
}

// begun is the activation for later once it has begun.
func begun() asked {
	a := later.listed("${later}", later.completed)
	a.status = "Provisioned"
	return a
}

// activatedNow is the answer to activate at the clock's present; id and start get names.
func activatedNow(name, duration string) string {
	return asked{
		id: "${guid:" + name + "}", status: "Provisioned", created: "${now}", completed: "${time>=now:" + name + "From}",
		action: "selfActivate", principal: "${aline}", role: "${userAdministrator}", target: "${" + name + "}",
		why: whyInvalidate, by: "${aline}", schedule: lasting("${"+name+"From}", duration),
	}.answer(assignmentSet)
}

// A second activation, and what leaving the group does to it.
var again = []step{
	{
		chapter: "Once more, and out of the group", name: "activate a second time",
		at: "2021-09-05T09:00:00Z", as: aline, method: "POST", path: assignmentRequests, body: activate("PT1H", because),
		status: 201, want: activatedNow("third", "PT1H"),
		proves: "who is still eligible activates again",
	},
	{
		name: "end Pradeep's sessions", as: aline, method: "POST", path: revokePradeep,
		status: 200, want: revoked, proves: "and it works again",
	},
	{
		name: "take Aline out of the group", at: "2021-09-05T09:10:00Z", as: admin, method: "DELETE", path: groups + "/${group}/members/${aline}/$ref",
		status: 204, keep: "removeMember",
		proves: "membership is taken away",
	},
	{
		name: "end Pradeep's sessions", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "with the membership the running activation ends, at the next decision",
	},
	{
		name: "put Aline back", at: "2021-09-05T09:11:00Z", as: admin, method: "POST", path: groups + "/${group}/members/$ref",
		body:   `{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/${aline}"}`,
		status: 204, proves: "a member can be added again",
	},
	{
		name: "end Pradeep's sessions", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "adding back does not revive what ended",
	},
	{
		name: "activate anew", at: "2021-09-05T09:12:00Z", as: aline, method: "POST", path: assignmentRequests, body: activate("PT1H", because),
		status: 201, want: activatedNow("fourth", "PT1H"),
		proves: "a member activates on the new membership",
	},
	{
		name: "end Pradeep's sessions", as: aline, method: "POST", path: revokePradeep,
		status: 200, want: revoked, proves: "and has the privilege",
	},
}

// Step 6, its first part.
var removal = []step{
	{
		chapter: "Step 6: Revoke the eligibility", name: "remove the group's eligibility",
		at: "2021-09-05T09:20:00Z", as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "AdminRemove",
    "principalId": "${group}",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/"
}`,
		status: 201, keep: "removeEligibility",
		want: asked{
			id: "${guid}", status: "Revoked", created: "2021-09-05T09:20:00Z", action: "AdminRemove",
			principal: "${group}", role: "fe930be7-5e62-47db-91af-98c3a49a38b1", by: "${admin}",
		}.answer(eligibilitySet),
		proves: "the eligibility is revoked; neither schedule nor justification is needed for that",
	},
	{
		name: "end Pradeep's sessions", as: aline, method: "POST", path: revokePradeep,
		status: 403, want: noRole,
		proves: "with the eligibility the running activation ends, at the next decision",
	},
	{
		name: "list Aline's role assignments", as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection(noAssignments),
		proves: "nothing of it is left",
	},
	{
		name: "activate after removal", as: aline, method: "POST", path: assignmentRequests, body: activate("PT1H", because),
		status: 400, want: notEligible,
		proves: "there is nothing to activate any more",
	},
	{
		name: "remove it again", as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "AdminRemove",
    "principalId": "${group}",
    "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "directoryScopeId": "/"
}`,
		status: 400, want: doesNotExist,
		proves: "what is gone cannot be removed",
	},
}

// forGroupsAdministrator is the request of one member for the group's second role.
func forGroupsAdministrator(who string) step {
	body := strings.ReplaceAll(activate("PT1H", `"justification": "Tidy up",`), "fe930be7-5e62-47db-91af-98c3a49a38b1", "${groupsAdministrator}")
	return step{
		method: "POST", path: assignmentRequests, status: 201,
		body: strings.Replace(body, "${aline}", "${"+who+"}", 1),
		want: asked{
			id: "${guid:tidy." + who + "}", status: "Provisioned", created: "${now}", completed: "${time>=now:tidyFrom." + who + "}",
			action: "selfActivate", principal: "${" + who + "}", role: "${groupsAdministrator}", target: "${tidy." + who + "}",
			why: "Tidy up", by: "${" + who + "}", schedule: lasting("${tidyFrom."+who+"}", "PT1H"),
		}.answer(assignmentSet),
	}
}

// by is the step under a name, made by a caller, with what it proves.
func (s step) by(name, who, proves string) step {
	s.name, s.as, s.proves = name, who, proves
	return s
}

var secondRole = []step{
	{
		chapter: "Another role for the same members", name: "make the group eligible for Groups Administrator",
		at: "2021-09-05T09:30:00Z", as: admin, method: "POST", path: eligibilityRequests,
		body: `{
    "action": "adminAssign",
    "justification": "The helpdesk tidies up groups",
    "roleDefinitionId": "${groupsAdministrator}",
    "directoryScopeId": "/",
    "principalId": "${group}",
    "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P30D"}}
}`,
		status: 201,
		want: asked{
			id: "${guid:tidy}", status: "Provisioned", created: "${now}", completed: "${time>=now:tidyFrom}",
			action: "adminAssign", principal: "${group}", role: "${groupsAdministrator}", target: "${tidy}",
			why: "The helpdesk tidies up groups", by: "${admin}", schedule: lasting("${tidyFrom}", "P30D"),
		}.answer(eligibilitySet),
		proves: "a second role is made eligible to the group",
	},
	forGroupsAdministrator("aline").by("Aline activates it", aline, "one member activates it"),
	forGroupsAdministrator("admin").by("the administrator activates it", admin, "and the other, at once"),
	{
		name: "list Aline's role assignments", as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection(noAssignments, "{"+assignment("groupsAdministrator", "aline")+"}"),
		proves: "the new role is there, the removed one is not",
	},
}

// What disabling a person does to a running activation.
var disabling = []step{
	{
		chapter: "A disabled person", name: "Diego activates Global Administrator",
		at: "2021-09-05T10:00:00Z", as: diego, method: "POST", path: assignmentRequests,
		body: `{
    "action": "selfActivate",
    "principalId": "${diego}",
    "roleDefinitionId": "${globalAdministrator}",
    "directoryScopeId": "/",
    "justification": "The administrator is away",
    "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT1H"}}
}`,
		status: 201,
		want: asked{
			id: "${guid:standIn}", status: "Provisioned", created: "${now}", completed: "${time>=now:standInFrom}",
			action: "selfActivate", principal: "${diego}", role: "${globalAdministrator}", target: "${standIn}",
			why: "The administrator is away", by: "${diego}", schedule: lasting("${standInFrom}", "PT1H"),
		}.answer(assignmentSet),
		proves: "a direct eligibility is activated like a group's",
	},
	{
		name: "list Diego's role assignments", as: admin, method: "GET", path: assignmentsOfDiego,
		status: 200, want: collection(noAssignments, "{"+assignment("globalAdministrator", "diego")+"}"),
		proves: "Diego is Global Administrator",
	},
	{
		name: "Diego ends Pradeep's sessions", as: diego, method: "POST", path: revokePradeep,
		status: 200, want: revoked, proves: "and has the privilege",
	},
	{
		name: "disable Diego", as: admin, method: "PATCH", path: users + "/${diego}", body: `{"accountEnabled": false}`,
		status: 204, proves: "a Global Administrator disables another",
	},
	{
		name: "list Diego's role assignments", as: admin, method: "GET", path: assignmentsOfDiego,
		status: 200, want: collection(noAssignments),
		proves: "with the account the running activation ends, at the next decision",
	},
	{
		name: "Diego uses the token he has", as: diego, method: "GET", path: "/v1.0/me",
		status: 401, want: refusal("InvalidAuthenticationToken", "${text}", ""),
		proves: "a disabled person's token is void",
	},
}

// Step 6, its second part.
var cleanUp = []step{
	{
		chapter: "Step 6: Clean up", name: "delete the group", at: "2021-09-05T10:10:00Z", as: admin, method: "DELETE", path: groups + "/${group}",
		status: 204, keep: "deleteGroup", proves: "the group is deleted",
	},
	{
		name: "list Aline's role assignments", as: admin, method: "GET", path: assignmentsOfAline,
		status: 200, want: collection(noAssignments),
		proves: "with the group ends what its members had activated through it",
	},
	{
		name: "read the group", as: admin, method: "GET", path: groups + "/${group}",
		status: 404, want: notFound("${group}"), proves: "it is gone",
	},
	{
		name: "delete Aline", as: admin, method: "DELETE", path: users + "/${aline}",
		status: 204, keep: "deleteAline", proves: "the user is deleted",
	},
	{
		name: "read Aline", as: admin, method: "GET", path: users + "/${aline}",
		status: 404, want: notFound("${aline}"), proves: "the user is gone",
	},
}
