package store

import (
	"strings"

	"ephor/internal/edm"
	"ephor/internal/odata"
	"ephor/internal/pim"
)

// keyed is an indexed or plain column of folded text that may be null.
func keyed(sql string) Column {
	return Column{SQL: sql, Kind: odata.KindText, Folded: true, Nullable: true, Ops: everyText}
}

func indexed(c Column) Column   { c.Indexed = true; return c }
func selective(c Column) Column { c.Indexed, c.Selective = true, true; return c }
func required(c Column) Column  { c.Nullable = false; return c }
func led(c Column, lead func(stored any) (condition string, rare bool)) Column {
	c.Lead = lead
	return c
}
func filled(c Column) Column { c.Filled = true; return c }

const (
	everyText  = edm.Ranged | edm.StartsWith | edm.EndsWith | edm.Contains | edm.Null
	everyTime  = edm.Ranged | edm.Null
	everyTruth = edm.Equal | edm.Ge | edm.Le
)

// idOf is a column that holds ids; ” is null.
func idOf(sql string) Column {
	return Column{SQL: sql, Kind: odata.KindID, Nullable: true, Ops: edm.Equal | edm.Null}
}

// at is a column that holds instants; never is null.
func at(sql string) Column {
	return Column{SQL: sql, Kind: odata.KindInstant, Nullable: true, Ops: everyTime}
}

// truthOf is a column that holds 0 or 1.
func truthOf(sql string) Column { return Column{SQL: sql, Kind: odata.KindBool, Ops: everyTruth} }

// valuesOf is a property with several values, of the object whose id is in a column.
func valuesOf(property, id string) Column {
	return Column{Ops: edm.Eq, Many: &Elements{
		From: "object_value v", On: "v.property = '" + property + "' AND v.object_id = " + id,
		Key: "v.object_id", ID: "v.object_id", Where: "v.property = '" + property + "'",
		Columns: map[string]Column{"": {SQL: "v.value_key", Kind: odata.KindText, Folded: true, Ops: everyText, Indexed: true}},
	}}
}

// byID is the order of an id column.
func byID(sql string) Order {
	return Order{Column: Column{SQL: sql, Kind: odata.KindID, Indexed: true}}
}

// spelled is a column that holds one of some words, which a filter writes in any case.
func spelled(sql string, words ...string) Column {
	return Column{SQL: sql, Kind: odata.KindText, Ops: edm.Equal, Spell: func(s string) (any, bool) {
		for _, w := range words {
			if strings.EqualFold(w, s) {
				return w, true
			}
		}
		return nil, false
	}}
}

// numbered is spelled for a column that holds the place of the word from first on.
func numbered(sql string, first int64, words ...string) Column {
	return Column{SQL: sql, Kind: odata.KindText, Ops: edm.Equal, Spell: func(s string) (any, bool) {
		for i, w := range words {
			if strings.EqualFold(w, s) {
				return first + int64(i), true
			}
		}
		return nil, false
	}}
}

// scoped is a column that holds a scope; a filter may write its id in any case.
func scoped(sql string) Column {
	return Column{SQL: sql, Kind: odata.KindText, Nullable: true, Ops: edm.Equal | edm.Null, Spell: func(s string) (any, bool) {
		scope, ok := pim.ParseScope(s)
		return scope.String(), ok
	}}
}
