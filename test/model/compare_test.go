package model

import (
	"fmt"
	"slices"
	"strings"

	"ephor/test/harness"
)

const directoryPath = "/roleManagement/directory/"

// compare holds everything that can be seen against the model.
func (b *both) compare() {
	b.Helper()
	active := func(g *grant) bool { return g.kind != eligible }
	entitled := func(g *grant) bool { return g.kind == eligible }
	for _, view := range []struct {
		list  string
		kinds func(*grant) bool
		shows func(*grant) bool
		model func(*grant) string
		row   func(map[string]any) string
	}{
		{"roleAssignmentScheduleInstances", active, b.ref.inForce, b.instance, instanceRow("roleAssignmentScheduleId")},
		{"roleEligibilityScheduleInstances", entitled, b.ref.inForce, b.instance, instanceRow("roleEligibilityScheduleId")},
		{"roleAssignments", active, b.ref.inForce, b.assignment, assignmentRow},
		{"roleAssignmentSchedules", active, b.ref.listed, b.schedule, scheduleRow},
		{"roleEligibilitySchedules", entitled, b.ref.listed, b.schedule, scheduleRow},
	} {
		var want []string
		for _, g := range b.ref.grants {
			if view.kinds(g) && view.shows(g) {
				want = append(want, view.model(g))
			}
		}
		if view.list == "roleAssignments" { // assigned and activated, it is one assignment all the same
			slices.Sort(want)
			want = slices.Compact(want)
		}
		b.same(b.admin, view.list, want, view.row)
	}
	b.decisions()
	b.calls()
	b.asked()
	b.inboxes()
}

// own compares what somebody sees of what they hold themselves, or as a member of a group.
func (b *both) own(c *harness.Caller, person int) {
	b.Helper()
	for list, kinds := range map[string][]string{
		"roleAssignmentScheduleInstances": {assigned, activated}, "roleEligibilityScheduleInstances": {eligible},
	} {
		var want []string
		for _, g := range b.ref.grants {
			if !slices.Contains(kinds, g.kind) || !b.ref.inForce(g) {
				continue
			}
			switch {
			case g.who == person:
				want = append(want, fmt.Sprintln(b.holder(g), kindOf(g), "Direct"))
			case g.who >= people && b.ref.beings[g.who].seats[person] != 0:
				want = append(want, fmt.Sprintln(b.holder(g), kindOf(g), "Group"))
			}
		}
		b.same(c, list+"/filterByCurrentUser(on='principal')", want, func(r map[string]any) string {
			return fmt.Sprintln(r["principalId"], r["roleDefinitionId"], r["assignmentType"], r["memberType"])
		})
	}
}

// same compares a list, as somebody sees it, with what the model would show.
func (b *both) same(c *harness.Caller, list string, want []string, row func(map[string]any) string) {
	b.Helper()
	a := c.Do("GET", directoryPath+list+"?$top=500", "")
	if a.Status != 200 || a.Get("@odata.nextLink") != nil {
		b.Fatalf("list %s: %d %s", list, a.Status, a.Text)
	}
	var got []string
	seen := map[any]bool{}
	for _, r := range a.Values() {
		if seen[r["id"]] {
			b.Fatalf("%s shows the id %v twice: %s", list, r["id"], a.Text)
		}
		seen[r["id"]] = true
		if r["principalId"] != b.house.ID("ada").String() {
			got = append(got, row(r))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Fatalf("at %s %s shows\n\t%s\nwant\n\t%s", wire(b.ref.now), list, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// Each grant, and each row, as a line of the same words.

func (b *both) holder(g *grant) string {
	return fmt.Sprintf("%s %s", b.house.ID(name(g.who)), powers[g.role].role)
}

func kindOf(g *grant) any {
	if g.kind == eligible {
		return nil
	}
	return g.kind
}

func (b *both) instance(g *grant) string {
	var from, to any
	if !g.plain {
		from = wire(g.from)
	}
	if !g.to.Equal(never) {
		to = wire(g.to)
	}
	return fmt.Sprintln(b.holder(g), kindOf(g), from, to, g.id)
}

func instanceRow(schedule string) func(map[string]any) string {
	return func(r map[string]any) string {
		return fmt.Sprintln(r["principalId"], r["roleDefinitionId"], r["assignmentType"], r["startDateTime"], r["endDateTime"], r[schedule])
	}
}

func (b *both) assignment(g *grant) string {
	return fmt.Sprintln(b.holder(g), assignmentID(powers[g.role].role, b.house.ID(name(g.who))))
}

func assignmentRow(r map[string]any) string {
	return fmt.Sprintln(r["principalId"], r["roleDefinitionId"], r["id"])
}

func (b *both) schedule(g *grant) string {
	status := "Provisioned"
	if g.from.After(b.ref.now) {
		status = "Granted"
	}
	return fmt.Sprintln(b.holder(g), kindOf(g), wire(g.from), status, g.id)
}

func scheduleRow(r map[string]any) string {
	info, _ := r["scheduleInfo"].(map[string]any)
	return fmt.Sprintln(r["principalId"], r["roleDefinitionId"], r["assignmentType"], info["startDateTime"], r["status"], r["id"])
}

// decisions compares what the decision API says of every person and role.
func (b *both) decisions() {
	b.Helper()
	var all []harness.Question
	for p := range people {
		for _, power := range powers {
			q := power.question
			q.Subject = name(p)
			all = append(all, q)
		}
	}
	rulings, err := b.admin.DecideAll(all)
	if err != nil {
		b.Fatalf("decisions: %v", err)
	}
	for i, ruling := range rulings {
		p, role := i/roles, i%roles
		if want := b.ref.has(p, role); ruling.Decision != want {
			b.Fatalf("at %s %s may %v, want %v (%+v)", wire(b.ref.now), all[i].Subject, ruling.Decision, want, ruling.Context)
		}
	}
}

// calls has everybody who ever signed in do what each role is for.
func (b *both) calls() {
	b.Helper()
	for p := range people {
		c := b.as(p, false)
		if c == nil {
			continue
		}
		if b.ref.acts(p) {
			b.own(c, p)
		}
		for role, power := range powers {
			want := 403
			switch {
			case !b.ref.acts(p):
				want = 401
			case b.ref.has(p, role):
				want = power.success
			}
			if a := c.Do(power.method, power.path, power.body); a.Status != want {
				b.Fatalf("at %s %s: %s %s = %d %s, want %d", wire(b.ref.now), name(p), power.method, power.path, a.Status, a.Text, want)
			}
		}
		if old := b.former[p]; old != nil {
			if a := old.Do("GET", "/me?$select=id", ""); a.Status != 401 {
				b.Fatalf("a token of %s from before still has the answer %d", name(p), a.Status)
			}
		}
	}
}
