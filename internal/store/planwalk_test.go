//go:build !race

package store

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"ephor/internal/edm"
	"ephor/internal/odata"
)

// walkedRows is how many index rows a page of a walked table examines: what follows would be
// asked in the same words.
const walkedRows = 1000

// A walked table is one of which every filter's plan is looked at: for each of its columns,
// every operator that the column answers.
type walked struct {
	name    string // of the variable
	filters []planned
}

// everyFilter walks a table's columns. Within are filters of which the wire always asks for
// one, none if it does not; rows and values are what its callers always say.
func everyFilter[T any](name string, table *Table[T], q ListQuery, within ...string) walked {
	return walkTable(name, table, q, within, false)
}

// likewise is everyFilter for a table that differs from one that is walked in its condition
// alone, which is judged row by row. One filter of each column will do, but in a long look.
func likewise[T any](name string, table *Table[T], q ListQuery, within ...string) walked {
	return walkTable(name, table, q, within, rowsOfPrivilege() == rowsOfPlans)
}

func walkTable[T any](name string, table *Table[T], q ListQuery, within []string, brief bool) walked {
	w := walked{name: name}
	q.chunks = []int{walkedRows}
	if len(within) == 0 {
		w.filters = append(w.filters, plan(name, table, q))
		within = []string{""}
	}
	for _, outer := range within {
		if outer != "" {
			w.filters = append(w.filters, plan(name+" "+outer, table, q, outer))
			outer += " and "
		}
		for _, column := range slices.Sorted(maps.Keys(table.Columns)) {
			if strings.Contains(column, " ") { // which no filter can name: it is what $search asks for
				found := q
				found.Filter = odata.Any{Path: odata.Path{Names: []string{column}}, Var: "x", Body: odata.Match{Func: odata.StartsWith, Path: odata.Path{Var: "x"}, Arg: "w1"}}
				w.filters = append(w.filters, plan(name+" "+outer+column, table, found))
				continue
			}
			filters := filtersOf(column, table.Columns[column])
			if brief && len(filters) > 0 {
				filters = filters[:1]
			}
			for _, filter := range filters {
				w.filters = append(w.filters, plan(name+" "+outer+filter, table, q, outer+filter))
			}
		}
	}
	return w
}

// spellings are all that some column spells.
func spellings() []string {
	all := append(actions(), statuses()...)
	return append(all, "member", "owner", "Assigned", "Activated", "Direct", "Group", "Inherited", "role", "group", "eligible", "active",
		"AllPrincipals", "Principal", "success", "failure", "timeout", "/", "/administrativeUnits/"+firstID.String(), "/"+firstID.String(), "PendingProvisioning")
}

// literals are values to compare a column with: of a column that spells, all the words that
// it knows, and one that it does not.
func literals(c Column) []string {
	if c.Spell != nil {
		var known []string
		for _, w := range spellings() {
			if _, ok := c.Spell(w); ok || w == "PendingProvisioning" {
				known = append(known, "'"+w+"'")
			}
		}
		if c.Lead == nil { // all are asked for in the same words
			known = []string{known[0], "'PendingProvisioning'"}
		}
		return known
	}
	switch c.Kind {
	case odata.KindID:
		return []string{"'00000000-0000-4000-8000-000000000007'", "'" + firstID.String() + "'"}
	case odata.KindBool:
		return []string{"true", "false"}
	case odata.KindInt:
		return []string{"3"}
	case odata.KindInstant:
		return []string{"1970-01-01T00:00:00.002Z"}
	}
	return []string{"'w4'"}
}

