package apps

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// Keys are certificates, of whose public keys clients prove to have the private ones. They
// are given whole, with the registration, as Graph's page application-update has it: what is
// there and not given again goes.

// The one kind of key that there is, and what it is for.
const (
	certificateKey = "AsymmetricX509Cert"
	toVerify       = "Verify"
)

// mostKeys is how many certificates an application may have.
const mostKeys = 100

var keyCredential = &edm.ComplexType{Name: "keyCredential", Fields: []edm.Field{
	{Name: "customKeyIdentifier", Type: edm.Binary},
	{Name: "displayName", Type: edm.String},
	{Name: "endDateTime", Type: edm.DateTime},
	{Name: "key", Type: edm.Binary},
	{Name: "keyId", Type: edm.GUID},
	{Name: "startDateTime", Type: edm.DateTime},
	{Name: "type", Type: edm.String},
	{Name: "usage", Type: edm.String},
}}

func writeKeys(w *edm.Writer, list []directory.Key) {
	w.BeginArray()
	for i := range list {
		writeKey(w, &list[i])
	}
	w.EndArray()
}

func writeKey(w *edm.Writer, k *directory.Key) {
	w.Begin()
	w.Name("customKeyIdentifier")
	w.OptStr(k.Thumbprint)
	w.Name("displayName")
	w.OptStr(k.Name)
	w.Name("endDateTime")
	w.Instant(k.End)
	w.Name("key")
	if len(k.Certificate) == 0 {
		w.Null()
	} else {
		w.Str(base64.StdEncoding.EncodeToString(k.Certificate))
	}
	w.Name("keyId")
	w.ID(k.KeyID)
	w.Name("startDateTime")
	w.Instant(k.Start)
	w.Name("type")
	w.Str(certificateKey)
	w.Name("usage")
	w.Str(toVerify)
	w.End()
}

// shownKeys leaves the certificates themselves out of an answer that did not ask for them by
// name (A:application-list), and out of every list.
func shownKeys(c *op.Call, keys []directory.Key) []directory.Key {
	if slices.Contains(c.Query.Select, "keyCredentials") && !c.Op.Collection {
		return keys
	}
	return withoutCertificates(keys)
}

func withoutCertificates(keys []directory.Key) []directory.Key {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].Certificate = nil
	}
	return keys
}

// A keyBody is one of keyCredentials as it was given. Without a certificate it stands for the
// key of that id that is there already.
type keyBody struct {
	id  guid.ID // zero for one that the server makes
	key directory.Key
	own bool // it says its name
}

// readKeys reads keyCredentials. REQUIRES that their shape has been checked.
func readKeys(v edm.Value) ([]keyBody, error) {
	if len(v.Items) > mostKeys {
		return nil, fault.BadRequest("keyCredentials", "An application has at most %d keys.", mostKeys)
	}
	var all []keyBody
	for _, item := range v.Items {
		b, err := readKey(item)
		if err != nil {
			return nil, err
		}
		if !b.id.IsZero() && slices.ContainsFunc(all, func(other keyBody) bool { return other.id == b.id }) {
			return nil, fault.BadRequest(item.Path, "The keyId %s is given twice.", b.id)
		}
		all = append(all, b)
	}
	return all, nil
}

func readKey(v edm.Value) (b keyBody, err error) {
	for _, fixed := range []struct{ name, only string }{{"type", certificateKey}, {"usage", toVerify}} {
		if m, given := v.Get(fixed.name); given && !m.IsNull() && !strings.EqualFold(m.Text, fixed.only) {
			return b, fault.BadRequest(m.Path, "The only %s of a key that is supported is %s.", fixed.name, fixed.only)
		}
	}
	if m, given := v.Get("keyId"); given && !m.IsNull() {
		if b.id, err = m.ID(); err != nil {
			return b, err
		}
	}
	if m, given := v.Get("displayName"); given {
		b.own = true
		if b.key.Name, err = m.OptStr(); err != nil {
			return b, err
		}
		if utf8.RuneCountInString(b.key.Name) > mostSecretName || strings.ContainsFunc(b.key.Name, unicode.IsControl) {
			return b, fault.BadRequest(m.Path, "A key's displayName has at most %d characters that print.", mostSecretName)
		}
	}
	m, given := v.Get("key")
	if !given || m.IsNull() {
		if b.id.IsZero() {
			return b, fault.BadRequest(v.Path+"/key", "Give the certificate, or the keyId of one that the application has.")
		}
		return b, nil
	}
	return b, b.readCertificate(v, m)
}

