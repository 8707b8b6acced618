package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
)

func version(seq int64) authz.Version { return authz.Version{Incarnation: 1, Seq: seq} }

func TestKeptRowIsSeenAtItsVersionsOnly(t *testing.T) {
	t.Parallel()
	id, other := guid.ID{15: 1}, guid.ID{15: 2}
	changed := map[guid.ID]bool{id: true}
	k := &keeper{}
	k.advance(authz.Version{}, version(5), nil)
	k.keep(id, "five", 1, version(5))
	k.keep(other, "other", 1, version(5))
	expect := func(id guid.ID, v authz.Version, want any) {
		t.Helper()
		if got := k.find(id, v); got != want {
			t.Errorf("at %v found %v, want %v", v, got, want)
		}
	}
	expect(id, version(5), "five")
	expect(id, version(4), nil) // it may have been another then
	expect(id, version(6), nil) // nobody has said that it is the same
	expect(id, authz.Version{Incarnation: 2, Seq: 5}, nil)

	k.advance(version(5), version(6), map[guid.ID]bool{other: true})
	expect(id, version(5), "five")
	expect(id, version(6), "five")
	expect(other, version(5), nil)

	k.keep(other, "old", 1, version(5)) // read before the change, and late
	expect(other, version(6), nil)
	k.keep(other, "six", 1, version(6))
	expect(other, version(6), "six")
	expect(other, version(5), nil)

	k.advance(version(6), version(7), changed)
	expect(id, version(7), nil)
	expect(other, version(7), "six")

	k.advance(version(8), version(9), nil) // what changed between 7 and 8 was not said
	expect(other, version(9), nil)

	k.keep(id, "nine", 1, version(9))
	k.advance(version(9), authz.Version{Incarnation: 2, Seq: 10}, nil)
	expect(id, authz.Version{Incarnation: 2, Seq: 10}, nil)
}

func TestKeptRowsAreBoundedAndWhatIsUsedStays(t *testing.T) {
	t.Parallel()
	k := &keeper{}
	k.advance(authz.Version{}, version(1), nil)
	used := guid.ID{0: 255}
	const size = keptBytes / keptShards / 10
	k.keep(used, "used", size, version(1))
	for i := range 1000 {
		k.keep(guid.ID{0: byte(i), 1: byte(i >> 8)}, i, size, version(1))
		if k.find(used, version(1)) == nil {
			t.Fatalf("what was used is gone after %d others", i+1)
		}
	}
	s := k.shard(used)
	if s.bytes > keptBytes/keptShards || len(s.rows) != len(s.ring) || len(s.rows) > 10 {
		t.Errorf("%d rows of %d bytes are kept, %d in the ring", len(s.rows), s.bytes, len(s.ring))
	}
	k.keep(guid.ID{0: 9, 2: 9}, "large", keptBytes, version(1))
	if k.find(guid.ID{0: 9, 2: 9}, version(1)) != nil {
		t.Error("a row was kept that is larger than all room")
	}
}

// sameAsStored fails unless every user is as the database holds it, read without what is
// kept.
func sameAsStored(tx *ReadTx, ids []guid.ID) error {
	for _, id := range ids {
		kept, keptFound, err := userShelf.of(tx, id)
		if err != nil {
			return err
		}
		plain := *tx
		plain.view = view{}
		stored, found, err := userShelf.of(&plain, id)
		if err != nil {
			return err
		}
		if keptFound != found || found && !reflect.DeepEqual(kept.Row, stored.Row) {
			return fmt.Errorf("at %v %s is kept as %+v, stored as %+v", tx.Version(), id, kept, stored)
		}
	}
	return nil
}

