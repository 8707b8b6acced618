package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/guid"
)

// layFile makes the tenant's file out of the seed's template. In development a copy of the
// template stays beside it, which a reset goes back to.
func (s *Store) layFile(ctx context.Context, t *Tenant, incarnation int64, seed Seed) error {
	template, err := s.template(ctx, seed)
	if err != nil {
		return err
	}
	if err := removeTenant(t.path()); err != nil { // of a creation that was cut short
		return err
	}
	switch {
	case t.memory: // nothing writes to either
		err = os.Link(template.path, seedPath(t.path()))
	case t.kind == Development:
		err = copyFile(template.path, seedPath(t.path()), true)
	}
	if err != nil {
		return err
	}
	return s.lay(ctx, t, incarnation, template)
}

func seedPath(path string) string { return strings.TrimSuffix(path, ".db") + ".seed" }

func removeTenant(path string) error {
	return errors.Join(removeDatabase(path), removeDatabase(path+".new"), removeDatabase(refusedPath(path)), removeDatabase(seedPath(path)))
}

// lay puts a copy of from in the place of the tenant's file, gives it to the tenant and
// opens it. REQUIRES t.mu, and that the tenant is closed. Its snapshot is read if from has
// none.
func (s *Store) lay(ctx context.Context, t *Tenant, incarnation int64, from *template) error {
	if err := t.replace(from.path); err != nil {
		return err
	}
	e := t.engine()
	h, err := adopt(ctx, e, t.id, incarnation)
	if err != nil {
		return errors.Join(err, e.close())
	}
	l := &live{tenant: t, engine: e}
	if from.snap != nil {
		l.publish(&published{snap: from.snapshotOf(t.id, h.version), head: h})
	} else if _, err := l.reload(ctx); err != nil {
		return errors.Join(err, e.close())
	}
	t.live.Store(l)
	return nil
}

// replace puts a copy of the file from in the place of the tenant's, whole or not at all.
func (t *Tenant) replace(from string) error {
	path, next := t.path(), t.path()+".new"
	if err := removeDatabase(next); err != nil { // of an attempt that was cut short
		return err
	}
	if err := copyFile(from, next, !t.memory); err != nil {
		return err
	}
	if err := removeJournal(path); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil || t.memory {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// adopt gives a copy of a template to tenant id.
func adopt(ctx context.Context, e engine, id guid.ID, incarnation int64) (head, error) {
	l, err := e.begin(ctx, true)
	if err != nil {
		return head{}, err
	}
	defer l.rollback()
	h, err := readHead(ctx, l, e.dialect(), guid.ID{}, true)
	if err != nil {
		return head{}, err
	}
	h.version.Incarnation = incarnation
	return h, l.commit(ctx, []statement{
		h.write(e.dialect()),
		{"UPDATE " + e.dialect().head + " SET tenant = $1 WHERE place = $2", []any{id.String(), e.dialect().place}},
	})
}

// A template is a filled file without a tenant, and its snapshot.
type template struct {
	path string
	snap *authz.Snapshot
}

// snapshotOf is the template's snapshot as that of a tenant, which it did not know.
func (t *template) snapshotOf(id guid.ID, v authz.Version) *authz.Snapshot {
	settings := t.snap.Settings()
	settings.Tenant = id
	edit := t.snap.Edit()
	edit.PutSettings(settings)
	return edit.Publish(v)
}

// templatesKept bounds the seeds that are kept filled.
const templatesKept = 32

// template gives the seed's template, made at its first use.
func (s *Store) template(ctx context.Context, seed Seed) (*template, error) {
	if seed.Key == "" && seed.Fill != nil {
		return nil, errors.New("a seed that is filled needs a key")
	}
	if t := s.templates[seed.Key]; t != nil {
		return t, nil
	}
	if len(s.templates) >= templatesKept {
		for key, t := range s.templates {
			delete(s.templates, key)
			if err := removeDatabase(t.path); err != nil {
				return nil, err
			}
			break
		}
	}
	path := filepath.Join(s.memory, s.env.NewID().String()+".template")
	snap, err := s.fillTemplate(ctx, path, seed)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make template: %w", err), removeDatabase(path))
	}
	made := &template{path, snap}
	s.templates[seed.Key] = made
	return made, nil
}

// fillTemplate makes the file, which belongs to tenant zero while it is being filled.
func (s *Store) fillTemplate(ctx context.Context, path string, seed Seed) (snap *authz.Snapshot, err error) {
	file := openSQLite(path, false)
	defer func() { err = errors.Join(err, file.close()) }()
	if err := establish(ctx, file); err != nil {
		return nil, err
	}
	t := &Tenant{store: s, kind: Development, memory: true}
	l := &live{tenant: t, engine: file}
	p, err := l.reload(ctx)
	if err != nil || seed.Fill == nil {
		return p.orNone(), err
	}
	if err := l.lane.join(ctx, &entry{fn: seed.Fill, budget: fillTime}, l.work); err != nil {
		return nil, err
	}
	return l.now.Load().orNone(), nil
}

func (p *published) orNone() *authz.Snapshot {
	if p == nil {
		return nil
	}
	return p.snap
}

// establish makes the schema and the head of a file that belongs to nobody yet.
func establish(ctx context.Context, e engine) error {
	l, err := e.begin(ctx, true)
	if err != nil {
		return err
	}
	defer l.rollback()
	if err := migrate(ctx, l, e.dialect(), e.dialect().parts...); err != nil {
		return err
	}
	h, err := newHead(0)
	if err != nil {
		return err
	}
	return l.commit(ctx, []statement{h.first(e.dialect(), guid.ID{})})
}

// newHead is the head of an empty log.
func newHead(incarnation int64) (head, error) {
	frontier, err := audit.Frontier{}.MarshalText()
	return head{version: authz.Version{Incarnation: incarnation}, frontier: string(frontier)}, err
}
