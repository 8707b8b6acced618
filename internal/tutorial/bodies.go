package tutorial

import (
	"fmt"
	"strings"
)

// The shapes of answers that several steps want, as templates. Their source stands with
// each; the members are in the order of the page.

// quoted is a text as JSON, null for "".
func quoted(s string) string {
	if s == "" {
		return "null"
	}
	return text(s)
}

// madeUser is the answer to POST /users (A:user-post-users): the eleven properties that a
// user has by default, those not sent being null. name is what its id is called.
func madeUser(id, displayName, upn string) string {
	return fmt.Sprintf(`{
    "@odata.context": "${root}/$metadata#users/$entity",
    "id": %s,
    "businessPhones": [],
    "displayName": %s,
    "givenName": null,
    "jobTitle": null,
    "mail": null,
    "mobilePhone": null,
    "officeLocation": null,
    "preferredLanguage": null,
    "surname": null,
    "userPrincipalName": %s
}`, quoted(id), quoted(displayName), quoted(upn))
}

// madeGroup is the answer of step 2, with the rest of the shape from A:group-post-groups.
const madeGroup = `{
    "@odata.context": "${root}/$metadata#groups/$entity",
    "id": "${guid:group}",
    "deletedDateTime": null,
    "classification": null,
    "createdDateTime": "${now}",
    "description": "IT Helpdesk to support Contoso employees",
    "displayName": "IT Helpdesk (User)",
    "expirationDateTime": null,
    "groupTypes": [],
    "isAssignableToRole": true,
    "mail": null,
    "mailEnabled": false,
    "mailNickname": "userHelpdesk",
    "membershipRule": null,
    "membershipRuleProcessingState": null,
    "onPremisesDomainName": null,
    "onPremisesLastSyncDateTime": null,
    "onPremisesNetBiosName": null,
    "onPremisesSamAccountName": null,
    "onPremisesSecurityIdentifier": null,
    "onPremisesSyncEnabled": null,
    "preferredDataLocation": null,
    "preferredLanguage": null,
    "proxyAddresses": [],
    "renewedDateTime": "${now}",
    "resourceBehaviorOptions": [],
    "resourceProvisioningOptions": [],
    "securityEnabled": true,
    "securityIdentifier": "${sid group}",
    "theme": null,
    "visibility": "Private",
    "onPremisesProvisioningErrors": []
}`

// An asked is a schedule request as it is answered: create-eligibility-request.md's shape,
// every member, null included. Texts are templates; "" is null.
type asked struct {
	id, status         string
	created, completed string
	action             string
	principal, role    string
	dry                bool
	target             string // targetScheduleId
	why                string // justification
	by                 string // createdBy/user/id
	schedule           string // JSON; see until, lasting and endless
	ticket             string // JSON; without one both its members are null
}

// noTicket is how a request shows that no ticket was sent (behaviour.md §2, 7).
const noTicket = `{"ticketNumber": null, "ticketSystem": null}`

func (a asked) members() string {
	schedule, ticket := a.schedule, a.ticket
	if schedule == "" {
		schedule = "null"
	}
	if ticket == "" {
		ticket = noTicket
	}
	return fmt.Sprintf(`
    "id": %s,
    "status": %s,
    "createdDateTime": %s,
    "completedDateTime": %s,
    "approvalId": null,
    "customData": null,
    "action": %s,
    "principalId": %s,
    "roleDefinitionId": %s,
    "directoryScopeId": "/",
    "appScopeId": null,
    "isValidationOnly": %t,
    "targetScheduleId": %s,
    "justification": %s,
    "createdBy": {
        "application": null,
        "device": null,
        "user": {"displayName": null, "id": %s}
    },
    "scheduleInfo": %s,
    "ticketInfo": %s`,
		quoted(a.id), quoted(a.status), quoted(a.created), quoted(a.completed), quoted(a.action), quoted(a.principal),
		quoted(a.role), a.dry, quoted(a.target), quoted(a.why), quoted(a.by), schedule, ticket)
}

