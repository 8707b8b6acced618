package store

import (
	"context"
	"slices"
	"testing"

	"ephor/internal/when"
)

func TestRefusalsAreRecordedApartAndFolded(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "refused")
		write(t, tenant, put(s.env.NewID()))
		held, release := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		go func() { // the write lock is taken all the while
			done <- tenant.Write(context.WithoutCancel(t.Context()), func(*WriteTx) error { close(held); <-release; return nil })
		}()
		<-held
		for range 100 {
			tenant.Refused(record("one"))
		}
		tenant.Refused(record("other"))
		d.ticks.Add(when.Minute)
		tenant.Refused(record("one"))
		tenant.live.Load().refusals.ended.Wait()
		got, err := tenant.Refusals(t.Context(), when.Never, 10)
		if err != nil {
			t.Fatal(err)
		}
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		counts := map[string]int64{}
		for _, r := range got {
			counts[r.Record.Activity+" "+r.First.String()] = r.Times
		}
		at, later := when.Of(noon), when.Of(noon)+when.Minute
		want := map[string]int64{"one " + at.String(): 100, "other " + at.String(): 1, "one " + later.String(): 1}
		for key, n := range want {
			if counts[key] != n || len(got) != len(want) {
				t.Errorf("refusals %v, want %v", counts, want)
			}
		}
		if got := see(t, tenant); got != (sight{1, 1, 1, 1}) {
			t.Errorf("the log has changed: %+v", got)
		}
	})
}

// The log of refusals is bounded by age and by number: the oldest go.
func TestRefusalsAreNotKeptForEver(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		id := create(t, s, "refusals").ID()
		refuse := func(names ...string) (left []string) {
			t.Helper()
			tenant, err := s.Tenant(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := tenant.Snapshot(t.Context()); err != nil { // opens it
				t.Fatal(err)
			}
			for _, name := range names {
				d.ticks.Add(when.Second)
				tenant.Refused(record(name))
			}
			l := tenant.live.Load()
			l.refusals.ended.Wait()
			if len(names) == 0 {
				trim(t, l, 2)
			}
			got, err := tenant.Refusals(t.Context(), when.Never, 10)
			for _, r := range got {
				left = append(left, r.Record.Activity)
			}
			if err != nil {
				t.Fatal(err)
			}
			return left
		}
		if left := refuse("a", "b", "c", "d"); len(left) != 4 {
			t.Fatal(left)
		}
		if left := refuse(); !slices.Equal(left, []string{"d", "c"}) {
			t.Errorf("of four, two were to be left: %v", left)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, d.set)
		d.ticks.Add(int64(refusalsKept) - int64(when.Second)) // "c" is as old as that now
		if left := refuse("e"); !slices.Equal(left, []string{"e", "d"}) {
			t.Errorf("after a start, of what was old: %v", left)
		}
	})
}

// trim trims a log of refusals to so many.
func trim(t *testing.T, l *live, most int64) {
	t.Helper()
	e, err := l.refusalEngine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	link, err := e.begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer link.rollback()
	tx := &ReadTx{ctx: t.Context(), tenant: l.tenant, link: link}
	if err := trimRefusals(tx, when.Of(noon), most); err != nil {
		t.Fatal(err)
	}
	if err := link.commit(t.Context(), tx.pending); err != nil {
		t.Fatal(err)
	}
}