// filtersOf are the filters that name one column.
func filtersOf(path string, c Column) []string {
	if c.Many != nil {
		return elementFilters(path, c.Many)
	}
	var all []string
	values := literals(c)
	for _, op := range []struct {
		ops   edm.Ops
		words string
	}{{edm.Eq, "eq"}, {edm.Ne, "ne"}, {edm.Ge, "ge gt"}, {edm.Le, "le lt"}} {
		if c.Ops&op.ops == 0 || len(values) == 0 {
			continue
		}
		for word := range strings.FieldsSeq(op.words) {
			for _, v := range values {
				all = append(all, path+" "+word+" "+v)
			}
		}
	}
	if c.Ops&edm.In != 0 && len(values) > 0 {
		all = append(all, path+" in ("+values[0]+")", path+" in ("+strings.Join(values, ",")+")")
	}
	if c.Ops&edm.Not != 0 && len(values) > 0 {
		all = append(all, "not ("+path+" eq "+values[0]+")")
	}
	if c.Ops&edm.Null != 0 {
		all = append(all, path+" eq null", path+" ne null")
	}
	for ops, function := range map[edm.Ops]string{edm.StartsWith: "startswith", edm.EndsWith: "endswith", edm.Contains: "contains"} {
		if c.Ops&ops != 0 && c.Spell == nil {
			all = append(all, function+"("+path+",'w1')")
		}
	}
	slices.Sort(all)
	return all
}

// elementFilters are the filters that name one property of a collection's elements.
func elementFilters(path string, many *Elements) []string {
	all := []string{path + "/any()"}
	for name, c := range many.Columns {
		of := "x"
		if name != "" {
			of += "/" + name
		}
		for _, filter := range filtersOf(of, c) {
			all = append(all, path+"/any(x:"+filter+")")
		}
	}
	slices.Sort(all)
	return all
}

// walkedTables are all the lists that there are.
func walkedTables() []walked {
	rows := func(c Column) ListQuery { return ListQuery{Rows: []Condition{Is(c, firstID)}} }
	unit := ListQuery{Values: map[string]any{"unit": firstID.String()}}
	inGroup := []string{"group eq '" + firstID.String() + "'", "principal eq '00000000-0000-4000-8000-000000000007'"}
	candidate := func(c Column) ListQuery { return ListQuery{Rows: []Condition{Is(c, firstID, secondID)}} }
	return []walked{
		everyFilter("Users", Users, ListQuery{}), likewise("DeletedUsers", DeletedUsers, ListQuery{}),
		everyFilter("Groups", Groups, ListQuery{}), likewise("DeletedGroups", DeletedGroups, ListQuery{}),
		everyFilter("Applications", Applications, ListQuery{}), likewise("DeletedApplications", DeletedApplications, ListQuery{}),
		everyFilter("ServicePrincipals", ServicePrincipals, ListQuery{}), likewise("DeletedServicePrincipals", DeletedServicePrincipals, ListQuery{}),
		everyFilter("Units", Units, ListQuery{}), everyFilter("DeletedUnits", DeletedUnits, ListQuery{}),
		everyFilter("UnitMembers", UnitMembers, rows(UnitMembers.Column("unit"))),
		everyFilter("UnitUsers", UnitUsers, unit), likewise("UnitGroups", UnitGroups, unit),
		everyFilter("UnitsOfMember", UnitsOfMember, rows(UnitsOfMember.Column("member"))),
		everyFilter("Reports", Reports, rows(Reports.Column("manager"))),
		everyFilter("Consents", Consents, ListQuery{}), everyFilter("RoleGrants", RoleGrants, ListQuery{}),
		everyFilter("AuditRecords", AuditRecords, ListQuery{}), everyFilter("SignIns", SignIns, ListQuery{}),
		everyFilter("Roles", Roles, ListQuery{}), everyFilter("DirectoryRoles", DirectoryRoles, ListQuery{}),

		likewise("RoleSchedules", RoleSchedules, ListQuery{}),
		likewise("RoleEligibilities", RoleEligibilities, ListQuery{}), likewise("RoleEligibilitiesNow", RoleEligibilitiesNow, ListQuery{}),
		likewise("RoleAssignments", RoleAssignments, ListQuery{}), everyFilter("RoleAssignmentsNow", RoleAssignmentsNow, ListQuery{}),
		likewise("RoleAssignmentsOnce", RoleAssignmentsOnce, ListQuery{}),
		likewise("GroupEligibilities", GroupEligibilities, ListQuery{}, inGroup...), likewise("GroupEligibilitiesNow", GroupEligibilitiesNow, ListQuery{}, inGroup...),
		likewise("GroupAssignments", GroupAssignments, ListQuery{}, inGroup...), everyFilter("GroupAssignmentsNow", GroupAssignmentsNow, ListQuery{}, inGroup...),
		everyFilter("GroupPlaces", GroupPlaces, ListQuery{}, inGroup...),
		everyFilter("Holdings", Holdings, rows(Holdings.Column("principal"))), likewise("HeldPlaces", HeldPlaces, rows(HeldPlaces.Column("principal"))),

		likewise("RoleEligibilityRequests", RoleEligibilityRequests, ListQuery{}), everyFilter("RoleAssignmentRequests", RoleAssignmentRequests, ListQuery{}),
		likewise("GroupEligibilityRequests", GroupEligibilityRequests, ListQuery{}, inGroup...), everyFilter("GroupAssignmentRequests", GroupAssignmentRequests, ListQuery{}, inGroup...),
		likewise("RoleEligibilityInbox", RoleEligibilityInbox, candidate(RoleEligibilityInbox.Column("candidate"))),
		everyFilter("RoleAssignmentInbox", RoleAssignmentInbox, candidate(RoleAssignmentInbox.Column("candidate"))),
		likewise("GroupEligibilityInbox", GroupEligibilityInbox, candidate(GroupEligibilityInbox.Column("candidate"))),
		likewise("GroupAssignmentInbox", GroupAssignmentInbox, candidate(GroupAssignmentInbox.Column("candidate"))),
		likewise("RoleInbox", RoleInbox, candidate(RoleInbox.Column("candidate"))), likewise("GroupInbox", GroupInbox, candidate(GroupInbox.Column("candidate"))),
	}
}

