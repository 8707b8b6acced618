package tutorial

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	"ephor/internal/when"
)

// A scope holds what a run has learnt so far, by name: ids, times, addresses.
type scope map[string]string

// reference finds the holes in a text that is to be sent.
var reference = regexp.MustCompile(`\$\{([^{}]*)\}`)

// An unbound error names what a step needs and no step before it has given.
type unbound string

func (u unbound) Error() string { return "${" + string(u) + "} is not known" }

// expand is s with every ${…} replaced by what it stands for.
func (s scope) expand(in string) (string, error) {
	var failed error
	out := reference.ReplaceAllStringFunc(in, func(hole string) string {
		v, err := s.lookUp(hole[2 : len(hole)-1])
		if err != nil && failed == nil {
			failed = err
		}
		return v
	})
	return out, failed
}

// moved splits a reference into a name and the times added to it: started+PT5H-tick.
var moved = regexp.MustCompile(`^([a-zA-Z0-9.]+)((?:[+-](?:tick|P[0-9A-Z]+))*)$`)

// lookUp is the value of a reference: a name, or an instant of that name moved on by an ISO
// 8601 duration or back by a tick of 100 ns.
func (s scope) lookUp(expr string) (string, error) {
	if d := derived.FindStringSubmatch(expr); d != nil {
		return s.derive(d[1], d[2], d[3])
	}
	m := moved.FindStringSubmatch(expr)
	if m == nil {
		return "", fmt.Errorf("${%s} is not a reference", expr)
	}
	v, known := s[m[1]]
	if !known {
		return "", unbound(m[1])
	}
	if m[2] == "" {
		return v, nil
	}
	at, ok := when.Parse(v)
	if !ok {
		return "", fmt.Errorf("${%s}: %q is not a time", expr, v)
	}
	at, err := move(at, m[2])
	if err != nil {
		return "", fmt.Errorf("${%s}: %w", expr, err)
	}
	return at.String(), nil
}

// move adds a chain of times such as +PT5H-tick to an instant.
func move(at when.Instant, by string) (when.Instant, error) {
	for by != "" {
		next := strings.IndexAny(by[1:], "+-")
		term := by
		if next >= 0 {
			term = by[:next+1]
		}
		by = by[len(term):]
		switch {
		case term == "-tick":
			at -= when.Tick
		case term == "+tick":
			at += when.Tick
		case term[0] == '+':
			to, ok := when.ParseDuration(term[1:], at)
			if !ok {
				return 0, fmt.Errorf("%s is not a duration", term[1:])
			}
			at = to
		default:
			return 0, fmt.Errorf("%s: only a tick is taken away", term)
		}
	}
	return at, nil
}

// copied is a scope that can be changed without changing s.
func (s scope) copied() scope { return maps.Clone(s) }

// adopt takes over what other has learnt.
func (s scope) adopt(other scope) { maps.Copy(s, other) }
