package people

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// The groups that somebody is in, and all who are in a group, through groups in groups.
// Groups alone: memberOf without a cast also means directory roles and administrative
// units, which are no resources here yet.

// Bounds of a walk through groups in groups.
const (
	mostNesting = 32   // groups above one another
	mostReached = 5000 // objects
)

// reachOptions are what a list of what is reached takes.
const reachOptions = odata.Select | odata.Top | odata.Count | odata.SkipToken | odata.Format

// Scopes of memberships (operations.md 5a, 5b).
var (
	readMemberOf    = []string{"Directory.Read.All", "Directory.ReadWrite.All", "Group.ReadBasic.All", "GroupMember.ReadBasic.All"}
	readOwnMemberOf = append([]string{"User.Read", "GroupMember.Read.All", "Directory.AccessAsUser.All"}, readMemberOf...)
	readAllMemberOf = append([]string{"User.Read.All", "Group.Read.All", "GroupMember.Read.All"}, readMemberOf...)
	readMyAll       = append([]string{"User.Read", "Directory.AccessAsUser.All"}, readAllMemberOf...)
	readInGroups    = []string{"GroupMember.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadBasic.All", "GroupMember.Read.All"}
)

// membershipOperations are the reads of memberships (operations.md 5a, 5b).
func membershipOperations() op.Operations {
	var list op.Operations
	for _, of := range []struct {
		name, path        string
		locate            func(*op.Call) (authz.Object, error)
		direct, all       []string // delegated scopes
		directApp, allApp []string
		ways              []authz.Way
	}{
		{"User", "/users/{id}", locateUser, readOwnMemberOf, readMyAll, readMemberOf, readAllMemberOf, []authz.Way{authz.Member, authz.Self}},
		{"My", "/me", locateMe, readOwnMemberOf, readMyAll, nil, nil, []authz.Way{authz.Self}},
		{"Group", "/groups/{id}", locateGroup, face.AsUser(readInGroups), face.AsUser(readInGroups), readInGroups, readMemberOf, []authz.Way{authz.Anyone}},
	} {
		list = append(list,
			&op.Operation{
				Name: "list" + of.name + "MemberOfGroups", Summary: "List the groups that it is a direct member of.",
				Method: "GET", Path: of.path + "/memberOf/graph.group", Versions: op.Both, Me: of.path == "/me", Success: 200, Entity: "group", Collection: true,
				Rule: face.Reads(of.direct, of.directApp, of.ways...), Locate: of.locate, Query: reachOptions, Do: listReached(walk{next: upward, depth: 1, groups: true}),
			},
			&op.Operation{
				Name: "list" + of.name + "TransitiveMemberOfGroups", Summary: "List the groups that it is a member of, directly or through other groups.",
				Method: "GET", Path: of.path + "/transitiveMemberOf/graph.group", Versions: op.Both, Me: of.path == "/me", Success: 200, Entity: "group", Collection: true,
				Rule: face.Reads(of.all, of.allApp, of.ways...), Locate: of.locate, Query: reachOptions, Do: listReached(walk{next: upward, depth: mostNesting, groups: true, advanced: true}),
			},
		)
	}
	return append(list, &op.Operation{
		Name: "listGroupTransitiveMembers", Summary: "List the members of a group, those of groups in it included.",
		Method: "GET", Path: "/groups/{id}/transitiveMembers", Versions: op.Both, Success: 200, Entity: "directoryObject", Collection: true,
		Rule: face.Reads(face.AsUser(readMembers), readMembers, authz.Anyone), Locate: locateGroup, Query: reachOptions, Do: listReached(walk{next: downward, depth: mostNesting}),
	})
}

// A walk goes from an object to what is next to it, and on from the groups among that.
type walk struct {
	next     func(*op.Call, guid.ID) ([]directory.Ref, error)
	depth    int  // how many steps
	groups   bool // it is cast to groups, which is all that it reaches
	advanced bool // it is answered only as an advanced query (query.md §1, casts on transitive lists)
}

// upward are the groups that something is a member of now.
func upward(c *op.Call, id guid.ID) ([]directory.Ref, error) {
	return neighbours(func(after *store.Position) (store.Page[store.Place], error) {
		return c.Tx.Around(id, directory.Member, face.PageMost, after)
	}, func(p *store.Place) directory.Ref { return directory.Ref{ID: p.Group, Kind: directory.KindGroup} })
}

// downward are the members that a group has now.
func downward(c *op.Call, id guid.ID) ([]directory.Ref, error) {
	return neighbours(func(after *store.Position) (store.Page[store.Place], error) {
		return c.Tx.Members(id, directory.Member, nil, face.PageMost, after)
	}, func(p *store.Place) directory.Ref { return p.Member })
}

