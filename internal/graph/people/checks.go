package people

import (
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// Limits of the actions on directory objects (behaviour.md §11).
const (
	mostChecked = 20
	mostByID    = 1000
)

// Scopes of the actions on memberships (operations.md 5e).
var (
	checkMembers = []string{
		"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadBasic.All",
		"Group.ReadWrite.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All", "User.Read.All", "User.ReadWrite.All",
	}
	getMembers      = slices.DeleteFunc(slices.Clone(checkMembers), func(s string) bool { return s == "User.ReadWrite.All" })
	checkMembersOwn = append([]string{"User.Read"}, checkMembers...)
)

// A membershipAction asks what an object is a member of, through groups in groups too.
type membershipAction struct {
	name, summary string
	delegated     []string
	application   []string
	decode        func(edm.Value) (any, error)
	answer        face.Handler
}

func membershipActions() []membershipAction {
	groups := walk{next: upward, depth: mostNesting, kind: directory.KindGroup}
	objects := walk{next: upward, depth: mostNesting}
	return []membershipAction{
		{"checkMemberGroups", "Tell which of some groups an object is a member of.", checkMembers, checkMembers, readChecked("groupIds"), checkReached(groups)},
		{"checkMemberObjects", "Tell which of some groups, directory roles and administrative units an object is a member of.", checkMembersOwn, checkMembers, readChecked("ids"), checkReached(objects)},
		{"getMemberGroups", "List the ids of the groups that an object is a member of.", getMembers, getMembers, readSecurityOnly, getReached(groups)},
		{"getMemberObjects", "List the ids of the groups, directory roles and administrative units that an object is a member of.", checkMembersOwn, checkMembers, readSecurityOnly, getReached(objects)},
	}
}

// actionOperations are the actions on directory objects (operations.md 5e).
func actionOperations() op.Operations {
	var list op.Operations
	client := func(c *op.Call) (authz.Object, error) {
		return face.LocateKind(c, "id", directory.KindServicePrincipal)
	}
	for _, of := range []struct {
		name, path string
		locate     func(*op.Call) (authz.Object, error)
		ways       []authz.Way
	}{
		{"DirectoryObject", "/directoryObjects/{id}", locateObject, []authz.Way{authz.Member, authz.Self}},
		{"User", "/users/{id}", locateUser, []authz.Way{authz.Member, authz.Self}},
		{"My", "/me", locateMe, []authz.Way{authz.Self}},
		{"Group", "/groups/{id}", locateGroup, []authz.Way{authz.Member}},
		{"ServicePrincipal", "/servicePrincipals/{id}", client, []authz.Way{authz.Member}},
	} {
		for _, a := range membershipActions() {
			application := a.application
			if of.path == "/me" {
				application = nil
			}
			list = append(list, &op.Operation{
				Name: strings.Replace(a.name, "Member", of.name+"Member", 1), Summary: a.summary, Action: true,
				Method: "POST", Path: of.path + "/" + a.name, Versions: op.Both, Me: of.path == "/me", Success: 200, Collection: true,
				Rule: face.Reads(face.AsUser(a.delegated), application, of.ways...), Locate: of.locate, Decode: a.decode, Query: odata.Format, Do: a.answer,
			})
		}
	}
	return append(list, &op.Operation{
		Name: "getDirectoryObjectsByIds", Summary: "Read directory objects of any type by their ids.", Action: true,
		Method: "POST", Path: "/directoryObjects/getByIds", Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
		Rule: face.Reads(face.AsUser(readObjects), readObjects, authz.Member), Decode: readByIDs, Query: odata.Select | odata.Format, Do: getByIDs,
	})
}

// readChecked reads the ids that are to be looked for.
func readChecked(name string) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		return readIDs(body, []edm.Field{{Name: name, Type: edm.String, Many: true, Required: true}}, name, mostChecked)
	}
}

