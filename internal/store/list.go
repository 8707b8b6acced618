package store

import (
	"fmt"
	"maps"
	"slices"

	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/odata"
)

// A Table is a list that can be filtered, sorted and paged. Its texts may hold {now}, the
// transaction's instant, {caller}, and other names in braces that a ListQuery's Values
// fill.
type Table[T any] struct {
	From string // tables, with an alias for each
	// Scan is the condition that indexes repeat, so that what does not meet it costs
	// nothing; Where is what else makes a row, judged row by row.
	Scan, Where string
	Select      string
	ID          string // the column that tells rows apart, the last sort key
	// Twin is the column of another table, joined by it, that always equals ID: what is known
	// of one is told of the other too, since a planner may begin with either. "" for none.
	Twin  string
	Order Order // when a query names none
	// Total names the count of all rows that is kept by the writes, "" where none is.
	Total   string
	Columns map[string]Column
	// Held is whose row of a schedule a row is, so that one which is not honoured is not
	// listed; the zero schedule is none. Nil when no row is one.
	Held func(row *T) (principal, schedule guid.ID)
	// Row reads the selected columns.
	Row func(scan func(dest ...any) error) (T, error)

	shelf *shelf[T] // where rows are kept, by ID; nil when they are not
}

// As is the table with each of its rows inside one of another type, made by within and got
// out again by of. A table of which no row is a schedule's stays one.
func As[T, U any](t *Table[T], within func(T) U, of func(*U) *T) *Table[U] {
	as := &Table[U]{
		From: t.From, Scan: t.Scan, Where: t.Where, Select: t.Select, ID: t.ID, Order: t.Order, Total: t.Total, Columns: t.Columns,
		Row: func(scan func(dest ...any) error) (U, error) {
			row, err := t.Row(scan)
			return within(row), err
		},
	}
	if t.Held != nil {
		as.Held = func(row *U) (principal, schedule guid.ID) { return t.Held(of(row)) }
	}
	return as
}

// Column is the column of that name, which the table must have.
func (t *Table[T]) Column(name string) Column {
	c, ok := t.Columns[name]
	if !ok {
		panic("store: no column " + name + " in " + t.From)
	}
	return c
}

// An Order is a sort key. Rows with equal keys are in the order of their ids, in the same
// direction.
type Order struct {
	Column Column
	Desc   bool
}

// A Condition limits a list to the rows in which Column is one of Values. It is for the
// rows that a caller may see, and cannot be widened by a filter.
type Condition struct {
	Column Column
	Values []any // as the column holds them
}

// Is limits a list to the rows in which column holds one of ids. Without ids there are
// none.
func Is(column Column, ids ...guid.ID) Condition {
	c := Condition{Column: column, Values: make([]any, len(ids))}
	for i, id := range ids {
		c.Values[i] = text(id)
	}
	return c
}

// A ListQuery asks for one page of a Table.
type ListQuery struct {
	Filter  odata.Node // nil for all
	Columns Columns    // what the filter may name
	Rows    []Condition
	Order   *Order // nil for the table's own; its column must be indexed
	Limit   int    // rows of the page
	After   *Position
	Values  map[string]any // what fills the table's texts, beside {now}; {caller} is '' unless given

	chunks []int // how many index rows a page examines, and when it looks whether it is full; nil for chunks
}

// A Position is where the next page begins: behind the row with that sort key and id.
type Position struct {
	By     string `json:"b"` // the sort key, so that a position is not used for another
	Text   string `json:"t,omitempty"`
	Number int64  `json:"n,omitempty"`
	ID     string `json:"i"`
}

// A Page is some rows and, unless they are the last, where the next page begins. A page
// may have fewer rows than asked for, or none, and yet not be the last.
type Page[T any] struct {
	Rows []T
	Next *Position
}

const (
	pageMost = 1000
	// examineMost bounds the index rows that one page examines for a filter that no index
	// answers; chunks are how many at a time.
	examineMost = 10_000
	// countMost bounds the index rows that one count examines.
	countMost = 1_000_000
)

var chunks = []int{1000, 3000, 6000}

// List answers one page. What the filter leaves to be judged row by row is judged on at
// most examineMost rows; a page may so be short, and says where to go on. Rows that are kept
// are others' too: what they point to is not to be changed.
func List[T any](tx *ReadTx, t *Table[T], q ListQuery) (Page[T], error) {
	page, err := listPage(tx, t, q)
	if t.Held != nil {
		page.Rows = slices.DeleteFunc(page.Rows, func(row T) bool {
			principal, schedule := t.Held(&row)
			return !schedule.IsZero() && !tx.honoured(principal, schedule)
		})
	}
	return page, err
}

func listPage[T any](tx *ReadTx, t *Table[T], q ListQuery) (Page[T], error) {
	if t.shelf == nil {
		return paged(tx, t, q, readRows[T])
	}
	kept, err := ListKept(tx, t, q)
	page := Page[T]{Rows: make([]T, len(kept.Rows)), Next: kept.Next}
	for i, k := range kept.Rows {
		page.Rows[i] = k.Row
	}
	return page, err
}

