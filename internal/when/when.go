// Package when holds instants and windows of time. Time is always an argument: nothing
// here asks for the present.
package when

import (
	"math"
	"strings"
	"time"
)

// An Instant is a point in time in ticks of 100 ns since 1970-01-01T00:00:00Z, which is
// the precision of Graph's wire and of the database's columns.
type Instant int64

// Never is the instant of an end that does not come.
const Never Instant = math.MaxInt64

// Ticks of common lengths.
const (
	Tick        = 1
	Millisecond = 10_000 * Tick
	Second      = 1_000 * Millisecond
	Minute      = 60 * Second
	Hour        = 60 * Minute
	Day         = 24 * Hour
)

// Of is the instant of t, cut to 100 ns.
func Of(t time.Time) Instant {
	return Instant(t.Unix()*Second + int64(t.Nanosecond())/100)
}

// Time is i as a UTC time. Never has no time; asking for it is a mistake of the caller's.
func (i Instant) Time() time.Time {
	s, frac := int64(i)/Second, int64(i)%Second
	if frac < 0 {
		s, frac = s-1, frac+Second
	}
	return time.Unix(s, frac*100).UTC()
}

// Add is i later by d, cut to 100 ns. Never stays Never.
func (i Instant) Add(d time.Duration) Instant {
	if i == Never {
		return Never
	}
	return i + Instant(d.Nanoseconds()/100)
}

// Sub is the time from other to i.
func (i Instant) Sub(other Instant) time.Duration {
	return time.Duration(int64(i-other) * 100)
}

// String is i as Graph writes it: RFC 3339 in UTC with as many of seven fraction digits
// as are not trailing zeros (behaviour.md, Quirks 6). Never is "never".
func (i Instant) String() string {
	if i == Never {
		return "never"
	}
	return i.Time().Format("2006-01-02T15:04:05.9999999Z")
}

// Parse reads a timestamp with an offset, RFC 3339 with up to nine fraction digits, or, as
// OData allows, without seconds. It reports false for anything else, and for years outside 1
// to 9999.
func Parse(s string) (Instant, bool) {
	const minutes = len("2006-01-02T15:04")
	if len(s) <= minutes || len(s) > 40 || strings.ContainsAny(s, " ,") {
		return 0, false
	}
	if s[minutes] != ':' {
		s = s[:minutes] + ":00" + s[minutes:]
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return 0, false
	}
	return Of(t), true
}

// A Window is the time that a grant covers: from Start up to, not including, End.
type Window struct{ Start, End Instant }

// Covers reports whether the window is open at t.
func (w Window) Covers(t Instant) bool { return w.Start <= t && t < w.End }

// Overlaps reports whether some instant is in both windows.
func (w Window) Overlaps(o Window) bool { return w.Start < o.End && o.Start < w.End }

// Empty reports whether no instant is in the window.
func (w Window) Empty() bool { return w.End <= w.Start }

// Intersect is the time that is in both windows; it is Empty when there is none.
func (w Window) Intersect(o Window) Window {
	return Window{Start: max(w.Start, o.Start), End: min(w.End, o.End)}
}