// elsewhere are tables that have no filter of a caller's: plans() lists them by their own
// queries.
var elsewhere = map[string]string{
	"standingIn": "members", "standingOf": "groups of a member", "timedIn": "members", "timedOf": "groups of a member",
}

// A table that somebody adds is walked too, or this fails.
func TestEveryTableIsWalked(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range walkedTables() {
		if seen[w.name] {
			t.Errorf("%s is walked twice", w.name)
		}
		seen[w.name] = true
	}
	declared := tablesOf(t)
	if len(declared) < 40 {
		t.Fatalf("only %d tables are found in the package's source", len(declared))
	}
	for _, name := range declared {
		if !seen[name] && elsewhere[name] == "" {
			t.Errorf("table %s is not walked", name)
		}
		delete(seen, name)
	}
	for name := range seen {
		t.Errorf("there is no table %s", name)
	}
}

// tablesOf are the names of the package's variables that are tables.
func tablesOf(t *testing.T) []string {
	t.Helper()
	files := token.NewFileSet()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var parsed []*ast.File
	makers := map[string]bool{} // functions that answer with a table
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Type.Results != nil && len(fn.Type.Results.List) == 1 && isTable(fn.Type.Results.List[0].Type) {
				makers[fn.Name.Name] = true
			}
		}
	}
	var names []string
	for _, f := range parsed {
		for _, d := range f.Decls {
			names = append(names, tablesIn(d, makers)...)
		}
	}
	return names
}

// tablesIn are the variables of a declaration whose values are tables.
func tablesIn(d ast.Decl, makers map[string]bool) (names []string) {
	decl, ok := d.(*ast.GenDecl)
	if !ok || decl.Tok != token.VAR {
		return nil
	}
	for _, s := range decl.Specs {
		spec, _ := s.(*ast.ValueSpec)
		for i, v := range spec.Values {
			switch v := v.(type) {
			case *ast.UnaryExpr:
				if literal, ok := v.X.(*ast.CompositeLit); ok && isTable(&ast.StarExpr{X: literal.Type}) {
					names = append(names, spec.Names[i].Name)
				}
			case *ast.CallExpr:
				if fn, ok := v.Fun.(*ast.Ident); ok && makers[fn.Name] {
					names = append(names, spec.Names[i].Name)
				}
			}
		}
	}
	return names
}

// isTable reports whether a type is *Table[…].
func isTable(x ast.Expr) bool {
	star, ok := x.(*ast.StarExpr)
	if !ok {
		return false
	}
	of, ok := star.X.(*ast.IndexExpr)
	return ok && fmt.Sprint(of.X) == "Table"
}
