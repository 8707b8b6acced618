package rest

import (
	"encoding/json"
	"strings"

	"ephor/internal/fault"
)

// maxEvaluations bounds the questions of one request.
const maxEvaluations = 1000

// A question is one access evaluation as it was asked. Names that AuthZEN does not know,
// the context and all properties are free for callers to use, and mean nothing here.
type question struct {
	subject, resource entity
	action            string
	given             part   // what is there, of its own or by default
	problem           string // what of it cannot be read, "" if all can
}

// An entity is a subject or a resource, by the words of the caller.
type entity struct{ kind, id string }

// A part is a member of a question or of the body around it. Parts are a set.
type part uint8

const (
	subjectPart part = 1 << iota
	actionPart
	resourcePart
	contextPart
	evaluationsPart
	optionsPart
)

var parts = map[string]part{
	"subject": subjectPart, "action": actionPart, "resource": resourcePart, "context": contextPart,
	"evaluations": evaluationsPart, "options": optionsPart,
}

// An inquiry is the body of a request: a question, or defaults for several.
type inquiry struct {
	question
	evaluations string   // the array, "" for none
	until       semantic // when to go on no further
}

// A semantic says which answer is the last (AuthZEN, evaluations_semantic).
type semantic uint8

const (
	executeAll semantic = iota
	denyOnFirstDeny
	permitOnFirstPermit
)

var semantics = map[string]semantic{
	"execute_all": executeAll, "deny_on_first_deny": denyOnFirstDeny, "permit_on_first_permit": permitOnFirstPermit,
}

// readInquiry reads a body, which is valid JSON.
func readInquiry(text string) (inquiry, *fault.Fault) {
	var in inquiry
	raw := strings.Trim(text, " \t\r\n")
	if raw[0] != '{' {
		return in, badQuestion("The request body must be a JSON object.")
	}
	in.read(raw, func(p part, value string) string {
		switch p {
		case evaluationsPart:
			if value[0] != '[' {
				return "evaluations must be an array."
			}
			in.evaluations = value
		case optionsPart:
			return in.choose(value)
		}
		return ""
	})
	if in.problem != "" {
		return in, badQuestion("%s", in.problem)
	}
	return in, nil
}

// choose reads the options.
func (in *inquiry) choose(raw string) (problem string) {
	if raw[0] != '{' {
		return "options must be an object."
	}
	seen := false
	for c := inside(raw); ; {
		name, value, more := c.member()
		switch {
		case !more:
			return ""
		case name != "evaluations_semantic" || value == "null":
			continue
		}
		known := false
		if value[0] == '"' {
			in.until, known = semantics[unquoted(value)]
		}
		if !known || seen {
			return "options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit."
		}
		seen = true
	}
}

// with is the question that raw asks where in says what raw leaves out.
func (in *inquiry) with(raw string) question {
	q := in.question
	if raw[0] != '{' {
		q.problem = "An evaluation must be an object."
		return q
	}
	q.read(raw, func(part, string) string { return "" })
	return q
}

// read takes the members of the object raw. What belongs to the body around a question is
// given to outer. A member that is null is not given.
func (q *question) read(raw string, outer func(part, string) string) {
	var seen part
	for c := inside(raw); q.problem == ""; {
		name, value, more := c.member()
		if !more {
			return
		}
		p := parts[name]
		if seen&p != 0 {
			q.problem = name + " is given more than once."
			return
		}
		seen |= p
		if p != 0 && value != "null" {
			q.given |= p
			q.problem = q.take(p, value, outer)
		}
	}
}

// take reads one member.
func (q *question) take(p part, value string, outer func(part, string) string) (problem string) {
	switch p {
	case subjectPart:
		return q.subject.read("subject", value)
	case resourcePart:
		return q.resource.read("resource", value)
	case actionPart:
		return texts("action", value, "name", &q.action, "", nil)
	case contextPart:
		if value[0] != '{' {
			return "context must be an object."
		}
		return ""
	}
	return outer(p, value)
}

func (e *entity) read(what, raw string) (problem string) {
	return texts(what, raw, "type", &e.kind, "id", &e.id)
}

