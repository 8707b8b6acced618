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
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// What somebody is in: groups, also through groups in groups, directory roles and
// administrative units. And all who are in a group, through groups in groups.

// Bounds of a walk through groups in groups.
const (
	mostNesting = 32   // groups above one another
	mostReached = 5000 // objects
)

// countReachedOptions are what the number of what is reached takes.
const countReachedOptions = odata.Filter | odata.Search | odata.Format

// Scopes of memberships (operations.md 5a, 5b, 5g).
var (
	readMemberOf    = []string{"Directory.Read.All", "Directory.ReadWrite.All", "Group.ReadBasic.All", "GroupMember.ReadBasic.All"}
	readOwnMemberOf = append([]string{"User.Read", "GroupMember.Read.All", "Directory.AccessAsUser.All"}, readMemberOf...)
	readAllMemberOf = append([]string{"User.Read.All", "Group.Read.All", "GroupMember.Read.All"}, readMemberOf...)
	readMyAll       = append([]string{"User.Read", "Directory.AccessAsUser.All"}, readAllMemberOf...)
	readInGroups    = []string{"GroupMember.ReadBasic.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadBasic.All", "GroupMember.Read.All"}
	readInClients   = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readOwnClients  = append([]string{"Application.ReadWrite.OwnedBy"}, readInClients...)
)

// A memberKind is whose memberships are listed, and who may.
type memberKind struct {
	name, path        string
	locate            func(*op.Call) (authz.Object, error)
	direct, all       []string // delegated scopes
	directApp, allApp []string
	ways              []authz.Way
}

func memberKinds() []memberKind {
	client := func(c *op.Call) (authz.Object, error) {
		return face.LocateKind(c, "id", directory.KindServicePrincipal)
	}
	return []memberKind{
		{"User", "/users/{id}", locateUser, readOwnMemberOf, readMyAll, readMemberOf, readAllMemberOf, []authz.Way{authz.Member, authz.Self}},
		{"My", "/me", locateMe, readOwnMemberOf, readMyAll, nil, nil, []authz.Way{authz.Self}},
		{"Group", "/groups/{id}", locateGroup, face.AsUser(readInGroups), face.AsUser(readInGroups), readInGroups, readMemberOf, []authz.Way{authz.Anyone}},
		{"ServicePrincipal", "/servicePrincipals/{id}", client, face.AsUser(readInClients), face.AsUser(readInClients), readOwnClients, readInClients, []authz.Way{authz.Member, face.InDirectory("servicePrincipals/standard/read")}},
	}
}

// A memberCast is what a list of memberships is of.
type memberCast struct {
	name, segment, entity string
	kind                  directory.Kind
}

var memberCasts = []memberCast{
	{"", "", "directoryObject", directory.KindNone},
	{"Groups", "/graph.group", "group", directory.KindGroup},
	{"Roles", "/graph.directoryRole", "directoryRole", directory.KindRole},
	{"Units", "/graph.administrativeUnit", "administrativeUnit", directory.KindUnit},
}

// membershipOperations are the reads of memberships (operations.md 5a, 5b, 5g).
func membershipOperations() op.Operations {
	var list op.Operations
	for _, of := range memberKinds() {
		direct, all := face.Reads(of.direct, of.directApp, of.ways...), face.Reads(of.all, of.allApp, of.ways...)
		for _, cast := range memberCasts {
			list = append(list, memberships(of, cast, "MemberOf", direct, walk{next: upward, depth: 1, kind: cast.kind})...)
			if cast.kind != directory.KindUnit { // a group in a unit does not bring its members there
				list = append(list, memberships(of, cast, "TransitiveMemberOf", all, walk{next: upward, depth: mostNesting, kind: cast.kind, advanced: cast.segment != ""})...)
			}
		}
	}
	return append(list, reachedMembers()...)
}

