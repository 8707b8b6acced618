package pim

import (
	"ephor/internal/when"
)

// The first and the last instant that the wire can write. No window starts or ends beyond.
var (
	earliest = wireInstant("0001-01-01T00:00:00Z")
	latest   = wireInstant("9999-12-31T23:59:59.9999999Z")
)

func wireInstant(s string) when.Instant {
	t, ok := when.Parse(s)
	if !ok {
		panic("pim: not an instant: " + s)
	}
	return t
}

const (
	atSchedule   = "scheduleInfo"
	atStart      = "scheduleInfo/startDateTime"
	atExpiration = "scheduleInfo/expiration"
)

// resolve is the window that asked comes to at now, and asked as an answer echoes it. A
// start that is missing or past is moved up to now while an end stays where it was
// (behaviour.md §2, 4); a duration counts from the moved start. Where no end was
// specified, unset is it.
//
// What makes no sense under any policy is InvalidRoleAssignmentRequest, the generic body
// fault: an end that is missing, past or not after the start, a type that contradicts
// what comes with it. (A code of its own for schedules is only rumoured, grade C, and
// ExpirationRule would send the caller to an administrator who could not help.)
func resolve(asked *Asked, unset Expiration, now when.Instant) (Asked, when.Window, error) {
	if asked == nil {
		asked = &Asked{Start: when.Never, Expiration: Expiration{End: when.Never}}
	}
	start := asked.Start
	if start == when.Never || start < now {
		start = now
	}
	if start > latest {
		return Asked{}, when.Window{}, invalid(atStart, "The start is beyond the year 9999.")
	}
	e := asked.Expiration
	if e.Type == NotSpecified {
		if e.End != when.Never || e.Duration != "" {
			return Asked{}, when.Window{}, invalid(atExpiration, "An end is given, but expiration.type does not say which kind it is.")
		}
		e = unset
	}
	end, err := e.end(start)
	if err != nil {
		return Asked{}, when.Window{}, err
	}
	return Asked{Start: start, Expiration: e.normal()}, when.Window{Start: start, End: end}, nil
}

// end is the instant that e comes to for a grant from start.
func (e Expiration) end(start when.Instant) (when.Instant, error) {
	switch e.Type {
	case NoExpiration:
		return when.Never, nil
	case AfterDateTime:
		return e.dateTime(start)
	case AfterDuration:
		return e.duration(start)
	}
	return 0, invalid(atExpiration, "expiration.type is none of notSpecified, noExpiration, afterDateTime and afterDuration.")
}

func (e Expiration) dateTime(start when.Instant) (when.Instant, error) {
	switch {
	case e.End == when.Never:
		return 0, invalid(atExpiration, "afterDateTime needs an endDateTime.")
	case e.Duration != "":
		return 0, invalid(atExpiration, "afterDateTime takes no duration.")
	case e.End <= start:
		return 0, invalid(atExpiration, "The end must lie in the future and after the start.")
	case e.End > latest:
		return 0, invalid(atExpiration, "The end is beyond the year 9999.")
	}
	return e.End, nil
}

func (e Expiration) duration(start when.Instant) (when.Instant, error) {
	if e.End != when.Never {
		return 0, invalid(atExpiration, "afterDuration takes no endDateTime.")
	}
	end, ok := when.ParseDuration(e.Duration, start)
	switch {
	case !ok:
		return 0, invalid(atExpiration, "afterDuration needs an ISO 8601 duration of at most 100 years, such as PT5H.")
	case end <= start:
		return 0, invalid(atExpiration, "The duration must be longer than nothing.")
	case end > latest:
		return 0, invalid(atExpiration, "The end is beyond the year 9999.")
	}
	return end, nil
}

// normal is e with null for whatever its type has no use for. Clients send a duration
// along with noExpiration; the type, being explicit, wins.
func (e Expiration) normal() Expiration {
	if e.Type != AfterDateTime {
		e.End = when.Never
	}
	if e.Type != AfterDuration {
		e.Duration = ""
	}
	return e
}

// within reports whether a grant of window w is no longer than the rule's maximum, which
// years and months make a matter of the calendar.
func (x ExpirationRule) within(w when.Window) bool {
	longest, ok := when.ParseDuration(x.Maximum, w.Start)
	return ok && w.End <= longest
}
