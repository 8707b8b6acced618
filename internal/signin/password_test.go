package signin

import (
	"bytes"
	"strings"
	"testing"
)

// cheap keeps the tests fast; the format is the same at every cost.
var cheap = Cost{Memory: minMemory, Time: 1, Threads: 1}

func hashed(t *testing.T, password string) string {
	t.Helper()
	phc, err := Hash(password, cheap, bytes.Repeat([]byte{7}, SaltSize))
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func TestOnlyTheSamePasswordVerifies(t *testing.T) {
	t.Parallel()
	phc := hashed(t, "xWwvJ]6NMw+bWH-d")
	for password, want := range map[string]bool{
		"xWwvJ]6NMw+bWH-d": true, "xWwvJ]6NMw+bWH-D": false, "": false, "xWwvJ]6NMw+bWH-d ": false,
		strings.Repeat("x", MaxPassword+1): false,
	} {
		if got, err := Verify(password, phc); err != nil || got != want {
			t.Errorf("Verify(%.20q) = %v, %v", password, got, err)
		}
	}
}

func TestHashIsAPHCString(t *testing.T) {
	t.Parallel()
	phc := hashed(t, "password")
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=8192,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$") {
		t.Errorf("Hash = %s", phc)
	}
	if strings.Contains(phc, "password") {
		t.Error("the hash shows the password")
	}
}

func TestComposedAndDecomposedSpellingsAreOnePassword(t *testing.T) {
	t.Parallel()
	if ok, err := Verify("cafe\u0301-Au-Lait", hashed(t, "caf\u00e9-Au-Lait")); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
}

func TestHashesOfOtherShapesAreErrorsAndNotRefusals(t *testing.T) {
	t.Parallel()
	good := hashed(t, "a")
	for _, bad := range []string{
		"", "$", "plain", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=8192", "m=4294967295", 1), strings.Replace(good, "m=8192", "m=1", 1),
		strings.Replace(good, "t=1", "t=1000", 1), strings.Replace(good, "p=1", "p=257", 1), strings.Replace(good, "p=1", "p=0", 1),
		good + "$", good[:len(good)-2], strings.Repeat("$", 300),
	} {
		if ok, err := Verify("a", bad); ok || err == nil {
			t.Errorf("Verify(%q) = %v, %v; want an error", bad, ok, err)
		}
	}
}

func TestDecoyVerifiesAtFullCostAndNeverMatches(t *testing.T) {
	t.Parallel()
	if ok, err := Verify("", cheap.Decoy()); ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	if cheap.Stale(cheap.Decoy()) {
		t.Error("the decoy has another cost than a real hash")
	}
}

func TestAnotherCostMakesAHashStale(t *testing.T) {
	t.Parallel()
	phc := hashed(t, "a")
	if cheap.Stale(phc) || !DefaultCost.Stale(phc) || !cheap.Stale("garbage") {
		t.Error("Stale is wrong about its own, another's or no hash")
	}
}

func TestCostsOutsideTheBoundsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []Cost{{}, {1, 1, 1}, {minMemory, 0, 1}, {minMemory, 1, 0}, {maxMemory + 1, 1, 1}, {minMemory, maxTime + 1, 1}, {minMemory, 1, maxLanes + 1}} {
		if _, err := Hash("a", c, make([]byte, SaltSize)); err == nil {
			t.Errorf("Hash took cost %+v", c)
		}
	}
	if _, err := Hash("a", cheap, make([]byte, SaltSize-1)); err == nil {
		t.Error("Hash took a short salt")
	}
	if err := DefaultCost.Check(); err != nil {
		t.Error(err)
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, password, upn, policies string
		ok                            bool
	}{
		{"the tutorial's", "xWwvJ]6NMw+bWH-d", "AlineD@Contoso.com", "", true},
		{"seven characters", "aB3-567", "", "", false},
		{"eight characters", "aB3-5678", "", "", true},
		{"256 characters", "aB3-" + strings.Repeat("é", 252), "", "", true},
		{"257 characters", "aB3-" + strings.Repeat("é", 253), "", "", false},
		{"two kinds", "abcdefgh1234", "", "", false},
		{"two kinds, strong passwords not wanted", "mangrovelagoon12", "", "DisablePasswordExpiration, DisableStrongPassword", true},
		{"too short even then", "abcdefg", "", "DisableStrongPassword", false},
		{"the account's name in it", "xx-ALINED-99", "AlineD@Contoso.com", "", false},
		{"a short name may occur", "Bob-Rules-99", "bob@contoso.com", "", true},
		{"a control character", "aB3-5678\x00", "", "", false},
		{"not UTF-8", "aB3-5678\xff", "", "", false},
	} {
		f := RulesFor(c.policies).Judge(c.password, c.upn)
		if (f == nil) != c.ok {
			t.Errorf("%s: %v", c.name, f)
		}
		if f != nil && strings.Contains(f.Error(), c.password) {
			t.Errorf("%s: the refusal repeats the password", c.name)
		}
	}
}

func FuzzVerifyNeverPanics(f *testing.F) {
	f.Add("a", "$argon2id$v=19$m=8192,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBw$AAAA")
	f.Fuzz(func(t *testing.T, password, phc string) {
		// Costs are cut, so that the fuzzer searches texts and not CPU time.
		if h, err := parseHash(phc); err == nil && h.cost.Memory > minMemory {
			return
		}
		if ok, err := Verify(password, phc); ok && err != nil {
			t.Error("a match with an error")
		}
	})
}
