package server

import (
	"ephor/internal/dev"
	"ephor/internal/login"
	"ephor/internal/oauth"
	"ephor/internal/pages"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// people wires what people sign in with, and is who hashes passwords for everybody.
func (c *Config) people(st *store.Store, tokens *oauth.Server, url string, f *front) (*login.Hasher, error) {
	hasher, err := login.NewHasher(c.Env, c.passwordCost())
	if err != nil {
		return nil, err
	}
	if tokens.Login, err = login.New(c.Env, hasher, url); err != nil {
		return nil, err
	}
	shown, err := pages.New(pages.Config{Tokens: tokens, Login: tokens.Login, Store: st, Env: c.Env, Log: c.Log, PublicURL: url, Address: f.proxies.client})
	if err != nil {
		return nil, err
	}
	f.pages = shown.Handler
	return hasher, nil
}

// passwordCost is what a guess at a password costs. In development that is the least that
// may be, unless given: its passwords stand in a file that everybody reads.
func (c *Config) passwordCost() signin.Cost {
	switch {
	case c.PasswordCost != signin.Cost{}:
		return c.PasswordCost
	case c.Dev:
		return dev.PasswordCost
	}
	return signin.DefaultCost
}