// readCertificate reads the certificate itself, and the time that it is good for: never longer
// than it says.
func (b *keyBody) readCertificate(v, key edm.Value) error {
	der, err := decodeBinary(key)
	if err != nil {
		return err
	}
	cert, err := signin.ReadCertificate(der)
	if err != nil {
		return fault.BadRequest(key.Path, "The key cannot be used: %s. Send an X.509 certificate, DER in base64.", err)
	}
	b.key.Certificate, b.key.Thumbprint = der, base64.StdEncoding.EncodeToString(cert.SHA1[:])
	if m, given := v.Get("customKeyIdentifier"); given && !m.IsNull() {
		custom, err := decodeBinary(m)
		if err != nil {
			return err
		}
		if len(custom) > 0 && len(custom) <= 64 {
			b.key.Thumbprint = base64.StdEncoding.EncodeToString(custom)
		}
	}
	b.key.Start, b.key.End = cert.Window.Start, cert.Window.End
	for _, t := range []struct {
		name string
		into *when.Instant
	}{{"startDateTime", &b.key.Start}, {"endDateTime", &b.key.End}} {
		if m, given := v.Get(t.name); given && !m.IsNull() {
			if *t.into, err = m.Instant(); err != nil {
				return err
			}
		}
	}
	if b.key.End > cert.Window.End {
		return fault.BadRequest(v.Path+"/endDateTime", "A key does not outlive its certificate, which ends at %s.", cert.Window.End)
	}
	if b.key.End <= b.key.Start {
		return fault.BadRequest(v.Path+"/endDateTime", "A key ends after it starts.")
	}
	return nil
}

// decodeBinary reads an Edm.Binary: base64, in either alphabet, padded or not.
func decodeBinary(v edm.Value) ([]byte, error) {
	text, err := v.Str()
	if err != nil {
		return nil, err
	}
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil || len(b) > signin.MaxCertificate {
		return nil, fault.BadRequest(v.Path, "'%s' must be base64 of at most %d bytes.", v.Path, signin.MaxCertificate)
	}
	return b, nil
}

// changeKeys makes the given keys all that the application has: new ones are made, those that
// are named again stay, the others go. It reports whether any went. A key's certificate never
// changes under its id.
func changeKeys(c *op.Call, a *application, given []keyBody) (gone bool, err error) {
	var keys []directory.Key
	for _, b := range given {
		i := slices.IndexFunc(a.Keys, func(k directory.Key) bool { return k.KeyID == b.id })
		k := b.key
		switch {
		case i < 0 && len(k.Certificate) == 0:
			return false, fault.BadRequest("keyCredentials", "The application has no key with the keyId %s.", b.id)
		case i < 0 && k.End <= c.Now:
			return false, fault.BadRequest("keyCredentials", "A key that has ended already is of no use.")
		case i < 0:
			if k.KeyID = b.id; k.KeyID.IsZero() {
				k.KeyID = c.Env.NewID()
			}
		case len(k.Certificate) > 0 && !slices.Equal(k.Certificate, a.Keys[i].Certificate):
			return false, fault.BadRequest("keyCredentials", "The key %s has another certificate. Give the new one without a keyId.", b.id)
		default:
			if k = a.Keys[i]; b.own {
				k.Name = b.key.Name
			}
		}
		keys = append(keys, k)
		c.W.PutKey(a.ID, k)
	}
	for _, k := range a.Keys {
		if !slices.ContainsFunc(keys, func(kept directory.Key) bool { return kept.KeyID == k.KeyID }) {
			c.W.DeleteKey(a.ID, k.KeyID)
			gone = true
		}
	}
	a.Keys = keys
	return gone, nil
}

// describedKeys are keys in the audit log: which they are, not the certificates.
func describedKeys(keys []directory.Key) string {
	var w edm.Writer
	w.BeginArray()
	for i := range keys {
		k := keys[i]
		k.Certificate = nil
		writeKey(&w, &k)
	}
	w.EndArray()
	return string(w.Bytes())
}
