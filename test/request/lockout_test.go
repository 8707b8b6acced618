package request

import (
	"strings"
	"testing"
	"time"

	"ephor/internal/pim"
	"ephor/test/harness"
)

const globalAdmin = `,"roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10"`

// approved lets a role's activation wait for approvers.
func (d *desk) approved(role string, approvers ...pim.Approver) {
	d.t.Helper()
	d.policy(role, func(p *pim.Policy) {
		p.Approval.Required = true
		p.Approval.Stages[0].Approvers = approvers
	})
}

// locked holds a refusal against the words of the guard that made it.
func locked(d *desk, what string, a harness.Answer, words string) {
	d.t.Helper()
	if !strings.Contains(a.Text, words) {
		d.t.Errorf("%s: %s", what, a.Text)
	}
}

// No change is made after which nobody could approve what must be approved.
func TestLastApproverStays(t *testing.T) {
	each(t, func(d *desk) {
		const nobody = "nobody could approve"
		d.approved("Helpdesk Administrator", pim.Approver{Kind: pim.ApproverUser, ID: d.ID("p0")})
		locked(d, "disabling", d.ada.Refused(400, "PATCH", "/users/{p0}", `{"accountEnabled":false}`), nobody)
		locked(d, "deleting", d.ada.Refused(400, "DELETE", "/users/{p0}", ""), nobody)
		d.ada.Want(204, "PATCH", "/users/{p0}", `{"jobTitle":"approver"}`)

		d.approved("User Administrator", pim.Approver{Kind: pim.ApproverGroup, ID: d.ID("g0")})
		locked(d, "removing the group's member", d.ada.Refused(400, "DELETE", "/groups/{g0}/members/{m0}/$ref", ""), nobody)
		locked(d, "disabling the group's member", d.ada.Refused(400, "PATCH", "/users/{m0}", `{"accountEnabled":false}`), nobody)
		locked(d, "deleting the group", d.ada.Refused(400, "DELETE", "/groups/{g0}", ""), nobody)

		// With somebody else to approve, all of it is had.
		d.ada.Want(204, "POST", "/groups/{g0}/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{p1}"}`)
		d.ada.Want(204, "DELETE", "/groups/{g0}/members/{m0}/$ref", "")
		d.approved("Helpdesk Administrator", pim.Approver{Kind: pim.ApproverUser, ID: d.ID("p0")}, pim.Approver{Kind: pim.ApproverUser, ID: d.ID("p1")})
		d.ada.Want(204, "DELETE", "/users/{p0}", "")
		locked(d, "and now the last of those", d.ada.Refused(400, "DELETE", "/users/{p1}", ""), nobody)

		// Who no policy names, or one that asks for no approval, is let go.
		d.policy("Helpdesk Administrator", func(p *pim.Policy) { p.Approval.Required = false })
		d.policy("User Administrator", func(p *pim.Policy) { p.Approval.Required = false })
		d.ada.Want(204, "DELETE", "/users/{p1}", "")
		d.ada.Want(204, "DELETE", "/groups/{g0}", "")
	})
}

// No request is granted after which, at some time, nobody could become Global
// Administrator by themselves.
func TestLastGlobalAdministratorStays(t *testing.T) {
	each(t, func(d *desk) {
		const nobody = "nobody could become Global Administrator"
		d.password("ada")
		d.at(d.now) // a new password ends sessions
		remove := asked("adminRemove", "ada", globalAdmin)
		d.ada.Want(201, "POST", "/roleManagement/directory/roleAssignments", `{"principalId": "{p1}", "roleDefinitionId": "`+harness.Role("Privileged Role Administrator").String()+`", "directoryScopeId": "/"}`)
		other := d.As("p1") // nobody removes their own
		locked(d, "removing the only one", other.Refused(400, "POST", assignment, remove), nobody)
		locked(d, "giving the only one an end", d.ada.Refused(400, "POST", assignment, asked("adminUpdate", "ada", globalAdmin+lasting("P9D")+because)), nobody)
		locked(d, "letting the only one begin later", d.ada.Refused(400, "POST", assignment, asked("adminUpdate", "ada", globalAdmin+`,"scheduleInfo":{"startDateTime":"`+d.in(time.Hour)+`","expiration":{"type":"noExpiration"}}`+because)), nobody)

		// With somebody from tomorrow on, ada is needed until then; that somebody is needed
		// once she has an end.
		d.ada.Want(201, "POST", assignment, asked("adminAssign", "p0", globalAdmin+`,"scheduleInfo":{"startDateTime":"`+d.in(day)+`","expiration":{"type":"noExpiration"}}`+because))
		d.password("p0")
		locked(d, "leaving a gap", other.Refused(400, "POST", assignment, remove), nobody)
		d.ada.Want(201, "POST", assignment, asked("adminUpdate", "ada", globalAdmin+lasting("P1D")+because))
		successor := d.ada.Want(200, "GET", assignment+"?$filter=principalId eq '{p0}'", "").Values()[0]["id"].(string)
		locked(d, "calling off the successor", cancel(d.ada, 400, assignment, successor), nobody)
		locked(d, "removing the successor", d.ada.Refused(400, "POST", assignment, asked("adminRemove", "p0", globalAdmin)), nobody)
		d.ada.Want(201, "POST", assignment, asked("adminExtend", "ada", globalAdmin+lasting("P9D")+because))
		d.ada.Want(201, "POST", assignment, asked("adminUpdate", "ada", globalAdmin+forever+because))
		cancel(d.ada, 204, assignment, successor)
	})
}

// Who is assigned a role as well loses nothing by deactivating it: no guard is in the way.
func TestDeactivationOfTheLastGlobalAdministratorWhoIsAssignedToo(t *testing.T) {
	each(t, func(d *desk) {
		d.ada.Want(201, "POST", eligibility, asked("adminAssign", "p0", globalAdmin+forever+because))
		d.As("p0").Want(201, "POST", assignment, asked("selfActivate", "p0", globalAdmin+lasting("PT1H")+because))
		d.later(10 * time.Minute)
		d.As("p0").Want(201, "POST", assignment, asked("selfDeactivate", "p0", globalAdmin))
	})
}