// Keeps reports whether the table's rows are kept, so that ListKept can list them.
func (t *Table[T]) Keeps() bool { return t.shelf != nil }

// ListKept is List for a table whose rows are kept. REQUIRES t.Keeps.
func ListKept[T any](tx *ReadTx, t *Table[T], q ListQuery) (Page[*Kept[T]], error) {
	return paged(tx, t, q, readKept[T])
}

// A reader reads up to limit rows behind after, up to and with end, and tells the position
// of the last but one.
type reader[T, R any] func(tx *ReadTx, t *Table[T], w *walk, after, end *Position, limit int) ([]R, *Position, error)

func paged[T, R any](tx *ReadTx, t *Table[T], q ListQuery, read reader[T, R]) (Page[R], error) {
	q.Limit = max(1, min(q.Limit, pageMost))
	w, err := newWalk(tx, t, &q)
	if err != nil || w.empty {
		return Page[R]{}, err
	}
	if w.bounded() {
		return listChunks(tx, t, w, q.Limit, read)
	}
	rows, next, err := read(tx, t, w, w.after, nil, q.Limit+1)
	if err != nil || len(rows) <= q.Limit {
		return Page[R]{Rows: rows}, err
	}
	return Page[R]{Rows: rows[:q.Limit], Next: next}, nil
}

// listChunks reads a page chunk by chunk of the index that the walk follows.
func listChunks[T, R any](tx *ReadTx, t *Table[T], w *walk, limit int, read reader[T, R]) (Page[R], error) {
	var page Page[R]
	after := w.after
	steps := w.query.chunks
	if steps == nil {
		steps = chunks
	}
	for _, chunk := range steps {
		end, err := w.end(tx, after, chunk)
		if err != nil || end == nil {
			return page, err
		}
		room := limit - len(page.Rows)
		rows, next, err := read(tx, t, w, after, end, room+1)
		if err != nil {
			return Page[R]{}, err
		}
		if len(rows) > room {
			page.Rows = append(page.Rows, rows[:room]...)
			page.Next = after
			if room > 0 {
				page.Next = next
			}
			return page, nil
		}
		page.Rows = append(page.Rows, rows...)
		after = end
	}
	page.Next = after
	return page, nil
}

