package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/client"
	"ephor/internal/dev"
)

// An authenticator is a passkey device in software: one ES256 credential (WebAuthn level 2,
// attestation "none").
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	user    []byte // the handle that it was given
	counter uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authenticator{t: t, key: key, id: make([]byte, 32)}
	_, _ = rand.Read(a.id)
	return a
}

// A ceremony is what a browser is asked, and what it says of itself to the authenticator; a
// test changes it to lie.
type ceremony struct {
	Challenge string // base64url
	Origin    string
	Site      string // relying party id
	Flags     byte
	User      []byte
}

// What authenticators say of a ceremony (WebAuthn, 6.1).
const (
	userPresent  = 0x01
	userVerified = 0x04
	attested     = 0x40
)

// options are what the page that v sees asks a browser for.
func (v *visitor) options() ceremony {
	v.t.Helper()
	var o struct {
		Key struct {
			Challenge string `json:"challenge"`
			Site      string `json:"rpId"`
			RP        struct {
				ID string `json:"id"`
			} `json:"rp"`
			User struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"publicKey"`
	}
	text := ""
	for _, f := range v.Page.Forms {
		text += f.Options
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil || o.Key.Challenge == "" {
		v.t.Fatalf("the page %q asks for no passkey: %v %s", v.Page.Title, err, v.Page.Error)
	}
	user, err := base64.RawURLEncoding.DecodeString(o.Key.User.ID)
	if err != nil {
		v.t.Fatal(err)
	}
	base := v.Page.URL.Scheme + "://" + v.Page.URL.Host
	return ceremony{o.Key.Challenge, base, o.Key.Site + o.Key.RP.ID, userPresent | userVerified, user}
}

func (c ceremony) client(kind string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": c.Challenge, "origin": c.Origin, "crossOrigin": false})
	if err != nil {
		panic(err)
	}
	return b
}

// data is the authenticator data, with more behind the counter.
func (a *authenticator) data(c ceremony, flags byte, more []byte) []byte {
	site := sha256.Sum256([]byte(c.Site))
	b := append(site[:], flags)
	b = binary.BigEndian.AppendUint32(b, a.counter)
	return append(b, more...)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// create makes the credential, as navigator.credentials.create does.
func (a *authenticator) create(c ceremony) string {
	a.t.Helper()
	a.user = c.User
	// The public key in COSE: EC2, ES256, P-256, x, y.
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	made := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(a.id)))
	made = append(append(made, a.id...), cose...)
	data := a.data(c, c.Flags|attested, made)
	object := append([]byte{0xa3}, "\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"...)
	object = append(append(object, byte(len(data))), data...)
	return a.answer(map[string]string{"clientDataJSON": b64(c.client("webauthn.create")), "attestationObject": b64(object)})
}

// get proves the credential, as navigator.credentials.get does.
func (a *authenticator) get(c ceremony) string {
	a.t.Helper()
	a.counter++
	client, data := c.client("webauthn.get"), a.data(c, c.Flags, nil)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(slices.Clip(data), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	user := a.user
	if len(c.User) > 0 {
		user = c.User
	}
	return a.answer(map[string]string{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(user)})
}

func (a *authenticator) answer(response map[string]string) string {
	b, err := json.Marshal(map[string]any{"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response})
	if err != nil {
		a.t.Fatal(err)
	}
	return string(b)
}

// A keeper is a person of a tenant who is to have a passkey.
type keeper struct {
	dev.Element
	name string
}

const initial = "Stork-Lantern-83"

// newKeeper is a new person, who has to set up a second factor.
func (h *house) newKeeper(e dev.Element, name string) keeper {
	h.t.Helper()
	who := `{"user":"` + e.Users[0].UserPrincipalName + `","amr":["pwd","mfa"]`
	token := h.token(e, who+`}`)
	k := keeper{e, name + "@" + e.Domain}
	body := fmt.Sprintf(`{"accountEnabled": true, "displayName": %q, "mailNickname": %q, "userPrincipalName": %q, "passwordProfile": {"password": %q}}`, name, name, k.name, initial)
	if a := h.send("POST", "/v1.0/users", body, "Authorization: Bearer "+token); a.status != 201 {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	if a := h.send("PATCH", "/v1.0/users/"+k.name+"/authentication/requirements", `{"perUserMfaState": "enabled"}`, "Authorization: Bearer "+h.token(e, who+`,"client":"`+client.CommandLine.String()+`"}`)); a.status != 204 {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	return k
}

func (k keeper) account() string { return "/" + k.TenantID.String() + "/account" }

// registering takes the person to the page where a passkey is made.
func (h *house) registering(k keeper) *visitor {
	h.t.Helper()
	v := h.visitor()
	v.open(k.account())
	v.press("password", "username", k.name, "password", initial)
	v.shows("Choose a new password")
	v.press("change", "newPassword", chosen, "confirmPassword", chosen)
	v.open(v.Page.URL.String() + "&with=passkey")
	v.shows("Set up a passkey")
	return v
}

// send answers the ceremony of the page that v sees.
func (v *visitor) send(answer string) {
	v.t.Helper()
	f := v.Page.Forms[0]
	values := url.Values{"answer": {answer}}
	for name, value := range f.Fields {
		if name != "answer" {
			values.Set(name, value)
		}
	}
	if err := v.Post(v.t.Context(), v.Page.URL.String(), values); err != nil {
		v.t.Fatal(err)
	}
}

// registered is a person with a passkey.
func (h *house) registered(e dev.Element, name string) (keeper, *authenticator) {
	h.t.Helper()
	k, a := h.newKeeper(e, name), newAuthenticator(h.t)
	v := h.registering(k)
	v.send(a.create(v.options()))
	v.shows("Keep your recovery codes")
	return k, a
}

// proving is a fresh browser that is asked for anybody's passkey.
func (h *house) proving(k keeper) *visitor {
	h.t.Helper()
	v := h.visitor()
	v.open(k.account())
	v.open(v.Page.URL.String() + "&with=passkey")
	v.shows("Use a passkey")
	return v
}

func TestPasskeySignsInAlone(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	k, a := h.registered(h.memory(`"contoso"`), "nora")
	for range 2 {
		v := h.proving(k)
		v.send(a.get(v.options()))
		v.shows("Your account")
	}
	// And as the second factor behind the password.
	v := h.visitor()
	v.open(k.account())
	v.press("password", "username", k.name, "password", chosen)
	v.shows("Use a passkey")
	v.send(a.get(v.options()))
	v.shows("Your account")
}

// refused fails unless the page that v sees lets nobody in, and says that it was not right.
func (v *visitor) refused(attack string) {
	v.t.Helper()
	if v.Page.Error == "" || strings.HasPrefix(v.Page.Title, "Your account") || strings.HasPrefix(v.Page.Title, "Keep your") {
		v.t.Errorf("%s: the page is %q (%d)", attack, v.Page.Title, v.Page.Status)
	}
}

// lies are ceremonies in which the browser or the authenticator is not what it should be.
var lies = map[string]func(*ceremony){
	"wrong origin":                  func(c *ceremony) { c.Origin = "https://evil.example" },
	"another port of the same host": func(c *ceremony) { c.Origin = "https://localhost:1" },
	"the origin without TLS":        func(c *ceremony) { c.Origin = strings.Replace(c.Origin, "https:", "http:", 1) },
	"wrong rpId":                    func(c *ceremony) { c.Site = "evil.example" },
	"a challenge of one's own":      func(c *ceremony) { c.Challenge = b64(make([]byte, 32)) },
	"no user verification":          func(c *ceremony) { c.Flags = userPresent },
	"nobody present":                func(c *ceremony) { c.Flags = userVerified },
}

func TestAttackPasskeyIsNotRegisteredByLies(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	k := h.newKeeper(h.memory(`"contoso"`), "nora")
	v := h.registering(k)
	for name, lie := range lies {
		c := v.options()
		lie(&c)
		v.send(newAuthenticator(t).create(c))
		v.refused(name)
	}
	old := v.options()
	v.open(v.Page.URL.String()) // a new ceremony is begun
	v.send(newAuthenticator(t).create(old))
	v.refused("replayed challenge")
	v.send(newAuthenticator(t).create(v.options()))
	v.shows("Keep your recovery codes")
}

func TestAttackPasskeyIsNotProvedByLies(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	k, a := h.registered(h.memory(`"contoso"`), "nora")
	for name, lie := range lies {
		v := h.proving(k)
		c := v.options()
		lie(&c)
		v.send(a.get(c))
		v.refused(name)
	}
	v := h.proving(k)
	c := v.options()
	good := a.get(c)
	v.send(good)
	v.shows("Your account")
	other := h.proving(k)
	other.send(good)
	other.refused("an answer of another browser's ceremony")
	other.send(good)
	other.refused("the same again")
	forged := strings.Replace(a.get(other.options()), `"signature":"`, `"signature":"AAAA`, 1)
	other.send(forged)
	other.refused("a broken signature")
}

func TestAttackCopiedPasskeyShowsByItsCounter(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	k, a := h.registered(h.memory(`"contoso"`), "nora")
	copied := *a
	for range 3 {
		v := h.proving(k)
		v.send(a.get(v.options()))
		v.shows("Your account")
	}
	v := h.proving(k)
	v.send(copied.get(v.options()))
	v.refused("a counter that goes back")
	a.counter--
	v = h.proving(k)
	v.send(a.get(v.options()))
	v.refused("a counter that stands still")
}

func TestAttackPasskeyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	h := start(t, devConfig(t))
	one, two := h.memory(`"contoso"`), h.memory(`"contoso"`)
	nora, a := h.registered(one, "nora")
	olaf, b := h.registered(one, "olaf")
	away, _ := h.registered(two, "nora")

	v := h.proving(away)
	v.send(a.get(v.options()))
	v.refused("another tenant's credential")

	v = h.proving(olaf)
	c := v.options()
	c.User = b.user
	v.send(a.get(c))
	v.refused("another user's credential under one's own handle")

	v = h.visitor()
	v.open(olaf.account())
	v.press("password", "username", olaf.name, "password", chosen)
	v.shows("Use a passkey")
	v.send(a.get(v.options()))
	v.refused("another user's credential as a second factor")

	v = h.registering(h.newKeeper(one, "pia"))
	v.send(a.create(v.options()))
	v.refused("a credential that is somebody's already")
	v = h.proving(nora)
	a.user = nil
	v.send(a.get(v.options()))
	v.refused("nobody's handle")
}
