package store

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ephor/internal/guid"
	"ephor/internal/pgtest"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// BenchmarkMemoryTenant makes a memory tenant of a seed that was filled before, and drops
// it again.
func BenchmarkMemoryTenant(b *testing.B) {
	s, err := Open(b.Context(), config(b.TempDir(), ""))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	seed := Seed{Key: "bench", Fill: func(tx *WriteTx) error {
		for range 100 {
			if err := put(s.env.NewID())(tx); err != nil {
				return err
			}
		}
		return nil
	}, Finish: func(tx *WriteTx) error { return put(tx.Tenant().ID())(tx) }}
	var ids []guid.ID
	for b.Loop() {
		t, err := s.CreateFrom(b.Context(), Spec{ID: s.env.NewID(), Kind: Development, Memory: true}, seed)
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, t.ID())
	}
	for _, id := range ids {
		if err := s.Drop(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite is a durable write of one object with its record, one at a time and by 32
// callers at once.
func BenchmarkWrite(b *testing.B) {
	for name, callers := range map[string]int{"one": 1, "thirty-two": 32} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), config(b.TempDir(), ""))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			t, err := s.Create(b.Context(), Spec{ID: s.env.NewID(), Kind: Development})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			work(b, t, callers)
		})
	}
}

// work writes b.N objects from so many callers.
func work(b *testing.B, t *Tenant, callers int) {
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := t.Write(b.Context(), put(t.store.env.NewID())); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkWritePostgres is the same on PostgreSQL.
func BenchmarkWritePostgres(b *testing.B) {
	for name, callers := range map[string]int{"one": 1, "thirty-two": 32} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), config(b.TempDir(), pgtest.Start(b)))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			t, err := s.Create(b.Context(), Spec{ID: s.env.NewID(), Kind: Development})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			work(b, t, callers)
		})
	}
}

// objectsOfOpen is how many users the tenant has that BenchmarkOpen opens; every tenth has
// a grant.
const objectsOfOpen = 300_000

// BenchmarkOpen opens a large tenant, and tells how much of its snapshot stays in memory.
func BenchmarkOpen(b *testing.B) {
	s, err := Open(b.Context(), config(b.TempDir(), "", func(c *Config) { c.Budget = time.Minute }))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	t, err := s.Create(b.Context(), Spec{ID: s.env.NewID(), Kind: Development})
	if err != nil {
		b.Fatal(err)
	}
	const random = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
	err = t.Write(b.Context(), func(tx *WriteTx) error {
		tx.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) INSERT INTO object ("+objectColumns+")"+
			" SELECT "+random+", 1, 1, 0, 0, 0, 0, 0, 0, "+never+" FROM n", objectsOfOpen)
		tx.exec("INSERT INTO schedule ("+scheduleColumns+", scope_id, open) SELECT "+random+", 1, id, $1, '/', '', '', 0, 0, "+never+
			", 1, "+never+", '', '', 0, "+never+", '', '', '', 1 FROM object WHERE substr(id, 1, 1) = '7' OR substr(id, 1, 2) < '0a'", roledata.DirectoryReaders)
		tx.exec("UPDATE total SET amount = $1 WHERE name = 'user'", objectsOfOpen)
		tx.Record(record("fill"))
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	link, err := t.engine().begin(b.Context(), true)
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(s.bindAll(b.Context(), link, 0), link.commit(b.Context(), nil)); err != nil {
		b.Fatal(err)
	}
	l := t.live.Load()
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	l.withdraw(func() {})
	before := heap()
	b.ResetTimer()
	for b.Loop() {
		l.withdraw(func() {})
		if _, err := l.reload(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/(objectsOfOpen/100_000), "ms/100k")
	b.ReportMetric((heap()-before)/1e6, "MB")
	if n := l.now.Load().snap.Objects(); n != objectsOfOpen {
		b.Errorf("%d objects", n)
	}
}

// BenchmarkActivate is a durable activation of a role with two records, one at a time and by
// 32 callers at once, on both engines.
func BenchmarkActivate(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for name, callers := range map[string]int{"one": 1, "thirty-two": 32} {
			b.Run(engine+"/"+name, func(b *testing.B) {
				url := ""
				if engine == "postgres" {
					url = pgtest.Start(b)
				}
				s, err := Open(b.Context(), config(b.TempDir(), url))
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				activate(b, s, callers)
			})
		}
	}
}

// activate has each of b.N users activate what they are eligible for.
func activate(b *testing.B, s *Store, callers int) {
	t, err := s.Create(b.Context(), Spec{ID: s.env.NewID(), Kind: Development})
	if err != nil {
		b.Fatal(err)
	}
	var in Import
	for range b.N {
		id, e := s.env.NewID(), s.env.NextID()
		in.Users = append(in.Users, person(id, id.String()))
		in.Schedules = append(in.Schedules, pim.Schedule{
			ID: e, Kind: pim.Eligible, Principal: id, Target: pim.Target{Role: roledata.DirectoryReaders},
			Window: when.Window{Start: 1, End: when.Never}, Request: e, Modified: when.Never, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
		})
	}
	err = t.Write(b.Context(), func(tx *WriteTx) error {
		tx.Record(record("fill"))
		_, err := tx.PutBuiltInRoles()
		return errors.Join(err, tx.InsertMany(in))
	})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				if err := t.Write(b.Context(), activation(s, in.Users[n].ID)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// activation is one user's request, from the facts to the records.
func activation(s *Store, user guid.ID) func(*WriteTx) error {
	why := "because"
	r := pim.Request{
		ID: s.env.NextID(), Side: pim.Assignment, Action: pim.SelfActivate, Principal: user, Target: pim.Target{Role: roledata.DirectoryReaders},
		Justification: &why, Schedule: lasting("PT1H"), By: pim.Actor{User: user}, Proof: pim.Proof{Methods: []string{"pwd", "mfa"}, MFA: true},
	}
	return func(tx *WriteTx) error {
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		v, err := pim.Decide(r, facts, tx.Now())
		if err != nil {
			return err
		}
		tx.Record(record("requested"))
		tx.Record(record("completed"))
		return tx.Apply(v)
	}
}