// Whatever is changed, undone and read meanwhile, what is read is what the database holds at
// that version, for readers and for the operations of a group.
func TestRowsReadAreThoseOfTheVersionWhileOthersWrite(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "kept")
		ids := newIDs(s, 6)
		write(t, tenant, func(tx *WriteTx) error {
			tx.Record(record("people"))
			for i, id := range ids[:4] {
				if err := tx.InsertUser(person(id, fmt.Sprint("user", i))); err != nil {
					return err
				}
			}
			return nil
		})
		var all sync.WaitGroup
		undone := errors.New("undone")
		for w := range 4 {
			all.Go(func() {
				dice := rand.New(rand.NewPCG(uint64(w), 7))
				for n := range 40 {
					id, fate := ids[dice.IntN(4)], dice.IntN(4)
					err := tenant.Write(t.Context(), func(tx *WriteTx) error {
						tx.Record(record("change"))
						u, found, err := tx.User(id)
						if err != nil || !found {
							return err
						}
						u.Profile.JobTitle = fmt.Sprint(w, n)
						if err := tx.UpdateUser(u); err != nil {
							return err
						}
						if got, _, err := tx.User(id); err != nil || got.Profile.JobTitle != u.Profile.JobTitle {
							t.Errorf("a transaction does not see its own change: %v, %v", got.Profile.JobTitle, err)
						}
						switch fate {
						case 0:
							return fault.BadRequest("", "refused")
						case 1:
							return undone
						}
						return sameAsStored(&tx.ReadTx, ids)
					})
					if err != nil && !errors.Is(err, undone) && !strings.Contains(err.Error(), "refused") {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range 60 {
					if err := tenant.Read(t.Context(), func(tx *ReadTx) error { return sameAsStored(tx, ids) }); err != nil {
						t.Error(err)
					}
					err := tenant.Judge(t.Context(), func(tx *ReadTx) error {
						if _, err := ListKept(tx, Users, ListQuery{Limit: 2}); err != nil {
							return err
						}
						return sameAsStored(tx, ids)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestChangingARowThatWasReadChangesNoOneElses(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	tenant, id := create(t, s, "shared"), s.env.NewID()
	write(t, tenant, func(tx *WriteTx) error {
		tx.Record(record("person"))
		u := person(id, "ada")
		u.Profile.OtherMails = []string{"a@example.org"}
		return tx.InsertUser(u)
	})
	for range 3 {
		read(t, tenant, func(tx *ReadTx) error {
			u, _, err := tx.User(id)
			if u.Profile.OtherMails[0] != "a@example.org" {
				t.Errorf("mails %v", u.Profile.OtherMails)
			}
			u.Profile.OtherMails[0] = "eve@example.org"
			return err
		})
	}
}

// A right to read, or an object, that is changed on one node is not read as it was on another.
func TestAnotherNodeDoesNotReadWhatItKeptBefore(t *testing.T) {
	t.Parallel()
	two := nodes(t, 2)
	here := create(t, two[0], "two")
	there, id := on(t, two[1], here), two[0].env.NewID()
	write(t, here, func(tx *WriteTx) error {
		tx.Record(record("person"))
		return tx.InsertUser(person(id, "ada"))
	})
	for n := range 10 {
		title := fmt.Sprint("title ", n)
		write(t, here, func(tx *WriteTx) error {
			tx.Record(record("change"))
			u, _, err := tx.User(id)
			if err != nil {
				return err
			}
			u.Profile.JobTitle = title
			return tx.UpdateUser(u)
		})
		// As the gate does: confirm, then read what is published.
		if _, _, err := there.Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got directory.User
		err := there.Judge(t.Context(), func(tx *ReadTx) (err error) {
			got, _, err = tx.User(id)
			return err
		})
		if err != nil || got.Profile.JobTitle != title {
			t.Fatalf("read %q (%v), want %q", got.Profile.JobTitle, err, title)
		}
	}
}

// Whoever may not see a row does not see it for its being kept.
func TestRowsThatAreKeptAreStillJudged(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	tenant, ids := create(t, s, "judged"), newIDs(s, 3)
	write(t, tenant, func(tx *WriteTx) error {
		tx.Record(record("people"))
		for i, id := range ids {
			if err := tx.InsertUser(person(id, fmt.Sprint("user", i))); err != nil {
				return err
			}
		}
		return nil
	})
	read(t, tenant, func(tx *ReadTx) error {
		for _, q := range []ListQuery{
			{Limit: 9},
			{Limit: 9, Rows: []Condition{Is(Users.Column("id"), ids[1])}},
			{Limit: 9, Rows: []Condition{Is(Users.Column("id"))}},
		} {
			want := 3
			if len(q.Rows) > 0 {
				want = len(q.Rows[0].Values)
			}
			page, err := ListKept(tx, Users, q)
			if err != nil || len(page.Rows) != want {
				t.Errorf("%d rows (%v), want %d", len(page.Rows), err, want)
			}
		}
		return nil
	})
	write(t, tenant, func(tx *WriteTx) error {
		tx.Record(record("delete"))
		return tx.DeleteUser(ids[1], tx.Now())
	})
	read(t, tenant, func(tx *ReadTx) error {
		if _, found, err := tx.User(ids[1]); found || err != nil {
			t.Errorf("a deleted user is found: %v", err)
		}
		page, err := ListKept(tx, Users, ListQuery{Limit: 9})
		if len(page.Rows) != 2 {
			t.Errorf("%d rows after one was deleted", len(page.Rows))
		}
		return err
	})
}
