package edm

import (
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// repeats reports whether v says what has says, or less of it: members of objects may be left
// out, timestamps and ids may be spelt in another way.
func (v Value) repeats(has Value) bool {
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

func sameInstant(a, b string) bool {
	one, ok := when.Parse(a)
	other, also := when.Parse(b)
	return ok && also && one == other
}

func sameID(a, b string) bool {
	_, ok := guid.Parse(a)
	return ok && strings.EqualFold(a, b)
}
