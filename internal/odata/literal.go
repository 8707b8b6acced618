package odata

import (
	"math"
	"strconv"
	"strings"
	"time"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// literal reads one literal.
func (p *parser) literal() (Literal, error) {
	t := p.take()
	out := Literal{Pos: p.base + t.from}
	var err error
	switch t.kind {
	case quoted:
		out.Value = Text(t.text)
	case bareID:
		parsed, _ := guid.Parse(t.text)
		out.Value = ID(parsed)
	case number:
		out.Value, err = p.numeric(t)
	case word:
		out.Value, err = p.named(t)
	default:
		err = p.refuse(t.from, "a literal is expected, not %s", t)
	}
	return out, err
}

// named reads the literals that begin with a letter.
func (p *parser) named(t token) (Value, error) {
	next := p.peek()
	prefixed := next.kind == quoted && next.from == t.to
	switch {
	case t.is("true"):
		return Bool(true), nil
	case t.is("false"):
		return Bool(false), nil
	case t.is("null"):
		return Null(), nil
	case t.is("duration") && prefixed:
		d, ok := parseDuration(p.take().text)
		if !ok {
			return Value{}, p.refuse(t.from, "'%s' is not a duration such as PT5H", excerpt(next.text))
		}
		return Duration(d), nil
	case prefixed:
		return Value{}, p.refuse(t.from, "literals of the type %s are not supported; write an enumeration's member as a string", t)
	}
	return Value{}, p.refuse(t.from, "a literal is expected, not %s; strings stand in single quotes", t)
}

// numeric reads the literals that begin with a digit or a sign. A date without a time is
// its first instant in UTC.
func (p *parser) numeric(t token) (Value, error) {
	if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
		return Int(n), nil
	}
	if len(t.text) >= len("2006-01-02") && t.text[4] == '-' && t.text[7] == '-' {
		text := t.text
		if len(text) == len("2006-01-02") {
			text += "T00:00:00Z"
		}
		instant, ok := when.Parse(text)
		if !ok {
			return Value{}, p.refuse(t.from, "%s is not a date and time with an offset, such as 2021-07-09T12:00:00Z (a plus sign in a URL is written %%2B)", t)
		}
		return Instant(instant), nil
	}
	f, err := strconv.ParseFloat(t.text, 64)
	if err == nil && strings.Trim(t.text, "-0123456789") == "" {
		return Value{}, p.refuse(t.from, "%s does not fit into 64 bits", t)
	}
	if err != nil || math.IsInf(f, 0) || strings.Trim(t.text, "0123456789.eE+-") != "" {
		return Value{}, p.refuse(t.from, "%s is not a number, a GUID or a date and time", t)
	}
	return Float(f), nil
}

// durationUnits are the parts of an Edm.Duration, which has no years, months or weeks:
// those have no fixed length.
var durationUnits = []struct {
	letter byte
	clock  bool // stands behind the T
	length time.Duration
}{{'D', false, 24 * time.Hour}, {'H', true, time.Hour}, {'M', true, time.Minute}, {'S', true, time.Second}}

// parseDuration reads P[nD][T[nH][nM][n[.n]S]] exactly, up to 200 years. It reports false
// for anything else.
func parseDuration(s string) (time.Duration, bool) {
	const most = 200 * 365 * 24 * time.Hour
	days, clock, timed := strings.Cut(strings.TrimPrefix(s, "P"), "T")
	if len(s) > 40 || !strings.HasPrefix(s, "P") || days == "" && clock == "" || timed && clock == "" {
		return 0, false
	}
	var sum time.Duration
	for _, u := range durationUnits {
		rest := &days
		if u.clock {
			rest = &clock
		}
		digits, after, found := strings.Cut(*rest, string(u.letter))
		if !found {
			continue
		}
		part, ok := parsePart(digits, u.length)
		if !ok || part > most-sum {
			return 0, false
		}
		sum, *rest = sum+part, after
	}
	return sum, days == "" && clock == ""
}

// parsePart is digits times unit; only seconds may have a fraction, of up to nine digits.
func parsePart(digits string, unit time.Duration) (time.Duration, bool) {
	whole, fraction, pointed := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole, 10, 62)
	if err != nil || n > uint64(math.MaxInt64/unit) || pointed && (unit != time.Second || fraction == "" || len(fraction) > 9) {
		return 0, false
	}
	sum := time.Duration(n) * unit
	if !pointed {
		return sum, true
	}
	nanos, err := strconv.ParseUint(fraction+"000000000"[len(fraction):], 10, 62)
	if err != nil || sum > math.MaxInt64-time.Duration(nanos) {
		return 0, false
	}
	return sum + time.Duration(nanos), true
}

// durationText is d as seconds, exactly.
func durationText(d time.Duration) string {
	text := "PT" + strconv.FormatInt(int64(d/time.Second), 10)
	if nanos := d % time.Second; nanos != 0 {
		digits := strconv.FormatInt(int64(time.Second+nanos), 10)[1:]
		text += "." + strings.TrimRight(digits, "0")
	}
	return text + "S"
}
