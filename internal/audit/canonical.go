package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"ephor/internal/guid"
)

// version is the first member of every record. Another layout gets another number, and
// Decode keeps reading this one: bytes that were hashed are never rewritten.
const version = 1

// Canonical is the one sequence of bytes that stands for r: JSON without white space,
// with the keys in the order of the struct, empty fields left out, times as ticks of 100
// ns (which every Instant has, unlike a date) and text escaped as RFC 8785 does.
//
// JSON, so that an auditor with a database dump needs no program of ours: jq reads a
// record and a byte 0 before it gives SHA-256 its leaf. Written by hand, because
// encoding/json has changed its escapes between releases, and a leaf must be the same
// for ever. Text that is not UTF-8 has its bad bytes replaced; Check refuses it.
func (r Record) Canonical() []byte {
	b, _ := r.encode()
	return b
}

// encode is Canonical, and whether every text could be written as it is.
func (r Record) encode() (b []byte, exact bool) {
	w := writer{b: make([]byte, 0, 768), exact: true}
	w.raw(`{"v":1`)
	w.id("id", r.ID)
	w.raw(`,"seq":`)
	w.b = strconv.AppendUint(w.b, r.Seq, 10)
	w.raw(`,"at":`)
	w.b = strconv.AppendInt(w.b, int64(r.At), 10)
	w.text("activity", r.Activity)
	w.text("category", r.Category)
	w.text("service", r.Service)
	w.text("type", r.Type)
	w.text("op", r.Operation)
	w.text("result", string(r.Result))
	w.text("reason", r.Reason)
	w.id("correlation", r.Correlation)
	w.actor(r.Actor)
	w.list("targets", len(r.Targets), func(i int) { w.target(&r.Targets[i]) })
	w.list("details", len(r.Details), func(i int) {
		w.text("key", r.Details[i].Key)
		w.text("value", r.Details[i].Value)
	})
	w.raw("}")
	return w.b, w.exact
}

// Decode reads what Canonical wrote, and nothing else: a record that Check refuses, any
// other spelling of a record, and anything after it are errors.
func Decode(b []byte) (Record, error) {
	if len(b) > MaxBytes {
		return Record{}, fmt.Errorf("audit record has %d bytes, more than %d", len(b), MaxBytes)
	}
	var in struct {
		Version int `json:"v"`
		Record
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Record{}, fmt.Errorf("read audit record: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Record{}, errors.New("something follows the audit record")
	}
	if in.Version != version {
		return Record{}, fmt.Errorf("audit record has version %d, not %d", in.Version, version)
	}
	canonical, err := in.checked()
	if err != nil {
		return Record{}, err
	}
	if !bytes.Equal(canonical, b) {
		return Record{}, errors.New("audit record is not in canonical form")
	}
	return in.Record, nil
}

// A writer appends members to one JSON object after another.
type writer struct {
	b     []byte
	exact bool // no text had to be altered
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// key begins a member; the first of an object has no comma before it.
func (w *writer) key(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, `":`...)
}

func (w *writer) id(name string, id guid.ID) {
	if !id.IsZero() {
		w.text(name, id.String())
	}
}

func (w *writer) text(name, s string) {
	if s != "" {
		w.key(name)
		w.quote(s)
	}
}

func (w *writer) list(name string, n int, item func(int)) {
	if n == 0 {
		return
	}
	w.key(name)
	for i := range n {
		if i == 0 {
			w.raw("[{")
		} else {
			w.raw(",{")
		}
		item(i)
		w.raw("}")
	}
	w.raw("]")
}

func (w *writer) actor(a Actor) {
	w.key("actor")
	w.raw("{")
	if a.User != (User{}) {
		w.key("user")
		w.raw("{")
		w.id("id", a.User.ID)
		w.text("upn", a.User.UPN)
		w.text("name", a.User.Name)
		w.text("ip", a.User.IP)
		w.raw("}")
	}
	if a.App != (App{}) {
		w.key("app")
		w.raw("{")
		w.text("id", a.App.ID)
		w.id("principal", a.App.ServicePrincipalID)
		w.text("principalName", a.App.ServicePrincipal)
		w.text("name", a.App.Name)
		w.raw("}")
	}
	w.text("operator", a.Operator)
	w.raw("}")
}

func (w *writer) target(t *Target) {
	w.text("id", t.ID)
	w.text("kind", string(t.Kind))
	w.text("name", t.Name)
	w.text("upn", t.UPN)
	w.text("groupType", t.GroupType)
	w.list("modified", len(t.Modified), func(i int) {
		w.text("name", t.Modified[i].Name)
		w.text("old", t.Modified[i].Old)
		w.text("new", t.Modified[i].New)
	})
}

// quote writes s between quotation marks with the escapes of RFC 8785, 3.2.2.2: the five
// short ones, \u00xx for other controls, and everything else as it is.
func (w *writer) quote(s string) {
	const hex = "0123456789abcdef"
	w.b = append(w.b, '"')
	for i := 0; i < len(s); {
		c, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == utf8.RuneError && n == 1:
			w.exact = false
			w.b = utf8.AppendRune(w.b, utf8.RuneError)
		case c == '"' || c == '\\':
			w.b = append(w.b, '\\', byte(c))
		case c >= 0x20:
			w.b = append(w.b, s[i:i+n]...)
		case short[c] != 0:
			w.b = append(w.b, '\\', short[c])
		default:
			w.b = append(w.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += n
	}
	w.b = append(w.b, '"')
}

// short holds the letter of each control character that has an escape of its own.
var short = [0x20]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}
