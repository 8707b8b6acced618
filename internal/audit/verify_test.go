package audit

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// log is n good records and the frontier stored with the last.
func log(t interface{ Fatal(...any) }, n int) ([]Row, Frontier) {
	var rows []Row
	var f Frontier
	for i := range n {
		r := activation()
		r.Seq, r.ID[15] = uint64(i), byte(i)
		row, err := r.Row()
		if err != nil {
			t.Fatal(err)
		}
		rows, f = append(rows, row), f.Append(row.Leaf)
	}
	return rows, f
}

func stream(rows []Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// forge is row with another reason, and the hash that belongs to it.
func forge(t interface{ Fatal(...any) }, row Row) Row {
	r, err := Decode(row.Canonical)
	if err != nil {
		t.Fatal(err)
	}
	r.Reason = "forged"
	forged, err := r.Row()
	if err != nil {
		t.Fatal(err)
	}
	return forged
}

func TestVerifyAcceptsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7, 64, 100} {
		rows, f := log(t, n)
		if err := Verify(f, stream(rows)); err != nil {
			t.Errorf("%d records: %v", n, err)
		}
	}
}

func TestVerifyNamesTheFirstWrongRecord(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *rapid.T, rows []Row, i int) ([]Row, uint64){
		"edited": func(t *rapid.T, rows []Row, i int) ([]Row, uint64) {
			rows[i].Canonical = forge(t, rows[i]).Canonical
			return rows, uint64(i)
		},
		"leaf hash changed": func(_ *rapid.T, rows []Row, i int) ([]Row, uint64) {
			rows[i].Leaf[3] ^= 1
			return rows, uint64(i)
		},
		"missing": func(_ *rapid.T, rows []Row, i int) ([]Row, uint64) {
			return slices.Delete(rows, i, i+1), uint64(i)
		},
		"cut off": func(_ *rapid.T, rows []Row, i int) ([]Row, uint64) { return rows[:i], uint64(i) },
		"repeated": func(_ *rapid.T, rows []Row, i int) ([]Row, uint64) {
			return slices.Insert(rows, i, rows[i]), uint64(i + 1)
		},
		"swapped": func(t *rapid.T, rows []Row, i int) ([]Row, uint64) {
			j := rapid.IntRange(0, len(rows)-1).Filter(func(j int) bool { return j != i }).Draw(t, "j")
			rows[i], rows[j] = rows[j], rows[i]
			return rows, uint64(min(i, j))
		},
		"not a record": func(_ *rapid.T, rows []Row, i int) ([]Row, uint64) {
			rows[i] = Row{Canonical: []byte("{}"), Leaf: Leaf([]byte("{}"))}
			return rows, uint64(i)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, f := log(t, 14)
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.IntRange(0, len(good)-1).Draw(t, "i")
				rows, want := spoil(t, slices.Clone(good), n)
				var breach *Breach
				if err := Verify(f, stream(rows)); !errors.As(err, &breach) || breach.Index != want {
					t.Fatalf("%v, want a breach at %d", err, want)
				}
			})
		})
	}
}

// Whoever changes bytes and hash together is found by the frontier, within the subtree
// that it keeps.
func TestVerifyFindsARecordForgedWithItsHash(t *testing.T) {
	t.Parallel()
	good, f := log(t, 45)
	for i := range good {
		rows := slices.Clone(good)
		rows[i] = forge(t, rows[i])
		var breach *Breach
		err := Verify(f, stream(rows))
		if !errors.As(err, &breach) || uint64(i) < breach.Index || breach.End <= uint64(i) {
			t.Errorf("record %d: %v", i, err)
		}
	}
}

func TestVerifyFindsARecordAddedAtTheEnd(t *testing.T) {
	t.Parallel()
	rows, _ := log(t, 6)
	_, f := log(t, 5)
	var breach *Breach
	if err := Verify(f, stream(rows)); !errors.As(err, &breach) || breach.Index != 5 {
		t.Errorf("%v", err)
	}
}

func TestVerifyDoesNotTakeAFailedReadForTheEnd(t *testing.T) {
	t.Parallel()
	lost := errors.New("disk")
	err := Verify(Frontier{}, func(yield func(Row, error) bool) { yield(Row{}, lost) })
	if !errors.Is(err, lost) {
		t.Errorf("%v", err)
	}
}
