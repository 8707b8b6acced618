package face

import (
	"maps"

	"ephor/internal/directory"
	"ephor/internal/edm"
)

// Kept is a property of a manifest: shown as it was said, or as f's default.
func Kept[T any](f edm.Field, manifest func(*T) *directory.Manifest, uses edm.Uses) edm.Property[T] {
	p := edm.Property[T]{
		Name: f.Name, Type: f.Type, Many: f.Many, NonNull: f.Many, Enum: f.Enum, Of: f.Of, Uses: uses,
		Write: func(w *edm.Writer, v *T) {
			if said, there := (*manifest(v))[f.Name]; there {
				w.Raw(said)
			} else {
				w.Raw([]byte(f.Unsaid()))
			}
		},
	}
	if uses != 0 {
		p.Read = func(v *T, in edm.Value) error { return Keep(manifest(v), f, in) }
	}
	return p
}

// Keep puts what was said into a manifest. What is the default needs no keeping.
func Keep(m *directory.Manifest, f edm.Field, in edm.Value) error {
	said, err := f.Keep(in, (*m)[f.Name])
	if err != nil {
		return err
	}
	next := maps.Clone(*m) // other copies of the object have the same map
	if next == nil {
		next = directory.Manifest{}
	}
	if string(said) == f.Unsaid() {
		delete(next, f.Name)
	} else {
		next[f.Name] = said
	}
	*m = next
	return nil
}
