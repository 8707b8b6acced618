package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ephor/internal/audit"
)

// keep makes what tx has done part of the group: its records get their places in the log,
// its changes their rows, and its staged snapshot is what the next operation is judged on.
// It fails for records that may not enter the log.
func (g *group) keep(tx *WriteTx) error {
	g.pending = tx.pending
	g.passing = g.passing || tx.passing
	g.forgotten = append(g.forgotten, tx.forgotten...)
	if !tx.wrote && len(tx.records) == 0 && len(tx.signIns) == 0 && tx.edit == nil {
		return nil
	}
	records, err := g.place(tx)
	if err != nil {
		return err
	}
	for id := range tx.touched {
		g.touched[id] = true
	}
	for _, c := range tx.changes {
		g.changes = append(g.changes, tx.head.version.Seq, c.entity, c.id)
	}
	if g.empty() {
		g.mark = tx.mark()
	}
	g.log(records)
	for i := range tx.signIns {
		g.signIns = append(g.signIns, signInArgs(&tx.signIns[i])...)
	}
	g.head.version, g.head.instant = tx.head.version, tx.now
	g.clock, g.reload = tx.clock, g.reload || tx.reload
	if tx.edit != nil {
		g.staged = tx.edit.Publish(tx.head.version)
	}
	for _, c := range tx.changes {
		g.stir.note(g.staged, c, tx.askers)
	}
	return nil
}

// A placed record has its place in the log.
type placed struct {
	record *audit.Record
	row    audit.Row
}

// place gives the records of tx their places in the log. The error of a record that may
// not enter it, or of a write without one, is the program's own.
func (g *group) place(tx *WriteTx) ([]placed, error) {
	if len(tx.records) == 0 && !tx.onlySignsIn() {
		return nil, errNoRecord
	}
	records := make([]placed, len(tx.records))
	for i := range tx.records {
		r := &tx.records[i]
		r.Seq = g.tree.Size() + uint64(len(g.leaves)+i)
		row, err := r.Row()
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", r.Activity, err)
		}
		records[i] = placed{r, row}
	}
	return records, nil
}

var (
	audits = adderOf("audit", "idx", "id", "at", "activity_key", "category_key", "service_key", "result", "correlation",
		"actor_user", "actor_upn_key", "actor_name_key", "actor_app", "actor_app_key", "body", "leaf")
	auditTargets = adderOf("audit_target", "idx", "place", "at", "record_id", "target_id", "name_key")
	changeRows   = adderOf("change", "seq", "entity", "id")
)

// foundBy is what a record is found by: its row but for the bytes and the leaf.
func foundBy(r *audit.Record) []any {
	return []any{
		int64(r.Seq), text(r.ID), int64(r.At), fold(r.Activity), fold(r.Category), fold(r.Service), string(r.Result), text(r.Correlation),
		text(r.Actor.User.ID), fold(r.Actor.User.UPN), fold(r.Actor.User.Name), fold(r.Actor.App.ID), fold(r.Actor.App.Name),
	}
}

// log adds the rows of records, and those of their targets, to what the group writes.
func (g *group) log(records []placed) {
	for i := range records {
		r, row := records[i].record, &records[i].row
		g.leaves = append(g.leaves, row.Leaf)
		g.audits = append(append(g.audits, foundBy(r)...), row.Canonical, row.Leaf[:])
		for place, t := range r.Targets {
			g.targets = append(g.targets, int64(r.Seq), int64(place), int64(r.At), text(r.ID), fold(t.ID), fold(t.Name))
		}
	}
}

// commit ends the group's transaction and publishes what it has staged. An error means
// that nothing of it has happened, or that nobody can tell yet. A group that wrote nothing
// but passing state of sign-ins leaves head, log and snapshot as they are; whether it
// happened, if that is in doubt, nobody needs to find out: a sign-in is begun again.
func (g *group) commit() error {
	l := g.live
	var statements []statement
	var err error
	if !g.empty() {
		if statements, err = g.end(); err != nil {
			return err
		}
	}
	err = g.link.commit(g.ctx, append(g.pending, statements...))
	if _, ok := errors.AsType[*uncertain](err); ok && !g.empty() {
		l.doubt(g.mark)
		g.link.rollback() // gives the connection back; the answer needs another
		err = l.resolve(g.ctx, err)
	}
	if err != nil {
		return err
	}
	l.keeper.forget(g.forgotten)
	if g.empty() {
		return nil
	}
	l.publishGroup(g)
	if news := l.tenant.store.news; news != nil && !l.tenant.memory {
		news.tell(l.engine.dialect().place)
	}
	return nil
}

