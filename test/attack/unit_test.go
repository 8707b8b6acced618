package attack

import (
	"testing"

	"ephor/test/harness"
)

const unitsPath = "/directory/administrativeUnits"

// unit makes an administrative unit called name, with members.
func unit(h *harness.House, name, more string, members ...string) {
	ada := h.As("ada")
	h.Name(name, ada.Want(201, "POST", unitsPath, `{"displayName": "`+name+`"`+more+`}`).Str("id"))
	for _, m := range members {
		ada.Want(204, "POST", unitsPath+"/{"+name+"}/members/$ref", reference(m))
	}
}

const restricts = `, "isMemberManagementRestricted": true`

// scoped gives somebody a built-in role in a unit, as old clients do.
func scoped(h *harness.House, who, role, unit string) string {
	ada := h.As("ada")
	if ada.Do("GET", byTemplate(role), "").Status == 404 {
		ada.Want(201, "POST", "/directoryRoles", `{"roleTemplateId": "`+harness.Role(role).String()+`"}`)
	}
	return ada.Want(201, "POST", unitsPath+"/{"+unit+"}/scopedRoleMembers", `{"roleId": "`+harness.Role(role).String()+`", "roleMemberInfo": {"id": "{`+who+`}"}}`).Str("id")
}

func TestUnitAdministratorReachesTheUnitsMembersAlone(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "north", "", "tom", "staff")
		id := scoped(h, "sam", "User Administrator", "north")
		sam := h.As("sam")
		sam.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "x"}`)
		sam.Want(204, "PATCH", "/users/{tom}", `{"accountEnabled": false}`)
		denied(t, sam.Refused(403, "PATCH", "/users/{gus}", `{"jobTitle": "x"}`))
		denied(t, sam.Refused(403, "PATCH", "/users/{olga}", `{"accountEnabled": false}`)) // an owner of a group in the unit is not in it
		denied(t, sam.Refused(403, "DELETE", "/users/{gus}", ""))
		denied(t, sam.Refused(403, "POST", "/users", `{"accountEnabled": true, "displayName": "New", "mailNickname": "new", "userPrincipalName": "new@house.example", "passwordProfile": {"password": "correct-horse-4-battery"}}`))
		ada := h.As("ada")
		ada.Want(204, "DELETE", unitsPath+"/{north}/members/{tom}/$ref", "")
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "y"}`))
		ada.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("tom"))
		sam.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "y"}`)
		ada.Want(204, "DELETE", unitsPath+"/{north}/scopedRoleMembers/"+id, "")
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "z"}`))
	})
}

func TestUnitAdministratorDoesNotReachPrivilegeInTheUnit(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "erin", "mia", "hal", "una", "sam", "tier0", "ada")
	for _, role := range []string{"User Administrator", "Authentication Administrator", "Password Administrator", "Groups Administrator"} {
		scoped(h, "sam", role, "north")
	}
	sam := h.As("sam")
	for _, who := range []string{"erin", "mia", "hal", "una", "ada"} { // eligible, by a group, by roles high and low
		denied(t, sam.Refused(403, "DELETE", "/users/{"+who+"}", ""))
		denied(t, sam.Refused(403, "PATCH", "/users/{"+who+"}", `{"accountEnabled": false}`))
		denied(t, sam.Refused(403, "PATCH", "/users/{"+who+"}", `{"passwordProfile": {"password": "correct-horse-4-battery"}}`))
		denied(t, sam.Refused(403, "POST", "/users/{"+who+"}/revokeSignInSessions", ""))
		denied(t, sam.Refused(403, "PATCH", "/users/{"+who+"}", `{"jobTitle": "x"}`))
		denied(t, sam.Refused(403, "PUT", "/users/{"+who+"}/manager/$ref", reference("tom")))
	}
	denied(t, sam.Refused(403, "PATCH", "/groups/{tier0}", `{"description": "x"}`))
	denied(t, sam.Refused(403, "POST", "/groups/{tier0}/members/$ref", reference("tom")))
	denied(t, sam.Refused(403, "POST", "/groups/{tier0}/owners/$ref", reference("sam")))
	denied(t, sam.Refused(403, "DELETE", "/groups/{tier0}", ""))
}

