package oauth

import (
	"fmt"
	"log/slog"

	"ephor/internal/env"
	"ephor/internal/store"
)

// rememberedTokens is how many good tokens are remembered a generation; an entry takes
// about two kilobytes.
const rememberedTokens = 8192

// A Server issues and judges the tokens of every tenant.
type Server struct {
	set   Settings
	store *store.Store
	env   *env.Env
	log   *slog.Logger
	rings rings
	seen  *seen
}

// New is a Server over st. Settings that cannot be used are an error.
func New(set Settings, st *store.Store, e *env.Env, log *slog.Logger) (*Server, error) {
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("oauth settings: %w", err)
	}
	return &Server{set: set, store: st, env: e, log: log, seen: newSeen(rememberedTokens)}, nil
}
