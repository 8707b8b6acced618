package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"ephor/internal/audit"
)

// A Verified is what a whole audit log has been found to be.
type Verified struct {
	Records uint64
	Root    audit.Hash
}

// Verify reads the tenant's whole audit log and computes it again: every leaf, the gapless
// order, the columns by which records are found, the tiles and the frontier. And it looks
// whether every live grant has its record. What it finds wrong is an *audit.Breach.
func (t *Tenant) Verify(ctx context.Context) (Verified, error) {
	var v Verified
	err := t.Read(ctx, func(tx *ReadTx) error {
		stored, err := tx.tree()
		if err != nil {
			return err
		}
		check := tileCheck{tx: tx}
		if err := audit.Verify(stored, tx.log(check.leaf)); err != nil {
			return err
		}
		v = Verified{stored.Size(), stored.Root()}
		if err := check.count(stored.Size()); err != nil {
			return err
		}
		return tx.verifyGrants(stored.Size())
	})
	if err != nil {
		return Verified{}, fmt.Errorf("verify audit log of tenant %s: %w", t.id, err)
	}
	return v, nil
}

// log reads the log in its order, checks that each record's columns say what its bytes
// say, and gives each leaf to leaf.
func (tx *ReadTx) log(leaf func(h audit.Hash) error) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		const page = 512
		for from := uint64(0); ; from += page {
			rows, err := tx.logPage(from, page)
			for _, r := range rows {
				if err = errors.Join(err, leaf(r.Leaf)); err != nil {
					break
				}
				if !yield(r, nil) {
					return
				}
			}
			if err != nil {
				yield(audit.Row{}, err)
			}
			if err != nil || len(rows) < page {
				return
			}
		}
	}
}

// logPage reads the records that should be numbers from to from+size-1. A record that is
// missing shows because the next one stands in its place.
func (tx *ReadTx) logPage(from, size uint64) ([]audit.Row, error) {
	var rows []audit.Row
	err := tx.query("SELECT idx, id, at, activity_key, category_key, service_key, result, correlation, actor_user, actor_upn_key, actor_name_key, actor_app, actor_app_key, body, leaf FROM audit WHERE idx >= $1 ORDER BY idx LIMIT $2",
		[]any{int64(from), int64(size)}, func(scan func(...any) error) error {
			row, err := scanRow(scan)
			if err == nil {
				rows = append(rows, row)
			}
			return err
		})
	return rows, err
}

// scanRow reads a record's row, and compares its columns with those that its bytes make.
func scanRow(scan func(...any) error) (audit.Row, error) {
	var index, at int64
	var leaf []byte
	var row audit.Row
	var words [11]string
	dest := []any{&index, &words[0], &at}
	for i := 1; i < len(words); i++ {
		dest = append(dest, &words[i])
	}
	if err := scan(append(dest, &row.Canonical, &leaf)...); err != nil {
		return row, err
	}
	hashes, err := unjoin(leaf, 1)
	if err != nil {
		return row, err
	}
	row.Leaf = hashes[0]
	r, err := audit.Decode(row.Canonical)
	if err != nil || r.Seq != uint64(index) {
		return row, nil //nolint:nilerr // audit.Verify says what is wrong
	}
	got := []any{index, words[0], at}
	for _, word := range words[1:] {
		got = append(got, word)
	}
	if !slices.Equal(got, foundBy(&r)) {
		return row, &audit.Breach{Index: r.Seq, End: r.Seq + 1, Why: "the columns beside its bytes were changed"}
	}
	return row, nil
}

// A tileCheck computes the log's tiles again and compares them with those stored.
type tileCheck struct {
	tx     *ReadTx
	levels [][]audit.Hash // of each level, those that fill no tile yet
	tiles  []uint64       // how many of each level are full
}

func (c *tileCheck) leaf(h audit.Hash) error { return c.add(0, h) }

func (c *tileCheck) add(level uint, h audit.Hash) error {
	if int(level) == len(c.levels) {
		c.levels = append(c.levels, nil)
	}
	if c.levels[level] = append(c.levels[level], h); len(c.levels[level]) < audit.TileWidth {
		return nil
	}
	full := audit.Tile{Level: level, Index: c.full(level), Hashes: [audit.TileWidth]audit.Hash(c.levels[level])}
	c.levels[level] = c.levels[level][:0]
	if err := c.compare(&full); err != nil {
		return err
	}
	return c.add(level+1, full.Root())
}

// full counts the tiles of a level, and is the number of the next.
func (c *tileCheck) full(level uint) uint64 {
	if int(level) == len(c.tiles) {
		c.tiles = append(c.tiles, 0)
	}
	c.tiles[level]++
	return c.tiles[level] - 1
}

func (c *tileCheck) compare(full *audit.Tile) error {
	var same bool
	err := readTiles(c.tx.ctx, c.tx.link, full.Level, full.Index, full.Index+1, func(t *audit.Tile) error {
		same = *t == *full
		return nil
	})
	if err != nil || same {
		return err
	}
	width := uint64(audit.TileWidth)
	for range full.Level {
		width *= audit.TileWidth
	}
	return &audit.Breach{Index: full.Index * width, End: (full.Index + 1) * width, Why: fmt.Sprintf("tile %d of level %d is missing or was changed", full.Index, full.Level)}
}

// count compares the number of tiles with that of the stored ones.
func (c *tileCheck) count(size uint64) error {
	var stored int64
	if _, err := c.tx.one("SELECT COUNT(*) FROM audit_tile", nil, &stored); err != nil {
		return err
	}
	var full uint64
	for _, n := range c.tiles {
		full += n
	}
	if uint64(stored) != full {
		return &audit.Breach{Index: 0, End: size, Why: fmt.Sprintf("%d tiles are stored and %d are full", stored, full)}
	}
	return nil
}
