package oauth

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"ephor/internal/env"
	"ephor/internal/login"
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
	apps  appSignIns

	registered registry

	// Address is the network address of whoever made a request: the connection's other end
	// unless the server is told better, as behind a proxy. It is set before requests come.
	Address func(*http.Request) string
	// Draw shows people what the endpoints have to say to them, in plain text unless the
	// server has pages. It is set before requests come.
	Draw Drawer
	// Login judges people's passwords for the password grant; nil where that is not served.
	Login *login.Server
}

// New is a Server over st. Settings that cannot be used are an error.
func New(set Settings, st *store.Store, e *env.Env, log *slog.Logger) (*Server, error) {
	if err := set.Check(); err != nil {
		return nil, fmt.Errorf("oauth settings: %w", err)
	}
	return &Server{set: set, store: st, env: e, log: log, seen: newSeen(rememberedTokens), Address: peer, Draw: drawPlain}, nil
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
