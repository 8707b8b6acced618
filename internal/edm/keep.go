package edm

import (
	"encoding/json"

	"ephor/internal/fault"
)

// What only describes an object is kept as the JSON text that its type prescribes: every
// field of a complex type in the order declared, with its default where nothing was said.

// MostKept is how many items a list in a value that is kept may have.
const MostKept = 1200

// Keep is the JSON text of v, which was given for f in the place of was, "" for nothing. An
// object that leaves fields out leaves them as they were; a list is given whole; null is the
// default. REQUIRES that v has f's type.
func (f Field) Keep(v Value, was json.RawMessage) (json.RawMessage, error) {
	before := Value{Kind: NullValue}
	if len(was) > 0 {
		parsed, err := ParseJSON(was)
		if err != nil {
			return nil, err
		}
		before = parsed
	}
	var w Writer
	if err := f.keep(&w, v, before); err != nil {
		return nil, err
	}
	return json.RawMessage(w.Bytes()), nil
}

// Unsaid is the JSON text of f where nothing was said.
func (f Field) Unsaid() string {
	switch {
	case f.Default != "":
		return f.Default
	case f.Many:
		return "[]"
	}
	return "null"
}

func (f Field) keep(w *Writer, v, was Value) error {
	switch {
	case v.IsNull():
		w.Raw([]byte(f.Unsaid()))
		return nil
	case f.Many:
		if len(v.Items) > MostKept {
			return fault.BadRequest(v.Path, "%s holds more than %d values.", orBody(v.Path), MostKept)
		}
		one := f
		one.Many = false
		w.BeginArray()
		for _, item := range v.Items {
			if item.IsNull() {
				return fault.BadRequest(item.Path, "%s must not be null.", orBody(item.Path))
			}
			if err := one.keep(w, item, Value{}); err != nil {
				return err
			}
		}
		w.EndArray()
		return nil
	case f.Of != nil:
		return f.Of.keep(w, v, was)
	}
	return f.keepPlain(w, v)
}

func (c *ComplexType) keep(w *Writer, v, was Value) error {
	w.Begin()
	for _, f := range c.Fields {
		w.Name(f.Name)
		given, ok := v.Get(f.Name)
		before, had := was.Get(f.Name)
		switch {
		case ok:
		case had:
			given = before
		default:
			w.Raw([]byte(f.Unsaid()))
			continue
		}
		if err := f.keep(w, given, before); err != nil {
			return err
		}
	}
	w.End()
	return nil
}

// keepPlain puts a value that has no parts, as its type spells it.
func (f Field) keepPlain(w *Writer, v Value) error {
	switch {
	case f.Enum != nil:
		m, err := v.Choice(f.Enum)
		w.Str(m)
		return err
	case f.Type == Boolean:
		w.Bool(v.Bool)
	case f.Type == Int32 || f.Type == Int64:
		n, err := v.Int()
		w.Int(int64(n))
		return err
	case f.Type == GUID:
		id, err := v.ID()
		w.ID(id)
		return err
	case f.Type == DateTime:
		at, err := v.Instant()
		w.Instant(at)
		return err
	default:
		w.Str(v.Text)
	}
	return nil
}