// end is what a group writes once, for all its operations: their records and changes, the
// log's tiles that have become full, and the head.
func (g *group) end() ([]statement, error) {
	tiles, err := audit.Tiles(g.tree.Size(), g.leaves, g.nodes)
	if err != nil {
		return nil, err
	}
	statements := slices.Concat(audits.add(g.audits), auditTargets.add(g.targets), changeRows.add(g.changes), signInRows.add(g.signIns))
	if len(g.signIns) > 0 {
		statements = append(statements, trimSignIns(len(g.signIns)/signInRows.columns, g.head.instant))
	}
	for i := range tiles {
		t := &tiles[i]
		statements = append(statements, statement{
			"INSERT INTO audit_tile (level, idx, hashes) VALUES ($1, $2, $3)",
			[]any{int64(t.Level), int64(t.Index), join(t.Hashes[:])},
		})
	}
	frontier, err := g.tree.Append(g.leaves...).MarshalText()
	if err != nil {
		return nil, err
	}
	g.head.frontier = string(frontier)
	return append(statements, g.head.write(g.live.engine.dialect())), nil
}

// nodes reads hashes of the log as it was before the group.
func (g *group) nodes(level uint, from, to uint64) ([]audit.Hash, error) {
	if level == 0 {
		return readLeaves(g.ctx, g.link, from, to)
	}
	var roots []audit.Hash
	err := readTiles(g.ctx, g.link, level-1, from, to, func(t *audit.Tile) error {
		roots = append(roots, t.Root())
		return nil
	})
	return roots, err
}

// readLeaves reads the leaf hashes from, up to and not including, to.
func readLeaves(ctx context.Context, l link, from, to uint64) ([]audit.Hash, error) {
	var leaves []audit.Hash
	s := statement{"SELECT leaf FROM audit WHERE idx >= $1 AND idx < $2 ORDER BY idx", []any{int64(from), int64(to)}}
	err := l.query(ctx, nil, question{s, func(scan func(...any) error) error {
		var b []byte
		if err := scan(&b); err != nil {
			return err
		}
		h, err := unjoin(b, 1)
		leaves = append(leaves, h...)
		return err
	}})
	return leaves, err
}

// readTiles reads the tiles of one level.
func readTiles(ctx context.Context, l link, level uint, from, to uint64, tile func(*audit.Tile) error) error {
	s := statement{
		"SELECT idx, hashes FROM audit_tile WHERE level = $1 AND idx >= $2 AND idx < $3 ORDER BY idx",
		[]any{int64(level), int64(from), int64(to)},
	}
	return l.query(ctx, nil, question{s, func(scan func(...any) error) error {
		var index int64
		var b []byte
		if err := scan(&index, &b); err != nil {
			return err
		}
		hashes, err := unjoin(b, audit.TileWidth)
		if err != nil {
			return err
		}
		return tile(&audit.Tile{Level: level, Index: uint64(index), Hashes: [audit.TileWidth]audit.Hash(hashes)})
	}})
}

// join is hashes in one column, unjoin the way back.
func join(hashes []audit.Hash) []byte {
	b := make([]byte, 0, len(hashes)*len(audit.Hash{}))
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

func unjoin(b []byte, want int) ([]audit.Hash, error) {
	size := len(audit.Hash{})
	if len(b) != want*size {
		return nil, fmt.Errorf("%d bytes where %d hashes should be", len(b), want)
	}
	hashes := make([]audit.Hash, want)
	for i := range hashes {
		hashes[i] = audit.Hash(b[i*size:])
	}
	return hashes, nil
}
