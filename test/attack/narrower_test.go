package attack

import (
	"testing"

	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

const (
	activations   = "/roleManagement/directory/roleAssignmentScheduleRequests"
	eligibilities = "/roleManagement/directory/roleEligibilityScheduleRequests"
	instances     = "/roleManagement/directory/roleAssignmentScheduleInstances"
)

// about is a schedule request for Groups Administrator at a scope.
func about(action, who, scope string) string {
	duration := "PT2H"
	if action == "adminAssign" {
		duration = "P3D"
	}
	return `{"action": "` + action + `", "principalId": "{` + who + `}", "roleDefinitionId": "` + harness.Role("Groups Administrator").String() + `", "directoryScopeId": "` + scope + `",
		"justification": "because", "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "` + duration + `"}}}`
}

// ineligible checks that an activation is refused for want of eligibility.
func ineligible(t *testing.T, a harness.Answer) {
	t.Helper()
	if a.Str("error", "message") != `The following policy rules failed: ["EligibilityRule"]` {
		t.Errorf("refused with %s, want the EligibilityRule", a.Text)
	}
}

// narrow has sam eligible to manage the groups in a unit that staff is in.
func narrow(h *harness.House) (ada, sam *harness.Caller) {
	unit(h, "north", "", "staff")
	unit(h, "south", "", "tier0")
	ada = h.As("ada")
	ada.Want(201, "POST", eligibilities, about("adminAssign", "sam", "/administrativeUnits/{north}"))
	return ada, h.As("sam")
}

const describe = `{"description": "by sam"}`

func TestActivationIsNotWidenedBeyondItsEligibility(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada, sam := narrow(h)
		for _, scope := range []string{"/", "/administrativeUnits/{south}", "/{tier0}", "/{north}"} {
			if a := sam.Refused(400, "POST", activations, about("selfActivate", "sam", scope)); scope != "/{north}" { // which is no scope at all
				ineligible(t, a)
			}
		}
		if got := sam.Want(201, "POST", activations, about("selfActivate", "sam", "/{staff}")).Str("status"); got != "Provisioned" {
			t.Errorf("at an object in the unit: %s", got)
		}
		sam.Want(204, "PATCH", "/groups/{staff}", describe)
		denied(t, sam.Refused(403, "PATCH", "/groups/{tier0}", describe))
		ada.Want(201, "POST", eligibilities, about("adminAssign", "mia", "/{staff}"))
		for _, scope := range []string{"/", "/administrativeUnits/{north}"} {
			ineligible(t, h.As("mia").Refused(400, "POST", activations, about("selfActivate", "mia", scope)))
		}
		h.As("mia").Want(201, "POST", activations, about("selfActivate", "mia", "/{staff}"))
	})
}

func TestActivationAtAnObjectEndsWhenTheObjectLeavesTheUnit(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada, sam := narrow(h)
		sam.Want(201, "POST", activations, about("selfActivate", "sam", "/{staff}"))
		sam.Want(204, "PATCH", "/groups/{staff}", describe)
		listed := func(want int) {
			t.Helper()
			if rows := ada.Want(200, "GET", instances+"?$filter=principalId eq '{sam}'", "").Values(); len(rows) != want {
				t.Errorf("%d instances are listed, want %d", len(rows), want)
			}
		}
		listed(1)
		ada.Want(204, "DELETE", unitsPath+"/{north}/members/{staff}/$ref", "")
		denied(t, sam.Refused(403, "PATCH", "/groups/{staff}", describe))
		listed(0)
		ineligible(t, sam.Refused(400, "POST", activations, about("selfActivate", "sam", "/{staff}")))
		ada.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("staff"))
		denied(t, sam.Refused(403, "PATCH", "/groups/{staff}", describe)) // what had ended does not revive
		sam.Want(201, "POST", activations, about("selfActivate", "sam", "/{staff}"))
		sam.Want(204, "PATCH", "/groups/{staff}", describe)
		ada.Want(204, "DELETE", unitsPath+"/{north}", "")
		denied(t, sam.Refused(403, "PATCH", "/groups/{staff}", describe))
		listed(0)
		ada.Want(200, "POST", "/directory/deletedItems/{north}/restore", "")
		sam.Want(204, "PATCH", "/groups/{staff}", describe)
		ada.Want(201, "POST", eligibilities, about("adminRemove", "sam", "/administrativeUnits/{north}"))
		denied(t, sam.Refused(403, "PATCH", "/groups/{staff}", describe))
	})
}

func TestApprovalAfterTheObjectHasLeftTheUnitGrantsNothing(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada, sam := narrow(h)
		policy := store.Policy{Policy: pim.DefaultRolePolicy(), Modified: when.Never}
		policy.Approval.Required = true
		policy.Approval.Stages[0].ApproverJustification = false
		policy.Approval.Stages[0].Approvers = []pim.Approver{{Kind: pim.ApproverUser, ID: h.ID("tom")}}
		h.Write(func(tx *store.WriteTx) error {
			return tx.PutPolicy(pim.Target{Role: harness.Role("Groups Administrator")}, policy)
		})
		asked := sam.Want(201, "POST", activations, about("selfActivate", "sam", "/{staff}"))
		if asked.Str("status") != "PendingApproval" {
			t.Fatalf("the activation is %s", asked.Str("status"))
		}
		ada.Want(204, "DELETE", unitsPath+"/{north}/members/{staff}/$ref", "")
		path := "/roleManagement/directory/roleAssignmentApprovals/" + asked.Str("id") + "/stages"
		tom := h.As("tom")
		stage, _ := tom.Want(200, "GET", path, "").Values()[0]["id"].(string)
		ineligible(t, tom.Refused(400, "PATCH", path+"/"+stage, `{"reviewResult": "Approve"}`))
		denied(t, sam.Refused(403, "PATCH", "/groups/{staff}", describe))
		ada.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("staff"))
		tom.Want(204, "PATCH", path+"/"+stage, `{"reviewResult": "Approve"}`)
		sam.Want(204, "PATCH", "/groups/{staff}", describe)
	})
}
