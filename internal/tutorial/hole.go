package tutorial

import (
	"fmt"
	"regexp"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A template is JSON in which a string may be a hole:
//
//	${guid}          any object id in the 36-character form
//	${time}          any time as a server writes it: UTC, up to seven fraction digits
//	${time>=name}    one that is not before the time called name
//	${date}          a time without zone or fraction, as in innerError
//	${text}          any text that is not empty
//	${any}           anything, null included
//	${request}       the answer's own request-id
//	${name}          exactly the value called name; ${name+PT5H-tick} a time moved from it
//	${sid name}      the security identifier of the object whose id is called name
//	${assigned role principal}, ${eligible role principal}
//	                 the id of a role assignment, or of an eligibility's instance
//
// ${guid:name}, ${time:name}, ${time>=a:name} and ${text:name} give the value found a name,
// which later templates and requests use. A string with holes among other characters is
// filled and compared whole. Any other string is itself.
var (
	whole    = regexp.MustCompile(`^\$\{([^{}]*)\}$`)
	pattern  = regexp.MustCompile(`^(guid|time|date|text|any|request)(?:>=([a-zA-Z0-9.]+))?(?::([a-zA-Z0-9.]+))?$`)
	derived  = regexp.MustCompile(`^(sid|assigned|eligible) ([a-zA-Z0-9.]+)(?: ([a-zA-Z0-9.]+))?$`)
	dateOnly = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$`)
)

// requestID is the name under which a scope holds the id of the answer that is judged.
const requestID = "request-id"

// hole judges got by a template's string. It says what was wanted instead, "" if got is it.
func (s scope) hole(want string, got any) string {
	m := whole.FindStringSubmatch(want)
	if m == nil {
		return s.literal(want, got)
	}
	if p := pattern.FindStringSubmatch(m[1]); p != nil {
		return s.pattern(p[1], p[2], p[3], got)
	}
	return s.literal(want, got)
}

// literal judges got by a text after its holes are filled.
func (s scope) literal(want string, got any) string {
	v, err := s.expand(want)
	if err != nil {
		return fmt.Sprintf("%s, but %v", text(want), err)
	}
	if got != v {
		return text(v)
	}
	return ""
}

// pattern judges got by its form, and gives it a name if one is wanted.
func (s scope) pattern(kind, least, name string, got any) string {
	if kind == "any" {
		return ""
	}
	v, isText := got.(string)
	if kind == "request" {
		return s.same(s[requestID], "the answer's request-id ", v, isText)
	}
	wanted, ok := forms[kind].wanted, isText && forms[kind].holds(v)
	if ok && least != "" {
		wanted, ok = s.notBefore(least, v)
	}
	if !ok {
		return wanted
	}
	if name != "" {
		s[name] = v
	}
	return ""
}

// forms are the patterns by name: how they are told to a person, and what they admit.
var forms = map[string]struct {
	wanted string
	holds  func(string) bool
}{
	"guid": {"an id", func(v string) bool { id, ok := guid.Parse(v); return ok && id.String() == v && !id.IsZero() }},
	"time": {"a time in UTC, without trailing zeros", func(v string) bool { at, ok := when.Parse(v); return ok && at.String() == v }},
	"date": {"a time without zone or fraction", func(v string) bool {
		_, ok := when.Parse(v + "Z")
		return ok && dateOnly.MatchString(v)
	}},
	"text": {"a text", func(v string) bool { return v != "" }},
}

// notBefore judges the time v by the one called name.
func (s scope) notBefore(name, v string) (wanted string, ok bool) {
	least, known := when.Parse(s[name])
	at, _ := when.Parse(v)
	if !known {
		return "a time not before ${" + name + "}, which is not known", false
	}
	return "a time not before " + least.String(), at >= least
}

// derive is the id that follows from those called first and second.
func (s scope) derive(kind, first, second string) (string, error) {
	a, known := guid.Parse(s[first])
	if !known {
		return "", unbound(first)
	}
	if kind == "sid" {
		return securityIdentifier(a), nil
	}
	b, known := guid.Parse(s[second])
	switch {
	case !known:
		return "", unbound(second)
	case kind == "assigned":
		return tupleID(a, b) + "-1", nil
	}
	return tupleID(a, b) + "-1-e", nil
}

func (scope) same(want, what, got string, isText bool) string {
	if isText && got == want {
		return ""
	}
	return what + text(want)
}
