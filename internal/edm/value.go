package edm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/when"
)

// Bounds of a request body.
const (
	MaxDepth  = 16
	MaxValues = 20_000
)

// A ValueKind is the JSON type of a Value.
type ValueKind uint8

// The JSON types.
const (
	NullValue ValueKind = iota
	BoolValue
	NumberValue
	StringValue
	ArrayValue
	ObjectValue
)

var kindNames = [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}

// A Value is a parsed piece of a request body and the path at which it stands.
type Value struct {
	Kind    ValueKind
	Path    string
	Bool    bool
	Text    string // of a string, or a number's digits
	Items   []Value
	Members []Member
}

// A Member is a named value of an object.
type Member struct {
	Name  string
	Value Value
}

// ParseJSON reads one JSON document within the bounds of depth and count. Duplicate names,
// text after the document, NUL and invalid UTF-8 are refused (400 Request_BadRequest).
func ParseJSON(body []byte) (Value, error) {
	if !utf8.Valid(body) {
		return Value{}, fault.BadRequest("", "The request body is not valid UTF-8.")
	}
	p := parser{dec: json.NewDecoder(bytes.NewReader(body))}
	p.dec.UseNumber()
	v, err := p.value("", 0)
	if err == nil {
		if _, trailing := p.dec.Token(); !errors.Is(trailing, io.EOF) {
			err = fault.BadRequest("", "The request body has text after its JSON value.")
		}
	}
	return v, err
}

type parser struct {
	dec   *json.Decoder
	count int
}

func (p *parser) value(path string, depth int) (Value, error) {
	if p.count++; p.count > MaxValues {
		return Value{}, fault.BadRequest(path, "The request body holds more than %d values.", MaxValues)
	}
	if depth > MaxDepth {
		return Value{}, fault.BadRequest(path, "The request body is nested deeper than %d levels.", MaxDepth)
	}
	token, err := p.dec.Token()
	if err != nil {
		return Value{}, syntaxFault(p.dec, err)
	}
	v := Value{Path: path}
	switch t := token.(type) {
	case nil:
		v.Kind = NullValue
	case bool:
		v.Kind, v.Bool = BoolValue, t
	case json.Number:
		v.Kind, v.Text = NumberValue, t.String()
	case string:
		v.Kind, v.Text = StringValue, t
		if strings.ContainsRune(t, 0) {
			return v, fault.BadRequest(path, "%s contains a NUL character.", orBody(path))
		}
	case json.Delim:
		if t == '[' {
			return p.array(path, depth)
		}
		return p.object(path, depth)
	}
	return v, nil
}

func (p *parser) array(path string, depth int) (Value, error) {
	v := Value{Kind: ArrayValue, Path: path}
	for p.dec.More() {
		item, err := p.value(path+"["+strconv.Itoa(len(v.Items))+"]", depth+1)
		if err != nil {
			return v, err
		}
		v.Items = append(v.Items, item)
	}
	return v, p.closing()
}

func (p *parser) object(path string, depth int) (Value, error) {
	v := Value{Kind: ObjectValue, Path: path}
	seen := map[string]bool{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return v, syntaxFault(p.dec, err)
		}
		name, _ := token.(string)
		at := name
		if path != "" {
			at = path + "/" + name
		}
		if key := strings.ToLower(name); seen[key] {
			return v, fault.BadRequest(at, "The property '%s' is given twice.", name)
		} else {
			seen[key] = true
		}
		member, err := p.value(at, depth+1)
		if err != nil {
			return v, err
		}
		v.Members = append(v.Members, Member{Name: name, Value: member})
	}
	return v, p.closing()
}

func (p *parser) closing() error {
	if _, err := p.dec.Token(); err != nil {
		return syntaxFault(p.dec, err)
	}
	return nil
}

func syntaxFault(dec *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.BadRequest("", "The request body is not complete JSON: it ends at byte %d.", dec.InputOffset())
	}
	return fault.BadRequest("", "The request body is not valid JSON at byte %d.", dec.InputOffset())
}

func orBody(path string) string {
	if path == "" {
		return "The request body"
	}
	return "'" + path + "'"
}

// Get is the member of that name, matched without case, and whether it is there.
func (v Value) Get(name string) (Value, bool) {
	for _, m := range v.Members {
		if strings.EqualFold(m.Name, name) {
			return m.Value, true
		}
	}
	return Value{}, false
}

// IsNull reports whether the value is null.
func (v Value) IsNull() bool { return v.Kind == NullValue }

func (v Value) wrong(want string) error {
	return fault.BadRequest(v.Path, "%s must be %s, not %s.", orBody(v.Path), want, kindNames[v.Kind])
}

// MaxText is the longest string, in bytes, that a property takes unless it says less.
const MaxText = 4096

