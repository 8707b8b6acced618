package rest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"ephor/internal/audit"
)

func record(activity string) audit.Record {
	return audit.Record{Activity: activity, Category: "Test", Result: audit.Success, Actor: audit.Actor{Operator: "test"}}
}

// members is an object read with encoding/json, nil for anything else; twice tells the
// names that are given more than once.
func members(raw json.RawMessage) (all map[string]json.RawMessage, twice map[string]bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	_, _ = d.Token()
	all, twice = map[string]json.RawMessage{}, map[string]bool{}
	for d.More() {
		t, _ := d.Token()
		name, _ := t.(string)
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return nil, nil
		}
		if _, had := all[name]; had {
			twice[name] = true
		}
		all[name] = v
	}
	return all, twice
}

// wordsOf is what the reference reads of a subject, an action or a resource.
func wordsOf(raw json.RawMessage, names ...string) (words []string, ok bool) {
	m, twice := members(raw)
	if m == nil || twice["properties"] {
		return nil, false
	}
	if p, had := m["properties"]; had && string(p) != "null" && p[0] != '{' {
		return nil, false
	}
	for _, name := range names {
		var s *string
		if twice[name] || json.Unmarshal(m[name], &s) != nil || s == nil {
			return nil, false
		}
		words = append(words, *s)
	}
	return words, true
}

// reference reads a question with encoding/json alone: subject, action, resource as words,
// and whether it is whole.
func reference(raw json.RawMessage) (words []string, ok bool) {
	m, twice := members(raw)
	if m == nil {
		return nil, false
	}
	for name := range twice {
		if parts[name] != 0 {
			return nil, false
		}
	}
	if c, had := m["context"]; had && string(c) != "null" && c[0] != '{' {
		return nil, false
	}
	for _, part := range []struct {
		name  string
		words []string
	}{{"subject", []string{"type", "id"}}, {"action", []string{"name"}}, {"resource", []string{"type", "id"}}} {
		w, whole := wordsOf(m[part.name], part.words...)
		if !whole {
			return nil, false
		}
		words = append(words, w...)
	}
	return words, true
}

var bodies = []string{
	`{"subject":{"type":"user","id":"a"},"action":{"name":"n"},"resource":{"type":"user","id":"b"}}`,
	` { "subject" : { "id" : "\u00e9\"\\" , "type":"us\u0065r", "properties" : { "x":[1,-2.5e3,true,null,{}] } } , "action":{"name":""},"resource":{"type":"t","id":""},"context":{} } `,
	`{"subject":null,"action":{"name":1},"resource":[]}`,
	`{"subject":{"type":"user","type":"user","id":"a"},"action":{"name":"n","properties":null},"resource":{"type":"user","id":"b"}}`,
	`{"subj\u0065ct":{"type":"user","id":"a"},"action":{"name":"n"},"resource":{"type":"user","id":"b"},"context":7}`,
	`{"evaluations":[{"subject":{"type":"user","id":"a"}},7,[],"x",null,true,{}],"options":{"evaluations_semantic":"deny_on_first_deny"}}`,
	`{"evaluations":[],"options":{"evaluations_semantic":null,"evaluations_semantic":"x"}}`,
	`{"a":"}]","subject":{"type":"]","id":"{"},"action":{"name":","},"resource":{"type":":","id":"\\\""}}`,
	`{"subject":{"type":"\ud800","id":"a"},"action":{"name":"n"},"resource":{"type":"user","id":"b"}}`,
	`[]`, `{}`, `"x"`, `-0`, `{"evaluations":[`,
}

// What is read of a body is what encoding/json reads of it; it cannot be made to differ.
func FuzzQuestionsAreReadAsJSONIs(f *testing.F) {
	for _, b := range bodies {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) || !utf8.ValidString(body) {
			return
		}
		in, bad := readInquiry(body)
		trimmed := json.RawMessage(strings.TrimSpace(body))
		words, ok := reference(trimmed)
		m, twice := members(trimmed)
		outer := m["options"] == nil && m["evaluations"] == nil && len(twice) == 0
		if outer && (bad == nil && in.check() == nil) != ok {
			t.Fatalf("%s: read %+v, %v; the reference %q, %v", body, in, bad, words, ok)
		}
		if q := in.question; bad == nil && ok {
			got := []string{q.subject.kind, q.subject.id, q.action, q.resource.kind, q.resource.id}
			if strings.Join(got, "\x00") != strings.Join(words, "\x00") {
				t.Fatalf("%s: read %q, want %q", body, got, words)
			}
		}
		if bad == nil && in.evaluations != "" {
			compareItems(t, &in, m["evaluations"])
		}
	})
}

// compareItems holds the items of a body against the reference, without defaults.
func compareItems(t *testing.T, in *inquiry, raw json.RawMessage) {
	t.Helper()
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		t.Fatal(err)
	}
	bare := inquiry{}
	c := inside(in.evaluations)
	for i, item := range items {
		got := c.item()
		if got != string(item) {
			t.Fatalf("item %d is %q, want %q", i, got, item)
		}
		q := bare.with(got)
		m, _ := members(item)
		if m["evaluations"] != nil || m["options"] != nil {
			continue // twice, these are refused: a stray copy of the body around
		}
		if words, ok := reference(item); ok != (q.check() == nil) || ok && q.subject.id != words[1] {
			t.Fatalf("item %d, %s: %+v; the reference %q, %v", i, item, q, words, ok)
		}
	}
	if left := c.item(); left != "" {
		t.Fatalf("behind the last item is %q", left)
	}
}

// Whatever is sent, the answer is a decision or a refusal that says why.
func FuzzDecisionsNeverFail(f *testing.F) {
	w := newWorld(f)
	for _, b := range bodies {
		f.Add(true, b)
		f.Add(false, b)
	}
	f.Add(false, asked("user", bob, revoke, "user", eve))
	f.Fuzz(func(t *testing.T, many bool, body string) {
		path := evaluationPath
		if many {
			path = evaluationsPath
		}
		rec := w.post(path, "client", body)
		if rec.Code >= 500 || !json.Valid(rec.Body.Bytes()) {
			t.Fatalf("%q: %d %s", body, rec.Code, rec.Body)
		}
	})
}
