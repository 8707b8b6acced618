package odata

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Kind is the type of a Value.
type Kind byte

// The kinds of Value. A literal is never a List or an Object.
const (
	KindNull     Kind = iota
	KindText          // Text
	KindBool          // Bool
	KindInt           // Int
	KindFloat         // Float, finite
	KindInstant       // Instant
	KindDuration      // Duration
	KindID            // ID, an Edm.Guid; ids that are Edm.String are KindText
	KindList          // List
	KindObject        // Row
)

// A Value is a literal of a filter or a property of a row; the field that Kind names is
// the one that counts. The zero Value is null.
type Value struct {
	Kind     Kind
	Text     string
	Fold     bool // Text is compared without regard to case, which its property decides
	Bool     bool
	Int      int64
	Float    float64
	Instant  when.Instant
	Duration time.Duration
	ID       guid.ID
	List     []Value
	Row      Row
}

// A Row answers for the properties of one object in memory; false means that the
// property cannot be evaluated, which is not the same as null.
type Row func(path []string) (Value, bool)

// Null is the absent value.
func Null() Value { return Value{} }

// Text is a string that is compared byte by byte.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// Folded is a string that is compared without regard to case.
func Folded(s string) Value { return Value{Kind: KindText, Text: s, Fold: true} }

// Bool is a truth value.
func Bool(b bool) Value { return Value{Kind: KindBool, Bool: b} }

// Int is a whole number.
func Int(n int64) Value { return Value{Kind: KindInt, Int: n} }

// Float is a finite number.
func Float(f float64) Value { return Value{Kind: KindFloat, Float: f} }

// Instant is a point in time.
func Instant(t when.Instant) Value { return Value{Kind: KindInstant, Instant: t} }

// Duration is a length of time.
func Duration(d time.Duration) Value { return Value{Kind: KindDuration, Duration: d} }

// ID is a GUID.
func ID(id guid.ID) Value { return Value{Kind: KindID, ID: id} }

// List is a collection.
func List(values ...Value) Value { return Value{Kind: KindList, List: values} }

// Object is an element with properties of its own.
func Object(row Row) Value { return Value{Kind: KindObject, Row: row} }

// String is the literal that a filter would write. Lists and objects have none; theirs
// is for logs.
func (v Value) String() string {
	switch v.Kind {
	case KindText:
		return quote(v.Text)
	case KindBool:
		return strconv.FormatBool(v.Bool)
	case KindInt:
		return strconv.FormatInt(v.Int, 10)
	case KindFloat:
		return floatText(v.Float)
	case KindInstant:
		return v.Instant.String()
	case KindDuration:
		return "duration'" + durationText(v.Duration) + "'"
	case KindID:
		return v.ID.String()
	case KindList:
		return "a collection of " + strconv.Itoa(len(v.List))
	case KindObject:
		return "an object"
	}
	return "null"
}

// floatText is f in digits that cannot be read as a whole number.
func floatText(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// Equal reports whether two values are equal, and whether they can be compared at all.
// Null equals null only.
func (v Value) Equal(o Value) (equal, comparable bool) {
	switch {
	case v.Kind == KindNull || o.Kind == KindNull:
		return v.Kind == o.Kind, true
	case v.Kind == KindBool && o.Kind == KindBool:
		return v.Bool == o.Bool, true
	case v.Kind == KindID && o.Kind == KindID:
		return v.ID == o.ID, true
	case v.Kind == KindID && o.Kind == KindText:
		id, ok := guid.Parse(o.Text)
		return ok && id == v.ID, true
	case v.Kind == KindText && o.Kind == KindID:
		return o.Equal(v)
	}
	order, comparable := v.Compare(o)
	return order == 0, comparable
}

// Compare orders two values of one kind, whole numbers and others being one kind; false
// means that they have no order. Strings are folded when either side asks for it.
func (v Value) Compare(o Value) (int, bool) {
	switch {
	case v.Kind == KindInt && o.Kind == KindFloat:
		return compareIntFloat(v.Int, o.Float), true
	case v.Kind == KindFloat && o.Kind == KindInt:
		return -compareIntFloat(o.Int, v.Float), true
	case v.Kind != o.Kind:
		return 0, false
	}
	switch v.Kind {
	case KindText:
		fold := v.Fold || o.Fold
		return strings.Compare(v.folded(fold), o.folded(fold)), true
	case KindInt:
		return cmp.Compare(v.Int, o.Int), true
	case KindFloat:
		return cmp.Compare(v.Float, o.Float), true
	case KindInstant:
		return cmp.Compare(v.Instant, o.Instant), true
	case KindDuration:
		return cmp.Compare(v.Duration, o.Duration), true
	}
	return 0, false
}

// folded is the text, in lower case when fold is set.
func (v Value) folded(fold bool) string {
	if fold {
		return strings.ToLower(v.Text)
	}
	return v.Text
}

// compareIntFloat compares without rounding n, which a conversion to float64 would.
func compareIntFloat(n int64, f float64) int {
	switch {
	case f >= math.MaxInt64:
		return -1
	case f < math.MinInt64:
		return 1
	}
	if order := cmp.Compare(n, int64(f)); order != 0 {
		return order
	}
	return cmp.Compare(0, f-math.Trunc(f))
}

// CompareRows orders two rows by the query's sort keys, null and what cannot be evaluated
// first, as OData has it. Rows with equal keys are equal: the caller adds the id.
func (q Query) CompareRows(a, b Row) int {
	for _, key := range q.OrderBy {
		order := compareKeys(a, b, key.Path)
		if key.Desc {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// compareBools orders false before true.
func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// compareKeys orders two rows by one property.
func compareKeys(a, b Row, path []string) int {
	x, xok := a(path)
	y, yok := b(path)
	xnull, ynull := !xok || x.Kind == KindNull, !yok || y.Kind == KindNull
	switch {
	case xnull && ynull:
		return 0
	case xnull:
		return -1
	case ynull:
		return 1
	case x.Kind == KindBool && y.Kind == KindBool:
		return compareBools(x.Bool, y.Bool)
	case x.Kind == KindID && y.Kind == KindID:
		return x.ID.Compare(y.ID)
	}
	order, _ := x.Compare(y)
	return order
}
