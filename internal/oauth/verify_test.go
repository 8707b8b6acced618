package oauth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/guid"
	"ephor/internal/when"
)

var (
	contoso  = guid.Must("84841066-274d-4ec0-a5c1-276be684bdd3")
	fabrikam = guid.Must("11111111-274d-4ec0-a5c1-276be684bdd3")
	client   = guid.Must("a0000000-0000-4000-8000-000000000001")
	worker   = guid.Must("a0000000-0000-4000-8000-000000000002") // the client's service principal
	ada      = guid.Must("a0000000-0000-4000-8000-000000000003")
	set      = DefaultSettings("https://ephor.example:8443")
)

// appGrant is a token of the client's own.
func appGrant() Grant {
	return Grant{
		Type: AppToken, Object: worker, Client: client, App: "Robot", Proof: ProofSecret, Audience: graphURL,
		Scopes: []string{"User.Read.All"}, Stamp: Stamp{Incarnation: 1, Client: 3}, Until: when.Never,
	}
}

// claimsOf is appGrant's claims as a map, for attacks to change.
func claimsOf(t testing.TB) map[string]any {
	t.Helper()
	c, err := set.claims(contoso, appGrant(), "uti", noon)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// signed is claims under key.
func signed(t testing.TB, key *Key, claims any) string {
	t.Helper()
	b, ok := claims.([]byte)
	if !ok {
		var err error
		if b, err = json.Marshal(claims); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := key.sign(b)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// check is verify for a token as it comes.
func check(tenant guid.ID, keys *ring, raw string) (*verified, error) {
	jws, err := parse(raw)
	if err != nil {
		return nil, err
	}
	return set.verify(tenant, keys, jws)
}

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestMintedTokenVerifiesUnderEveryAlgorithm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256", "PS256"} {
		key := testKey(t, algorithm, noon)
		v, err := check(contoso, &ring{keys: []*Key{key}}, signed(t, key, claimsOf(t)))
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		if v.Object != worker || v.AppID != client || v.key != key.ID || !v.asked.Has("User.Read.All") || v.asked.Has("User.ReadWrite.All") {
			t.Errorf("%s: verified %+v", algorithm, v)
		}
	}
}

// A forgery is a token that is broken in one way. The class decides what the caller is told.
type forgery struct {
	name, raw string
	want      error
}

// refuseAll checks that every forgery is refused, and the token that they were made from is
// not.
func refuseAll(t *testing.T, keys *ring, good string, all []forgery) {
	t.Helper()
	for _, c := range all {
		v, err := check(contoso, keys, c.raw)
		if v != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, v, err, c.want)
		}
	}
	if _, err := check(contoso, keys, good); err != nil {
		t.Errorf("the token that the attacks were made from: %v", err)
	}
}

func TestForgedSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	ec, other := testKey(t, "ES256", noon), testKey(t, "ES256", noon)
	rsa, pss := oneKeyTwoAlgorithms(t)
	good, foreign := signed(t, ec, claimsOf(t)), signed(t, other, claimsOf(t))
	first, payload, signature := cut(good)
	header := func(h string) string { return segment(h) + "." + payload + "." + signature }
	hs256 := func(secret []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		text := segment(`{"alg":"HS256","kid":"`+ec.ID+`","typ":"JWT"}`) + "." + payload
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	refuseAll(t, &ring{keys: []*Key{ec, rsa}}, good, []forgery{
		{"nothing", "", errMissing},
		{"no dots", "token", errMalformed},
		{"four parts", good + ".x", errMalformed},
		{"oversized", strings.Repeat("a", maxToken+1), errMalformed},
		{"alg none", segment(`{"alg":"none","kid":"`+ec.ID+`","typ":"JWT"}`) + "." + payload + ".", errMalformed},
		{"alg None", segment(`{"alg":"None","kid":"`+ec.ID+`","typ":"JWT"}`) + "." + payload + ".", errMalformed},
		{"HS256 with the public key as secret, DER", hs256(x509.MarshalPKIXPublicKey(ec.public.Key)), errMalformed},
		{"HS256 with the public key as secret, JWK", hs256(ec.public.MarshalJSON()), errMalformed},
		{"another algorithm than the key's", header(`{"alg":"RS256","kid":"` + ec.ID + `","typ":"JWT"}`), errForged},
		{"PS256 under the RS256 key", signed(t, pss, claimsOf(t)), errForged},
		{"a key id that is a path", header(`{"alg":"ES256","kid":"../../etc/passwd","typ":"JWT"}`), errForged},
		{"a key id that is SQL", header(`{"alg":"ES256","kid":"' OR 1=1 --","typ":"JWT"}`), errForged},
		{"no key id", header(`{"alg":"ES256","typ":"JWT"}`), errForged},
		{"a key of its own", embedded(t, payload), errMalformed},
		{"a key address", header(`{"alg":"ES256","kid":"` + ec.ID + `","typ":"JWT","jku":"https://evil.example/keys"}`), errMalformed},
		{"a critical extension", header(`{"alg":"ES256","kid":"` + ec.ID + `","typ":"JWT","crit":["exp"]}`), errMalformed},
		{"an unencoded payload", header(`{"alg":"ES256","kid":"` + ec.ID + `","typ":"JWT","b64":false,"crit":["b64"]}`), errMalformed},
		{"another type of token", header(`{"alg":"ES256","kid":"` + ec.ID + `","typ":"logout+jwt"}`), errMalformed},
		{"another key's signature under this key's id", first + foreign[strings.IndexByte(foreign, '.'):], errForged},
		{"a changed payload", first + "." + segment(`{"tid":"x"}`) + "." + signature, errForged},
		{"no signature", first + "." + payload + ".", errForged},
	})
}

