package pim

import (
	"strings"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A Kind is what a schedule gives its principal.
type Kind uint8

// The kinds of schedule. Only an Eligible one confers nothing until it is activated.
const (
	Eligible  Kind = iota // may activate the target
	Assigned              // has the target, by an administrator's word
	Activated             // has the target, by its own activation of an eligibility
)

// String is the kind's assignmentType on the wire, "" for an eligibility.
func (k Kind) String() string { return name([]string{"", "Assigned", "Activated"}, int(k)) }

// A Schedule is a window of time in which a principal is eligible for, or has, a target.
type Schedule struct {
	ID        guid.ID
	Kind      Kind
	Principal guid.ID
	Target    Target
	Window    when.Window
	// Expiration is the end as it was asked for; Window.End is what it comes to.
	Expiration Expiration
	// Request made the schedule; zero when it was granted outside PIM.
	Request  guid.ID
	Created  when.Instant
	Modified when.Instant // when.Never until changed
	Via      Via          // what an activation stands on
}

// Via names what an activation stands on. It is in force only while all of it is: the
// eligibility, and the place in the group that carried it.
type Via struct {
	Eligibility guid.ID
	Membership  guid.ID // zero when the eligibility is the principal's own
}

// OutsidePIM reports whether the grant was made by a plain role assignment.
func (s Schedule) OutsidePIM() bool { return s.Request.IsZero() }

// An ExpirationType says how a schedule's end was given (CSDL expirationPatternType).
type ExpirationType uint8

// The ways to give an end.
const (
	NotSpecified ExpirationType = iota
	NoExpiration
	AfterDateTime
	AfterDuration
)

var expirationNames = [...]string{"notSpecified", "noExpiration", "afterDateTime", "afterDuration"}

// String is the type's name in the CSDL's casing.
func (t ExpirationType) String() string { return name(expirationNames[:], int(t)) }

// ParseExpirationType reads a type in any casing; it reports false for an unknown one.
func ParseExpirationType(s string) (ExpirationType, bool) {
	for t, name := range expirationNames {
		if strings.EqualFold(s, name) {
			return ExpirationType(t), true
		}
	}
	return NotSpecified, false
}

// An Expiration is the end of a schedule as asked for. End is when.Never and Duration ""
// where the type has none.
type Expiration struct {
	Type     ExpirationType
	End      when.Instant
	Duration string // ISO 8601
}
