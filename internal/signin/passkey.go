package signin

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"ephor/internal/guid"
)

// ChallengeSize is how many random bytes a passkey's ceremony is begun with.
const ChallengeSize = 32

// MaxCeremony bounds, in bytes, what a browser answers in a ceremony.
const MaxCeremony = 64 << 10

// A Site is who passkeys are made for: the public address, and nothing below or beside it.
// The person is verified by the passkey (a PIN, a finger), so that one is two factors.
// A site that is reached by a number and not by a name has none: browsers refuse.
type Site struct{ w *webauthn.WebAuthn }

// ErrNoPasskeys is the answer where there are no passkeys.
var ErrNoPasskeys = errors.New("passkeys need a server that has a name")

// NewSite is the site at publicURL, called name.
func NewSite(publicURL, name string) (*Site, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return &Site{}, nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: name, RPOrigins: []string{publicURL},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &Site{w}, nil
}

// A Ceremony is one that has been begun: Options go to the browser, State is kept until the
// answer comes and is good for one.
type Ceremony struct {
	Options json.RawMessage
	State   json.RawMessage
}

// A Passkey is a credential as it is stored: the public key, the counter, and what the
// browser said of the authenticator.
type Passkey struct {
	ID         string          // credential id, base64url
	Credential json.RawMessage // the library's record of it
	AAGUID     guid.ID         // the authenticator's model
}

// A Holder is whose passkeys are meant. The handle that authenticators keep is the
// account's id: it says nothing about the person.
type Holder struct {
	User     guid.ID
	Name     string // user principal name, which authenticators show
	Display  string
	Passkeys []Passkey
}

// person is a Holder in the library's eyes.
type person struct {
	Holder
	credentials []webauthn.Credential
}

func (p *person) WebAuthnID() []byte                         { return p.User[:] }
func (p *person) WebAuthnName() string                       { return p.Name }
func (p *person) WebAuthnDisplayName() string                { return p.Display }
func (p *person) WebAuthnCredentials() []webauthn.Credential { return p.credentials }

func (h Holder) person() (*person, error) {
	p := &person{Holder: h}
	for _, k := range h.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return nil, fmt.Errorf("passkey %s: %w", k.ID, err)
		}
		p.credentials = append(p.credentials, c)
	}
	return p, nil
}

func ceremony(options any, session *webauthn.SessionData, err error) (Ceremony, error) {
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	o, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	s, err := json.Marshal(session)
	return Ceremony{o, s}, err
}

// BeginRegister begins to make a passkey for h, with ChallengeSize fresh random bytes. One
// that h has is not made again on the same authenticator.
func (s *Site) BeginRegister(h Holder, challenge []byte) (Ceremony, error) {
	if s.w == nil {
		return Ceremony{}, ErrNoPasskeys
	}
	p, err := h.person()
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := s.w.BeginRegistration(p,
		webauthn.WithExclusions(webauthn.Credentials(p.credentials).CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error { o.Challenge = challenge; return nil })
	return ceremony(options, session, err)
}

// FinishRegister is the passkey that a browser has made in the ceremony begun as state.
func (s *Site) FinishRegister(h Holder, state, answer []byte) (k Passkey, err error) {
	if s.w == nil {
		return k, ErrNoPasskeys
	}
	p, session, err := h.resume(state)
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return k, fmt.Errorf("passkey's answer: %w", err)
	}
	c, err := s.w.CreateCredential(p, *session, parsed)
	if err != nil {
		return k, fmt.Errorf("passkey's answer: %w", err)
	}
	return stored(c)
}

// BeginProve begins to prove a passkey: one of h, or of whoever holds one if h is nobody's,
// when the answer tells who it is. Whose passkeys there are is told nobody who has not
// proved a password.
func (s *Site) BeginProve(h Holder, challenge []byte) (Ceremony, error) {
	if s.w == nil {
		return Ceremony{}, ErrNoPasskeys
	}
	set := func(o *protocol.PublicKeyCredentialRequestOptions) error { o.Challenge = challenge; return nil }
	verified := webauthn.WithUserVerification(protocol.VerificationRequired)
	if h.User.IsZero() {
		options, session, err := s.w.BeginDiscoverableLogin(verified, set)
		return ceremony(options, session, err)
	}
	p, err := h.person()
	if err != nil {
		return Ceremony{}, err
	}
	options, session, err := s.w.BeginLogin(p, verified, set)
	return ceremony(options, session, err)
}

// Shown is whose passkey an answer claims to be, and which: nothing is proved by it.
func Shown(answer []byte) (user guid.ID, credential string, ok bool) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return user, "", false
	}
	if len(parsed.Response.UserHandle) == len(user) {
		user = guid.ID(parsed.Response.UserHandle)
	}
	return user, base64.RawURLEncoding.EncodeToString(parsed.RawID), true
}

// FinishProve judges a browser's answer in the ceremony begun as state against the passkeys
// of h, and is the one that was proved, as it is to be stored now. An authenticator whose
// counter went back may be a copy, and proves nothing.
func (s *Site) FinishProve(h Holder, state, answer []byte) (k Passkey, err error) {
	if s.w == nil {
		return k, ErrNoPasskeys
	}
	p, session, err := h.resume(state)
	if err != nil {
		return k, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return k, fmt.Errorf("passkey's answer: %w", err)
	}
	var c *webauthn.Credential
	if len(session.UserID) == 0 {
		_, c, err = s.w.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			if string(handle) != string(p.User[:]) {
				return nil, fmt.Errorf("passkey of another account")
			}
			return p, nil
		}, *session, parsed)
	} else {
		c, err = s.w.ValidateLogin(p, *session, parsed)
	}
	if err != nil {
		return k, fmt.Errorf("passkey's answer: %w", err)
	}
	if c.Authenticator.CloneWarning {
		return k, fmt.Errorf("passkey's answer: its counter went back")
	}
	return stored(c)
}

func (h Holder) resume(state []byte) (*person, *webauthn.SessionData, error) {
	p, err := h.person()
	if err != nil {
		return nil, nil, err
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return nil, nil, fmt.Errorf("passkey's ceremony: %w", err)
	}
	return p, &session, nil
}

// stored is a credential as it is stored. What attested it is left out: nothing judges it.
func stored(c *webauthn.Credential) (Passkey, error) {
	kept := *c
	kept.Attestation = webauthn.CredentialAttestation{}
	b, err := json.Marshal(&kept)
	if err != nil {
		return Passkey{}, err
	}
	k := Passkey{ID: base64.RawURLEncoding.EncodeToString(c.ID), Credential: b}
	copy(k.AAGUID[:], c.Authenticator.AAGUID)
	return k, nil
}
