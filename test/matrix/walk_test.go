package matrix

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ephor/internal/graph"
	"ephor/internal/op"
	"ephor/internal/rest"
)

// A call is one example of an operation: its first case, on the first target.
type call struct {
	*op.Operation
	x *example
	t *target
}

// walk is one call of every operation. One without an example fails the test.
func (w *world) walk(t *testing.T) (all []call) {
	t.Helper()
	for _, o := range graph.Operations() {
		published := expected().rows[key(o.Method, o.Path)]
		if published == nil {
			t.Errorf("%s has no row in operations.json", o.Name)
			continue
		}
		r := &published.Cases[0]
		x := exampleOf(o, r.Case)
		if x == nil {
			t.Errorf("%s has no example for %q", o.Name, r.Case)
			continue
		}
		all = append(all, call{o, x, w.targets(r.Target)[0]})
	}
	if len(all) < 80 {
		t.Errorf("only %d operations", len(all))
	}
	return all
}

// A sending is what goes over the wire besides method and path.
type sending struct {
	method, query, body string
	head                map[string]string
}

// send is a call, changed.
func (f *face) send(c call, s sending) *httptest.ResponseRecorder {
	path, query, _ := strings.Cut(f.fill(c.x.path, ga, c.t.name), "?")
	query = strings.Trim(strings.ReplaceAll(query+"&"+s.query, " ", "%20"), "&")
	method := s.method
	if method == "" {
		method = c.Method
	}
	r := httptest.NewRequestWithContext(f.t.Context(), method, (&url.URL{Path: "/v1.0" + path, RawQuery: query}).RequestURI(), strings.NewReader(s.body))
	r.Header.Set("Authorization", "Bearer "+f.as(ga, false, nil))
	if s.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, head := range []map[string]string{c.x.head, s.head} {
		for name, value := range head {
			r.Header.Set(name, value)
			if value == "" {
				r.Header.Del(name)
			}
		}
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// good reports whether a call did all that it should.
func good(c call, w *httptest.ResponseRecorder) bool {
	if c.Writes {
		return w.Code == undone || slices.Contains(c.x.passes, codeOf(w))
	}
	return w.Code == c.Success || slices.Contains(c.x.passes, codeOf(w))
}

func codeOf(w *httptest.ResponseRecorder) string {
	var refusal struct{ Error struct{ Code string } }
	_ = json.Unmarshal(w.Body.Bytes(), &refusal) // no JSON has no code
	return refusal.Error.Code
}

// refusedWith checks a refusal: its status, its code if one is given, Graph's envelope.
func (w *world) refusedWith(t *testing.T, what string, a *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var e struct {
		Error struct {
			Code, Message string
			InnerError    map[string]string
		}
	}
	err := json.Unmarshal(a.Body.Bytes(), &e)
	if a.Code != status || err != nil || code != "" && e.Error.Code != code || e.Error.Code == "" || e.Error.Message == "" {
		t.Errorf("%s: %d %s, want %d %s", what, a.Code, a.Body, status, code)
		return
	}
	if e.Error.InnerError["request-id"] == "" || e.Error.InnerError["request-id"] != a.Header().Get("request-id") {
		t.Errorf("%s: the request-id of the body is %q, of the header %q", what, e.Error.InnerError["request-id"], a.Header().Get("request-id"))
	}
}

func TestEveryOperationAnswersItsExample(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.face(graph.Operations())
	for _, c := range w.walk(t) {
		if a := f.send(c, sending{body: f.fill(c.x.body, ga, c.t.name)}); !good(c, a) {
			t.Errorf("%s: %d %s", c.Name, a.Code, a.Body)
		}
	}
}

func TestEveryOperationAsksForAToken(t *testing.T) {
	t.Parallel()
	w := open(t)
	poor := w.As("none", "openid")
	f, before := w.face(graph.Operations()), w.Version()
	for _, c := range w.walk(t) {
		path, body := f.fill(c.x.path, ga, c.t.name), f.fill(c.x.body, ga, c.t.name)
		none := f.send(c, sending{head: map[string]string{"Authorization": ""}, body: body})
		w.refusedWith(t, c.Name+" without a token", none, 401, "InvalidAuthenticationToken")
		if h := none.Header().Get("WWW-Authenticate"); !strings.HasPrefix(h, "Bearer") {
			t.Errorf("%s without a token: WWW-Authenticate is %q", c.Name, h)
		}
		for _, token := range []string{"garbage", "a.b.c", w.ga.Token + "x", ""} {
			a := w.Bearing(token).Do(c.Method, path, body)
			if a.Status != 401 || a.Code() != "InvalidAuthenticationToken" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s with the token %q: %d %s, WWW-Authenticate %q", c.Name, token, a.Status, a.Text, a.Header.Get("WWW-Authenticate"))
			}
		}
		if a := poor.Do(c.Method, path, body); a.Status != 403 {
			t.Errorf("%s with the scope openid alone: %d %s, want 403", c.Name, a.Status, a.Text)
		}
	}
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v", before, after)
	}
}

func TestEveryOperationRefusesWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, before := w.face(graph.Operations()), w.Version()
	for _, c := range w.walk(t) {
		body := f.fill(c.x.body, ga, c.t.name)
		for _, query := range []string{"$nonsense=1", "$skip=1", "$apply=aggregate(id)", "$filter=", "$top=-1", "$select=nonsense", "$orderby=id sideways"} {
			a := f.send(c, sending{query: query, body: body})
			if a.Code < 400 || a.Code >= 500 {
				if query == "$filter=" && c.Query != 0 && a.Code == 200 {
					continue // an empty option is none
				}
				t.Errorf("%s with %s: %d %s, want 400", c.Name, query, a.Code, a.Body)
			}
		}
		w.refusedWith(t, c.Name+" with $nonsense", f.send(c, sending{query: "$nonsense=1", body: body}), 400, "")
		w.refusedWith(t, c.Name+" by MERGE", f.send(c, sending{method: "MERGE", body: "{}"}), 405, "Request_BadRequest")
		for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE"} {
			if !served(c, method) {
				w.refusedWith(t, c.Name+" by "+method, f.send(c, sending{method: method}), 405, "Request_BadRequest")
			}
		}
	}
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v", before, after)
	}
}

// served reports whether some operation takes the method at c's path.
func served(c call, method string) bool {
	for _, o := range graph.Operations() {
		if o.Method == method && o.Path == c.Path {
			return true
		}
	}
	// A literal segment may also be read as an id: /users/$count as the user $count.
	return strings.HasSuffix(c.Path, "/$count") || strings.Contains(c.Path, "deletedItems/graph.")
}

// packed is b under gzip.
func packed(t *testing.T, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.Copy(w, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestEveryBodyIsBoundedAndOfItsType(t *testing.T) {
	t.Parallel()
	w := open(t)
	f, before := w.face(graph.Operations()), w.Version()
	squeezed := map[string]string{"Content-Encoding": "gzip"}
	huge := `{"a": "` + strings.Repeat("a", rest.MaxBody) + `"}`
	bomb := packed(t, bytes.Repeat([]byte(" "), 64*rest.MaxBody))
	for _, c := range w.walk(t) {
		body := f.fill(c.x.body, ga, c.t.name)
		if body == "" {
			continue
		}
		for _, kind := range []string{"text/plain", "application/xml", "application/json;charset=utf-16", "multipart/form-data; boundary=x", ""} {
			if a := f.send(c, sending{body: body, head: map[string]string{"Content-Type": kind}}); a.Code != 415 && a.Code != 400 {
				t.Errorf("%s as %q: %d %s, want 415 or 400", c.Name, kind, a.Code, a.Body)
			}
		}
		w.refusedWith(t, c.Name+" with a huge body", f.send(c, sending{body: huge}), 413, "")
		if a := f.send(c, sending{body: packed(t, []byte(body)), head: squeezed}); !good(c, a) {
			t.Errorf("%s under gzip: %d %s", c.Name, a.Code, a.Body)
		}
		w.refusedWith(t, c.Name+" with bad gzip", f.send(c, sending{body: body, head: squeezed}), 400, "")
		w.refusedWith(t, c.Name+" with cut gzip", f.send(c, sending{body: packed(t, []byte(body))[:20], head: squeezed}), 400, "")
		w.refusedWith(t, c.Name+" with a bomb", f.send(c, sending{body: bomb, head: squeezed}), 413, "")
		w.refusedWith(t, c.Name+" under zstd", f.send(c, sending{body: body, head: map[string]string{"Content-Encoding": "zstd"}}), 415, "")
	}
	if after := w.Version(); after != before {
		t.Errorf("the tenant went from version %v to %v", before, after)
	}
}