// The signature is the tenant's own in each row.
func TestForgedClaimsAreRefused(t *testing.T) {
	t.Parallel()
	ec := testKey(t, "ES256", noon)
	with := func(name string, value any) string {
		c := claimsOf(t)
		c[name] = value
		return signed(t, ec, c)
	}
	refuseAll(t, &ring{keys: []*Key{ec}}, signed(t, ec, claimsOf(t)), []forgery{
		{"another tenant", with("tid", fabrikam), errForged},
		{"another tenant's issuer", with("iss", set.issuer(fabrikam)), errForged},
		{"Microsoft's issuer", with("iss", "https://login.microsoftonline.com/"+contoso.String()+"/v2.0"), errForged},
		{"another audience", with("aud", "https://evil.example"), errForged},
		{"an ID token's audience", with("aud", client), errForged},
		{"several audiences", with("aud", []string{graphURL, "x"}), errMalformed},
		{"another subject than the object", with("sub", ada), errForged},
		{"no subject", with("oid", guid.ID{}), errForged},
		{"two clients", with("azp", ada), errForged},
		{"a type that is not", with("idtyp", "device"), errForged},
		{"an app token with delegated scopes", with("scp", "User.Read"), errForged},
		{"a user token with app permissions", with("idtyp", UserToken), errForged},
		{"a lifetime that we never give", with("exp", seconds(noon)+100*3600), errForged},
		{"an expiry that overflows", with("exp", int64(1)<<62), errForged},
		{"an end before the start", with("nbf", seconds(noon)+2*3600), errForged},
		{"an expiry that is text", with("exp", "9999999999"), errMalformed},
		{"a repeated claim", signed(t, ec, []byte(`{"tid":"`+fabrikam.String()+`",`+string(mustJSON(t, claimsOf(t)))[1:])), errMalformed},
		{"claims that are a list", signed(t, ec, []byte(`[]`)), errMalformed},
		{"claims that are null", signed(t, ec, []byte(`null`)), errForged},
	})
}

