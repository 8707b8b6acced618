package oauth

import (
	"context"
	"errors"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// maxDomain bounds a domain's name, in bytes, as DNS does.
const maxDomain = 253

// byID is the tenant with that id, or nil.
func (s *Server) byID(ctx context.Context, id guid.ID) (*store.Tenant, error) {
	return orNone(s.store.Tenant(ctx, id))
}

// byDomain is the tenant with that verified domain, or nil. What no domain can be is not
// looked up: it comes from a path, and need not even be text.
func (s *Server) byDomain(ctx context.Context, domain string) (*store.Tenant, error) {
	if len(domain) > maxDomain || plain(domain) != domain {
		return nil, nil
	}
	return orNone(s.store.ByDomain(ctx, domain))
}

// only is the server's tenant if it has exactly one, or nil.
func (s *Server) only(ctx context.Context) (*store.Tenant, error) {
	all, err := s.store.List(ctx)
	if err != nil || len(all) != 1 {
		return nil, err
	}
	return s.byID(ctx, all[0].ID)
}

func orNone(t *store.Tenant, err error) (*store.Tenant, error) {
	if errors.Is(err, store.ErrNoTenant) {
		return nil, nil
	}
	return t, err
}
