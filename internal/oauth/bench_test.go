package oauth

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"testing"
)

// BenchmarkSign and BenchmarkVerify are a token's making and its first validation, each
// beside the bare signature that it cannot do without.
func BenchmarkSign(b *testing.B) {
	key := testKey(b, "ES256", noon)
	b.Run("bare", func(b *testing.B) {
		private, err := ecdsa.GenerateKey(key.public.Key.(*ecdsa.PublicKey).Curve, rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		text := make([]byte, 1200)
		for b.Loop() {
			sum := sha256.Sum256(text)
			if _, err := ecdsa.SignASN1(rand.Reader, private, sum[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("token", func(b *testing.B) {
		for b.Loop() {
			c, err := set.claims(contoso, appGrant(), "uti", noon)
			if err != nil {
				b.Fatal(err)
			}
			payload, err := json.Marshal(c)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := key.sign(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	key := testKey(b, "ES256", noon)
	keys := &ring{keys: []*Key{key}}
	raw := signed(b, key, claimsOf(b))
	b.Run("bare", func(b *testing.B) {
		private, err := ecdsa.GenerateKey(key.public.Key.(*ecdsa.PublicKey).Curve, rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		sum := sha256.Sum256([]byte(raw))
		sig, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			sum := sha256.Sum256([]byte(raw))
			if !ecdsa.VerifyASN1(&private.PublicKey, sum[:], sig) {
				b.Fatal("the signature does not verify")
			}
		}
	})
	b.Run("token", func(b *testing.B) {
		for b.Loop() {
			if _, err := check(contoso, keys, raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		s := newSeen(8)
		v, err := check(contoso, keys, raw)
		if err != nil {
			b.Fatal(err)
		}
		s.put(sha256.Sum256([]byte(raw)), v)
		for b.Loop() {
			v := s.get(sha256.Sum256([]byte(raw)))
			if v == nil || keys.find(v.key) == nil || v.alive(noon) != nil {
				b.Fatal("the token was forgotten")
			}
		}
	})
}

// BenchmarkAuthenticate is all of a request's authentication with a token that has been
// seen before: the tenant, the key, the times, and everything that can be revoked.
func BenchmarkAuthenticate(b *testing.B) {
	w := newWorld(b)
	for name, raw := range map[string]string{"app": w.token(), "user": w.adaSignsIn("pwd", "mfa")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := w.server.Authenticate(b.Context(), raw, ""); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkClientCredentials is a token request from its form to its answer.
func BenchmarkClientCredentials(b *testing.B) {
	w := newWorld(b)
	for b.Loop() {
		w.token()
	}
}
