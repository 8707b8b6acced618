package audit

import (
	"fmt"
	"iter"
	"math/bits"
)

// A Row is one stored record: its bytes, and the leaf hash that stands beside them.
type Row struct {
	Canonical []byte
	Leaf      Hash
}

// A Breach is where a log stops being what was written. The first wrong record is Index;
// where rows agree with themselves and not with the frontier, it is one of Index up to,
// not including, End.
type Breach struct {
	Index, End uint64
	Why        string
}

// Error names the record, or the records among which it is.
func (f *Breach) Error() string {
	if f.End > f.Index+1 {
		return fmt.Sprintf("audit log is broken in records %d to %d: %s", f.Index, f.End-1, f.Why)
	}
	return fmt.Sprintf("audit log is broken at record %d: %s", f.Index, f.Why)
}

// Verify reads a whole log, in the order of its sequence, computes everything again and
// compares it with the frontier that was stored with the last write. What it finds is a
// *Breach; a row that cannot be read is the reader's error.
func Verify(stored Frontier, rows iter.Seq2[Row, error]) error {
	tree := Frontier{}.open()
	for row, err := range rows {
		n := tree.End()
		if err != nil {
			return fmt.Errorf("read audit record %d: %w", n, err)
		}
		if n == stored.size {
			return &Breach{n, n + 1, "the log ends before it"}
		}
		if why := row.fault(n); why != "" {
			return &Breach{n, n + 1, why}
		}
		add(tree, &row.Leaf)
	}
	return compare(stored, frontier(tree))
}

// fault is what is wrong with the n-th row by itself, "" if nothing is.
func (row *Row) fault(n uint64) string {
	if Leaf(row.Canonical) != row.Leaf {
		return "its bytes are not those that were hashed"
	}
	r, err := Decode(row.Canonical)
	switch {
	case err != nil:
		return err.Error()
	case r.Seq > n:
		return fmt.Sprintf("it is missing, record %d follows", r.Seq)
	case r.Seq < n:
		return fmt.Sprintf("record %d stands in its place", r.Seq)
	}
	return ""
}

// compare finds the first subtree in which the log differs from the stored frontier.
func compare(stored, found Frontier) error {
	if found.size < stored.size {
		return &Breach{found.size, found.size + 1, "it is missing, and all after it"}
	}
	var start uint64
	rest := stored.size
	for i := range stored.edge {
		width := uint64(1) << (bits.Len64(rest) - 1)
		if stored.edge[i] != found.edge[i] {
			return &Breach{start, start + width, "bytes and leaf hash were changed together"}
		}
		start, rest = start+width, rest-width
	}
	return nil
}
