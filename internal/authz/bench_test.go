package authz

import (
	"fmt"
	"runtime"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// A city is a tenant of many users, of whom one in ten has a schedule: helpdesk
// administrators through a group in a group by activation, of one unit, and targets with
// privilege of their own.
type city struct {
	snap  *Snapshot
	users int
}

func build(users int) city {
	e := Build(func(yield func(guid.ID, Facts) bool) {
		for i := range users {
			if !yield(numbered(uint64(i)), Facts{Kind: directory.KindUser}) {
				return
			}
		}
	})
	w := world{e}
	for i := range 20 {
		inner, outer := fmt.Sprint("inner", i), fmt.Sprint("outer", i)
		w.group(inner)
		w.group(outer)
		w.join(inner, outer)
		w.eligible(outer, helpdesk)
		w.assign(outer, helpdesk)
	}
	for i := range 1000 {
		w.unit(fmt.Sprint("unit", i), false)
	}
	for i := 0; i < users; i += 10 {
		w.inhabit(numbered(uint64(i)), i/10)
	}
	for i := range users {
		w.PutUnitMember(named(fmt.Sprint("unit", i%1000)), numbered(uint64(i)))
		if i > users/10 {
			break
		}
	}
	return city{e.Publish(Version{}), users}
}

// inhabit gives the nth holder of a schedule what it has.
func (w world) inhabit(id guid.ID, n int) {
	s := pim.Schedule{
		ID: numbered(uint64(n) + 1<<40), Principal: id, Kind: pim.Assigned,
		Target: pim.Target{Role: helpdesk}, Window: when.Window{Start: noon, End: noon + when.Hour},
	}
	switch n % 4 {
	case 0:
		inner := named(fmt.Sprint("inner", n%20))
		w.PutMembership(directory.Membership{ID: s.ID, Group: inner, Member: directory.Ref{ID: id}})
		return
	case 1:
		s.Target.Scope = pim.Scope{Kind: pim.ScopeUnit, ID: named(fmt.Sprint("unit", n%1000))}
	case 2:
		s.Kind = pim.Eligible
	}
	w.PutSchedule(s)
}

// A question is one of the ten thousand that a benchmark asks.
type question struct {
	subject  guid.ID
	action   roledata.Action
	resource directory.Ref
}

func (c city) questions(tb testing.TB) []question {
	all := make([]question, 10_000)
	actions := []roledata.Action{act(tb, revoke), act(tb, reset), act(tb, readUser), act(tb, "users/basic/update")}
	for i := range all {
		n := i * 7919 % (c.users / 10)
		target := i * 104729 % c.users
		if n%4 == 1 && i/16%2 == 0 {
			target = n % 1000 // in the holder's own unit
		}
		all[i] = question{
			numbered(uint64(10 * n)), actions[i/4%len(actions)], // holders of one sort are four apart
			directory.Ref{ID: numbered(uint64(target)), Kind: directory.KindUser},
		}
	}
	return all
}

func TestDecisionAllocatesNothing(t *testing.T) {
	c := build(10_000)
	asked := c.questions(t)
	allowed := 0
	n := 0
	allocs := testing.AllocsPerRun(len(asked), func() {
		q := &asked[n%len(asked)]
		n++
		if c.snap.Can(q.subject, q.action, q.resource, noon).Allowed {
			allowed++
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if allowed == 0 || allowed == n {
		t.Errorf("%d of %d allowed: the questions are too simple", allowed, n)
	}
}

func TestPermittedCallAllocatesNothing(t *testing.T) {
	w := newWorld()
	w.users("ada", "bob")
	w.group("ops", "ada")
	w.assign("ops", helpdesk)
	c := w.signedIn("ada", "User.ReadWrite.All")
	snap, o := w.Publish(Version{}), Object{Ref: user("bob")}
	if allocs := testing.AllocsPerRun(1000, func() {
		if snap.Require(c, ruleRevoke, o, noon) != nil {
			t.Error("refused")
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkCan(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		c := build(users)
		asked := c.questions(b)
		strings, texts := make(map[string]uint64, users), make([]string, len(asked))
		for i := range users {
			strings[numbered(uint64(i)).String()] = uint64(i)
		}
		for i := range asked {
			texts[i] = asked[i].resource.ID.String()
		}
		b.Run(fmt.Sprintf("can/%d", users), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				q := &asked[i%len(asked)]
				c.snap.Can(q.subject, q.action, q.resource, noon)
			}
		})
		b.Run(fmt.Sprintf("map by string/%d", users), func(b *testing.B) {
			for i := range b.N {
				_ = strings[texts[i%len(texts)]]
			}
		})
	}
}

// An edit costs the size of the change, not of the tenant.
func BenchmarkEdit(b *testing.B) {
	for _, users := range []int{10_000, 1_000_000} {
		snap := build(users).snap
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				e := snap.Edit()
				e.PutSchedule(pim.Schedule{
					ID: numbered(uint64(i)), Principal: numbered(uint64(i % users)), Kind: pim.Assigned,
					Target: pim.Target{Role: helpdesk}, Window: when.Window{Start: noon, End: when.Never},
				})
				snap = e.Publish(Version{Seq: int64(i)})
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for range b.N {
		c := build(1_000_000)
		b.StopTimer()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MB")
		runtime.KeepAlive(c.snap)
		b.StartTimer()
	}
}
