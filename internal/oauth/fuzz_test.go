package oauth

import (
	"strings"
	"testing"
)

// Whatever is presented: no panic, and nothing but a token under the tenant's key is good.
func FuzzVerify(f *testing.F) {
	key := testKey(f, "ES256", noon)
	keys := &ring{keys: []*Key{key}}
	good := signed(f, key, claimsOf(f))
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(segment(`{"alg":"none"}`) + "." + parts[1] + ".")
	f.Add(segment(`{"alg":"ES256","kid":"`+key.ID+`","typ":"JWT","crit":["b64"],"b64":false}`) + "." + parts[1] + "." + parts[2])
	f.Add("..")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := check(contoso, keys, raw)
		if (v == nil) == (err == nil) {
			t.Fatalf("verify = %v, %v", v, err)
		}
		// Text before the signature is what was signed, so a good token begins as ours does.
		if err == nil && !strings.HasPrefix(stripped(raw), parts[0]+"."+parts[1]+".") {
			t.Fatalf("accepted %q", raw)
		}
	})
}

// stripped is raw without white space, which a base64 decoder may pass over.
func stripped(raw string) string { return strings.Join(strings.Fields(raw), "") }

func FuzzForm(f *testing.F) {
	f.Add("grant_type=client_credentials&client_id=x&client_secret=y&scope=z%2F.default")
	f.Add("a=1&a=2")
	f.Add("%zz=1;b=2")
	f.Fuzz(func(t *testing.T, body string) {
		form, failure := parseForm(body)
		if (form == nil) == (failure == nil) {
			t.Fatalf("parseForm = %v, %v", form, failure)
		}
		for name, values := range form {
			if len(values) != 1 {
				t.Fatalf("%q was accepted %d times", name, len(values))
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	f.Add("/common//V2.0/.well-known/openid-configuration")
	f.Add("/x/oauth2/v2.0/token/")
	f.Fuzz(func(t *testing.T, path string) {
		tenant, rest := split(path)
		if strings.Contains(tenant, "/") || strings.HasPrefix(rest, "/") || strings.Contains(rest, "//") {
			t.Fatalf("split(%q) = %q, %q", path, tenant, rest)
		}
	})
}