// reachedMembers are the members of a group through groups in it (operations.md 5b).
func reachedMembers() op.Operations {
	rule := face.Reads(face.AsUser(readMembers), readMembers, authz.Anyone)
	var list op.Operations
	for _, cast := range placeCasts {
		direct, all := walk{next: downward, depth: 1, kind: cast.kind}, walk{next: downward, depth: mostNesting, kind: cast.kind, advanced: cast.segment != "", whole: true}
		list = append(list,
			&op.Operation{
				Name: "countGroupMembers" + cast.name, Summary: "Count the members of a group, as plain text.",
				Method: "GET", Path: "/groups/{id}/members" + cast.segment + "/$count", Versions: op.Both, Success: 200, Query: countReachedOptions, Do: countReached(direct),
			},
			&op.Operation{
				Name: "listGroupTransitiveMembers" + cast.name, Summary: "List the members of a group, those of groups in it included.",
				Method: "GET", Path: "/groups/{id}/transitiveMembers" + cast.segment, Versions: op.Both, Success: 200, Entity: cast.entity, Collection: true, Query: face.RefineOptions, Do: listReached(all),
			},
			&op.Operation{
				Name: "countGroupTransitiveMembers" + cast.name, Summary: "Count the members of a group, those of groups in it included, as plain text.",
				Method: "GET", Path: "/groups/{id}/transitiveMembers" + cast.segment + "/$count", Versions: op.Both, Success: 200, Query: countReachedOptions, Do: countReached(all),
			},
		)
	}
	for _, o := range list {
		o.Rule, o.Locate, o.Demands = rule, locateGroupInside, hiddenGroupDemands
	}
	return list
}

// placeCasts are what lists of members are cast to.
var placeCasts = []memberCast{
	{"", "", "directoryObject", directory.KindNone},
	{"AsUsers", "/graph.user", "user", directory.KindUser},
	{"AsGroups", "/graph.group", "group", directory.KindGroup},
	{"AsServicePrincipals", "/graph.servicePrincipal", "servicePrincipal", directory.KindServicePrincipal},
}

// memberships are the list of one sort of memberships, and its number.
func memberships(of memberKind, cast memberCast, relation string, rule *authz.Rule, w walk) op.Operations {
	path := of.path + "/" + strings.ToLower(relation[:1]) + relation[1:] + cast.segment
	return op.Operations{
		{
			Name: "list" + of.name + relation + cast.name, Summary: "List what it is a member of.",
			Method: "GET", Path: path, Versions: op.Both, Me: of.path == "/me", Success: 200, Entity: cast.entity, Collection: true,
			Rule: rule, Locate: of.locate, Query: face.RefineOptions, Do: listReached(w),
		},
		{
			Name: "count" + of.name + relation + cast.name, Summary: "Count what it is a member of, as plain text.",
			Method: "GET", Path: path + "/$count", Versions: op.Both, Me: of.path == "/me", Success: 200,
			Rule: rule, Locate: of.locate, Query: countReachedOptions, Do: countReached(w),
		},
	}
}

// A walk goes from an object to what is next to it, and on from the groups among that.
type walk struct {
	next     func(c *op.Call, id guid.ID, first bool) ([]directory.Ref, error)
	depth    int            // how many steps
	kind     directory.Kind // what the path casts to; KindNone is anything
	advanced bool           // it is answered only as an advanced query (query.md §1, casts on transitive lists)
	whole    bool           // groups are shown as the objects of any kind that they are among
}

// upward are the groups that something is a member of now, the directory roles that it has
// in the whole tenant and, where the walk begins, the units that it is in.
func upward(c *op.Call, id guid.ID, first bool) ([]directory.Ref, error) {
	all, err := neighbours(func(after *store.Position) (store.Page[store.Place], error) {
		return c.Tx.Around(id, directory.Member, face.PageMost, after)
	}, func(p *store.Place) directory.Ref { return directory.Ref{ID: p.Group, Kind: directory.KindGroup} })
	if err != nil {
		return nil, err
	}
	if all, err = withoutHidden(c, id, all); err != nil {
		return nil, err
	}
	roles, err := rolesOf(c, id)
	if err != nil || !first {
		return append(all, roles...), err
	}
	in, err := unitsAround(c, id)
	return slices.Concat(all, roles, in), err
}

// rolesOf are the built-in roles that a principal has now in the whole tenant, itself.
func rolesOf(c *op.Call, id guid.ID) ([]directory.Ref, error) {
	all, err := rolesOfEach(c, []guid.ID{id})
	return all[id], err
}