func TestUnitAdministratorDoesNotChangeTheUnit(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "tom")
	unit(h, "south", "", "gus")
	scoped(h, "sam", "User Administrator", "north")
	scoped(h, "sam", "Groups Administrator", "north")
	sam := h.As("sam")
	denied(t, sam.Refused(403, "POST", unitsPath+"/{north}/members/$ref", reference("gus")))
	denied(t, sam.Refused(403, "DELETE", unitsPath+"/{north}/members/{tom}/$ref", ""))
	denied(t, sam.Refused(403, "PATCH", unitsPath+"/{north}", `{"visibility": null}`))
	denied(t, sam.Refused(403, "DELETE", unitsPath+"/{north}", ""))
	denied(t, sam.Refused(403, "POST", unitsPath, `{"displayName": "mine"}`))
	denied(t, sam.Refused(403, "POST", unitsPath+"/{north}/scopedRoleMembers", `{"roleId": "`+harness.Role("Helpdesk Administrator").String()+`", "roleMemberInfo": {"id": "{sam}"}}`))
	denied(t, sam.Refused(403, "POST", assignmentsPath, assign("sam", harness.Role("User Administrator").String(), "/administrativeUnits/{south}")))
	denied(t, h.As("una").Refused(403, "POST", unitsPath+"/{north}/members/$ref", reference("gus")))
}

func TestRestrictedUnitsMembersAreForItsOwnAdministrators(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "vault", restricts, "tom", "staff")
		unit(h, "north", "", "tom")
		scoped(h, "sam", "User Administrator", "vault")
		scoped(h, "mia", "User Administrator", "north")
		for _, who := range []string{"ada", "una", "paula", "mia"} { // in the whole tenant, and in an ordinary unit
			c := h.As(who)
			denied(t, c.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "x"}`))
			denied(t, c.Refused(403, "PATCH", "/users/{tom}", `{"passwordProfile": {"password": "correct-horse-4-battery"}}`))
			denied(t, c.Refused(403, "DELETE", "/users/{tom}", ""))
			denied(t, c.Refused(403, "PUT", "/users/{tom}/manager/$ref", reference("gus")))
		}
		denied(t, h.As("greta").Refused(403, "POST", "/groups/{staff}/members/$ref", reference("gus")))
		denied(t, h.As("olga").Refused(403, "PATCH", "/groups/{staff}", `{"description": "an owner's"}`))
		denied(t, h.AsClient("janitor").Refused(403, "DELETE", "/users/{tom}", ""))
		denied(t, h.AsClient("editor").Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "x"}`))
		sam := h.As("sam")
		sam.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "x"}`)
		sam.Want(204, "PATCH", "/users/{tom}", `{"accountEnabled": false}`)
		// What stays open: reading, and adding a member of the unit to a group elsewhere.
		h.As("una").Want(200, "GET", "/users/{tom}", "")
		h.As("ada").Want(204, "POST", "/groups/{tier0}/members/$ref", reference("tom"))
	})
}

func TestRestrictedUnitIsNotOpenedByAnApplicationsPermission(t *testing.T) {
	h := lite(t)
	unit(h, "vault", restricts, "tom")
	unit(h, "north", "")
	keeper := h.AsClient("keeper") // AdministrativeUnit.ReadWrite.All
	keeper.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("gus"))
	denied(t, keeper.Refused(403, "DELETE", unitsPath+"/{vault}/members/{tom}/$ref", ""))
	denied(t, keeper.Refused(403, "POST", unitsPath+"/{vault}/members/$ref", reference("ada")))
	denied(t, keeper.Refused(403, "DELETE", unitsPath+"/{vault}", ""))
	denied(t, keeper.Refused(403, "PATCH", unitsPath+"/{vault}", `{"displayName": "open"}`))
	ada := h.As("ada")
	ada.Refused(400, "PATCH", unitsPath+"/{vault}", `{"isMemberManagementRestricted": false}`)
	ada.Want(204, "DELETE", unitsPath+"/{vault}", "")
	denied(t, keeper.Refused(403, "POST", "/directory/deletedItems/{vault}/restore", ""))
	denied(t, keeper.Refused(403, "DELETE", "/directory/deletedItems/{vault}", ""))
	ada.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "free"}`)
	ada.Want(200, "POST", "/directory/deletedItems/{vault}/restore", "")
	denied(t, ada.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "locked"}`))
	ada.Want(204, "DELETE", unitsPath+"/{vault}/members/{tom}/$ref", "")
	ada.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "free"}`)
}