// neighbours are the ends of the places on all pages of a list, which are bounded.
func neighbours(list func(*store.Position) (store.Page[store.Place], error), end func(*store.Place) directory.Ref) ([]directory.Ref, error) {
	var all []directory.Ref
	for after := (*store.Position)(nil); ; {
		page, err := list(after)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			all = append(all, end(&page.Rows[i]))
		}
		if len(all) > mostReached {
			return nil, tooFar()
		}
		if after = page.Next; after == nil {
			return all, nil
		}
	}
}

func tooFar() error {
	return fault.UnsupportedQuery("Unsupported Query. It reaches more than %d objects, or through more than %d groups above one another.", mostReached, mostNesting)
}

// reach is what the walk reaches from an object, the object itself not included, in the
// order of ids.
func (w walk) reach(c *op.Call, from guid.ID) ([]guid.ID, error) {
	seen := map[guid.ID]bool{from: true}
	var found []guid.ID
	level := []guid.ID{from}
	for step := 0; len(level) > 0; step++ {
		if step == w.depth {
			if w.depth > 1 {
				return nil, tooFar()
			}
			break
		}
		var groups []guid.ID
		for _, at := range level {
			refs, err := w.next(c, at)
			if err != nil {
				return nil, err
			}
			for _, r := range refs {
				if seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				if found = append(found, r.ID); r.Kind == directory.KindGroup {
					groups = append(groups, r.ID)
				}
			}
			if len(found) > mostReached {
				return nil, tooFar()
			}
		}
		level = groups
	}
	slices.SortFunc(found, guid.ID.Compare)
	return found, nil
}

// listReached lists what a walk reaches from the object that was found.
func listReached(w walk) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		if w.advanced && !face.Advanced(c) {
			return op.Answer{}, fault.UnsupportedQuery("Unsupported Query. Send ConsistencyLevel: eventual and $count=true.")
		}
		limit, err := face.ObjectLimit(c)
		if err != nil {
			return op.Answer{}, err
		}
		all, err := w.reach(c, c.Object.ID)
		if err != nil {
			return op.Answer{}, err
		}
		page, next, err := behind(c, all, limit)
		if err != nil {
			return op.Answer{}, err
		}
		return w.answer(c, page, next, len(all))
	}
}

// reachedBy names the order of what a walk reaches in page tokens.
const reachedBy = "reached"

// behind is the page that the caller's token asks for, and where the next one begins.
func behind(c *op.Call, all []guid.ID, limit int) ([]guid.ID, *store.Position, error) {
	if c.Query.SkipToken != "" {
		p, err := face.OpenPosition(c)
		if err != nil {
			return nil, nil, err
		}
		last, ok := guid.Parse(p.ID)
		if !ok || p.By != reachedBy {
			return nil, nil, fault.Bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
		i, found := slices.BinarySearchFunc(all, last, guid.ID.Compare)
		if found {
			i++
		}
		all = all[i:]
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], &store.Position{By: reachedBy, ID: all[limit-1].String()}, nil
}

// answer writes a page of what was reached.
func (w walk) answer(c *op.Call, page []guid.ID, next *store.Position, total int) (op.Answer, error) {
	write, err := w.writer(c, page)
	if err != nil {
		return op.Answer{}, err
	}
	var out edm.Writer
	out.Begin()
	set := "directoryObjects"
	if w.groups {
		set = "groups"
	}
	face.WriteContext(c, &out, set, false)
	if face.Advanced(c) && c.Query.SkipToken == "" {
		out.Name("@odata.count")
		out.Int(int64(total))
	}
	if next != nil {
		link, err := face.NextLink(c, next)
		if err != nil {
			return op.Answer{}, err
		}
		out.Name("@odata.nextLink")
		out.Str(link)
	}
	out.Name("value")
	out.BeginArray()
	for _, id := range page {
		write(&out, id)
	}
	out.EndArray()
	out.End()
	return op.Answer{Status: c.Op.Success, Body: out.Bytes()}, nil
}

// writer is how each object of a page is written: a group as one where the path casts to
// groups, else anything with its type.
func (w walk) writer(c *op.Call, page []guid.ID) (func(*edm.Writer, guid.ID), error) {
	if !w.groups {
		found, err := face.LoadObjects(c, page, c.Query.Select)
		return func(out *edm.Writer, id guid.ID) {
			if write := found[id]; write != nil {
				out.Begin()
				write(out)
				out.End()
			}
		}, err
	}
	s, err := groupEntity.Select(c.Query.Select, true)
	if err != nil {
		return nil, err
	}
	list, err := c.Tx.GroupsOf(page)
	found := map[guid.ID]*group{}
	for i := range list {
		found[list[i].ID] = &list[i]
	}
	return func(out *edm.Writer, id guid.ID) {
		if g := found[id]; g != nil {
			groupEntity.Write(out, g, s)
		}
	}, err
}
