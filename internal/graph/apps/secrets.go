package apps

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// Secrets live on the registration. A service principal has none of its own: addPassword
// on it adds to its registration's, with which it signs in.

// Limits of secrets.
const (
	mostSecrets    = 100 // of an application
	mostSecretName = 120 // characters
	secretYears    = 2   // that a secret lasts when nothing is asked for (R:passwordCredential)
)

// A secretBody is what is asked for in a new secret. Instants that are not given are Never.
type secretBody struct {
	name       string
	start, end when.Instant
}

var addPasswordParameter = []edm.Field{{Name: "passwordCredential", Type: edm.Complex, Of: &edm.ComplexType{Name: "passwordCredential", Fields: []edm.Field{
	{Name: "displayName", Type: edm.String},
	{Name: "startDateTime", Type: edm.DateTime},
	{Name: "endDateTime", Type: edm.DateTime},
	{Name: "customKeyIdentifier", Type: edm.Binary},
	{Name: "hint", Type: edm.String},
	{Name: "keyId", Type: edm.GUID},
	{Name: "secretText", Type: edm.String},
}}}}

// readSecret decodes the body of addPassword. What the server makes cannot be given.
func readSecret(body edm.Value) (any, error) {
	b := secretBody{start: when.Never, end: when.Never}
	if err := body.Object(addPasswordParameter); err != nil {
		return nil, err
	}
	v, ok := body.Get("passwordCredential")
	if !ok || v.IsNull() {
		return b, nil
	}
	for _, name := range []string{"customKeyIdentifier", "hint", "keyId", "secretText"} {
		if m, given := v.Get(name); given && !m.IsNull() {
			return nil, fault.BadRequest(m.Path, "The property '%s' is made by the server. Leave it out.", name)
		}
	}
	var err error
	if m, given := v.Get("displayName"); given {
		if b.name, err = m.OptStr(); err != nil {
			return nil, err
		}
	}
	if utf8.RuneCountInString(b.name) > mostSecretName || strings.ContainsFunc(b.name, unicode.IsControl) {
		return nil, fault.BadRequest("passwordCredential/displayName", "A secret's displayName has at most %d characters that print.", mostSecretName)
	}
	for _, t := range []struct {
		name string
		into *when.Instant
	}{{"startDateTime", &b.start}, {"endDateTime", &b.end}} {
		if m, given := v.Get(t.name); given && !m.IsNull() {
			if *t.into, err = m.Instant(); err != nil {
				return nil, err
			}
		}
	}
	return b, nil
}

// window is the time that the secret is good for, as asked at now.
func (b secretBody) window(now when.Instant) (when.Window, error) {
	w := when.Window{Start: b.start, End: b.end}
	if w.Start == when.Never {
		w.Start = now
	}
	if w.End == when.Never {
		w.End = when.Of(w.Start.Time().AddDate(secretYears, 0, 0))
	}
	if w.Empty() || w.End <= now {
		return w, fault.BadRequest("passwordCredential/endDateTime", "A secret ends after it starts, and in the future.")
	}
	return w, nil
}

// addSecret gives the registration that load finds a secret, and answers its text.
func addSecret(load func(*op.Call) (application, bool, error)) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		a, ok, err := load(c)
		if err != nil || !ok {
			return op.Answer{}, face.Gone(c, err)
		}
		if len(a.Secrets) >= mostSecrets {
			return op.Answer{}, fault.Quota(fault.Principal, "An application has at most %d secrets.", mostSecrets)
		}
		s, text, err := newSecret(c)
		if err != nil {
			return op.Answer{}, err
		}
		c.W.PutSecret(a.ID, s)
		c.Target(applicationTarget(&a, audit.Property{Name: "passwordCredentials", New: described(&s)}))
		var w edm.Writer
		w.Begin()
		face.WriteContext(c, &w, "microsoft.graph.passwordCredential", false)
		writeSecretMembers(&w, &s, text)
		w.End()
		return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
	}
}

// newSecret makes a secret as it is stored, and its text.
func newSecret(c *op.Call) (s directory.Secret, text string, err error) {
	b := op.Body[secretBody](c)
	w, err := b.window(c.Now)
	if err != nil {
		return s, "", err
	}
	var random [signin.SecretSize]byte
	_, _ = c.Env.Read(random[:])
	if text, err = signin.SecretText(random[:]); err != nil {
		return s, "", err
	}
	return directory.Secret{
		KeyID: c.Env.NewID(), Name: b.name, Hint: signin.SecretHint(text), Hash: signin.HashSecret(text), Start: w.Start, End: w.End,
	}, text, nil
}

// described is a secret in the audit log: never its text, hash or hint.
func described(s *directory.Secret) string {
	var w edm.Writer
	w.Begin()
	w.Name("keyId")
	w.ID(s.KeyID)
	w.Name("displayName")
	w.OptStr(s.Name)
	w.Name("endDateTime")
	w.Instant(s.End)
	w.End()
	return string(w.Bytes())
}

// removeSecret takes a secret from the registration that load finds.
func removeSecret(load func(*op.Call) (application, bool, error)) face.Handler {
	return func(c *op.Call) (op.Answer, error) {
		a, ok, err := load(c)
		if err != nil || !ok {
			return op.Answer{}, face.Gone(c, err)
		}
		key := op.Body[guid.ID](c)
		for i := range a.Secrets {
			if a.Secrets[i].KeyID == key {
				if err := dropSecret(c, &a, key); err != nil {
					return op.Answer{}, err
				}
				c.Target(applicationTarget(&a, audit.Property{Name: "passwordCredentials", Old: described(&a.Secrets[i])}))
				return op.Answer{Status: c.Op.Success}, nil
			}
		}
		return op.Answer{}, fault.BadRequest("keyId", "The application has no secret with the keyId %s.", key)
	}
}

// dropSecret deletes a secret, unless with it the last one goes who could become Global
// Administrator. Tokens that it was exchanged for are void with it: which they are nobody
// knows, so all of the client's are.
func dropSecret(c *op.Call, a *application, key guid.ID) error {
	return face.GuardLastAdministrator(c, func() error {
		c.W.DeleteSecret(a.ID, key)
		return voidTokens(c, a)
	})
}

// voidTokens voids all tokens of a registration's client.
func voidTokens(c *op.Call, a *application) error {
	p, ok, err := c.Tx.ServicePrincipalByAppID(a.AppID)
	if err != nil || !ok {
		return err
	}
	p.Generation++
	return c.W.UpdateServicePrincipal(p)
}
