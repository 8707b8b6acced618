package attack

import (
	"testing"

	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/test/harness"
)

// byTemplate is the address of a directory role.
func byTemplate(role string) string {
	return "/directoryRoles(roleTemplateId='" + harness.Role(role).String() + "')"
}

// Every door to privilege asks what PIM asks, but for a justification that it has no field
// for (design, One model of grants).
func TestOldDoorsAreNoWayAroundPIMsRules(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "north", "", "tom")
		helpdesk := harness.Role("Helpdesk Administrator")
		h.Write(func(tx *store.WriteTx) error {
			target := pim.Target{Role: helpdesk}
			p, err := tx.Policy(target)
			p.AdminAssignment.Expiration.Required = true // no assignment without end
			tx.PutPolicy(target, p)
			return err
		})
		ada := h.As("ada")
		for path, body := range map[string]string{
			byTemplate("Helpdesk Administrator") + "/members/$ref": reference("sam"),
			unitsPath + "/{north}/scopedRoleMembers":               `{"roleId": "` + helpdesk.String() + `", "roleMemberInfo": {"id": "{sam}"}}`,
			assignmentsPath:                                        assign("sam", helpdesk.String(), "/"),
		} {
			if a := ada.Refused(400, "POST", path, body); a.Code() != "RoleAssignmentRequestPolicyValidationFailed" {
				t.Errorf("%s: %s", path, a.Text)
			}
		}
	})
}

func TestOldDoorsAreForThoseWhoCouldGrant(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "tom")
	for _, who := range []string{"una", "hal", "greta", "paula", "alan", "dora", "sam", "erin"} {
		c := h.As(who)
		denied(t, c.Refused(403, "POST", byTemplate("Global Administrator")+"/members/$ref", reference("sam")))
		denied(t, c.Refused(403, "DELETE", byTemplate("Global Administrator")+"/members/{ada}/$ref", ""))
		denied(t, c.Refused(403, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role("Exchange Administrator").String()+`"}`))
		denied(t, c.Refused(403, "POST", unitsPath+"/{north}/scopedRoleMembers", `{"roleId": "`+harness.Role("Helpdesk Administrator").String()+`", "roleMemberInfo": {"id": "{sam}"}}`))
		denied(t, c.Refused(403, "POST", definitions, custom("Mine", "users/standard/read")))
	}
	h.AsClient("mailer").Refused(403, "POST", byTemplate("Global Administrator")+"/members/$ref", reference("sam"))
	h.AsClient("editor").Refused(403, "POST", byTemplate("Global Administrator")+"/members/$ref", reference("editor"))
}

func TestOldDoorsDoNotLetTheLastAdministratorGo(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		h.Write(func(tx *store.WriteTx) error { // erin and mia could become one, and need somebody's approval
			target := pim.Target{Role: harness.Role("Global Administrator")}
			p, err := tx.Policy(target)
			p.Approval.Required = true
			tx.PutPolicy(target, p)
			return err
		})
		h.Write(func(tx *store.WriteTx) error { // only who has a credential counts
			u, _, err := tx.User(h.ID("ada"))
			u.Password.Hash = "x"
			if err == nil {
				err = tx.UpdateUser(u)
			}
			return err
		})
		ada.Refused(400, "DELETE", byTemplate("Global Administrator")+"/members/{ada}/$ref", "")
		ada.Refused(400, "DELETE", "/users/{ada}", "")
	})
}

