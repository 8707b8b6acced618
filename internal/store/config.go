package store

import (
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"ephor/internal/env"
)

// A Config says where the data is and how to serve it.
type Config struct {
	// Dir is the data folder, locked while the store is open. With SQLite it holds
	// everything.
	Dir string
	// Database, if set, is the postgres:// URL of a database that holds everything but
	// memory tenants and the master key.
	Database string
	// KeyFile holds the master key; by default it is master.key in Dir. Only a development
	// store makes one, and only beside data that has never had one.
	KeyFile string
	Env     *env.Env
	// Dev opens development tenants, and no others; without it, production tenants only.
	Dev bool
	Log *slog.Logger
	// Budget is the time that one operation may take in the write lane, 5 seconds by default.
	Budget time.Duration
	// OpenTenants is how many tenants are kept open, 256 by default.
	OpenTenants int
	// ForeignClock says that Env's clock is not meant to agree with the database's. It is
	// for tests that make up the time; otherwise more than 500 ms between them is refused,
	// because a grant would end at different instants on different nodes.
	ForeignClock bool
}

// checked is c with its defaults.
func (c Config) checked() (Config, error) {
	if c.Dir == "" || c.Env == nil || c.Log == nil {
		return c, errors.New("open store: a data folder, an environment and a log are needed")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, err
	}
	c.Dir = dir
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(dir, "master.key")
	}
	if c.Budget <= 0 {
		c.Budget = 5 * time.Second
	}
	if c.OpenTenants <= 0 {
		c.OpenTenants = 256
	}
	return c, nil
}
