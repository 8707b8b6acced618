package matrix

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A row is what operations.md says of one operation.
type row struct {
	Method, Path, Source, Roles string
	Family                      string // "pim" where refusals are in PIM's words
	Hidden                      bool   // what may not be touched is as if it were not there
	Decisions                   []string
	permissions
	Cases []rule
}

// permissions are enough, each alone, together with all of Also. Of those that May the
// reference does not say whether they are.
type permissions struct {
	Delegated, Application []string
	Also                   []string
	May, MayApplication    []string
}

// A rule is who may do one thing that an operation can be asked for.
type rule struct {
	Case    string   // names the request in examples
	Target  string   // the kinds of target, in targets
	Who     []string // who may without a role: anyone, member, self, owner
	Named   []string // roles, or codes for several
	Actions []string // below microsoft.directory, of which one is enough
	Self    string   // the action that everybody of a kind may have on themselves
	Table   string   // that judges the target: password, sensitive, either
	Arms    bool     // on what is privileged, for those only who could grant it
	Granter bool     // for those only who could grant roles
	Decides bool     // on whom has privilege, for those only who could grant it
	permissions
}

// A published role.
type publishedRole struct {
	TemplateID, DisplayName, AssignmentMode string
	Actions                                 []string
	ConditionalActions                      []struct {
		Condition string
		Actions   []string
	}
	InheritsPermissionsFrom []string
}

// A table says which targets a role reaches.
type table struct {
	Actors map[string]json.RawMessage
	Cells  []struct {
		Actor, Target string
		Allowed       bool
	}
}

// published is all that is expected.
type published struct {
	codes  map[string][]string
	rows   map[string]*row // by method and path
	roles  []publishedRole
	byID   map[string]*publishedRole
	byName map[string]*publishedRole
	tables map[string]*table
	// columnless are the roles without a column, and whom they reach.
	columnless map[string]string
}

var expected = sync.OnceValue(func() *published {
	p := &published{rows: map[string]*row{}, byID: map[string]*publishedRole{}, byName: map[string]*publishedRole{}, columnless: map[string]string{}}
	var operations struct {
		Codes      map[string][]string
		Operations []*row
	}
	read("operations.json", &operations)
	p.codes = operations.Codes
	for _, r := range operations.Operations {
		if p.rows[key(r.Method, r.Path)] != nil {
			panic("operations.json has twice " + key(r.Method, r.Path))
		}
		p.rows[key(r.Method, r.Path)] = r
	}
	read("builtin-roles.json", &p.roles)
	for i := range p.roles {
		p.byID[p.roles[i].TemplateID], p.byName[p.roles[i].DisplayName] = &p.roles[i], &p.roles[i]
	}
	var tables struct {
		PasswordReset, SensitiveActions *table
		LegacyPartnerRoles              map[string]any
		// Lists of roles by action, and what is suggested for all of them.
		RolesHoldingTheActionsWithNoColumn map[string]json.RawMessage
	}
	read("sensitive-actions.json", &tables)
	p.tables = map[string]*table{"password": tables.PasswordReset, "sensitive": tables.SensitiveActions}
	for _, list := range tables.RolesHoldingTheActionsWithNoColumn {
		var roles []publishedRole
		if json.Unmarshal(list, &roles) == nil {
			for _, r := range roles {
				p.columnless[r.TemplateID] = "noRole"
			}
		}
	}
	for id, reach := range tables.LegacyPartnerRoles {
		if text, ok := reach.(string); ok {
			p.columnless[id] = text
		}
	}
	return p
})

func key(method, path string) string { return method + " " + path }

func read(name string, into any) {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		panic(name + ": " + err.Error())
	}
}

// assignable are the roles that can be assigned.
func (p *published) assignable() (list []*publishedRole) {
	for i := range p.roles {
		if p.roles[i].AssignmentMode != "systemAssigned" {
			list = append(list, &p.roles[i])
		}
	}
	return list
}

// is reports whether a role is one of the named, which may be codes.
func (p *published) is(r *publishedRole, named []string) bool {
	return slices.ContainsFunc(named, func(n string) bool {
		return n == r.DisplayName || slices.Contains(p.codes[n], r.DisplayName)
	})
}

// under is the rule's own permissions where it has some, else those of its operation.
func (r *rule) under(o *row) permissions {
	p := o.permissions
	if r.Delegated != nil {
		p.Delegated = r.Delegated
	}
	if r.Application != nil {
		p.Application = r.Application
	}
	p.Also = append(slices.Clone(p.Also), r.Also...)
	if r.May != nil {
		p.May = r.May
	}
	if r.MayApplication != nil {
		p.MayApplication = r.MayApplication
	}
	return p
}

func TestPublishedDataIsWhole(t *testing.T) {
	t.Parallel()
	p := expected()
	if got := len(p.assignable()); got != 142 {
		t.Errorf("%d assignable roles, want 142", got)
	}
	if len(p.columnless) != 5 {
		t.Errorf("%d roles have no column and a default, want 5", len(p.columnless))
	}
	for name, tb := range p.tables {
		if len(tb.Actors) == 0 || len(tb.Cells) == 0 {
			t.Errorf("the table %s is empty", name)
		}
	}
	actions := map[string]bool{}
	for _, r := range p.roles {
		for _, a := range r.Actions {
			actions[strings.TrimPrefix(a, "microsoft.directory/")] = true
		}
	}
	for name, o := range p.rows {
		if len(o.Cases) == 0 {
			t.Errorf("%s has no case", name)
		}
		for _, c := range o.Cases {
			for _, n := range c.Named {
				if p.byName[n] == nil && p.codes[n] == nil {
					t.Errorf("%s %s names %q, which is no role", name, c.Case, n)
				}
			}
			if u := c.under(o); len(u.Delegated)+len(u.Application) == 0 {
				t.Errorf("%s %s has no permissions", name, c.Case)
			}
			if len(c.Actions) > 0 && !slices.ContainsFunc(c.Actions, func(a string) bool { return actions[a] || unheld[a] }) {
				t.Errorf("%s %s: no role has any of %v", name, c.Case, c.Actions)
			}
		}
	}
}

// unheld are actions of notes.md that no built-in role names, but that wider ones cover.
var unheld = map[string]bool{"users/passwordPolicies/update": true}
