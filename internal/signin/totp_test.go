package signin

import (
	"net/url"
	"testing"
	"time"

	"ephor/internal/when"
)

// The seed and codes of RFC 6238, appendix B, of which authenticator apps show six digits.
var rfcSeed = []byte("12345678901234567890")

func at(seconds int64) when.Instant { return when.Of(time.Unix(seconds, 0)) }

func TestCodesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := Code(rfcSeed, at(seconds)); got != want {
			t.Errorf("at %d: %s, not %s", seconds, got, want)
		}
	}
}

func TestCodeIsTakenOneStepEarlyOrLateAndNoFurther(t *testing.T) {
	t.Parallel()
	code := Code(rfcSeed, at(3000))
	for now, want := range map[int64]bool{2969: false, 2970: true, 3000: true, 3029: true, 3030: true, 3059: true, 3060: false} {
		step, ok := MatchCode(rfcSeed, code, 0, at(now))
		if ok != want || ok && step != 100 {
			t.Errorf("at %d: %v, step %d", now, ok, step)
		}
	}
}

func TestReplayedCodeIsRefusedAndSoIsAnOlderOne(t *testing.T) {
	t.Parallel()
	now := at(3000)
	step, ok := MatchCode(rfcSeed, Code(rfcSeed, now), 0, now)
	if !ok {
		t.Fatal("the first use was refused")
	}
	if _, again := MatchCode(rfcSeed, Code(rfcSeed, now), step, now); again {
		t.Error("the same code was taken twice")
	}
	if _, older := MatchCode(rfcSeed, Code(rfcSeed, now.Add(-30*time.Second)), step, now); older {
		t.Error("a code before the one that was taken is still good")
	}
	if _, next := MatchCode(rfcSeed, Code(rfcSeed, now.Add(30*time.Second)), step, now); !next {
		t.Error("the next code is refused")
	}
}

func TestSpacesInACodeMakeNoDifferenceAndOtherTextDoes(t *testing.T) {
	t.Parallel()
	now := at(59)
	for code, want := range map[string]bool{
		"287082": true, "287 082": true, " 287-082\u00a0": true, "28708": false, "2870822": false, "": false, "28708२": false, "+287082": false,
	} {
		if _, ok := MatchCode(rfcSeed, code, 0, now); ok != want {
			t.Errorf("%q: %v", code, ok)
		}
	}
}

func TestSeedLinkIsWhatAppsRead(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(SeedLink(rfcSeed, "Contoso Ltd", "ada@contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Contoso Ltd:ada@contoso.com" ||
		q.Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || q.Get("issuer") != "Contoso Ltd" || q.Get("digits") != "6" || q.Get("period") != "30" {
		t.Errorf("link %s", u)
	}
}
