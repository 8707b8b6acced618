package attack

import (
	"testing"

	"ephor/test/harness"
)

// Promise 4: what is taken away on one node is refused at the next decision on another.
func TestRightOfAUnitOrCustomRoleIsGoneOnEveryNodeAtOnce(t *testing.T) {
	t.Parallel()
	nodes := harness.Nodes(t, 2, cast)
	here, there := nodes[0], nodes[1]
	name := func(n, id string) { here.Name(n, id); there.Name(n, id) }
	ada, sam := here.As("ada"), there.As("sam")
	edit := func(status int, who string) {
		t.Helper()
		sam.Want(status, "PATCH", "/users/{"+who+"}", `{"jobTitle": "x"}`)
	}
	edit(403, "tom")
	name("north", ada.Want(201, "POST", unitsPath, `{"displayName": "north"}`).Str("id"))
	scoped(here, "sam", "User Administrator", "north")
	edit(403, "tom")
	ada.Want(204, "POST", unitsPath+"/{north}/members/$ref", reference("tom"))
	edit(204, "tom")
	name("vault", ada.Want(201, "POST", unitsPath, `{"displayName": "vault"`+restricts+`}`).Str("id"))
	ada.Want(204, "POST", unitsPath+"/{vault}/members/$ref", reference("tom"))
	edit(403, "tom") // in a restricted unit that is not sam's
	ada.Want(204, "DELETE", unitsPath+"/{vault}", "")
	edit(204, "tom")
	ada.Want(204, "DELETE", unitsPath+"/{north}/members/{tom}/$ref", "")
	edit(403, "tom")
	role := ada.Want(201, "POST", definitions, custom("Clerk", "users/basic/update")).Str("id")
	ada.Want(201, "POST", assignmentsPath, assign("sam", role, "/"))
	edit(204, "gus")
	ada.Want(204, "PATCH", definitions+"/"+role, `{"rolePermissions": [`+permission("users/standard/read")+`]}`)
	edit(403, "gus")
	ada.Want(204, "PATCH", definitions+"/"+role, `{"rolePermissions": [`+permission("users/basic/update")+`]}`)
	edit(204, "gus")
	ada.Want(204, "PATCH", definitions+"/"+role, `{"isEnabled": false}`)
	edit(403, "gus")
}
