package audit

import (
	"strings"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// activation is the record that the tutorial's self-activation leaves (behaviour.md, 13).
func activation() Record {
	return Record{
		ID:          guid.Must("0190163d-8694-739b-aea5-966c26f8ad91"),
		Seq:         7,
		At:          when.Of(must("2021-09-03T21:12:15.1234567Z").Time()),
		Activity:    "Add member to role completed (PIM activation)",
		Category:    "RoleManagement",
		Service:     "Privileged Identity Management",
		Type:        "Assign",
		Operation:   "CreateRoleAssignmentScheduleRequest",
		Result:      Success,
		Correlation: guid.Must("b662f17a-4e4d-4e1c-9248-cdec180024b2"),
		Actor: Actor{
			User: User{
				ID: guid.Must("7146daa8-1b4b-4a66-b2f7-cf593d03c8d2"), UPN: "AlineD@Contoso.com",
				Name: "Aline Dupuy", IP: "::1",
			},
			App: App{ID: "14d82eec-204b-4c2f-b7e8-296a70dab67e", Name: "Public client"},
		},
		Targets: []Target{{
			ID: "fdd7a751-b60b-444a-984c-02652fe8fa1c", Kind: KindRole, Name: "Groups Administrator",
			Modified: []Property{{Name: "status", Old: "null", New: `"Provisioned"`}},
		}},
		Details: []Detail{{"justification", "Need \"Groups\" & \u2028 more\n"}, {"ticketNumber", "CONTOSO:Normal-67890"}},
	}
}

func must(s string) when.Instant {
	at, ok := when.Parse(s)
	if !ok {
		panic(s)
	}
	return at
}

func TestRecordsThatWouldBreakTheLogAreRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Record){
		"no id":                   func(r *Record) { r.ID = guid.ID{} },
		"no end of time":          func(r *Record) { r.At = when.Never },
		"no activity":             func(r *Record) { r.Activity = "" },
		"no category":             func(r *Record) { r.Category = "" },
		"no result":               func(r *Record) { r.Result = "" },
		"a result not on wire":    func(r *Record) { r.Result = "Success" },
		"nobody acted":            func(r *Record) { r.Actor = Actor{} },
		"operator and user":       func(r *Record) { r.Actor.Operator = "root" },
		"a kind not on the wire":  func(r *Record) { r.Targets[0].Kind = "user" },
		"larger than is readable": func(r *Record) { r.Reason = strings.Repeat("x", MaxBytes) },
	} {
		r := activation()
		spoil(&r)
		if err := r.Check(); err == nil {
			t.Errorf("%s: the record was accepted", name)
		}
		if _, err := r.Row(); err == nil {
			t.Errorf("%s: the record became a row", name)
		}
		if _, err := Decode(r.Canonical()); err == nil {
			t.Errorf("%s: the bytes were read", name)
		}
	}
	if err := activation().Check(); err != nil {
		t.Errorf("a good record: %v", err)
	}
}

// Bytes must be UTF-8 to be JSON, so such a record has none of its own.
func TestTextThatIsNotUTF8IsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Record){
		"detail":   func(r *Record) { r.Details[0].Value = "a\xffb" },
		"property": func(r *Record) { r.Targets[0].Modified[0].New = "\xc0\x80" },
		"actor":    func(r *Record) { r.Actor.User.UPN = "\xed\xa0\x80" },
	} {
		r := activation()
		spoil(&r)
		if err := r.Check(); err == nil {
			t.Errorf("%s: the record was accepted", name)
		}
	}
}

func TestOperatorActsAlone(t *testing.T) {
	t.Parallel()
	r := activation()
	r.Actor = Actor{Operator: "root"}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}
