package signin

import (
	"bytes"
	"strings"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/when"
)

const noon = when.Instant(1_600_000_000 * when.Second)

func TestSecretsAreNeverEmptyOrShort(t *testing.T) {
	t.Parallel()
	text, err := SecretText(bytes.Repeat([]byte{0xfb}, SecretSize))
	if err != nil || len(text) != 40 || strings.ContainsAny(text, "+/=%& ") {
		t.Errorf("SecretText = %q, %v", text, err)
	}
	if _, err := SecretText(nil); err == nil {
		t.Error("a secret was made of nothing")
	}
	if hash := HashSecret(text); strings.Contains(hash, text) || SecretHint(text) != text[:3] {
		t.Error("the hash or the hint is wrong")
	}
}

func TestSecretMatchesOnlyWhileItIsInForce(t *testing.T) {
	t.Parallel()
	secrets := []directory.Secret{
		{Name: "old", Hash: HashSecret("old"), Start: noon - when.Day, End: noon},
		{Name: "now", Hash: HashSecret("now"), Start: noon, End: noon + when.Day},
		{Name: "open", Hash: HashSecret("open"), Start: noon - when.Day, End: when.Never},
		{Name: "later", Hash: HashSecret("later"), Start: noon + 1, End: when.Never},
		{Name: "broken", Hash: "", Start: 0, End: when.Never},
		{Name: "plain", Hash: "plain", Start: 0, End: when.Never},
	}
	for text, want := range map[string]bool{
		"old": false, "now": true, "open": true, "later": false, "": false, "plain": false,
		HashSecret("now"): false, strings.Repeat("x", MaxSecret+1): false,
	} {
		got, ok := MatchSecret(text, secrets, noon)
		if ok != want || ok && got.Name != text {
			t.Errorf("MatchSecret(%.20q) = %q, %v", text, got.Name, ok)
		}
	}
	if _, ok := MatchSecret("now", nil, noon); ok {
		t.Error("a client without secrets was let in")
	}
	if got, ok := MatchSecret("old", secrets, noon-1); !ok || got.Name != "old" {
		t.Error("a secret was refused in its last instant")
	}
}