// Str is a string of at most MaxText bytes.
func (v Value) Str() (string, error) {
	if v.Kind != StringValue {
		return "", v.wrong("a string")
	}
	if len(v.Text) > MaxText {
		return "", fault.BadRequest(v.Path, "%s is longer than %d bytes.", orBody(v.Path), MaxText)
	}
	return v.Text, nil
}

// OptStr is a string, or "" for null.
func (v Value) OptStr() (string, error) {
	if v.IsNull() {
		return "", nil
	}
	return v.Str()
}

// Boolean is true or false.
func (v Value) Boolean() (bool, error) {
	if v.Kind != BoolValue {
		return false, v.wrong("true or false")
	}
	return v.Bool, nil
}

// Int is a whole number of 32 bits.
func (v Value) Int() (int, error) {
	n, err := strconv.ParseInt(v.Text, 10, 32)
	if v.Kind != NumberValue || err != nil {
		return 0, v.wrong("a whole number")
	}
	return int(n), nil
}

// Instant is a timestamp with an offset.
func (v Value) Instant() (when.Instant, error) {
	if v.Kind != StringValue {
		return 0, v.wrong("a timestamp")
	}
	t, ok := when.Parse(v.Text)
	if !ok {
		return 0, fault.BadRequest(v.Path, "%s must be a timestamp with an offset, such as 2026-01-31T09:00:00Z.", orBody(v.Path))
	}
	return t, nil
}

// ID is a GUID in its 36-character form.
func (v Value) ID() (guid.ID, error) {
	id, ok := guid.Parse(v.Text)
	if v.Kind != StringValue || !ok {
		return guid.ID{}, fault.BadRequest(v.Path, "%s must be a GUID.", orBody(v.Path))
	}
	return id, nil
}

// Strings is an array of at most limit strings.
func (v Value) Strings(limit int) ([]string, error) {
	if v.Kind != ArrayValue {
		return nil, v.wrong("an array of strings")
	}
	if len(v.Items) > limit {
		return nil, fault.BadRequest(v.Path, "%s holds more than %d values.", orBody(v.Path), limit)
	}
	out := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		s, err := item.Str()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Choice is a member of e, in the CSDL's casing.
func (v Value) Choice(e *Enum) (string, error) {
	if v.Kind == StringValue {
		if m, ok := e.Parse(v.Text); ok {
			return m, nil
		}
	}
	return "", fault.BadRequest(v.Path, "%s must be one of %s.", orBody(v.Path), strings.Join(e.Members, ", "))
}

// Object checks that v is an object whose members are all named in fields or are OData
// annotations, and that what is required is there.
func (v Value) Object(fields []Field) error {
	if v.Kind != ObjectValue {
		return v.wrong("an object")
	}
	for _, m := range v.Members {
		if annotation(m.Name) {
			continue
		}
		f, ok := field(fields, m.Name)
		if !ok {
			return unknown(m)
		}
		if err := f.check(m.Value); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if _, ok := v.Get(f.Name); f.Required && !ok {
			return fault.BadRequest(join(v.Path, f.Name), "The property '%s' is required.", f.Name)
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func unknown(m Member) error {
	return fault.BadRequest(m.Value.Path, "The property '%s' is not known here. Check its name, or leave it out.", m.Name)
}

// annotation reports whether a member is OData's own and says nothing about the object.
func annotation(name string) bool {
	return strings.HasPrefix(name, "@odata.") || strings.HasSuffix(name, "@odata.type")
}

func field(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Field{}, false
}

// check holds a value against a field's type.
func (f Field) check(v Value) error {
	if v.IsNull() {
		if f.Required {
			return fault.BadRequest(v.Path, "The property '%s' must not be null.", f.Name)
		}
		return nil
	}
	return checkType(v, f.Type, f.Many, f.Enum, f.Of)
}

func checkType(v Value, t Type, many bool, enum *Enum, of *ComplexType) error {
	if many {
		if v.Kind != ArrayValue {
			return v.wrong("an array")
		}
		for _, item := range v.Items {
			if err := checkType(item, t, false, enum, of); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	switch {
	case enum != nil:
		_, err = v.Choice(enum)
	case t == Boolean:
		_, err = v.Boolean()
	case t == Int32 || t == Int64:
		_, err = v.Int()
	case t == DateTime:
		_, err = v.Instant()
	case t == GUID:
		_, err = v.ID()
	case t == Complex && of != nil && !of.Open:
		err = v.Object(of.Fields)
	case t == Complex:
		if v.Kind != ObjectValue {
			err = v.wrong("an object")
		}
	default:
		_, err = v.Str()
	}
	return err
}

// String is the value's path and kind, for messages in tests.
func (v Value) String() string { return fmt.Sprintf("%s at %q", kindNames[v.Kind], v.Path) }
