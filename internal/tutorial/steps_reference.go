package tutorial

import "slices"

// The two examples of create-eligibility-request.md at their instants, with every member of
// their answers, and between them who may read and who may write.

var pageAssigned = asked{
	id: "${guid:page}", status: "Provisioned", created: "2022-04-12T09:05:39.7594064Z", completed: "${time>=now:pageFrom}",
	action: "adminAssign", principal: "071cc716-8147-4397-a5ba-b2105951cc0b", role: "8424c6f0-a189-499e-bbd0-26c1753c96d4", target: "${page}",
	why: "Assign Attribute Assignment Admin eligibility to restricted user", by: "3fbd929d-8c56-4462-851e-0eb9a7b3a2a5",
	schedule: until("${pageFrom}", "2024-04-10T00:00:00Z"),
}

const pageRemove = `{
    "action": "adminRemove",
    "roleDefinitionId": "8424c6f0-a189-499e-bbd0-26c1753c96d4",
    "directoryScopeId": "/",
    "principalId": "071cc716-8147-4397-a5ba-b2105951cc0b"
}`

var pageAssign = step{
	chapter: "The reference page, example 1", name: "an administrator assigns eligibility",
	at: "2022-04-12T09:05:39.7594064Z", as: creator, method: "POST", path: eligibilityRequests,
	body: `{
    "action": "adminAssign",
    "justification": "Assign Attribute Assignment Admin eligibility to restricted user",
    "roleDefinitionId": "8424c6f0-a189-499e-bbd0-26c1753c96d4",
    "directoryScopeId": "/",
    "principalId": "071cc716-8147-4397-a5ba-b2105951cc0b",
    "scheduleInfo": {
        "startDateTime": "2022-04-10T00:00:00Z",
        "expiration": {
            "type": "afterDateTime",
            "endDateTime": "2024-04-10T00:00:00Z"
        }
    }
}`,
	status: 201, want: pageAssigned.answer(eligibilitySet), keep: "pageAssign",
	proves: "a Privileged Role Administrator writes, with RoleEligibilitySchedule.ReadWrite.Directory alone; every member of the answer is there, null included",
}

var pageRemoval = step{
	chapter: "The reference page, example 2", name: "an administrator removes it",
	at: "2022-04-12T09:12:15.6859992Z", as: creator, method: "POST", path: eligibilityRequests, body: pageRemove,
	status: 201, keep: "pageRemove",
	want: asked{
		id: "${guid}", status: "Revoked", created: "2022-04-12T09:12:15.6859992Z", action: "adminRemove",
		principal: "071cc716-8147-4397-a5ba-b2105951cc0b", role: "8424c6f0-a189-499e-bbd0-26c1753c96d4", by: "3fbd929d-8c56-4462-851e-0eb9a7b3a2a5",
	}.answer(eligibilitySet),
	proves: "the removal is Revoked, with schedule, justification and completion null",
}

// readers are the page's roles that read and do not write.
var readers = []struct{ name, role string }{
	{"Global Reader", "globalReader"},
	{"Security Operator", "securityOperator"},
	{"Security Reader", "securityReader"},
	{"Security Administrator", "securityAdmin"},
}

// requestReference is the chapter on the reference page.
func requestReference() []step {
	list := []step{pageAssign}
	list = append(list, step{
		chapter: "The reference page, who may read and write", name: "Pradeep reads the request without a role",
		as: reader, method: "GET", path: eligibilityRequests + "/${page}",
		status: 403, want: notAdministrator, proves: "without a role nobody reads others' requests",
	})
	for _, r := range readers {
		list = append(list, reads(r.name, r.role)...)
	}
	return append(list, slices.Concat(readByAdministrators, []step{pageRemoval})...)
}

// listedPage is example 1's request once its id and times are known.
var listedPage = pageAssigned.listed("${page}", "${pageFrom}")

// reads is that a role reads the request and removes nothing.
func reads(name, role string) []step {
	return []step{
		{
			name: "Pradeep becomes " + name, as: admin, method: "POST", path: management + "roleAssignments",
			body:   `{"roleDefinitionId": "${` + role + `}", "principalId": "${pradeep}", "directoryScopeId": "/"}`,
			status: 201,
			want:   `{"@odata.context": "${root}/$metadata#roleManagement/directory/roleAssignments/$entity",` + assignment(role, "pradeep") + `}`,
			proves: "a role is assigned outside of PIM",
		},
		{
			name: "Pradeep reads as " + name, as: reader, method: "GET", path: eligibilityRequests + "/${page}",
			status: 200, want: listedPage.answer(eligibilitySet), proves: "a " + name + " reads",
		},
		{
			name: "Pradeep writes as " + name, as: reader, method: "POST", path: eligibilityRequests, body: pageRemove,
			status: 403, want: notAdministrator, proves: "a " + name + " does not write",
		},
		{
			name: "Pradeep is no " + name + " any more", as: admin, method: "DELETE", path: management + "roleAssignments/${assigned " + role + " pradeep}",
			status: 204, proves: "the assignment is removed",
		},
	}
}

var readByAdministrators = []step{
	{
		name: "the Privileged Role Administrator reads", as: creator, method: "GET", path: eligibilityRequests + "/${page}",
		status: 200, want: listedPage.answer(eligibilitySet), proves: "who writes reads too",
	},
	{
		name: "the Global Administrator reads", as: admin, method: "GET", path: eligibilityRequests + "/${page}",
		status: 200, want: listedPage.answer(eligibilitySet), proves: "so does a Global Administrator",
	},
}
