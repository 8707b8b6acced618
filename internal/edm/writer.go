package edm

import (
	"strconv"
	"sync"
	"unicode/utf8"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Writer appends JSON. Commas are its own business: callers name members and values.
type Writer struct {
	buf   []byte
	comma bool
}

// writers are those that Free was called on.
var writers = sync.Pool{New: func() any { return &Writer{buf: make([]byte, 0, 1<<10)} }}

// roomKept is the size, in bytes, from which a writer's memory is not kept.
const roomKept = 256 << 10

// NewWriter is an empty writer, with the memory of one that was freed.
func NewWriter() *Writer {
	w, _ := writers.Get().(*Writer)
	w.Reset()
	return w
}

// Free gives up w, and all that Bytes has answered.
func (w *Writer) Free() {
	if cap(w.buf) <= roomKept {
		writers.Put(w)
	}
}

// Bytes is what has been written.
func (w *Writer) Bytes() []byte { return w.buf }

// Reset empties w and keeps its memory.
func (w *Writer) Reset() { w.buf, w.comma = w.buf[:0], false }

func (w *Writer) next() {
	if w.comma {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
}

// Name starts a member; its value follows.
func (w *Writer) Name(name string) {
	w.next()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '"', ':')
	w.comma = false
}

// Begin opens an object.
func (w *Writer) Begin() { w.next(); w.buf = append(w.buf, '{'); w.comma = false }

// End closes an object.
func (w *Writer) End() { w.buf = append(w.buf, '}'); w.comma = true }

// BeginArray opens an array.
func (w *Writer) BeginArray() { w.next(); w.buf = append(w.buf, '['); w.comma = false }

// EndArray closes an array.
func (w *Writer) EndArray() { w.buf = append(w.buf, ']'); w.comma = true }

// Null puts null.
func (w *Writer) Null() { w.next(); w.buf = append(w.buf, "null"...) }

// Bool puts true or false.
func (w *Writer) Bool(b bool) { w.next(); w.buf = strconv.AppendBool(w.buf, b) }

// Int puts a whole number.
func (w *Writer) Int(n int64) { w.next(); w.buf = strconv.AppendInt(w.buf, n, 10) }

// Members puts members that another Writer has written, with nothing around them.
func (w *Writer) Members(written []byte) {
	if len(written) > 0 {
		w.next()
		w.buf = append(w.buf, written...)
	}
}

// Raw puts JSON that is already written.
func (w *Writer) Raw(json []byte) { w.next(); w.buf = append(w.buf, json...) }

// Str puts a string.
func (w *Writer) Str(s string) {
	w.next()
	w.buf = appendString(w.buf, s)
}

// OptStr puts a string, or null for "".
func (w *Writer) OptStr(s string) {
	if s == "" {
		w.Null()
		return
	}
	w.Str(s)
}

// Ptr puts a string, or null for nil.
func (w *Writer) Ptr(s *string) {
	if s == nil {
		w.Null()
		return
	}
	w.Str(*s)
}

// ID puts a GUID.
func (w *Writer) ID(id guid.ID) {
	w.next()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, id.String()...)
	w.buf = append(w.buf, '"')
}

// OptID puts a GUID, or null for the zero one.
func (w *Writer) OptID(id guid.ID) {
	if id.IsZero() {
		w.Null()
		return
	}
	w.ID(id)
}

// Instant puts a timestamp, or null for Never.
func (w *Writer) Instant(t when.Instant) {
	if t == when.Never {
		w.Null()
		return
	}
	w.next()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, t.String()...)
	w.buf = append(w.buf, '"')
}

// Strs puts an array of strings.
func (w *Writer) Strs(list []string) {
	w.BeginArray()
	for _, s := range list {
		w.Str(s)
	}
	w.EndArray()
}

const hexDigits = "0123456789abcdef"

// appendString escapes what JSON demands and what is unsafe inside HTML, and replaces
// invalid UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			b = append(b, s[start:i]...)
			b = append(b, '\\', 'u')
			b = append(b, hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