func readIDs(body edm.Value, fields []edm.Field, name string, most int) ([]guid.ID, error) {
	if err := body.Object(fields); err != nil {
		return nil, err
	}
	v, _ := body.Get(name)
	if len(v.Items) > most {
		return nil, fault.BadRequest(name, "At most %d ids can be asked for in one request.", most)
	}
	ids := make([]guid.ID, len(v.Items))
	for i, item := range v.Items {
		var err error
		if ids[i], err = item.ID(); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// checkReached answers which of the ids in the body a walk reaches. A directory role is
// looked for by either of its ids.
func checkReached(w walk) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		all, err := w.reach(c, c.Object.ID)
		if err != nil {
			return op.Answer{}, err
		}
		in := map[guid.ID]bool{}
		for _, r := range all {
			in[r.ID], in[face.Shown(c, r)] = true, true
		}
		return writeIDs(c, slices.DeleteFunc(slices.Clone(op.Body[[]guid.ID](c)), func(id guid.ID) bool { return !in[id] }))
	}
}

// readSecurityOnly reads whether only security groups are asked for.
func readSecurityOnly(body edm.Value) (any, error) {
	if err := body.Object([]edm.Field{{Name: "securityEnabledOnly", Type: edm.Boolean}}); err != nil {
		return nil, err
	}
	v, given := body.Get("securityEnabledOnly")
	if !given || v.IsNull() {
		return false, nil
	}
	return v.Boolean()
}

// getReached answers the ids of all that a walk reaches; of groups, those that are
// security groups if only these are asked for.
func getReached(w walk) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		all, err := w.reach(c, c.Object.ID)
		if err != nil {
			return op.Answer{}, err
		}
		if op.Body[bool](c) {
			if all, err = onlySecurity(c, all); err != nil {
				return op.Answer{}, err
			}
		}
		ids := make([]guid.ID, len(all))
		for i, r := range all {
			ids[i] = face.Shown(c, r)
		}
		return writeIDs(c, ids)
	}
}

// onlySecurity are the security groups among refs, and nothing else.
func onlySecurity(c *op.Call, refs []directory.Ref) ([]directory.Ref, error) {
	var groups []guid.ID
	for _, r := range refs {
		if r.Kind == directory.KindGroup {
			groups = append(groups, r.ID)
		}
	}
	var all []directory.Ref
	for some := range slices.Chunk(groups, face.PageMost) {
		list, err := c.Tx.GroupsOf(some)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if list[i].SecurityEnabled {
				all = append(all, directory.Ref{ID: list[i].ID, Kind: directory.KindGroup})
			}
		}
	}
	return all, nil
}

func writeIDs(c *op.Call, ids []guid.ID) (op.Answer, error) {
	return face.WritePage(c, "Collection(Edm.String)", nil, -1, func(w *edm.Writer) {
		for _, id := range ids {
			w.ID(id)
		}
	})
}

// A byIDs is the body of getByIds. Without types, objects of any are answered.
type byIDs struct {
	ids   []guid.ID
	types []string
}

func readByIDs(body edm.Value) (any, error) {
	fields := []edm.Field{{Name: "ids", Type: edm.String, Many: true, Required: true}, {Name: "types", Type: edm.String, Many: true}}
	ids, err := readIDs(body, fields, "ids", mostByID)
	if err != nil {
		return nil, err
	}
	b := byIDs{ids: ids}
	if v, given := body.Get("types"); given && !v.IsNull() {
		b.types, err = v.Strings(mostChecked)
	}
	return b, err
}

// wants reports whether objects of a kind are asked for. Types are named in any case.
func (b byIDs) wants(kind directory.Kind) bool {
	return len(b.types) == 0 || slices.ContainsFunc(b.types, func(t string) bool {
		return strings.EqualFold(t, kind.String()) || strings.EqualFold(t, "directoryObject")
	})
}

// getByIDs answers the objects that there are among those asked for, each once.
func getByIDs(c *op.Call) (op.Answer, error) {
	b := op.Body[byIDs](c)
	var refs []directory.Ref
	for _, id := range face.Wanted(b.ids, func(id *guid.ID) guid.ID { return *id }) {
		if f, ok := c.Snap.Object(id); ok && f.Live() && b.wants(f.Kind) {
			refs = append(refs, directory.Ref{ID: id, Kind: f.Kind})
		}
	}
	return face.WriteRefs(c, refs, nil, -1)
}