func TestOldDoorsTakeWhoCanHoldARole(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "tom")
	ada := h.As("ada")
	reader := byTemplate("Global Reader")
	ada.Refused(404, "GET", reader, "")
	ada.Refused(404, "POST", reader+"/members/$ref", reference("sam")) // not activated
	made := ada.Want(201, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role("Global Reader").String()+`"}`)
	if made.Str("id") == made.Str("roleTemplateId") || made.Str("displayName") != "Global Reader" {
		t.Errorf("activated %s", made.Text)
	}
	ada.Refused(400, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role("Global Reader").String()+`"}`)
	ada.Refused(400, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role("User").String()+`"}`)
	ada.Refused(400, "POST", reader+"/members/$ref", reference("staff")) // not role-assignable
	ada.Want(204, "POST", reader+"/members/$ref", reference("tier0"))
	ada.Want(204, "POST", "/directoryRoles/"+made.Str("id")+"/members/$ref", reference("mailer"))
	ada.Refused(400, "POST", reader+"/members/$ref", reference("mailer"))
	ada.Refused(404, "DELETE", reader+"/members/{sam}/$ref", "")
	if rows := h.As("sam").Want(200, "GET", reader+"/members", "").Values(); len(rows) != 2 {
		t.Errorf("the role has %v", rows)
	}
	if rows := ada.Want(200, "GET", assignmentsPath+"?$filter=principalId eq '{mailer}'", "").Values(); len(rows) != 1 || rows[0]["roleDefinitionId"] != harness.Role("Global Reader").String() {
		t.Errorf("the assignment of a member is %v", rows)
	}
	ada.Want(204, "DELETE", reader+"/members/{mailer}/$ref", "")
	// A role that cannot be held in a unit is not held there by an older name.
	ada.Refused(400, "POST", unitsPath+"/{north}/scopedRoleMembers", `{"roleId": "`+made.Str("id")+`", "roleMemberInfo": {"id": "{sam}"}}`)
	ada.Refused(404, "POST", unitsPath+"/{north}/scopedRoleMembers", `{"roleId": "{sam}", "roleMemberInfo": {"id": "{sam}"}}`)
	// Either id names the role, and its template's is what is kept.
	a := ada.Want(201, "POST", assignmentsPath, assign("sam", made.Str("id"), "/"))
	if a.Str("roleDefinitionId") != harness.Role("Global Reader").String() {
		t.Errorf("assigned %s", a.Text)
	}
}

func TestRoleInAUnitIsTheSameByEveryName(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "tom")
	unit(h, "south", "", "gus")
	ada := h.As("ada")
	id := scoped(h, "sam", "User Administrator", "north")
	got := ada.Want(200, "GET", unitsPath+"/{north}/scopedRoleMembers/"+id, "")
	if got.Str("roleMemberInfo", "id") != h.ID("sam").String() || got.Str("administrativeUnitId") != h.ID("north").String() || got.Str("roleMemberInfo", "displayName") != "sam" {
		t.Errorf("scoped member %s", got.Text)
	}
	if role := ada.Want(200, "GET", "/directoryRoles/"+got.Str("roleId"), ""); role.Str("roleTemplateId") != harness.Role("User Administrator").String() {
		t.Errorf("its role is %s", role.Text)
	}
	ada.Refused(404, "GET", unitsPath+"/{south}/scopedRoleMembers/"+id, "")
	ada.Refused(404, "DELETE", unitsPath+"/{south}/scopedRoleMembers/"+id, "")
	if rows := ada.Want(200, "GET", byTemplate("User Administrator")+"/scopedMembers", "").Values(); len(rows) != 1 {
		t.Errorf("scoped members %v", rows)
	}
	if rows := ada.Want(200, "GET", byTemplate("User Administrator")+"/members", "").Values(); len(rows) != 1 || rows[0]["id"] != h.ID("una").String() {
		t.Errorf("members %v", rows)
	}
	ada.Refused(400, "POST", unitsPath+"/{north}/scopedRoleMembers", `{"roleId": "`+got.Str("roleId")+`", "roleMemberInfo": {"id": "{sam}"}}`)
	ada.Want(204, "DELETE", assignmentsPath+"/"+id, "")
	ada.Refused(404, "GET", unitsPath+"/{north}/scopedRoleMembers/"+id, "")
	if rows := ada.Want(200, "GET", "/users/{una}/memberOf", "").Values(); len(rows) != 1 || rows[0]["@odata.type"] != "#microsoft.graph.directoryRole" || rows[0]["id"] != got.Str("roleId") {
		t.Errorf("una is a member of %v", rows)
	}
}