// readRows is the reader that reads whole rows.
func readRows[T any](tx *ReadTx, t *Table[T], w *walk, after, end *Position, limit int) ([]T, *Position, error) {
	var rows []T
	var at [2]Position // of the last row, and of the one before it
	err := w.read(tx, t.Select, after, end, limit, func(scan func(dest ...any) error) error {
		at[1], at[0] = at[0], Position{By: w.by()}
		row, err := t.Row(func(dest ...any) error { return scan(append([]any{w.keyOf(&at[0]), &at[0].ID}, dest...)...) })
		if err == nil {
			rows = append(rows, row)
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", t.From, err)
	}
	return rows, &at[1], nil
}

// readKept is the reader that reads ids, from an index, and takes the rows from where they
// are kept.
func readKept[T any](tx *ReadTx, t *Table[T], w *walk, after, end *Position, limit int) ([]*Kept[T], *Position, error) {
	ids := make([]guid.ID, 0, limit)
	var at [2]Position
	var dest []any
	if w.key.SQL != w.id {
		dest = append(dest, w.keyOf(&at[0]))
	}
	dest = append(dest, nil)
	err := w.read(tx, "", after, end, limit, func(scan func(dest ...any) error) error {
		ids = append(ids, guid.ID{})
		dest[len(dest)-1] = &ids[len(ids)-1]
		at[1] = at[0]
		return scan(dest...)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", t.From, err)
	}
	if len(ids) > 1 {
		at[1].By, at[1].ID = w.by(), ids[len(ids)-2].String()
	}
	rows, err := t.shelf.all(tx, ids)
	if err == nil && slices.Contains(rows, nil) {
		err = fmt.Errorf("list %s: a row that is in an index is not in its table", t.From)
	}
	return rows, &at[1], err
}

// read asks for key, id and columns of up to limit rows; without columns for the key only
// if it is another than the id.
func (w *walk) read(tx *ReadTx, columns string, after, end *Position, limit int, row func(scan func(dest ...any) error) error) error {
	c := &clause{}
	where, err := w.where(c, after, end)
	if err != nil {
		return err
	}
	key := w.key.SQL + ", "
	switch {
	case columns != "":
		columns = ", " + c.fill(columns, w.values)
	case w.key.SQL == w.id:
		key = ""
	}
	return tx.query("SELECT "+key+w.id+columns+" FROM "+c.fill(w.from, w.values)+where+
		w.orderBy()+" LIMIT "+c.hole(int64(limit)), c.args, row)
}

// Count is how many rows a query has, whatever its limit. Beyond countMost rows to examine
// it is refused.
func Count[T any](tx *ReadTx, t *Table[T], q ListQuery) (int64, error) {
	if t.Total != "" && q.Filter == nil && len(q.Rows) == 0 {
		return tx.total(t.Total)
	}
	q.After = nil
	w, err := newWalk(tx, t, &q)
	if err != nil || w.empty {
		return 0, err
	}
	var sum int64
	var after *Position
	for range countMost / examineMost {
		end, err := w.end(tx, after, examineMost)
		if err != nil || end == nil {
			return sum, err
		}
		c := &clause{}
		where, err := w.where(c, after, end)
		if err != nil {
			return 0, err
		}
		var n int64
		if _, err := tx.one("SELECT count(*) FROM "+c.fill(w.from, w.values)+where, c.args, &n); err != nil {
			return 0, fmt.Errorf("count %s: %w", t.From, err)
		}
		sum, after = sum+n, end
	}
	return 0, fault.UnsupportedQuery("Unsupported Query. The rows are too many to be counted with this filter.")
}

// total is a count that is kept by the writes.
func (tx *ReadTx) total(name string) (int64, error) {
	var n int64
	if _, err := tx.one("SELECT amount FROM total WHERE name = $1", []any{name}, &n); err != nil {
		return 0, fmt.Errorf("read total %s: %w", name, err)
	}
	return n, nil
}

// count adds to a total.
func (tx *WriteTx) count(name string, by int64) {
	tx.exec("UPDATE total SET amount = amount + $1 WHERE name = $2", by, name)
}

// texts are what a walk needs of a table, whatever its rows.
type texts struct{ from, scan, judge, id, twin string }

func newWalk[T any](tx *ReadTx, t *Table[T], q *ListQuery) (*walk, error) {
	values := map[string]any{"now": int64(tx.now), "caller": ""}
	maps.Copy(values, q.Values)
	begin := func() (*walk, error) {
		w := &walk{texts: texts{t.From, t.Scan, t.Where, t.ID, t.Twin}, values: values, query: q, order: t.Order}
		return w, w.plan()
	}
	w, err := begin()
	if err != nil {
		return nil, err
	}
	if !w.few && q.Filter != nil {
		c, few, err := w.lookUp(tx)
		if err != nil {
			return nil, err
		}
		if few {
			q.Rows = append(slices.Clip(q.Rows), c)
			if w, err = begin(); err != nil {
				return nil, err
			}
		}
	}
	w.after = q.After
	if q.After != nil && q.After.By != w.by() {
		return nil, fault.Bad("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	w.empty, err = w.never()
	return w, err
}

// by names a walk's order in positions.
func (w *walk) by() string {
	if w.order.Desc {
		return w.key.SQL + " desc"
	}
	return w.key.SQL
}

// keyOf is where the sort key of a position is scanned.
func (w *walk) keyOf(p *Position) any {
	if w.numeric() {
		return &p.Number
	}
	return &p.Text
}

func (w *walk) numeric() bool {
	return w.key.Kind == odata.KindInstant || w.key.Kind == odata.KindInt || w.key.Kind == odata.KindBool
}

// orderBy ends with the id. Where few rows are sorted, the key is spelt as no index has it:
// PostgreSQL would else rather go through a whole table that is in that order, when it
// expects to meet a page of them soon.
func (w *walk) orderBy() string {
	direction := ""
	if w.order.Desc {
		direction = " DESC"
	}
	key := w.key.SQL
	switch {
	case w.few && w.numeric():
		key += " + 0"
	case w.few:
		key += " || ''"
	}
	if w.key.SQL == w.id {
		return " ORDER BY " + key + direction
	}
	return " ORDER BY " + key + direction + ", " + w.id + direction
}

// beyond is the condition that rows stand behind p, seen in the walk's own direction.
func (w *walk) beyond(c *clause, key, id string, p *Position) string {
	if w.order.Desc {
		return w.beside(c, key, id, " < ", p)
	}
	return w.beside(c, key, id, " > ", p)
}

// upTo is the condition that rows stand before p or on it.
func (w *walk) upTo(c *clause, key, id string, p *Position) string {
	if w.order.Desc {
		return w.beside(c, key, id, " >= ", p)
	}
	return w.beside(c, key, id, " <= ", p)
}

func (w *walk) beside(c *clause, key, id, op string, p *Position) string {
	if key == id {
		return id + op + c.hole(p.key(w))
	}
	return "(" + key + ", " + id + ")" + op + "(" + c.hole(p.key(w)) + ", " + c.hole(p.ID) + ")"
}

// key is a position's sort key as the column holds it.
func (p *Position) key(w *walk) any {
	switch {
	case w.key.SQL == w.id:
		return p.ID
	case w.numeric():
		return p.Number
	}
	return p.Text
}
