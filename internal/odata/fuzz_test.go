package odata

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is read as a filter is written canonically and read again as the same filter, and
// can be evaluated.
func FuzzFilter(f *testing.F) {
	for _, raw := range documented(f) {
		if q, err := Parse(raw, Limits{}); err == nil && q.Filter != nil {
			f.Add(q.Filter.String())
		}
	}
	for _, seed := range []string{
		"not(a eq 'b''c') or d in (1,-2.5e3,null)", "l/any(x:x/y/$count ge 2021-11-01)",
		"((((", "a eq duration'P1DT2H3M4.5S'", "isof('x') and a has 184efa21-98c3-4e5d-95ab-d07053a96e67", "a eq 'é\x80",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseFilter(text, Limits{})
		if err != nil {
			wantFault(t, err, "Invalid filter clause")
			return
		}
		again, err := ParseFilter(n.String(), wide)
		if err != nil {
			t.Fatalf("%q: canonical %q: %v", text, n, err)
		}
		if diff := cmp.Diff(n, again, anywhere); diff != "" {
			t.Fatalf("%q: %s", text, diff)
		}
		if Eval(n, ada) && Eval(Not{Term: n}, ada) {
			t.Fatalf("%q and its negation select one row", text)
		}
	})
}

// A query is read whole or refused with a fault.
func FuzzQuery(f *testing.F) {
	for _, raw := range documented(f) {
		f.Add(raw)
	}
	for _, seed := range []string{"$expand=a($expand=b($filter=c eq ';)('))", `$search=("a:b\"" OR "c:d") AND "e:f"`, "%2524filter=%2561", "&&=&", "$top=%", "$orderby=a desc,b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := Parse(raw, Limits{}, "@id")
		if err != nil {
			faultOf(t, err)
			return
		}
		wantWhole(t, raw, q)
		_ = q.Shape()
		_ = Context("users", q, true)
		again, err := Parse(Next(raw, "token"), Limits{Query: 1 << 20, Options: 100}, "@id")
		if err != nil || again.SkipToken != "token" || again.Shape() != q.Shape() {
			t.Fatalf("%q: the next link is another query: %v", raw, err)
		}
	})
}

// Nothing but what was sealed opens, and no bytes that decode are of another token.
func FuzzToken(f *testing.F) {
	plain, err := page.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seal(f, page), plain)
	f.Add("", []byte{})
	f.Add("AAAA", []byte{tokenStart, 16, byte(KindText), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, text string, plain []byte) {
		if _, err := Open(text, TokenKey{}, nil); err == nil {
			t.Fatalf("%q opens under another key", text)
		}
		token, ok := decodeToken(plain)
		if !ok {
			return
		}
		bytes, err := token.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, ok := decodeToken(bytes)
		if second, err := again.encode(); !ok || err != nil || string(second) != string(bytes) {
			t.Fatalf("%x decodes as %+v and then as %+v", plain, token, again)
		}
	})
}

// A batch is read whole, in an order that its dependencies allow, or refused.
func FuzzBatch(f *testing.F) {
	f.Add([]byte(exampleBatch))
	f.Add([]byte(`{"requests":[{"id":"a","method":"get","url":"a?b","dependsOn":["B"]},{"id":"b","method":"put","url":"/c","body":"x","headers":{"content-type":"text/plain"}}]}`))
	f.Add([]byte(`{"requests":[{"id":"a","id":"b"}]}`))
	f.Add([]byte(`{"requests":[{"id":1,"method":"GET","url":"a","dependsOn":["2"]},{"id":2,"method":"GET","url":"/c"}]}`))
	f.Add([]byte(`{"requests":[[[[[[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, err := DecodeBatch(body)
		if err != nil {
			wantFault(t, err, "Invalid batch")
			return
		}
		done := map[string]int{}
		for _, item := range items {
			if item.Blocked(done) {
				t.Fatalf("%s comes before what it depends on", item.ID)
			}
			if item.ID == "" || item.Path == "" || item.Path[0] != '/' || item.Body != nil && item.Headers["content-type"] == "" {
				t.Fatalf("%+v", item)
			}
			done[item.ID] = 200
		}
		if len(done) != len(items) || len(items) > batchItems {
			t.Fatalf("%d items, %d ids", len(items), len(done))
		}
	})
}