// row is the request in a list.
func (a asked) row() string { return "{" + a.members() + "\n}" }

// answer is the request alone, from one of the two request collections.
func (a asked) answer(set string) string {
	return `{
    "@odata.context": "${root}/$metadata#roleManagement/directory/` + set + `/$entity",` + a.members() + "\n}"
}

const (
	eligibilitySet = "roleEligibilityScheduleRequests"
	assignmentSet  = "roleAssignmentScheduleRequests"
)

// until is a scheduleInfo that ends at an instant.
func until(start, end string) string {
	return fmt.Sprintf(`{"startDateTime": %q, "recurrence": null, "expiration": {"type": "afterDateTime", "endDateTime": %q, "duration": null}}`, start, end)
}

// lasting is a scheduleInfo that ends after a duration.
func lasting(start, duration string) string {
	return fmt.Sprintf(`{"startDateTime": %q, "recurrence": null, "expiration": {"type": "afterDuration", "endDateTime": null, "duration": %q}}`, start, duration)
}

// endless is a scheduleInfo without an end.
func endless(start string) string {
	return fmt.Sprintf(`{"startDateTime": %q, "recurrence": null, "expiration": {"type": "noExpiration", "endDateTime": null, "duration": null}}`, start)
}

// collection is a list's answer. path is the collection as @odata.context names it.
func collection(path string, rows ...string) string {
	return `{
    "@odata.context": "${root}/$metadata#` + path + `",
    "value": [` + strings.Join(rows, ", ") + `]
}`
}

// own is the answer of filterByCurrentUser on instances, whose context and rows name the
// type or not: both occur (behaviour.md §2, 14).
func own(set, kind string, rows ...string) string {
	for i, r := range rows {
		rows[i] = `{"@odata.type?": "#microsoft.graph.` + kind + `", ` + strings.TrimPrefix(r, "{")
	}
	return `{
    "@odata.context": {"${either}": ["${root}/$metadata#roleManagement/directory/` + set + `", "${root}/$metadata#Collection(` + kind + `)"]},
    "value": [` + strings.Join(rows, ", ") + `]
}`
}

// assignment is a unifiedRoleAssignment's members (A:rbacapplication-post-roleassignments,
// and the CSDL for what the page leaves out).
func assignment(role, principal string) string {
	return fmt.Sprintf(`
    "id": "${assigned %s %s}",
    "principalId": "${%s}",
    "roleDefinitionId": "${%s}",
    "directoryScopeId": "/",
    "appScopeId?": null,
    "condition?": null,
    "resourceScope?": "/"`, role, principal, principal, role)
}

// runningInstance is an activation in force, in the shape of
// A:rbacapplication-list-roleassignmentscheduleinstances.
func runningInstance(role, principal, start, end, schedule string) string {
	return fmt.Sprintf(`{
    "id": "${assigned %[1]s %[2]s}",
    "principalId": "${%[2]s}",
    "roleDefinitionId": "${%[1]s}",
    "directoryScopeId": "/",
    "appScopeId": null,
    "startDateTime": %[3]q,
    "endDateTime": %[4]q,
    "assignmentType": "Activated",
    "memberType": "Direct",
    "roleAssignmentOriginId": "${assigned %[1]s %[2]s}",
    "roleAssignmentScheduleId": %[5]q
}`, role, principal, start, end, schedule)
}

// groupEligibility is the group's eligibility as its member sees it: the group's id, and
// memberType Group (behaviour.md §6).
const groupEligibility = `{
    "id": "${eligible userAdministrator group}",
    "principalId": "${group}",
    "roleDefinitionId": "${userAdministrator}",
    "directoryScopeId": "/",
    "appScopeId": null,
    "startDateTime": "${eligibleFrom}",
    "endDateTime": "2022-06-30T00:00:00Z",
    "memberType": "Group",
    "roleEligibilityScheduleId": "${eligibility}"
}`

// revoked is the answer of revokeSignInSessions.
const revoked = `{
    "@odata.context": "${root}/$metadata#Edm.Boolean",
    "value": true
}`
