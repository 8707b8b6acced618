package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The inputs and roots that Certificate Transparency's implementations share as test
// vectors for RFC 6962, section 2.1.
var vectors = []struct{ input, root string }{
	{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	{"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	{"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	{"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	{"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
}

func TestRootsOfTheKnownVectors(t *testing.T) {
	t.Parallel()
	var f Frontier
	if got, want := f.Root().String(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; got != want {
		t.Errorf("empty tree: root %s, want %s", got, want)
	}
	for i, v := range vectors {
		in, err := hex.DecodeString(v.input)
		if err != nil {
			t.Fatal(err)
		}
		f = f.Append(Leaf(in))
		if f.Size() != uint64(i+1) || f.Root().String() != v.root {
			t.Errorf("%d leaves: size %d, root %s, want %s", i+1, f.Size(), f.Root(), v.root)
		}
	}
}

func TestLeafOfTheKnownVectors(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"\x00":    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"L123456": "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56",
	} {
		if got := Leaf([]byte(in)).String(); got != want {
			t.Errorf("Leaf(%q) = %s, want %s", in, got, want)
		}
	}
}

// root is the definition of RFC 6962, section 2.1, as it stands there.
func root(leaves []Hash) Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	left, right := root(leaves[:k]), root(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func hashes(n int) []Hash {
	out := make([]Hash, n)
	for i := range out {
		out[i] = Leaf([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	return out
}

func TestFrontierIsTheWholeTree(t *testing.T) {
	t.Parallel()
	all := hashes(600)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, len(all)).Draw(t, "n")
		var f Frontier
		for done := 0; done < n; {
			step := rapid.IntRange(1, n-done).Draw(t, "step")
			before, was := f, f.Root()
			f = f.Append(all[done : done+step]...)
			done += step
			if before.Root() != was {
				t.Fatal("appending changed the frontier it began with")
			}
			text, err := f.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			var stored Frontier
			if err := stored.UnmarshalText(text); err != nil {
				t.Fatal(err)
			}
			if !stored.Equal(f) {
				t.Fatalf("stored as %s, read as another tree", text)
			}
			f = stored
		}
		if got, want := f.Root(), root(all[:n]); got != want {
			t.Fatalf("root of %d leaves is %s, want %s", n, got, want)
		}
	})
}

// Two groups that begin with one frontier, one of them rolled back, must not see each
// other's hashes.
func TestFrontiersDoNotShareWhatTheyAppend(t *testing.T) {
	t.Parallel()
	all := hashes(9)
	base := Frontier{}.Append(all[:5]...)
	first, second := base.Append(all[5:8]...), base.Append(all[8])
	if first.Root() != root(all[:8]) || second.Root() != root(append(all[:5:5], all[8])) || base.Root() != root(all[:5]) {
		t.Error("frontiers changed each other")
	}
}

func TestFrontierTextIsStrict(t *testing.T) {
	t.Parallel()
	text, err := Frontier{}.Append(hashes(5)...).MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	var f Frontier
	if err := f.UnmarshalText([]byte("0:")); err != nil || f.Root() != root(nil) {
		t.Errorf("the empty tree: %v", err)
	}
	for _, bad := range []string{
		"", ":", "5", "5:", "0", strings.TrimPrefix(good, "5"), "7" + good[1:], "05" + good[1:], "+" + good,
		"4" + good[1:], good + "A", good + "\n", good[:len(good)-4] + "\n\n\n\n",
		good[:len(good)-3] + "B==", "18446744073709551616:", "5:" + strings.Repeat("A", 5000),
	} {
		if err := f.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func BenchmarkAppendGroup(b *testing.B) {
	f, group := Frontier{}.Append(hashes(1023)...), hashes(32)
	b.ReportAllocs()
	for b.Loop() {
		if f.Append(group...).Size() != 1055 {
			b.Fatal("lost leaves")
		}
	}
}