// cut takes a token apart.
func cut(raw string) (header, payload, signature string) {
	parts := strings.Split(raw, ".")
	return parts[0], parts[1], parts[2]
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// oneKeyTwoAlgorithms is an RSA key that the tenant has for RS256, and the same key in the
// hands of one who signs PS256 with it.
func oneKeyTwoAlgorithms(t testing.TB) (rs, ps *Key) {
	t.Helper()
	row, err := newKey(ada, "RS256", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	row.End = when.Never
	if rs, err = openKey(row); err != nil {
		t.Fatal(err)
	}
	row.Algorithm = "PS256"
	row.Public = strings.Replace(row.Public, "RS256", "PS256", 1)
	if ps, err = openKey(row); err != nil {
		t.Fatal(err)
	}
	return rs, ps
}

// embedded is payload under a key of the attacker's that the header brings along.
func embedded(t testing.TB, payload string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTokenLivesFromItsStartUpToItsEnd(t *testing.T) {
	t.Parallel()
	key := testKey(t, "ES256", noon)
	v, err := check(contoso, &ring{keys: []*Key{key}}, signed(t, key, claimsOf(t)))
	if err != nil {
		t.Fatal(err)
	}
	end := noon.Add(set.Lifetime)
	for _, c := range []struct {
		name string
		now  when.Instant
		want error
	}{
		{"at its start", noon, nil},
		{"on a node a second behind", noon - when.Second, nil},
		{"on a node further behind", noon - when.Second - 1, errForged},
		{"in its last tick", end - 1, nil},
		{"at its end", end, errExpired},
		{"long after", end + when.Day, errExpired},
	} {
		if err := v.alive(c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestTokenNeverOutlivesWhatItCarries(t *testing.T) {
	t.Parallel()
	g := appGrant()
	for _, c := range []struct {
		until, now when.Instant
		want       int64 // seconds after noon, 0 for none
	}{
		{when.Never, noon, 3600},
		{noon + when.Day, noon, 3600},
		{noon + 10*when.Minute, noon, 600},
		{noon + 10*when.Minute + when.Second/2, noon, 600},
		{noon + when.Second - 1, noon, 0},
		{noon, noon, 0},
		{noon - when.Hour, noon, 0},
		{when.Never, noon + when.Second/2, 3600},
	} {
		g.Until = c.until
		got, err := set.claims(contoso, g, "uti", c.now)
		if c.want == 0 {
			if err == nil {
				t.Errorf("a token was made for a grant until %s at %s", c.until, c.now)
			}
			continue
		}
		if err != nil || got.Expires != seconds(noon)+c.want || fromSeconds(got.Expires) > c.until {
			t.Errorf("until %s at %s: exp = %d, %v", c.until, c.now, got.Expires-seconds(noon), err)
		}
	}
}

// The names are those that clients read (clients.md) and that Entra's tokens have.
func TestClaimsOnTheWire(t *testing.T) {
	t.Parallel()
	g := appGrant()
	g.Type, g.Object, g.Name, g.UPN, g.Proof = UserToken, ada, "Ada", "ada@contoso.com", ProofNone
	g.Scopes, g.Roles, g.AMR = []string{"User.Read", "Group.Read.All"}, []guid.ID{contoso}, []string{"pwd", "mfa"}
	g.Session, g.Capabilities = fabrikam, []string{"cp1"}
	c, err := set.claims(contoso, g, "uti", noon)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"aud":"https://graph.microsoft.com","iss":"https://ephor.example:8443/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0",` +
		`"iat":1600000000,"nbf":1600000000,"exp":1600003600,"amr":["pwd","mfa"],"app_displayname":"Robot",` +
		`"appid":"a0000000-0000-4000-8000-000000000001","azp":"a0000000-0000-4000-8000-000000000001","azpacr":"0","idtyp":"user",` +
		`"name":"Ada","oid":"a0000000-0000-4000-8000-000000000003","scp":"User.Read Group.Read.All",` +
		`"sid":"11111111-274d-4ec0-a5c1-276be684bdd3","sub":"a0000000-0000-4000-8000-000000000003",` +
		`"tid":"84841066-274d-4ec0-a5c1-276be684bdd3","unique_name":"ada@contoso.com","upn":"ada@contoso.com","uti":"uti","ver":"2.0",` +
		`"wids":["84841066-274d-4ec0-a5c1-276be684bdd3"],"xms_cc":["cp1"],"xms_ephor":{"inc":1,"gen":0,"cgen":3}}`
	if got := string(mustJSON(t, c)); got != want {
		t.Errorf("claims:\n got %s\nwant %s", got, want)
	}
}

func TestSettingsThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Settings){
		func(s *Settings) { s.PublicURL = "" }, func(s *Settings) { s.PublicURL = "ftp://x" },
		func(s *Settings) { s.PublicURL = "https://x/" }, func(s *Settings) { s.PublicURL = "https://x/ephor" },
		func(s *Settings) { s.PublicURL = "https://X.example" }, func(s *Settings) { s.PublicURL = "https://u:p@x" },
		func(s *Settings) { s.Algorithm = "HS256" }, func(s *Settings) { s.Algorithm = "none" }, func(s *Settings) { s.Algorithm = "" },
		func(s *Settings) { s.Lifetime = 0 }, func(s *Settings) { s.Lifetime = maxLifetime + 1 },
		func(s *Settings) { s.RotateEvery = time.Hour },
	} {
		s := set
		change(&s)
		if s.Check() == nil {
			t.Errorf("accepted: %+v", s)
		}
	}
	if err := set.Check(); err != nil {
		t.Error(err)
	}
}
