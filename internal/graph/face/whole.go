package face

import (
	"slices"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// wholeBy names the order of collections that are made in memory in page tokens.
const wholeBy = "whole"

// Whole answers a collection whose rows are all at hand, in the order of their ids: as one
// page, unless the caller asks for smaller ones.
func (r *Resource[T]) Whole(c *op.Call, rows []T) (op.Answer, error) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(r.ID(&a), r.ID(&b)) })
	total := int64(len(rows))
	if c.Query.SkipToken != "" {
		p, err := OpenPosition(c)
		if err != nil {
			return op.Answer{}, err
		}
		if p.By != wholeBy {
			return op.Answer{}, fault.Bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
		}
		rows = slices.DeleteFunc(rows, func(v T) bool { return r.ID(&v) <= p.ID })
	}
	page := store.Page[T]{Rows: rows}
	if c.Query.Top != nil {
		limit, err := r.limit(c)
		if err != nil {
			return op.Answer{}, err
		}
		if len(rows) > limit {
			page.Rows, page.Next = rows[:limit], &store.Position{By: wholeBy, ID: r.ID(&rows[limit-1])}
		}
	}
	return r.page(c, page, func() (int64, error) { return total, nil })
}

// page answers a page of rows, however they were found. Of rows it says how many there are
// on all pages when it is asked.
func (r *Resource[T]) page(c *op.Call, page store.Page[T], rows func() (int64, error)) (op.Answer, error) {
	selection, err := r.Entity.Select(c.Query.Select, true)
	if err != nil {
		return op.Answer{}, err
	}
	if r.Look != nil {
		r.Look(c, page.Rows)
	}
	expand, err := r.Expand(c, page.Rows)
	if err != nil {
		return op.Answer{}, err
	}
	return r.Counted(c, page, selection, expand, rows)
}

// ListAll answers a collection whose rows are those of several tables, in the order of their
// ids, each found by the query that sources makes for it.
func (r *Resource[T]) ListAll(sources func(*op.Call) ([]store.Source[T], error), id func(T) guid.ID) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		from, err := sources(c)
		if err != nil {
			return op.Answer{}, err
		}
		limit, err := r.limit(c)
		if err != nil {
			return op.Answer{}, err
		}
		var after *store.Position
		if c.Query.SkipToken != "" {
			if after, err = OpenPosition(c); err != nil {
				return op.Answer{}, err
			}
		}
		page, err := store.ListAll(c.Tx, from, limit, after, id)
		if err != nil {
			return op.Answer{}, err
		}
		return r.page(c, page, func() (int64, error) { return store.CountAll(c.Tx, from) })
	}
}
