package rest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/odata"
	"ephor/internal/op"
)

// isBatch reports whether a path is that of a batch of requests.
func isBatch(path string) bool {
	path = strings.TrimRight(path, "/")
	return strings.EqualFold(path[strings.LastIndex(path, "/")+1:], "$batch")
}

// batch answers a batch: one after the other, each item is a request of its own, with its
// own transaction, instant, authorization, record and request-id, under the outer token.
func (g *Graph) batch(w http.ResponseWriter, r *http.Request) {
	x := g.exchange(w, r, g.Address(r))
	ctx, cancel := context.WithTimeout(r.Context(), requestBudget)
	defer cancel()
	version, items, err := g.unpack(ctx, r)
	if err != nil {
		g.fail(w, r, x, err)
		return
	}
	body, err := odata.EncodeBatch(g.items(ctx, r, version, items, x.address))
	if err != nil {
		g.fail(w, r, x, err)
		return
	}
	x.succeed(w, op.Answer{Status: http.StatusOK, Body: body, Type: "application/json"})
}

// unpack reads the items of a batch and the API version that they are for. Nothing of a
// batch runs that cannot be read in full, or whose token is not good.
func (g *Graph) unpack(ctx context.Context, r *http.Request) (version string, items []odata.BatchItem, err error) {
	token, err := bearer(r)
	if err != nil {
		return "", nil, err
	}
	tenant, _, err := g.Authenticate(ctx, token)
	if err != nil {
		return "", nil, err
	}
	version, path, err := g.locate(r.URL.EscapedPath(), tenant)
	switch {
	case err != nil:
		return "", nil, err
	case strings.Count(strings.TrimRight(path, "/"), "/") > 1:
		return "", nil, unknownSegment(path)
	case r.Method != http.MethodPost:
		return "", nil, wrongVerb(r.Method, http.MethodPost)
	}
	query, err := odata.Parse(r.URL.RawQuery, odata.Limits{})
	if err == nil {
		err = query.Only(odata.Format)
	}
	if err != nil {
		return "", nil, err
	}
	body, err := readBody(r)
	if err != nil {
		return "", nil, err
	}
	items, err = odata.DecodeBatch(body)
	return version, items, err
}

// items runs the items, which are in an order in which each follows those that it depends
// on, and collects their answers.
func (g *Graph) items(ctx context.Context, outer *http.Request, version string, items []odata.BatchItem, address string) []odata.BatchResponse {
	statuses := map[string]int{}
	answers := make([]odata.BatchResponse, 0, len(items))
	for _, item := range items {
		r := itemRequest(ctx, outer, version, item)
		s := &slip{header: http.Header{}}
		if item.Blocked(statuses) {
			g.fail(s, r, g.exchange(s, r, address), &fault.Fault{
				Status: http.StatusFailedDependency, Code: "FailedDependency",
				Message: "The request was not run, because one that it depends on has failed.",
			})
		} else {
			g.item(s, r, address)
		}
		statuses[item.ID] = s.status
		answers = append(answers, s.response(item.ID))
	}
	return answers
}

// item runs one item. Its panic is its own: what ran before it is answered all the same.
func (g *Graph) item(s *slip, r *http.Request, address string) {
	defer func() {
		if p := recover(); p != nil {
			*s = slip{header: http.Header{}}
			g.fail(s, r, g.exchange(s, r, address), fmt.Errorf("batch item panicked: %v\n%s", p, debug.Stack()))
		}
	}()
	g.serve(s, r, address)
}

// itemRequest is an item as if it had come by itself. Of the outer request it has the
// token and the client's name for it, and nothing else.
func itemRequest(ctx context.Context, outer *http.Request, version string, item odata.BatchItem) *http.Request {
	header := http.Header{}
	if given := outer.Header.Get("client-request-id"); given != "" {
		header.Set("client-request-id", given)
	}
	for name, value := range item.Headers {
		header.Set(name, value)
	}
	header["Authorization"] = outer.Header["Authorization"]
	raw := "/" + version + item.Path
	path, err := url.PathUnescape(raw)
	if err != nil {
		path = raw // DecodeBatch has refused it
	}
	r := &http.Request{
		Method: item.Method, URL: &url.URL{Path: path, RawPath: raw, RawQuery: item.RawQuery},
		Proto: outer.Proto, ProtoMajor: outer.ProtoMajor, ProtoMinor: outer.ProtoMinor,
		Header: header, Host: outer.Host, RemoteAddr: outer.RemoteAddr, TLS: outer.TLS,
		Body: http.NoBody,
	}
	if item.Body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(item.Body)), int64(len(item.Body))
	}
	return r.WithContext(ctx)
}

// A slip is what an item's answer is written on.
type slip struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's header.
func (s *slip) Header() http.Header { return s.header }

// WriteHeader notes the status; the first counts.
func (s *slip) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

// Write adds to the body.
func (s *slip) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return s.body.Write(b)
}

// ofTheConnection are headers that say something about the way an answer takes, which all
// items of a batch share.
var ofTheConnection = []string{"Content-Length", "Strict-Transport-Security", "Vary", "X-Content-Type-Options"}

// response is the slip as part of a batch's answer. A body is JSON, else a string: text as
// it is, and anything else in base64url (OData JSON Format 4.01, 19.2).
func (s *slip) response(id string) odata.BatchResponse {
	for _, name := range ofTheConnection {
		s.header.Del(name)
	}
	out := odata.BatchResponse{ID: id, Status: s.status, Headers: make(map[string]string, len(s.header))}
	for name, values := range s.header {
		out.Headers[name] = strings.Join(values, ", ")
	}
	media, _, _ := strings.Cut(s.header.Get("Content-Type"), ";")
	switch {
	case s.body.Len() == 0:
	case media == "application/json":
		out.Body = s.body.Bytes()
	case strings.HasPrefix(media, "text/"):
		out.Body = quoted(s.body.String())
	default:
		out.Body = quoted(base64.RawURLEncoding.EncodeToString(s.body.Bytes()))
	}
	return out
}
