package face

import (
	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// RefTarget is a referenced object as an audit target.
func RefTarget(ref directory.Ref) audit.Target {
	kind := audit.KindOther
	switch ref.Kind {
	case directory.KindUser:
		kind = audit.KindUser
	case directory.KindGroup:
		kind = audit.KindGroup
	case directory.KindServicePrincipal:
		kind = audit.KindServicePrincipal
	case directory.KindApplication:
		kind = audit.KindApplication
	}
	return audit.Target{ID: ref.ID.String(), Kind: kind}
}

// PrincipalTarget is a principal as an audit target. What the caller is called is known.
func PrincipalTarget(c *op.Call, id guid.ID) audit.Target {
	f, _ := c.Snap.Object(id)
	t := RefTarget(directory.Ref{ID: id, Kind: f.Kind})
	if id == c.Caller.Principal.ID && c.W != nil {
		t.Name, t.UPN = c.ActorName, c.ActorUPN
		return t
	}
	switch f.Kind {
	case directory.KindUser:
		if u, ok, err := c.Tx.User(id); err == nil && ok {
			t.Name, t.UPN = u.DisplayName, u.UPN
		}
	case directory.KindGroup:
		if g, ok, err := c.Tx.Group(id); err == nil && ok {
			t.Name = g.DisplayName
		}
	}
	return t
}

// Modified lists the given properties with their old and new values. What is never shown
// is named only.
func Modified[T any](e *edm.Entity[T], given []string, before, after *T) []audit.Property {
	var list []audit.Property
	for _, name := range given {
		p, ok := e.Property(name)
		if !ok {
			continue
		}
		change := audit.Property{Name: name}
		if p.Write != nil {
			change.Old, change.New = text(p, before), text(p, after)
		}
		if p.Write == nil || change.Old != change.New {
			list = append(list, change)
		}
	}
	return list
}

// text is a property's value as JSON text, "" of nothing.
func text[T any](p *edm.Property[T], v *T) string {
	if v == nil {
		return ""
	}
	var w edm.Writer
	p.Write(&w, v)
	return string(w.Bytes())
}
