package house

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
)

// An app is an authenticator app with one account in it: codes of six digits of SHA-1,
// another every 30 seconds (RFC 6238), each shown once.
type app struct {
	key  []byte
	last int64 // the step of the last code
}

// newApp reads the key as the page shows it.
func newApp(t *testing.T, shown string) app {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(shown, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return app{key: key}
}

// next is a code that was not shown yet: the present one, or the one after that, which a
// server takes as well because clocks differ. The app is another machine's: its clock is no
// business of the product's.
func (a *app) next(t *testing.T) string {
	t.Helper()
	now := time.Now().Unix() / 30
	step := max(now, a.last+1)
	if step > now+1 {
		t.Fatal("the app has no code that was not used")
	}
	a.last = step
	mac := hmac.New(sha1.New, a.key)
	_ = binary.Write(mac, binary.BigEndian, step)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}
