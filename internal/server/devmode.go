package server

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"ephor/internal/dev"
	"ephor/internal/store"
)

// devFile tells scripts how to use a development server. It is written when the server is
// ready, over that of the start before, and stays when it stops.
const devFile = "dev.json"

// development seeds the first tenant, if there is none, and makes the control API.
func (c *Config) development(ctx context.Context, st *store.Store, api dev.Config, started *Started) (http.Handler, error) {
	tenants := &dev.Tenants{Store: st, Env: c.Env, Operator: c.Operator}
	all, err := tenants.Elements(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 && c.Seed != "" {
		c.Log.Warn("--seed is left unused: the data folder has tenants already, and they stay as they are", "data", c.Dir)
	}
	if len(all) == 0 {
		seed, name := cmp.Or(c.Seed, dev.Contoso), cmp.Or(c.SeedName, "Contoso")
		first, err := tenants.Create(ctx, name, seed, false)
		if err != nil {
			return nil, fmt.Errorf("make the first tenant: %w", err)
		}
		all = []dev.Element{first}
	}
	started.Tenants, started.key = all, c.newControlKey()
	api.Tenants = tenants
	if started.remote = c.DevAllowRemote; started.remote {
		api.Key = started.key
	}
	return dev.New(api), nil
}

// writeDevFile writes dev.json, which nobody else may read: it holds every secret of the
// tenants' seeds, and the control key.
func (c *Config) writeDevFile(started *Started) error {
	path, err := filepath.Abs(filepath.Join(c.Dir, devFile))
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(struct {
		BaseURL    string        `json:"baseUrl"`
		CAFile     string        `json:"caFile"`
		ControlKey string        `json:"controlKey"`
		Tenants    []dev.Element `json:"tenants"`
	}{started.URL, started.CAFile, started.key, started.Tenants}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.Chmod(c.Dir, 0o700); err != nil { //nolint:gosec // a folder, which must be entered
		return err
	}
	started.DevFile = path
	return keepFile(path, append(text, '\n'), 0o600)
}

// newControlKey is what the control API asks for when it can be reached from elsewhere. It
// is another at every start.
func (c *Config) newControlKey() string {
	var b [32]byte
	_, _ = c.Env.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
