package tutorial

import (
	"fmt"
	"strings"
)

// An entry is one record of the audit log, as far as behaviour.md §13 and the tutorial fix
// it: who did what to whom, when, and with which words.
type entry struct {
	activity, category, service string
	at                          string
	actor                       string // the name of the user's id
	targets                     []target
	details                     []detail
}

type target struct{ id, kind string } // id is a reference

type detail struct{ key, value string }

// row is the record in the shape of A:directoryaudit-list. keep is the name of the
// request-id that it is correlated by.
func (e entry) row(keep string) string {
	return fmt.Sprintf(`{
    "id": "${text}",
    "category": %s,
    "correlationId": "${%s}",
    "result": "success",
    "resultReason": "${any}",
    "activityDisplayName": %s,
    "activityDateTime": %s,
    "loggedByService": %s,
    "operationType": "${text}",
    "initiatedBy": {
        "app": null,
        "user": {
            "id": "${%s}",
            "displayName": "${text}",
            "userPrincipalName": "${text}",
            "ipAddress": "${text}",
            "userType": null,
            "homeTenantId": null,
            "homeTenantName": null
        }
    },
    "targetResources": {"${set}": [%s]},
    "additionalDetails": {"${among}": [%s]}
}`, text(e.category), keep, text(e.activity), text(e.at), text(e.service), e.actor,
		listOf(e.targets, target.row), listOf(e.details, detail.row))
}

func (t target) row() string {
	return fmt.Sprintf(`{"id": "%s", "displayName": "${text}", "type": %s, "userPrincipalName": "${any}", "groupType": "${any}", "modifiedProperties": "${any}"}`, t.id, text(t.kind))
}

func (d detail) row() string {
	return fmt.Sprintf(`{"key": %s, "value": %s}`, text(d.key), text(d.value))
}

func listOf[T any](all []T, row func(T) string) string {
	rows := make([]string, len(all))
	for i, v := range all {
		rows[i] = row(v)
	}
	return strings.Join(rows, ", ")
}

// recorded is the step that reads all records of one earlier request, and no others.
func recorded(name, keep, proves string, entries ...entry) step {
	return step{
		name: name, as: application, method: "GET",
		path:   "/v1.0/auditLogs/directoryAudits?$filter=correlationId eq '${" + keep + "}'",
		status: 200, proves: proves,
		want: `{
    "@odata.context": "${root}/$metadata#auditLogs/directoryAudits",
    "value": {"${set}": [` + listOf(entries, func(e entry) string { return e.row(keep) }) + `]}
}`,
	}
}

// twice is one request's two records, of its being asked for and being done, which share all
// but the activity (behaviour.md §13).
func twice(e entry, requested, completed string) []entry {
	first, second := e, e
	first.activity, second.activity = requested, completed
	return []entry{first, second}
}

const (
	pimService  = "Privileged Identity Management"
	coreService = "Core Directory"
)

var (
	recordedAssignment = entry{
		category: "RoleManagement", service: pimService, at: "2021-09-03T20:45:28.3848182Z", actor: "admin",
		targets: []target{{"${userAdministrator}", "Role"}, {"${group}", "Group"}},
		details: []detail{{"justification", "Assign User Admin eligibility to IT Helpdesk (User) group"}},
	}
	recordedActivation = entry{
		category: "RoleManagement", service: pimService, actor: "aline",
		targets: []target{{"${userAdministrator}", "Role"}, {"${aline}", "User"}},
		details: []detail{{"justification", whyInvalidate}, {"ticketNumber", "CONTOSO:Security-012345"}, {"ticketSystem", "Contoso ICM"}},
	}
	recordedRemoval = entry{
		category: "RoleManagement", service: pimService, actor: "admin", at: "2021-09-05T09:20:00Z",
		targets: []target{{"${userAdministrator}", "Role"}, {"${group}", "Group"}},
	}
)

// on is the entry of that instant.
func (e entry) on(at string) entry {
	e.at = at
	return e
}

// records is the audit log of what was done.
func records() []step {
	const activating, activated = "Add member to role requested (PIM activation)", "Add member to role completed (PIM activation)"
	list := []step{
		recorded("the creation of Aline", "createAline", "the log knows who created whom",
			entry{activity: "Add user", category: "UserManagement", service: coreService, at: "2021-09-03T20:45:28.3848182Z", actor: "admin", targets: []target{{"${aline}", "User"}}}),
		recorded("the eligibility", "assignEligibility", "asked for and done are two records of one correlation, with the justification",
			twice(recordedAssignment, "Add eligible member to role in PIM requested (timebound)", "Add eligible member to role in PIM completed (timebound)")...),
		recordedLater(activating, activated),
		recorded("the activation at once", "activateNow", "and so is the other",
			twice(recordedActivation.on("2021-09-03T21:15:00Z"), activating, activated)...),
		recorded("the end of the eligibility", "removeEligibility", "the removal is on record",
			twice(recordedRemoval, "${text}", "${text}")...),
		recorded("the deletion of Aline", "deleteAline", "the log outlives whom it is about",
			entry{activity: "Delete user", category: "UserManagement", service: coreService, at: "2021-09-05T10:10:00Z", actor: "admin", targets: []target{{"${aline}", "User"}}}),
		{
			name: "all of the group, newest first", as: application, method: "GET",
			path:   "/v1.0/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq '${group}') and activityDisplayName eq 'Add group'",
			status: 200, proves: "the log is filtered by target and activity",
			want: collection("auditLogs/directoryAudits",
				entry{activity: "Add group", category: "GroupManagement", service: coreService, at: "2021-09-03T20:45:28.3848182Z", actor: "admin", targets: groupCreated}.row("createGroup")),
		},
	}
	list[0].chapter = "The audit log"
	return list
}

// recordedLater is the record of the activation for later: that it was asked for, at once;
// that it is done, from its start, when something has looked at what came due.
func recordedLater(activating, activated string) step {
	const name, keep, proves = "the activation for later", "activateLater", "an activation is on record with actor, target, justification and ticket"
	first := recordedActivation.on("2021-09-03T21:10:49.6670479Z")
	first.activity = activating
	second := recordedActivation.on("2021-09-04T15:13:00Z")
	second.activity = activated
	asked, done := recorded(name, keep, proves, first), recorded(name, keep, proves, first, second)
	asked.want = `{"${either}": [` + asked.want + ", " + done.want + `]}`
	return asked
}

// groupCreated is what the creation of the group touched: the group, and whom it bound.
var groupCreated = []target{{"${group}", "Group"}}
