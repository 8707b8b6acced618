// Package odata reads what a Graph request says beside its path: query options, filters,
// searches, page tokens and batches. Text goes in, a tree comes out. It knows no resource:
// whether a property exists, may be filtered or may be seen is for its callers to say.
//
// Nothing is skipped. Text that is not understood, an option that is not known or is given
// twice, and anything beyond Limits is a *fault.Fault with status 400 that says what and
// where; a filter is never read as less than was written.
package odata

import (
	"slices"
	"strconv"
	"strings"

	"ephor/internal/fault"
)

// A Query is the query options of one request, or of one expansion.
type Query struct {
	Given      Options // which options were given, so that a caller can refuse what it does not serve
	Filter     Node    // nil unless given
	Select     []string
	Expand     []Expansion
	OrderBy    []Order
	Top        *int // nil unless given; the page size that is allowed is the caller's
	Skip       *int // nil unless given
	SkipToken  string
	DeltaToken string
	Count      bool
	Search     *SearchNode // nil unless given
	Format     string
	// Other holds the parameters that Parse was told to expect besides the options.
	Other map[string]string
}

// An Expansion is one relation of $expand with its own options. Path is "*" for all.
type Expansion struct {
	Path  string
	Query Query
}

// An Order is one key of $orderby.
type Order struct {
	Path []string
	Desc bool
}

// Parse reads a URL's raw query. Option names come with or without "$" and in any case;
// "+" is a blank; text that was percent-encoded twice is read as meant. The names in also
// are parameters that are not query options, such as "@id" (behaviour.md, 14); any other
// parameter is refused.
func Parse(rawQuery string, limits Limits, also ...string) (Query, error) {
	limits = limits.filled()
	if len(rawQuery) > limits.Query {
		return Query{}, fault.BadQuery("", "The query is longer than %d bytes.", limits.Query)
	}
	var q Query
	for pieces := 0; rawQuery != ""; pieces++ {
		if pieces >= limits.Options {
			return Query{}, fault.BadQuery("", "The query has more than %d parameters.", limits.Options)
		}
		var piece string
		piece, rawQuery, _ = strings.Cut(rawQuery, "&")
		if piece == "" {
			continue // the reference's own examples write "?&$count=true"
		}
		if err := q.read(piece, limits, also); err != nil {
			return Query{}, err
		}
	}
	return q, nil
}

// read takes in one parameter of a raw query.
func (q *Query) read(piece string, limits Limits, also []string) error {
	rawName, rawValue, hasValue := strings.Cut(piece, "=")
	name, err := decodeName(rawName)
	if err != nil {
		return err
	}
	if slices.Contains(also, name) {
		return q.readOther(name, rawValue)
	}
	option, known := optionNamed(name)
	if !known {
		return fault.BadQuery(excerpt(name), "The query parameter '%s' is not supported.", excerpt(name))
	}
	if !hasValue {
		return fault.BadQuery(option.String(), "The query option '%s' has no value.", option)
	}
	value, err := decodeValue(option, rawValue)
	if err != nil {
		return err
	}
	return q.set(option, cursor{option: option, text: value, limits: limits})
}

// readOther keeps the text of a parameter that is not a query option.
func (q *Query) readOther(name, raw string) error {
	value, err := unescape(name, raw)
	if err != nil {
		return err
	}
	if _, twice := q.Other[name]; twice {
		return fault.BadQuery(name, "The query parameter '%s' is given more than once.", name)
	}
	if q.Other == nil {
		q.Other = map[string]string{}
	}
	q.Other[name] = value
	return nil
}

// set reads the text of one option into its field.
func (q *Query) set(option Options, c cursor) (err error) {
	if q.Given&option != 0 {
		return fault.BadQuery(option.String(), "The query option '%s' is given more than once.", option)
	}
	q.Given |= option
	if c.text == "" {
		return fault.BadQuery(option.String(), "The query option '%s' has no value.", option)
	}
	switch option {
	case Filter:
		q.Filter, err = c.filter()
	case Select:
		q.Select, err = c.selection()
	case Expand:
		q.Expand, err = c.expansions()
	case OrderBy:
		q.OrderBy, err = c.orders()
	case Top:
		q.Top, err = c.whole()
	case Skip:
		q.Skip, err = c.whole()
	case Count:
		q.Count, err = c.flag()
	case Search:
		q.Search, err = c.search()
	case Format:
		q.Format, err = c.format()
	case SkipToken:
		q.SkipToken = c.text
	case DeltaToken:
		q.DeltaToken = c.text
	}
	return err
}

// Only refuses a query that gives an option outside allowed, naming it. Expansions have
// their own queries and are not looked at.
func (q Query) Only(allowed Options) error {
	for i := range optionNames {
		if option := Options(1 << i); q.Given&option&^allowed != 0 {
			return fault.BadQuery(option.String(), "The query option '%s' is not supported for this request.", option)
		}
	}
	return nil
}

// Shape is one canonical text for what decides which rows a query yields and in which
// order: filter, search, sort keys. Page tokens are bound to it; equal shapes written
// differently are equal.
func (q Query) Shape() string {
	var b strings.Builder
	if q.Filter != nil {
		b.WriteString(q.Filter.String())
	}
	b.WriteByte(0)
	if q.Search != nil {
		b.WriteString(q.Search.String())
	}
	for _, o := range q.OrderBy {
		b.WriteByte(0)
		b.WriteString(strings.Join(o.Path, "/") + " " + strconv.FormatBool(o.Desc))
	}
	return b.String()
}

// A cursor is the text of one option while it is read. Positions in messages count from
// the start of the outermost option: base bytes stand before this text.
type cursor struct {
	option Options
	text   string
	base   int
	depth  int // expansions around this one
	limits Limits
}

// refuse is the 400 for byte at of the text.
func (c cursor) refuse(at int, format string, args ...any) error {
	return refuse(c.option, c.base+at, format, args...)
}

// whole reads a whole number that is not negative.
func (c cursor) whole() (*int, error) {
	n, err := strconv.ParseUint(c.text, 10, 31)
	if err != nil {
		return nil, c.refuse(0, "'%s' is not a whole number from 0 to 2147483647", excerpt(c.text))
	}
	value := int(n)
	return &value, nil
}

// flag reads true or false.
func (c cursor) flag() (bool, error) {
	switch {
	case strings.EqualFold(c.text, "true"):
		return true, nil
	case strings.EqualFold(c.text, "false"):
		return false, nil
	}
	return false, c.refuse(0, "'%s' is neither true nor false", excerpt(c.text))
}

// format reads the one format there is, JSON, with whatever parameters.
func (c cursor) format() (string, error) {
	media, _, _ := strings.Cut(c.text, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if media != "json" && media != "application/json" {
		return "", c.refuse(0, "'%s' is not served, only application/json", excerpt(c.text))
	}
	return c.text, nil
}
