package odata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	neturl "net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/fault"
)

// Bounds of a batch. Twenty items is Graph's (behaviour.md, 13).
const (
	batchItems   = 20
	batchBytes   = 4 << 20
	batchDepth   = 64
	batchURL     = 16384 + 2048
	batchID      = 128
	batchHeaders = 32
	batchHeader  = 8192
)

// A BatchItem is one request of a batch.
type BatchItem struct {
	ID        string            // as it is written; unique in the batch without regard to case
	Method    string            // upper case
	Path      string            // with a leading slash, percent escapes as sent, no query
	RawQuery  string            // without the question mark
	Headers   map[string]string // names in lower case
	Body      json.RawMessage   // nil when there is none; else Headers has a content-type
	DependsOn []string          // ids spelled as those items spell them
}

// A BatchResponse is the answer to one item.
type BatchResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"` // one JSON value, nil for none
}

// DecodeBatch reads the body of a $batch request. Items come in an order in which each
// follows those that it depends on, else in that of the request. A batch that cannot be
// read in full is a fault for the whole: no item of it may run.
func DecodeBatch(body []byte) ([]BatchItem, error) {
	if len(body) > batchBytes {
		return nil, badBatch("", "it is larger than %d bytes", batchBytes)
	}
	if !utf8.Valid(body) || !json.Valid(body) || depth(body) > batchDepth {
		return nil, badBatch("", "the body is not JSON in UTF-8, or nested deeper than %d", batchDepth)
	}
	outer, err := members(body, "", "requests")
	if err != nil {
		return nil, err
	}
	var raws []json.RawMessage
	if json.Unmarshal(outer["requests"], &raws) != nil || len(raws) == 0 || len(raws) > batchItems {
		return nil, badBatch("requests", "'requests' is an array of 1 to %d items", batchItems)
	}
	items := make([]BatchItem, len(raws))
	for i, raw := range raws {
		if items[i], err = decodeItem(raw, fmt.Sprintf("requests[%d]", i)); err != nil {
			return nil, err
		}
	}
	return inOrder(items)
}

var batchMethods = []string{"GET", "POST", "PATCH", "PUT", "DELETE"}

// badBatch is the 400 for a batch.
func badBatch(target, format string, args ...any) error {
	return fault.BadQuery(target, "Invalid batch: %s.", fmt.Sprintf(format, args...))
}

// depth is how deep objects and arrays of valid JSON are nested.
func depth(data []byte) int {
	deepest, open, text := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case text && b == '\\':
			i++
		case b == '"':
			text = !text
		case text:
		case b == '{' || b == '[':
			open++
			deepest = max(deepest, open)
		case b == '}' || b == ']':
			open--
		}
	}
	return deepest
}

// members are the members of a JSON object. One that is not among names, or comes twice,
// is refused: whoever wrote it expects an effect.
func members(raw []byte, target string, names ...string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, badBatch(target, "an object is expected")
	}
	out := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, _ := t.(string)
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return nil, badBatch(target, "an object is expected")
		}
		if _, twice := out[name]; twice {
			return nil, badBatch(target, "'%s' is given more than once", excerpt(name))
		}
		if len(names) > 0 && !slices.Contains(names, name) || len(name) > batchID {
			return nil, badBatch(target, "'%s' is not supported", excerpt(name))
		}
		out[name] = value
	}
	return out, nil
}

// decodeItem reads one request.
func decodeItem(raw json.RawMessage, target string) (BatchItem, error) {
	m, err := members(raw, target, "id", "method", "url", "headers", "body", "dependsOn")
	if err != nil {
		return BatchItem{}, err
	}
	var item BatchItem
	if err := item.setLine(m, target); err != nil {
		return BatchItem{}, err
	}
	if err := item.setHeaders(m["headers"], target); err != nil {
		return BatchItem{}, err
	}
	if body := m["body"]; !absent(body) {
		item.Body = body
	}
	if item.Body != nil && item.Headers["content-type"] == "" {
		return BatchItem{}, badBatch(target, "a body needs a Content-Type header")
	}
	var ids []batchName
	if raw := m["dependsOn"]; !absent(raw) && json.Unmarshal(raw, &ids) != nil || len(ids) > batchItems {
		return BatchItem{}, badBatch(target, "'dependsOn' is an array of ids")
	}
	for _, id := range ids {
		item.DependsOn = append(item.DependsOn, string(id))
	}
	return item, nil
}

// A batchName is the id of an item. CLI for Microsoft 365 numbers them: a whole number is
// the text of its digits.
type batchName string

// UnmarshalJSON reads a text or a whole number.
func (n *batchName) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && digit(raw[0]) && !bytes.ContainsAny(raw, ".eE") {
		*n = batchName(raw)
		return nil
	}
	return json.Unmarshal(raw, (*string)(n))
}

// setLine reads id, method and URL, which every item has.
func (i *BatchItem) setLine(m map[string]json.RawMessage, target string) error {
	var id batchName
	if absent(m["id"]) || json.Unmarshal(m["id"], &id) != nil || id == "" {
		return badBatch(target, "'id' is missing, empty or neither a string nor a whole number")
	}
	i.ID = string(id)
	var url string
	for _, field := range []struct {
		name string
		into *string
	}{{"method", &i.Method}, {"url", &url}} {
		if !decodeString(m[field.name], field.into) {
			return badBatch(target, "'%s' is missing, empty or not a string", field.name)
		}
	}
	if len(i.ID) > batchID || strings.ContainsFunc(i.ID, unicode.IsControl) {
		return badBatch(target, "'id' is longer than %d bytes or holds control characters", batchID)
	}
	i.Method = strings.ToUpper(i.Method)
	if !slices.Contains(batchMethods, i.Method) {
		return badBatch(target, "the method '%s' is not supported", excerpt(i.Method))
	}
	return i.setURL(url, target)
}

