package store

import (
	"context"
	"fmt"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/odata"
)

// What $search finds an object by, the words of its name and of its description, stands among
// its properties with several values: an index leads from the beginning of a word to whoever
// has it.

// The properties that have words.
const (
	nameWords        = " displayName"
	descriptionWords = " description"
)

// wordList are the words of a property of objects of a kind.
func wordList(kind directory.Kind, property, text string) valueList {
	return valueList{kind.String() + property, directory.Words(text)}
}

// wordsOf is the column of the words of a property of the objects whose id is in a column.
func wordsOf(kind directory.Kind, property, id string) Column {
	return valuesOf(kind.String()+property, id)
}

// wordsStep is the migration from which on words are kept.
const wordsStep = 17

// worded are the tables of objects that have words, with the texts that they are cut from.
var worded = []struct {
	table      string
	kind       directory.Kind
	columns    string
	properties []string
}{
	{"directory_user", directory.KindUser, "display_name, ''", []string{nameWords}},
	{"directory_group", directory.KindGroup, "display_name, description", []string{nameWords, descriptionWords}},
	{"unit", directory.KindUnit, "display_name, description", []string{nameWords, descriptionWords}},
	{"application", directory.KindApplication, "display_name, ''", []string{nameWords}},
	{"service_principal", directory.KindServicePrincipal, "display_name, ''", []string{nameWords}},
}

// spell cuts the words of all objects of a tenant that was made before words were kept.
func (s *Store) spell(ctx context.Context, l link) error {
	for _, of := range worded {
		for after := ""; ; {
			var values []statement
			last := ""
			ask := question{statement{"SELECT id, " + of.columns + " FROM " + of.table + " WHERE id > $1 ORDER BY id LIMIT 1000", []any{after}}, func(scan func(...any) error) error {
				texts := [2]string{}
				if err := scan(&last, &texts[0], &texts[1]); err != nil {
					return err
				}
				for i, property := range of.properties {
					for _, word := range directory.Words(texts[i]) {
						values = append(values, statement{"INSERT INTO object_value (object_id, property, value_key) VALUES ($1, $2, $3) ON CONFLICT (object_id, property, value_key) DO NOTHING", []any{last, of.kind.String() + property, word}})
					}
				}
				return nil
			}}
			if err := l.query(ctx, nil, ask); err != nil {
				return fmt.Errorf("cut the words of %s: %w", of.table, err)
			}
			if last == "" {
				break
			}
			for some := range slices.Chunk(values, queuedMost) {
				if err := run(ctx, l, some...); err != nil {
					return fmt.Errorf("keep the words of %s: %w", of.table, err)
				}
			}
			after = last
		}
	}
	return nil
}

// fewMost is how many elements of collections are looked at to find out that a condition is
// met by few objects.
const fewMost = 1000

// lookUp finds the objects that meet a filter on the beginnings of values, such as words,
// when they are few. What it finds is no more than a bound: the filter is judged as ever.
func (w *walk) lookUp(tx *ReadTx) (c Condition, few bool, err error) {
	ids, few, err := w.fewWith(tx, odata.And{Terms: w.terms})
	if err != nil || !few {
		return c, false, err
	}
	slices.Sort(ids)
	c.Column = Column{SQL: w.id, Kind: odata.KindID}
	for _, id := range slices.Compact(ids) {
		c.Values = append(c.Values, id)
	}
	return c, true, nil
}

// fewWith are the ids of all objects that may meet n, when that is answered by an index and
// they are few.
func (w *walk) fewWith(tx *ReadTx, n odata.Node) (ids []string, few bool, err error) {
	switch n := n.(type) {
	case odata.And:
		for _, t := range n.Terms {
			if ids, few, err = w.fewWith(tx, t); few || err != nil {
				return ids, few, err
			}
		}
	case odata.Or:
		for _, t := range n.Terms {
			some, few, err := w.fewWith(tx, t)
			if err != nil || !few {
				return nil, false, err
			}
			ids = append(ids, some...)
		}
		return ids, len(ids) <= fewMost, nil
	case odata.Any:
		return w.fewElements(tx, n)
	}
	return nil, false, nil
}

// fewElements are the ids of the objects one of whose elements begins with a text.
func (w *walk) fewElements(tx *ReadTx, n odata.Any) (ids []string, few bool, err error) {
	col := w.query.Columns[n.Path.String()]
	begins, ok := n.Body.(odata.Match)
	if !ok || col.Many == nil || col.Many.Key == "" || begins.Func != odata.StartsWith || begins.Path.Var == "" || begins.Arg == "" {
		return nil, false, nil
	}
	if element := col.Many.Columns[""]; !element.Indexed || len(begins.Path.Names) > 0 || element.Ops&edm.StartsWith == 0 {
		return nil, false, nil
	}
	c := &clause{}
	f := compiler{clause: c, columns: w.query.Columns, element: col.Many}
	sql, err := f.condition(begins, true)
	if err != nil {
		return nil, false, err
	}
	err = tx.query("SELECT "+col.Many.ID+" FROM "+col.Many.From+" WHERE "+col.Many.Where+" AND "+sql+" LIMIT "+c.hole(int64(fewMost+1)), c.args,
		func(scan func(dest ...any) error) error {
			ids = append(ids, "")
			return scan(&ids[len(ids)-1])
		})
	if err != nil {
		return nil, false, fmt.Errorf("look up %s: %w", n.Path, err)
	}
	return ids, len(ids) <= fewMost, nil
}