func TestDeletedUnitConfersNothingUntilItIsRestored(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "north", "", "tom")
		scoped(h, "sam", "User Administrator", "north")
		ada, sam := h.As("ada"), h.As("sam")
		sam.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "x"}`)
		ada.Want(204, "DELETE", unitsPath+"/{north}", "")
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "y"}`))
		ada.Refused(404, "GET", unitsPath+"/{north}", "")
		if rows := ada.Want(200, "GET", "/directory/deletedItems/graph.administrativeUnit", "").Values(); len(rows) != 1 || rows[0]["deletedDateTime"] == nil {
			t.Errorf("deleted units: %v", rows)
		}
		ada.Want(200, "POST", "/directory/deletedItems/{north}/restore", "")
		sam.Want(204, "PATCH", "/users/{tom}", `{"jobTitle": "y"}`)
		ada.Want(204, "DELETE", unitsPath+"/{north}", "")
		ada.Want(204, "DELETE", "/directory/deletedItems/{north}", "")
		denied(t, sam.Refused(403, "PATCH", "/users/{tom}", `{"jobTitle": "z"}`))
		if rows := ada.Want(200, "GET", assignmentsPath+"?$filter=principalId eq '{sam}'", "").Values(); len(rows) != 0 {
			t.Errorf("sam still has %v", rows)
		}
	})
}

func TestWhatAUnitCanHaveInIt(t *testing.T) {
	h := lite(t)
	unit(h, "north", "", "tom")
	unit(h, "vault", restricts)
	ada := h.As("ada")
	h.Name("team", ada.Want(201, "POST", "/groups", `{"displayName": "team", "mailNickname": "team", "mailEnabled": true, "securityEnabled": true, "groupTypes": ["Unified"]}`).Str("id"))
	ada.Refused(400, "POST", unitsPath+"/{north}/members/$ref", reference("mailer"))
	ada.Refused(400, "POST", unitsPath+"/{north}/members/$ref", reference("north"))
	ada.Refused(400, "POST", unitsPath+"/{north}/members/$ref", reference("tom"))
	ada.Refused(404, "POST", unitsPath+"/{north}/members/$ref", `{"@odata.id": "https://graph.microsoft.com/v1.0/users/{staff}"}`)
	ada.Refused(404, "DELETE", unitsPath+"/{north}/members/{gus}/$ref", "")
	ada.Refused(400, "POST", unitsPath+"/{vault}/members/$ref", reference("team"))
	ada.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("team"))
	ada.Want(204, "DELETE", unitsPath+"/{north}/members/$ref?@id=https://graph.microsoft.com/v1.0/groups/{team}", "")
	ada.Refused(400, "POST", unitsPath, `{"displayName": "dynamic", "membershipType": "Dynamic"}`)
	ada.Refused(400, "POST", unitsPath, `{"displayName": "dynamic", "membershipRule": "true"}`)
	ada.Refused(400, "POST", unitsPath, `{"displayName": ""}`)
	ada.Refused(400, "POST", unitsPath, `{"displayName": "x", "visibility": "Secret"}`)
}

