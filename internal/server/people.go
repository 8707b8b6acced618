package server

import (
	"context"
	"net/http"

	"ephor/internal/login"
	"ephor/internal/oauth"
	"ephor/internal/pages"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// A doorway is where people come in: their pages, and who hashes passwords for everybody.
type doorway struct {
	hash  func(ctx context.Context, password string) (string, error)
	pages func(path string) http.Handler
}

// people wires what people sign in with.
func (c *Config) people(st *store.Store, tokens *oauth.Server, url string, address func(*http.Request) string) (d doorway, err error) {
	cost := c.PasswordCost
	if cost == (signin.Cost{}) {
		cost = signin.DefaultCost
	}
	hasher, err := login.NewHasher(c.Env, cost)
	if err != nil {
		return d, err
	}
	proofs, err := login.New(c.Env, hasher, url)
	if err != nil {
		return d, err
	}
	shown, err := pages.New(pages.Config{Tokens: tokens, Login: proofs, Store: st, Env: c.Env, Log: c.Log, PublicURL: url, Address: address})
	if err != nil {
		return d, err
	}
	return doorway{hasher.Hash, shown.Handler}, nil
}
