package store

import (
	"context"
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations
var migrations embed.FS

// A migration is one step of a part of the schema. Steps are only ever added: what has
// been released is not edited, and nothing goes back.
type migration struct {
	part   string // the folder: a store is made of one or more parts
	number int64  // from 1, without gaps
	name   string
	sql    string
}

// steps lists the migrations of a part in their order.
func steps(part string) ([]migration, error) {
	files, err := migrations.ReadDir(path.Join("migrations", part))
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, f := range files { // in the order of their names
		text, err := migrations.ReadFile(path.Join("migrations", part, f.Name()))
		if err != nil {
			return nil, err
		}
		digits, _, _ := strings.Cut(f.Name(), "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n != int64(len(out)+1) {
			return nil, fmt.Errorf("migration %s/%s should have number %d", part, f.Name(), len(out)+1)
		}
		out = append(out, migration{part, n, f.Name(), string(text)})
	}
	return out, nil
}

// latest is how many steps a store of these parts has: its schema's version in the
// registry.
func latest(parts ...string) (int64, error) {
	var n int64
	for _, part := range parts {
		all, err := steps(part)
		if err != nil {
			return 0, err
		}
		n += int64(len(all))
	}
	return n, nil
}

// migrate brings a store up to the schema of this program, in the transaction of l. A
// store that a newer program has touched is refused: this one does not know what it holds.
func migrate(ctx context.Context, l link, d *dialect, parts ...string) error {
	done, err := migrated(ctx, l)
	if err != nil {
		return err
	}
	for _, part := range parts {
		all, err := steps(part)
		if err != nil {
			return err
		}
		if done[part] > int64(len(all)) {
			return fmt.Errorf("the data is at step %d of %s, and this program knows %d: run the newer program that wrote it", done[part], part, len(all))
		}
		for _, m := range all[done[part]:] {
			if err := m.run(ctx, l, d); err != nil {
				return fmt.Errorf("migration %s/%s: %w", m.part, m.name, err)
			}
		}
	}
	return nil
}

// migrated is the last step taken of each part.
func migrated(ctx context.Context, l link) (map[string]int64, error) {
	create := statement{sql: "CREATE TABLE IF NOT EXISTS migration (part TEXT NOT NULL, step BIGINT NOT NULL, CONSTRAINT migration_pk PRIMARY KEY (part, step))"}
	done := map[string]int64{}
	sql := statement{sql: "SELECT part, step FROM migration ORDER BY part, step"}
	if err := run(ctx, l, create); err != nil {
		return nil, err
	}
	err := l.query(ctx, nil, question{sql, func(scan func(...any) error) error {
		var part string
		var step int64
		if err := scan(&part, &step); err != nil {
			return err
		}
		done[part] = step
		return nil
	}})
	return done, err
}

// run takes the step, in few round trips: what makes tables goes together. Other
// statements are prepared before they are run, and so find only tables made before.
func (m migration) run(ctx context.Context, l link, d *dialect) error {
	var together []statement
	for _, sql := range split(d.ddl(m.sql)) {
		if !strings.HasPrefix(sql, "CREATE ") {
			if err := run(ctx, l, together...); err != nil {
				return err
			}
			together = nil
		}
		together = append(together, statement{sql: sql})
	}
	return run(ctx, l, append(together, statement{"INSERT INTO migration (part, step) VALUES ($1, $2)", []any{m.part, m.number}})...)
}

// split cuts a file into statements, which end with a semicolon at the end of a line, and
// drops comments, which have lines of their own.
func split(file string) []string {
	lines := slices.DeleteFunc(strings.Split(file, "\n"), func(line string) bool { return strings.HasPrefix(line, "--") })
	var out []string
	for sql := range strings.SplitSeq(strings.Join(lines, "\n"), ";\n") {
		if sql = strings.TrimSpace(sql); sql != "" {
			out = append(out, sql)
		}
	}
	return out
}

// run executes statements at once, for those that a later one must find done.
func run(ctx context.Context, l link, statements ...statement) error {
	return l.query(ctx, statements, question{statement{sql: "SELECT 1"}, func(func(...any) error) error { return nil }})
}
