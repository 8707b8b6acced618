package odata

import (
	"fmt"
	"strings"

	"ephor/internal/fault"
)

// Options is a set of query options: what a query gave, or what an operation takes.
type Options uint16

// The query options of the wire (query.md, 1). DeltaToken belongs to delta queries only.
const (
	Filter Options = 1 << iota
	Select
	Expand
	OrderBy
	Top
	Skip
	SkipToken
	DeltaToken
	Count
	Search
	Format
)

// optionNames are the wire names without their dollar sign, in the order of the bits.
var optionNames = [...]string{
	"filter", "select", "expand", "orderby", "top", "skip",
	"skiptoken", "deltatoken", "count", "search", "format",
}

// String is the set as the wire writes it: "$filter,$top".
func (o Options) String() string {
	var names []string
	for i, name := range optionNames {
		if o&(1<<i) != 0 {
			names = append(names, "$"+name)
		}
	}
	return strings.Join(names, ",")
}

// optionNamed is the option that name spells, in any case, with or without the dollar
// sign (query.md, 1).
func optionNamed(name string) (Options, bool) {
	name = strings.TrimPrefix(name, "$")
	for i, known := range optionNames {
		if strings.EqualFold(name, known) {
			return 1 << i, true
		}
	}
	return 0, false
}

// refuse is the 400 for an option whose text cannot be read: what is wrong, and the byte
// of the decoded text at which it is. Clients match the first words (errors.md, 2).
func refuse(option Options, at int, format string, args ...any) error {
	lead := "Invalid " + option.String() + " clause"
	switch option {
	case Filter:
		lead = "Invalid filter clause"
	case Select, Expand:
		lead = "Parsing OData Select and Expand failed"
	}
	return fault.BadQuery(option.String(), "%s: %s (position %d).", lead, fmt.Sprintf(format, args...), at)
}

// excerpt is s short enough to stand in a message.
func excerpt(s string) string {
	const most = 40
	for i := range s {
		if i > most {
			return s[:i] + "…"
		}
	}
	return s
}