func TestHiddenMembershipIsNotSeenFromAnySide(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "secret", `, "visibility": "HiddenMembership"`, "tom", "staff")
		unit(h, "open", "", "tom")
		scoped(h, "sam", "User Administrator", "secret")
		for _, tail := range []string{"", "/$ref", "/graph.user", "/graph.group", "/$count", "/graph.user/$count", "/{tom}/$ref", "?$filter=id eq '{tom}'"} {
			for _, who := range []string{"mia", "dora", "una"} {
				denied(t, h.As(who).With("ConsistencyLevel", "eventual").Refused(403, "GET", unitsPath+"/{secret}/members"+tail, ""))
			}
			for _, who := range []string{"tom", "ada", "pria", "sam"} {
				h.As(who).With("ConsistencyLevel", "eventual").Want(200, "GET", unitsPath+"/{secret}/members"+tail, "")
			}
		}
		denied(t, h.AsClient("looker").Refused(403, "GET", unitsPath+"/{secret}/members", "")) // AdministrativeUnit.Read.All
		h.AsClient("looker").Want(200, "GET", unitsPath+"/{open}/members", "")
		// Who may see that somebody is in a unit may not therefore read whoever is.
		if rows := h.AsClient("looker").Want(200, "GET", unitsPath+"/{open}/members/graph.user", "").Values(); len(rows) != 1 || len(rows[0]) != 2 || rows[0]["id"] != h.ID("tom").String() {
			t.Errorf("a reader of units sees of users %v", rows)
		}
		denied(t, h.AsClient("looker").Refused(403, "GET", unitsPath+"/{open}/members/graph.user?$filter=startswith(displayName,'t')", ""))
		denied(t, h.AsClient("looker").With("ConsistencyLevel", "eventual").Refused(403, "GET", unitsPath+"/{open}/members/graph.user/$count?$filter=startswith(displayName,'t')", ""))
		sees := func(who, path string) (n int) {
			for _, row := range h.As(who).Want(200, "GET", path, "").Values() {
				if row["id"] == h.ID("secret").String() {
					n++
				}
			}
			return n
		}
		for _, path := range []string{"/users/{tom}/memberOf", "/users/{tom}/transitiveMemberOf", "/users/{tom}/memberOf/graph.administrativeUnit"} {
			if sees("mia", path) != 0 || sees("una", path) != 0 {
				t.Errorf("%s shows a hidden membership", path)
			}
			if sees("ada", path) != 1 || sees("tom", path) != 1 {
				t.Errorf("%s does not show it to whom it may", path)
			}
		}
	})
}

// What is scoped to a deleted unit confers nothing, and is nowhere shown as what somebody has;
// restored, it is as before.
func TestRoleInADeletedUnitIsNotShownAsHeld(t *testing.T) {
	each(t, func(t *testing.T, h *harness.House) {
		unit(h, "north", "", "tom")
		scoped(h, "sam", "User Administrator", "north")
		ada, sam := h.As("ada"), h.As("sam")
		const pim = "/roleManagement/directory/"
		shown := func() (n []int) {
			for _, path := range []string{
				pim + "roleAssignments?$filter=principalId eq '{sam}'", pim + "roleAssignmentScheduleInstances?$filter=principalId eq '{sam}'",
				"/roleManagement/ephor/grants/filterByCurrentUser(on='principal')?$filter=kind eq 'role'", pim + "roleAssignmentScheduleInstances/filterByCurrentUser(on='principal')",
			} {
				n = append(n, len(sam.Want(200, "GET", path, "").Values()))
			}
			return n
		}
		for _, step := range []struct {
			method, path string
			status, rows int
		}{{"GET", "", 200, 1}, {"DELETE", unitsPath + "/{north}", 204, 0}, {"POST", "/directory/deletedItems/{north}/restore", 200, 1}} {
			if step.path != "" {
				ada.Want(step.status, step.method, step.path, "")
			}
			for i, n := range shown() {
				if n != step.rows {
					t.Errorf("after %s %s list %d shows %d, want %d", step.method, step.path, i, n, step.rows)
				}
			}
		}
	})
}
