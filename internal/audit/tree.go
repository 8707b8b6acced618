package audit

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
)

// A Hash is a node of the tree: SHA-256 as RFC 6962 applies it.
type Hash [32]byte

// String is the hash in lower-case hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Leaf is the leaf hash of a record's canonical bytes: SHA-256 of a zero byte and them.
func Leaf(canonical []byte) Hash { return Hash(rfc6962.DefaultHasher.HashLeaf(canonical)) }

var ranges = compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// A Frontier is all that a tree must remember to grow: its size, and the roots of the
// perfect subtrees along its right edge, largest first, at most 64. The zero Frontier is
// the empty tree. A Frontier is never changed, so a group of writes that is rolled back
// goes on from the one it began with.
type Frontier struct {
	size uint64
	edge []Hash
}

// Size is the number of leaves.
func (f Frontier) Size() uint64 { return f.size }

// Equal reports whether f and g are the same tree.
func (f Frontier) Equal(g Frontier) bool { return f.size == g.size && slices.Equal(f.edge, g.edge) }

// Append is the tree f with leaves added at its right.
func (f Frontier) Append(leaves ...Hash) Frontier {
	r := f.open()
	for i := range leaves {
		add(r, &leaves[i])
	}
	return frontier(r)
}

// Root is the tree's root hash; that of the empty tree is the hash of nothing.
func (f Frontier) Root() Hash {
	if f.size == 0 {
		return Hash(rfc6962.DefaultHasher.EmptyRoot())
	}
	root, err := f.open().GetRootHash(nil)
	if err != nil {
		panic("audit: " + err.Error()) // only for a range that does not begin at 0
	}
	return Hash(root)
}

// MarshalText writes f as "size:hashes", the hashes in base64: one column of chain_head.
func (f Frontier) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 21+base64.StdEncoding.EncodedLen(32*len(f.edge)))
	b = append(strconv.AppendUint(b, f.size, 10), ':')
	return base64.StdEncoding.AppendEncode(b, f.bytes()), nil
}

// UnmarshalText reads what MarshalText wrote. A size in another spelling, or a number of
// hashes that a tree of that size does not have, is an error.
func (f *Frontier) UnmarshalText(b []byte) error {
	count, edge, ok := bytes.Cut(b, []byte{':'})
	if !ok || len(count) > 20 {
		return errors.New("not a frontier")
	}
	size, err := strconv.ParseUint(string(count), 10, 64)
	if err != nil || strconv.FormatUint(size, 10) != string(count) {
		return fmt.Errorf("frontier has size %q", count)
	}
	want := 32 * compact.RangeSize(0, size)
	if len(edge) != base64.StdEncoding.EncodedLen(want) {
		return fmt.Errorf("frontier of %d leaves has %d characters of hashes", size, len(edge))
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(edge)))
	n, err := base64.StdEncoding.Strict().Decode(raw, edge)
	if err != nil || n != want { // the decoder skips line ends, which shortens the hashes
		return fmt.Errorf("frontier of %d leaves has %d bytes of hashes, not %d", size, n, want)
	}
	*f = Frontier{size: size}
	for part := range slices.Chunk(raw[:n], 32) {
		f.edge = append(f.edge, Hash(part))
	}
	return nil
}

func (f Frontier) bytes() []byte {
	b := make([]byte, 0, 32*len(f.edge))
	for i := range f.edge {
		b = append(b, f.edge[i][:]...)
	}
	return b
}

// open is f as a range that can grow without touching f.
func (f Frontier) open() *compact.Range {
	hashes := make([][]byte, len(f.edge), len(f.edge)+8)
	for i := range f.edge {
		hashes[i] = f.edge[i][:]
	}
	r, err := ranges.NewRange(0, f.size, hashes)
	if err != nil {
		panic("audit: " + err.Error()) // only for an edge that does not fit its size
	}
	return r
}

// frontier is the tree that r has become.
func frontier(r *compact.Range) Frontier {
	f := Frontier{size: r.End(), edge: make([]Hash, 0, len(r.Hashes()))}
	for _, h := range r.Hashes() {
		f.edge = append(f.edge, Hash(h))
	}
	return f
}

// add appends a leaf to a range that begins at 0; r keeps leaf.
func add(r *compact.Range, leaf *Hash) {
	if err := r.Append(leaf[:], nil); err != nil {
		panic("audit: " + err.Error()) // only for a range with hashes missing
	}
}
