package env

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"
)

func TestTimeOrderedIDsOfOneProcessSortAsTheyWereMade(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := Fixed(func() time.Time { return at }, rand.Reader)
	last := e.NextID()
	for i := range 10_000 {
		if i == 5000 {
			at = at.Add(-time.Hour) // the machine's clock was set back
		}
		next := e.NextID()
		if next.Compare(last) <= 0 {
			t.Fatalf("id %d: %s does not sort behind %s", i, next, last)
		}
		if next[6]>>4 != 7 || next[8]>>6 != 2 {
			t.Fatalf("%s is not of version 7", next)
		}
		last = next
	}
}

func TestRandomIDsAreOfVersionFour(t *testing.T) {
	t.Parallel()
	e := Fixed(time.Now, bytes.NewReader(bytes.Repeat([]byte{0xff}, 16)))
	if id := e.NewID().String(); id != "ffffffff-ffff-4fff-bfff-ffffffffffff" {
		t.Fatalf("NewID = %s", id)
	}
}

func TestWithoutRandomBytesNothingIsMade(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Fatal("an id was made without random bytes")
		}
	}()
	Fixed(time.Now, bytes.NewReader(nil)).NewID()
}