// rolesOfEach is rolesOf for some principals, at most a page of them.
func rolesOfEach(c *op.Call, of []guid.ID) (map[guid.ID][]directory.Ref, error) {
	t, all, count := store.RoleAssignmentsNow, map[guid.ID][]directory.Ref{}, 0
	q := store.ListQuery{Rows: []store.Condition{store.Is(t.Column("principal"), of...)}, Limit: face.PageMost}
	for {
		page, err := store.List(c.Tx, t, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			s := &page.Rows[i]
			r := directory.Ref{ID: s.Target.Role, Kind: directory.KindRole}
			_, builtIn := roledata.ByID(r.ID)
			if builtIn && s.Target.Scope.Kind == pim.ScopeTenant && !slices.Contains(all[s.Principal], r) {
				all[s.Principal] = append(all[s.Principal], r)
				count++
			}
		}
		if q.After = page.Next; q.After == nil {
			return all, nil
		}
		if count > mostReached {
			return nil, tooFar()
		}
	}
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
func (w walk) reach(c *op.Call, from guid.ID) ([]directory.Ref, error) {
	seen := map[guid.ID]bool{from: true}
	var found []directory.Ref
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
			refs, err := w.next(c, at, step == 0)
			if err != nil {
				return nil, err
			}
			for _, r := range refs {
				if seen[r.ID] {
					continue
				}
				seen[r.ID] = true
				if found = append(found, r); r.Kind == directory.KindGroup {
					groups = append(groups, r.ID)
				}
			}
			if len(found) > mostReached {
				return nil, tooFar()
			}
		}
		level = groups
	}
	if w.kind != directory.KindNone {
		found = slices.DeleteFunc(found, func(r directory.Ref) bool { return r.Kind != w.kind })
	}
	slices.SortFunc(found, func(a, b directory.Ref) int { return a.ID.Compare(b.ID) })
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
		ranked, ranks, err := face.Refine(c, all, w.kind)
		if err != nil {
			return op.Answer{}, err
		}
		page, next, err := behind(c, ranked, ranks, limit)
		if err != nil {
			return op.Answer{}, err
		}
		total := int64(-1)
		if face.Advanced(c) && c.Query.SkipToken == "" {
			total = int64(len(ranked))
		}
		if w.kind == directory.KindGroup && !w.whole {
			return writeGroups(c, page, next, total)
		}
		return face.WriteRefs(c, page, next, total)
	}
}

// countReached counts what a walk reaches, with ConsistencyLevel: eventual (query.md §1).
func countReached(w walk) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		if !c.Advanced {
			return op.Answer{}, fault.BadRequest("", "$count is not currently supported.")
		}
		all, err := w.reach(c, c.Object.ID)
		if err != nil {
			return op.Answer{}, err
		}
		in := *c.Input        // the input is shared by the runs of a call
		in.Query.Count = true // the segment says so
		c.Input = &in
		ranked, _, err := face.Refine(c, all, w.kind)
		return face.CountAnswer(c, int64(len(ranked))), err
	}
}

// reachedBy names the order of what a walk reaches in page tokens.
const reachedBy = "reached"

// behind is the page that the caller's token asks for, and where the next one begins.
func behind(c *op.Call, all []face.Ranked, ranks face.Ranks, limit int) ([]directory.Ref, *store.Position, error) {
	if c.Query.SkipToken != "" {
		p, err := face.OpenPosition(c)
		if err != nil {
			return nil, nil, err
		}
		last, ok := guid.Parse(p.ID)
		if !ok || p.By != reachedBy+ranks.By {
			return nil, nil, fault.Bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
		i, found := slices.BinarySearchFunc(all, face.Ranked{Ref: directory.Ref{ID: last}, Key: p.Text}, ranks.Compare)
		if found {
			i++
		}
		all = all[i:]
	}
	var next *store.Position
	if len(all) > limit {
		all = all[:limit]
		next = &store.Position{By: reachedBy + ranks.By, Text: all[limit-1].Key, ID: all[limit-1].ID.String()}
	}
	page := make([]directory.Ref, len(all))
	for i := range all {
		page[i] = all[i].Ref
	}
	return page, next, nil
}

// writeGroups answers a page of a list that is cast to groups, which are shown as such.
func writeGroups(c *op.Call, page []directory.Ref, next *store.Position, total int64) (op.Answer, error) {
	s, err := groupEntity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	list, err := c.Tx.GroupsOf(face.Wanted(page, func(r *directory.Ref) guid.ID { return r.ID }))
	if err != nil {
		return op.Answer{}, err
	}
	found := map[guid.ID]*group{}
	for i := range list {
		found[list[i].ID] = &list[i]
	}
	return face.WritePage(c, "groups", next, total, func(w *edm.Writer) {
		for _, r := range page {
			if g := found[r.ID]; g != nil {
				groupEntity.Write(w, g, s)
			}
		}
	})
}
