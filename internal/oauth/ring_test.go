package oauth

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

const noon = when.Instant(1_600_000_000 * when.Second)

// A chain is a model of a tenant's keys: what Due says is done, as the store would.
type chain struct {
	rotation Rotation
	keys     []store.SigningKey
	made     byte
}

func (c *chain) step(now when.Instant) {
	p := c.rotation.Due(c.keys, now)
	for i := range c.keys {
		if c.keys[i].ID == p.Retire {
			c.keys[i].End = p.Make.Start
		}
	}
	c.keys = slices.DeleteFunc(c.keys, func(k store.SigningKey) bool { return slices.Contains(p.Drop, k.ID) })
	if !p.Make.Empty() {
		c.made++
		c.keys = append(c.keys, store.SigningKey{ID: guid.ID{c.made}, Algorithm: c.rotation.Algorithm, Created: now, Start: p.Make.Start, End: p.Make.End})
	}
}

func (c *chain) has(id guid.ID) bool {
	return slices.ContainsFunc(c.keys, func(k store.SigningKey) bool { return k.ID == id })
}

// However irregularly the rotation is run: some key always signs, a token finds its key
// until it expires, and a successor was published Ahead of its first signature.
func TestRotationKeepsLiveTokensValid(t *testing.T) {
	t.Parallel()
	set := DefaultSettings("https://ephor.example")
	rapid.Check(t, func(t *rapid.T) {
		c := &chain{rotation: set.rotation(forAccess)}
		type issued struct {
			key guid.ID
			end when.Instant
		}
		var live []issued
		now := noon
		for range 60 {
			c.step(now)
			at := signing(c.keys, now)
			if at < 0 {
				t.Fatalf("no key signs at %s: %+v", now, c.keys)
			}
			if len(c.keys) > 3 {
				t.Fatalf("%d keys are kept", len(c.keys))
			}
			if k := c.keys[at]; k.ID != (guid.ID{1}) && k.Start.Sub(k.Created) < announce {
				t.Fatalf("key %s signs %s after it was made", k.ID, k.Start.Sub(k.Created))
			}
			live = append(live, issued{c.keys[at].ID, now.Add(maxLifetime)})
			live = slices.DeleteFunc(live, func(i issued) bool { return i.end <= now })
			for _, i := range live {
				if !c.has(i.key) {
					t.Fatalf("the key of a token that lives until %s is gone at %s", i.end, now)
				}
			}
			now = now.Add(time.Duration(rapid.Int64Range(1, int64(40*24*time.Hour)).Draw(t, "step")))
			if rapid.Bool().Draw(t, "another algorithm") {
				c.rotation.Algorithm = rapid.SampledFrom([]string{"ES256", "RS256"}).Draw(t, "algorithm")
			}
		}
	})
}

func TestRotationStates(t *testing.T) {
	t.Parallel()
	r := Rotation{Algorithm: "ES256", Period: 10 * 24 * time.Hour, Ahead: 48 * time.Hour, Keep: time.Hour}
	key := func(id byte, alg string, start, end when.Instant) store.SigningKey {
		return store.SigningKey{ID: guid.ID{id}, Algorithm: alg, Start: start, End: end}
	}
	const later = noon + 10*when.Day
	one := []store.SigningKey{key(1, "ES256", noon, when.Never)}
	two := []store.SigningKey{key(1, "ES256", noon, later), key(2, "ES256", later, when.Never)}
	from := func(start when.Instant) when.Window { return when.Window{Start: start, End: when.Never} }
	for _, c := range []struct {
		name string
		keys []store.SigningKey
		now  when.Instant
		want Plan
	}{
		{"a tenant without keys gets one that signs at once", nil, noon, Plan{Make: from(noon)}},
		{"nothing is due early", one, noon + 8*when.Day - 1, Plan{}},
		{"the next is published ahead", one, noon + 8*when.Day, Plan{Make: from(later), Retire: guid.ID{1}}},
		{"late, it is still published ahead", one, noon + 30*when.Day, Plan{Make: from(noon + 32*when.Day), Retire: guid.ID{1}}},
		{"once published, it waits", two, noon + 9*when.Day, Plan{}},
		{"the previous is kept while its tokens live", two, later + when.Hour - 1, Plan{}},
		{"and no longer", two, later + when.Hour, Plan{Drop: []guid.ID{{1}}}},
		{"another algorithm starts a successor", []store.SigningKey{key(1, "RS256", noon, when.Never)}, noon + when.Hour, Plan{Make: from(noon + when.Hour + 2*when.Day), Retire: guid.ID{1}}},
		{"but not a second one while that waits", []store.SigningKey{key(1, "RS256", noon, later), key(2, "RS256", later, when.Never)}, noon + when.Hour, Plan{}},
		{"a clock set back leaves no key that signs", one, noon - 1, Plan{Make: when.Window{Start: noon - 1, End: noon}}},
	} {
		got := r.Due(c.keys, c.now)
		if got.Make.Empty() != c.want.Make.Empty() || !got.Make.Empty() && got.Make != c.want.Make || got.Retire != c.want.Retire || !slices.Equal(got.Drop, c.want.Drop) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for now, want := range map[when.Instant]when.Instant{
		noon: later + when.Hour, later: later + when.Hour, later + when.Hour: later + 8*when.Day,
	} {
		if next := r.Next(two, now); next != want {
			t.Errorf("Next at %s = %s, want %s", now, next, want)
		}
	}
}

// testKey is a key as the store would give it back, made ready.
func testKey(t testing.TB, algorithm string, start when.Instant) *Key {
	t.Helper()
	var id guid.ID
	_, _ = rand.Read(id[:])
	row, err := newKey(id, algorithm, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	row.Start, row.End = start, when.Never
	k, err := openKey(row)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestStoredKeyMustFitItsAlgorithmAndPublicHalf(t *testing.T) {
	t.Parallel()
	good, err := newKey(ada, "ES256", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := newKey(ada, "ES256", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*store.SigningKey){
		"another algorithm":     func(k *store.SigningKey) { k.Algorithm = "RS256" },
		"a symmetric algorithm": func(k *store.SigningKey) { k.Algorithm = "HS256" },
		"another public half":   func(k *store.SigningKey) { k.Public = other.Public },
		"another private half":  func(k *store.SigningKey) { k.Private = other.Private },
		"another id":            func(k *store.SigningKey) { k.ID = worker },
		"a cut private half":    func(k *store.SigningKey) { k.Private = k.Private[:20] },
	} {
		row := good
		change(&row)
		if _, err := openKey(row); err == nil {
			t.Errorf("a key with %s was opened", name)
		}
	}
	if _, err := openKey(good); err != nil {
		t.Error(err)
	}
	if _, err := newKey(ada, "HS256", rand.Reader); err == nil {
		t.Error("a symmetric key was made")
	}
}

func TestKeySetShowsPublicHalvesOnly(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256", "PS256"} {
		k := testKey(t, algorithm, noon)
		set := (&ring{keys: []*Key{k}}).public()
		if len(set.Keys) != 1 || !set.Keys[0].IsPublic() || set.Keys[0].KeyID != k.ID || set.Keys[0].Algorithm != algorithm {
			t.Errorf("%s: key set is %+v", algorithm, set)
		}
	}
}
