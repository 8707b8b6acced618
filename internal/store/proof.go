package store

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// A live grant without its audit record is not honoured (design, Promises). A schedule's row
// names the record of the write that put it, and carries a proof that they belong together: a
// keyed hash, under a key that is not in the database, of all that decisions read of it and of
// the record's place in the log. The snapshot takes in only what is proven and whose record is
// there, so that a row put in by hand, or one whose record was taken away, gives nothing; and
// what is not in the snapshot is no ground for a request either. What was taken from the log
// or changed in it besides, Verify finds.

// proofKey is the key of proofs, made of the master key. It is the same for all tenants,
// because tenants are copies of filled templates.
func proofKey(master Key) []byte {
	key, err := hkdf.Key(sha256.New, master[:], nil, "ephor grant proof 1", sha256.Size)
	if err != nil {
		panic("store: " + err.Error()) // only for a key that is too long
	}
	return key
}

// prove is the proof of schedule s and the record at that place in the log.
func (s *Store) prove(w *pim.Schedule, record int64) []byte {
	scope, app := scopeTexts(w.Target)
	b := make([]byte, 0, 256)
	for _, id := range []guid.ID{w.ID, w.Principal, w.Target.Role, w.Target.Group, w.Via.Eligibility, w.Via.Membership} {
		b = append(b, id[:]...)
	}
	for _, n := range []int64{record, int64(w.Kind), int64(w.Target.Relation), int64(w.Window.Start), int64(w.Window.End), int64(len(scope))} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	h, ok := s.provers.Get().(hash.Hash)
	if !ok {
		h = hmac.New(sha256.New, s.proofKey)
	}
	h.Reset()
	h.Write(append(append(b, scope...), app...))
	proof := h.Sum(nil)
	s.provers.Put(h)
	return proof
}

// provenColumns are windowColumns and what says whether the window is proven.
const provenColumns = windowColumns + ", record, proof, coalesce((SELECT 1 FROM audit a WHERE a.idx = schedule.record), 0)"

// A claim is a schedule as its row has it, and whether it may be honoured.
type claim struct {
	schedule pim.Schedule
	record   int64
	proven   bool
}

func (s *Store) scanClaim(scan func(dest ...any) error) (c claim, err error) {
	var proof []byte
	var there int64
	c.schedule, err = scanWindow(func(dest ...any) error { return scan(append(dest, &c.record, &proof, &there)...) })
	c.proven = err == nil && there == 1 && hmac.Equal(proof, s.prove(&c.schedule, c.record))
	return c, err
}

// claim is the schedule with that id, unless it is recorded as ended.
func (tx *ReadTx) claim(id guid.ID) (c claim, found bool, err error) {
	err = tx.query("SELECT "+provenColumns+" FROM schedule WHERE open = 1 AND id = $1", []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		c, err = tx.tenant.store.scanClaim(scan)
		return err
	})
	return c, found, err
}

// honoured reports whether the snapshot holds the principal's schedule, as it holds all that
// are proven.
func (tx *ReadTx) honoured(principal, schedule guid.ID) bool {
	snap := tx.Snap()
	return snap == nil || snap.Knows(principal, schedule)
}

// loadSchedules takes in what is proven, and gives what is not.
func loadSchedules(c crew, edit *authz.Edit) (unproven []guid.ID, err error) {
	err = gather(c, "SELECT "+provenColumns+" FROM schedule WHERE open = 1 AND principal_id >= $1 AND principal_id < $2 ORDER BY principal_id, id",
		c[0].tenant.store.scanClaim, func(c claim) {
			if c.proven {
				edit.PutSchedule(c.schedule)
			} else {
				unproven = append(unproven, c.schedule.ID)
			}
		})
	slices.SortFunc(unproven, guid.ID.Compare)
	return unproven, err
}

// shown is how many unproven grants are named where they are told of.
const shown = 10

// tell reports grants that are not honoured.
func (t *Tenant) tell(unproven []guid.ID) {
	t.unproven.Store(&unproven)
	if len(unproven) > 0 {
		t.store.log.Error("grants without their audit record are not honoured", "tenant", t.id.String(), "grants", len(unproven), "first", namesOf(unproven))
	}
}

func namesOf(ids []guid.ID) string {
	names := make([]string, min(len(ids), shown))
	for i := range names {
		names[i] = ids[i].String()
	}
	return strings.Join(names, " ")
}

// Unproven says, for each tenant in use, that it has grants which are not honoured because
// their audit record is missing or not theirs. None is no sentence.
func (s *Store) Unproven() (sentences []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tenants {
		if ids := t.unproven.Load(); ids != nil && len(*ids) > 0 {
			sentences = append(sentences, fmt.Sprintf("tenant %s: %d grants without their audit record are not honoured: %s", t.id, len(*ids), namesOf(*ids)))
		}
	}
	slices.Sort(sentences)
	return sentences
}

// verifyGrants finds the first live grant without its record.
func (tx *ReadTx) verifyGrants(size uint64) error {
	var breach *audit.Breach
	err := tx.query("SELECT "+provenColumns+" FROM schedule WHERE open = 1 ORDER BY id", nil, func(scan func(dest ...any) error) error {
		c, err := tx.tenant.store.scanClaim(scan)
		if err == nil && !c.proven && breach == nil {
			at := size
			if c.record >= 0 {
				at = uint64(c.record)
			}
			breach = &audit.Breach{Index: at, End: at, Why: "the live grant " + c.schedule.ID.String() + " has no record, or not this one"}
		}
		return err
	})
	if err == nil && breach != nil {
		return breach
	}
	return err
}

// proofStep is the migration that brought proofs.
const proofStep = 15

// adopt proves what an older program has put, which named no records: the upgrade vouches for
// what it finds, with the newest record. It is of the same transaction as the step itself, so
// that it happens once.
func (s *Store) adopt(ctx context.Context, l link) error {
	var newest int64 = -1
	ask := question{statement{sql: "SELECT coalesce(max(idx), -1) FROM audit"}, func(scan func(...any) error) error { return scan(&newest) }}
	if err := l.query(ctx, nil, ask); err != nil {
		return err
	}
	return s.bindAll(ctx, l, newest)
}

// bindAll proves every schedule with the record at that place.
func (s *Store) bindAll(ctx context.Context, l link, record int64) error {
	var updates []statement
	all := question{statement{sql: "SELECT " + windowColumns + " FROM schedule ORDER BY id"}, func(scan func(...any) error) error {
		w, err := scanWindow(scan)
		if err == nil {
			updates = append(updates, statement{"UPDATE schedule SET record = $1, proof = $2 WHERE id = $3", []any{record, s.prove(&w, record), text(w.ID)}})
		}
		return err
	}}
	if err := l.query(ctx, nil, all); err != nil {
		return err
	}
	for some := range slices.Chunk(updates, queuedMost) {
		if err := run(ctx, l, some...); err != nil {
			return err
		}
	}
	return nil
}