// absent reports whether a member is missing or null.
func absent(raw json.RawMessage) bool { return raw == nil || string(raw) == "null" }

// decodeString reads a string that is not empty; null is not a string.
func decodeString(raw json.RawMessage, into *string) bool {
	return !absent(raw) && json.Unmarshal(raw, into) == nil && *into != ""
}

// setURL takes a URL relative to the service root apart. Another host, a way out of the
// root and a batch inside a batch are refused.
func (i *BatchItem) setURL(url, target string) error {
	if len(url) > batchURL {
		return badBatch(target, "'url' is longer than %d bytes", batchURL)
	}
	for _, b := range []byte(url) {
		if b < ' ' || b == 0x7f || b == '#' || b == '\\' {
			return badBatch(target, "'url' holds a character that no URL has")
		}
	}
	path, query, _ := strings.Cut(url, "?")
	scheme, _, colon := strings.Cut(path, ":")
	if strings.HasPrefix(path, "//") || colon && identifier(scheme) {
		return badBatch(target, "'url' is not relative to the service root")
	}
	i.Path, i.RawQuery = "/"+strings.TrimPrefix(path, "/"), query
	decoded, err := neturl.PathUnescape(i.Path)
	if err != nil || !utf8.ValidString(decoded) || strings.IndexByte(decoded, 0) >= 0 {
		return badBatch(target, "'url' has an escape that cannot be read")
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return badBatch(target, "'url' leaves the service root")
		}
		if strings.EqualFold(segment, "$batch") {
			return badBatch(target, "a batch inside a batch is not supported")
		}
	}
	return nil
}

// refusedHeaders say who calls or through what. An item is the outer request's caller's.
var refusedHeaders = []string{
	"authorization", "proxy-authorization", "cookie", "host", "forwarded", "x-forwarded-for",
	"x-forwarded-host", "x-forwarded-proto", "x-real-ip", "transfer-encoding", "content-encoding",
}

// setHeaders reads an object of strings; names are kept in lower case.
func (i *BatchItem) setHeaders(raw json.RawMessage, target string) error {
	if absent(raw) {
		return nil
	}
	m, err := members(raw, target)
	if err != nil {
		return err
	}
	if len(m) > batchHeaders {
		return badBatch(target, "more than %d headers", batchHeaders)
	}
	i.Headers = make(map[string]string, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		key := strings.ToLower(name)
		var value string
		if absent(m[name]) || json.Unmarshal(m[name], &value) != nil || len(value) > batchHeader || !headerText(name, value) {
			return badBatch(target, "the header '%s' is not a name with a string", excerpt(name))
		}
		if _, twice := i.Headers[key]; twice {
			return badBatch(target, "the header '%s' is given more than once", name)
		}
		if slices.Contains(refusedHeaders, key) {
			return badBatch(target, "the header '%s' belongs to the batch, not to an item", name)
		}
		i.Headers[key] = value
	}
	return nil
}

// headerText reports whether name is a token and value has no control characters, so
// that neither can begin another header.
func headerText(name, value string) bool {
	for _, b := range []byte(name) {
		if !letter(b) && !digit(b) && strings.IndexByte("!#$%&'*+-.^`|~", b) < 0 {
			return false
		}
	}
	for _, b := range []byte(value) {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return name != ""
}

// inOrder checks ids and dependencies and sorts items behind what they depend on. Ids are
// compared without regard to case.
func inOrder(items []BatchItem) ([]BatchItem, error) {
	spelled := map[string]string{}
	for _, item := range items {
		key := strings.ToLower(item.ID)
		if _, twice := spelled[key]; twice {
			return nil, badBatch("requests", "the id '%s' is given more than once", excerpt(item.ID))
		}
		spelled[key] = item.ID
	}
	for _, item := range items {
		for j, id := range item.DependsOn {
			known, ok := spelled[strings.ToLower(id)]
			if !ok {
				return nil, badBatch("requests", "'%s' depends on '%s', which is no request of the batch", excerpt(item.ID), excerpt(id))
			}
			item.DependsOn[j] = known
		}
	}
	return sorted(items)
}

// sorted takes again and again the first item whose dependencies are all taken.
func sorted(items []BatchItem) ([]BatchItem, error) {
	var out []BatchItem
	taken := map[string]bool{}
	ready := func(item BatchItem) bool {
		for _, id := range item.DependsOn {
			if !taken[id] {
				return false
			}
		}
		return !taken[item.ID]
	}
	for len(out) < len(items) {
		before := len(out)
		for _, item := range items {
			if ready(item) {
				out, taken[item.ID] = append(out, item), true
				break
			}
		}
		if len(out) == before {
			return nil, badBatch("requests", "requests depend on one another in a circle")
		}
	}
	return out, nil
}

// Blocked reports whether a request that the item depends on failed, given the status of
// those answered: the item's own answer is then 424 (behaviour.md, 13).
func (i BatchItem) Blocked(statuses map[string]int) bool {
	for _, id := range i.DependsOn {
		if status, answered := statuses[id]; !answered || status >= 400 {
			return true
		}
	}
	return false
}

// EncodeBatch is the body of the answer. It is an error for a body not to be JSON.
func EncodeBatch(responses []BatchResponse) ([]byte, error) {
	if responses == nil {
		responses = []BatchResponse{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(map[string]any{"responses": responses}); err != nil {
		return nil, fmt.Errorf("encode batch: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
