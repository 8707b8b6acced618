package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ephor/internal/when"
)

// Bytes that were hashed once must be made again by every later release.
const activationBytes = `{"v":1,"id":"0190163d-8694-739b-aea5-966c26f8ad91","seq":7,"at":16307035351234567,` +
	`"activity":"Add member to role completed (PIM activation)","category":"RoleManagement",` +
	`"service":"Privileged Identity Management","type":"Assign","op":"CreateRoleAssignmentScheduleRequest",` +
	`"result":"success","correlation":"b662f17a-4e4d-4e1c-9248-cdec180024b2",` +
	`"actor":{"user":{"id":"7146daa8-1b4b-4a66-b2f7-cf593d03c8d2","upn":"AlineD@Contoso.com","name":"Aline Dupuy","ip":"::1"},` +
	`"app":{"id":"14d82eec-204b-4c2f-b7e8-296a70dab67e","name":"Public client"}},` +
	`"targets":[{"id":"fdd7a751-b60b-444a-984c-02652fe8fa1c","kind":"Role","name":"Groups Administrator",` +
	`"modified":[{"name":"status","old":"null","new":"\"Provisioned\""}]}],` +
	`"details":[{"key":"justification","value":"Need \"Groups\" & ` + "\u2028" + ` more\n"},` +
	`{"key":"ticketNumber","value":"CONTOSO:Normal-67890"}]}`

func TestCanonicalBytesNeverChange(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(activationBytes, string(activation().Canonical())); diff != "" {
		t.Error(diff)
	}
	row, err := activation().Row()
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256([]byte("\x00" + activationBytes))
	if row.Leaf != Hash(want) || string(row.Canonical) != activationBytes {
		t.Errorf("leaf = %s, want %x", row.Leaf, want)
	}
}

func TestControlCharactersAreEscapedAsRFC8785Says(t *testing.T) {
	t.Parallel()
	r := activation()
	r.Reason = "\x00\x08\x09\x0a\x0b\x0c\x0d\x1f \"\\/\x7f<é\U0001F600"
	want := `"reason":"\u0000\b\t\n\u000b\f\r\u001f \"\\/` + "\x7f<é\U0001F600" + `"`
	if got := r.Canonical(); !bytes.Contains(got, []byte(want)) {
		t.Errorf("no %s in %s", want, got)
	}
}

// records draws any record that Check accepts, every field included: a field that the
// encoding forgets does not survive the round trip.
func records() *rapid.Generator[Record] {
	whole := rapid.Make[Record]()
	return rapid.Custom(func(t *rapid.T) Record {
		r := whole.Draw(t, "record")
		r.ID[0] |= 1
		r.At = min(r.At, when.Never-1)
		r.Activity, r.Category = "a"+r.Activity, "c"+r.Category
		r.Result = rapid.SampledFrom([]Result{Success, Failure, Timeout}).Draw(t, "result")
		if rapid.Bool().Draw(t, "operator") {
			r.Actor = Actor{Operator: "o" + r.Actor.Operator}
		} else {
			r.Actor.Operator, r.Actor.User.Name = "", "n"+r.Actor.User.Name
		}
		for i := range r.Targets {
			r.Targets[i].Kind = rapid.SampledFrom([]Kind{KindUser, KindRole, KindOther}).Draw(t, "kind")
			if len(r.Targets[i].Modified) == 0 {
				r.Targets[i].Modified = nil
			}
		}
		if len(r.Targets) == 0 {
			r.Targets = nil
		}
		if len(r.Details) == 0 {
			r.Details = nil
		}
		return r
	})
}

func TestDecodeGivesBackWhatCanonicalWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := records().Draw(t, "r")
		b := r.Canonical()
		if !json.Valid(b) {
			t.Fatalf("not JSON: %s", b)
		}
		back, err := Decode(b)
		if err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		if diff := cmp.Diff(r, back); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestDifferentRecordsHaveDifferentBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := records().Draw(t, "a"), records().Draw(t, "b")
		if cmp.Equal(a, b) != bytes.Equal(a.Canonical(), b.Canonical()) {
			t.Fatalf("%s\n%s", a.Canonical(), b.Canonical())
		}
	})
}

func TestDecodeRefusesEveryOtherSpelling(t *testing.T) {
	t.Parallel()
	edit := func(old, new string) string {
		if !strings.Contains(activationBytes, old) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return strings.Replace(activationBytes, old, new, 1)
	}
	for name, in := range map[string]string{
		"nothing":             "",
		"null":                "null",
		"white space inside":  edit(`,"seq"`, `, "seq"`),
		"white space after":   activationBytes + "\n",
		"a second record":     activationBytes + activationBytes,
		"cut short":           activationBytes[:len(activationBytes)-1],
		"unknown key":         edit(`,"seq"`, `,"extra":1,"seq"`),
		"key twice":           edit(`"seq":7`, `"seq":8,"seq":7`),
		"key in other case":   edit(`"seq":7`, `"Seq":7`),
		"other order":         edit(`"seq":7,"at":16307035351234567`, `"at":16307035351234567,"seq":7`),
		"empty field written": edit(`"result":"success"`, `"result":"success","reason":""`),
		"null field written":  edit(`"result":"success"`, `"result":"success","reason":null`),
		"id in upper case":    edit(`0190163d-8694-739b-aea5-966c26f8ad91`, `0190163D-8694-739b-aea5-966c26f8ad91`),
		"needless escape":     edit(`"Assign"`, `"\u0041ssign"`),
		"number as text":      edit(`"seq":7`, `"seq":"7"`),
		"other number":        edit(`"seq":7`, `"seq":7.0`),
		"another version":     edit(`"v":1`, `"v":2`),
		"no version":          edit(`"v":1,`, ``),
		"not UTF-8":           edit(`Aline Dupuy`, "Aline \xff"),
		"too long":            edit(`"Assign"`, `"`+strings.Repeat("x", MaxBytes)+`"`),
	} {
		if _, err := Decode([]byte(in)); err == nil {
			t.Errorf("%s: was read", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(activationBytes))
	f.Add([]byte(`{"v":1,"id":"0190163d-8694-739b-aea5-966c26f8ad91","seq":0,"at":0,"activity":"a","category":"c","result":"failure","actor":{"operator":"root"}}`))
	f.Add([]byte(strings.Repeat(`{"actor":`, 200)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(r.Canonical(), b) {
			t.Errorf("two spellings of one record:\n%s\n%s", b, r.Canonical())
		}
		if err := r.Check(); err != nil {
			t.Errorf("read, and then refused: %v", err)
		}
	})
}

func BenchmarkRow(b *testing.B) {
	r := activation()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Row(); err != nil {
			b.Fatal(err)
		}
	}
}
