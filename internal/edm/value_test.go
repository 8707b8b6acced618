package edm

import (
	"encoding/json"
	"strings"
	"testing"

	"ephor/internal/fault"
)

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":                ``,
		"cut short":            `{"a":`,
		"two documents":        `{} {}`,
		"duplicate name":       `{"a":1,"a":2}`,
		"duplicate but case":   `{"a":1,"A":2}`,
		"NUL in a string":      `{"a":"x\u0000"}`,
		"invalid UTF-8":        "{\"a\":\"\xff\"}",
		"nested too deep":      strings.Repeat("[", MaxDepth+2) + strings.Repeat("]", MaxDepth+2),
		"too many values":      "[" + strings.Repeat("1,", MaxValues) + "1]",
		"comment":              `{/* */}`,
		"trailing comma":       `{"a":1,}`,
		"single quotes":        `{'a':1}`,
		"number out of syntax": `{"a":01}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseJSON([]byte(body))
			f, ok := fault.As(err)
			if !ok || f.Status != 400 || f.Code != "Request_BadRequest" {
				t.Fatalf("ParseJSON = %v, want a 400 fault", err)
			}
		})
	}
}

func TestAFaultNamesThePathOfWhatIsWrong(t *testing.T) {
	t.Parallel()
	v, err := ParseJSON([]byte(`{"scheduleInfo":{"expiration":{"endDateTime":"tomorrow"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	fields := []Field{{Name: "scheduleInfo", Type: Complex, Of: &ComplexType{Fields: []Field{
		{Name: "expiration", Type: Complex, Of: &ComplexType{Fields: []Field{{Name: "endDateTime", Type: DateTime}}}},
	}}}}
	f, ok := fault.As(v.Object(fields))
	if !ok || f.Target != "scheduleInfo/expiration/endDateTime" {
		t.Fatalf("fault = %+v", f)
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `"x"`, `[true,false]`, `{"a":1e999}`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := ParseJSON(body)
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatalf("accepted what is not JSON: %q as %v", body, v)
		}
	})
}

func FuzzWriterStrings(f *testing.F) {
	for _, s := range []string{"", "plain", "quote\" back\\ \n", "\x00\x1f", "é\u2028\xff", "<a&b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var w Writer
		w.Str(s)
		var back string
		if err := json.Unmarshal(w.Bytes(), &back); err != nil {
			t.Fatalf("%q was written as %s: %v", s, w.Bytes(), err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); back != want && strings.ToValidUTF8(back, "") != strings.ReplaceAll(want, "\ufffd", "\ufffd") {
			// Runs of invalid bytes become one replacement in one and several in the other.
			if strings.ReplaceAll(back, "\ufffd", "") != strings.ReplaceAll(want, "\ufffd", "") {
				t.Fatalf("%q came back as %q", s, back)
			}
		}
	})
}