// texts reads one or two members of the object raw, which are strings and must be there.
func texts(what, raw, first string, one *string, second string, two *string) (problem string) {
	if raw[0] != '{' {
		return what + " must be an object."
	}
	var hasOne, hasTwo, hasProperties bool
	for c := inside(raw); ; {
		name, value, more := c.member()
		if !more {
			break
		}
		into, has := one, &hasOne
		switch name {
		case first:
		case "properties":
			if value[0] != '{' && value != "null" || hasProperties {
				return what + ".properties must be one object."
			}
			hasProperties = true
			continue
		default:
			if two == nil || name != second {
				continue
			}
			into, has = two, &hasTwo
		}
		if value[0] != '"' || *has {
			return what + "." + name + " must be one string."
		}
		*into, *has = unquoted(value), true
	}
	switch {
	case !hasOne:
		return what + "." + first + " is missing."
	case two != nil && !hasTwo:
		return what + "." + second + " is missing."
	}
	return ""
}

// check is the 400 for a question that cannot be read or is not whole.
func (q *question) check() *fault.Fault {
	switch {
	case q.problem != "":
		return badQuestion("%s", q.problem)
	case q.given&subjectPart == 0:
		return badQuestion("subject is missing.")
	case q.given&actionPart == 0:
		return badQuestion("action is missing.")
	case q.given&resourcePart == 0:
		return badQuestion("resource is missing.")
	}
	return nil
}

// badQuestion is the 400 for a body that asks nothing that can be answered.
func badQuestion(format string, args ...any) *fault.Fault {
	return fault.BadRequest("", format, args...)
}

// one answers a body that asks one question.
func (in *inquiry) one(a *asker, b []byte) ([]byte, error) {
	v := a.decide(&in.question)
	if v.err != nil {
		return b, v.err
	}
	return v.append(b), nil
}

// all answers a body that asks several, in their order. One that cannot be answered is
// refused in its place; it does not touch the others. Without any, the body asks itself.
func (in *inquiry) all(a *asker, b []byte) ([]byte, error) {
	if in.evaluations == "" {
		return in.one(a, b)
	}
	start, count, over := len(b), 0, false
	b = append(b, `{"evaluations":[`...)
	c := inside(in.evaluations)
	for raw := c.item(); raw != ""; raw = c.item() {
		if count++; over || count > maxEvaluations {
			over = true // the rest is only counted
			continue
		}
		if count > 1 {
			b = append(b, ',')
		}
		q := in.with(raw)
		v := a.decide(&q)
		b = v.append(b)
		over = in.until == denyOnFirstDeny && !v.Allowed || in.until == permitOnFirstPermit && v.Allowed
	}
	switch {
	case count == 0:
		return in.one(a, b[:start])
	case count > maxEvaluations:
		return b[:start], badQuestion("evaluations has %d items; at most %d are answered.", count, maxEvaluations)
	}
	return append(b, "]}"...), nil
}

// A cursor goes over the members of an object, or the items of an array, in the text of
// valid JSON. It looks at nothing twice and keeps no copy.
type cursor struct {
	text string
	at   int
}

// inside is a cursor at the beginning of the object or array raw.
func inside(raw string) cursor { return cursor{raw, 1} }

// member is the next member of an object.
func (c *cursor) member() (name, value string, more bool) {
	raw := c.item()
	if raw == "" {
		return "", "", false
	}
	return unquoted(raw), c.item(), true
}

// item is the next item of an array, "" behind the last.
func (c *cursor) item() string {
	for {
		switch c.text[c.at] {
		case ' ', '\t', '\r', '\n', ',', ':':
			c.at++
			continue
		case '}', ']':
			return ""
		}
		start := c.at
		c.at = end(c.text, start)
		return c.text[start:c.at]
	}
}

// end is where the value ends that begins at i.
func end(s string, i int) int {
	switch s[i] {
	case '"':
		return endOfString(s, i)
	case '{', '[':
		open := 0
		for {
			switch s[i] {
			case '"':
				i = endOfString(s, i)
				continue
			case '{', '[':
				open++
			case '}', ']':
				open--
			}
			i++
			if open == 0 {
				return i
			}
		}
	}
	for i < len(s) && strings.IndexByte(",:]} \t\r\n", s[i]) < 0 {
		i++
	}
	return i
}

// endOfString is where the string ends that begins at i.
func endOfString(s string, i int) int {
	for i++; ; {
		n := strings.IndexByte(s[i:], '"')
		escaped := false
		for j := i + n - 1; j >= i && s[j] == '\\'; j-- {
			escaped = !escaped
		}
		if i += n + 1; !escaped {
			return i
		}
	}
}

// unquoted is the text of a JSON string.
func unquoted(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	var s string
	if err := json.Unmarshal([]byte(raw), &s); err != nil {
		panic("rest: valid JSON cannot be read: " + err.Error())
	}
	return s
}
