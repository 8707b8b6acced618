package signin

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/when"
)

func TestCodeIsReadWhateverWayItIsTyped(t *testing.T) {
	t.Parallel()
	user := guid.Must("00000000-0000-4000-8000-000000000001")
	code := CodeText(bytes.Repeat([]byte{0x08, 0x42}, 5))
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$`).MatchString(code) {
		t.Fatalf("code %q", code)
	}
	stored := HashCode(user, code)
	for _, typed := range []string{strings.ToLower(code), strings.ReplaceAll(code, "-", ""), " " + code + " ", strings.ReplaceAll(code, "0", "O"), strings.ReplaceAll(code, "1", "l")} {
		if !MatchHash(stored, HashCode(user, typed)) {
			t.Errorf("%q is not taken for %q", typed, code)
		}
	}
	for _, other := range []string{"", code[1:], code + "0"} {
		if MatchHash(stored, HashCode(user, other)) {
			t.Errorf("%q is taken for %q", other, code)
		}
	}
	if MatchHash(stored, HashCode(guid.Must("00000000-0000-4000-8000-000000000002"), code)) {
		t.Error("another user's code has the same hash")
	}
}

func TestPassIsUsableInItsWindowAndOnceIfItIsForOnce(t *testing.T) {
	t.Parallel()
	p := TemporaryPass{Opens: 100, Ends: 200}
	for now, want := range map[int64]string{99: "NotYetValid", 100: "EnabledByPolicy", 199: "EnabledByPolicy", 200: "Expired"} {
		if ok, why := p.Usable(when.Instant(now)); why != want || ok != (want == "EnabledByPolicy") {
			t.Errorf("at %d: %v %s", now, ok, why)
		}
	}
	p.Used = true
	if ok, _ := p.Usable(150); !ok {
		t.Error("a pass for many uses is spent by one")
	}
	p.Once = true
	if ok, why := p.Usable(150); ok || why != "OneTimeUsed" {
		t.Errorf("a pass for one use is used twice: %s", why)
	}
}
