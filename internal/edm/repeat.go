package edm

import (
	"slices"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// repeats reports whether v says what has says, or less of it: members of objects may be left
// out, timestamps and ids may be spelt in another way.
func (v Value) repeats(has Value) bool {
	if has.IsNull() {
		return v.blank()
	}
	if v.Kind != has.Kind {
		return false
	}
	switch v.Kind {
	case BoolValue:
		return v.Bool == has.Bool
	case StringValue:
		return v.Text == has.Text || sameInstant(v.Text, has.Text) || sameID(v.Text, has.Text)
	case NumberValue:
		return v.Text == has.Text
	case ArrayValue:
		for i := range v.Items {
			if i >= len(has.Items) || !v.Items[i].repeats(has.Items[i]) {
				return false
			}
		}
		return len(v.Items) == len(has.Items)
	case ObjectValue:
		for _, m := range v.Members {
			if there, ok := has.Get(m.Name); !annotation(m.Name) && (!ok || !m.Value.repeats(there)) {
				return false
			}
		}
	}
	return true
}

// blank reports whether v says nothing: null, a list of nothing, or an object whose members
// say nothing.
func (v Value) blank() bool {
	for _, m := range v.Members {
		if !annotation(m.Name) && !m.Value.blank() {
			return false
		}
	}
	return v.IsNull() || v.Kind == ObjectValue || v.Kind == ArrayValue && len(v.Items) == 0
}

// Without is the object v without those of the named members that say nothing.
func (v Value) Without(names []string) Value {
	v.Members = slices.DeleteFunc(slices.Clone(v.Members), func(m Member) bool { return m.Value.blank() && named(names, m.Name) })
	return v
}

func sameInstant(a, b string) bool {
	one, ok := when.Parse(a)
	other, also := when.Parse(b)
	return ok && also && one == other
}

func sameID(a, b string) bool {
	_, ok := guid.Parse(a)
	return ok && strings.EqualFold(a, b)
}
