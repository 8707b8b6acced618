package dev

import (
	"bytes"
	"encoding/json"
	"net/http"

	"ephor/internal/fault"
)

// createTenant makes a tenant: {"name", "seed", "memory"}.
func (a *API) createTenant(c *call) (int, any, error) {
	var in struct {
		Name   string          `json:"name"`
		Seed   json.RawMessage `json:"seed"`
		Memory bool            `json:"memory"`
	}
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	seed, err := seedText(in.Seed)
	if err != nil {
		return 0, nil, err
	}
	e, err := a.Tenants.Create(c.ctx, in.Name, seed, in.Memory)
	if err != nil {
		return 0, nil, err
	}
	a.Log.InfoContext(c.ctx, "tenant made", "tenant", e.TenantID, "name", e.Name, "memory", in.Memory)
	return http.StatusCreated, e, nil
}

// seedText is the seed's text: a name as it is, an object as its JSON.
func seedText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return "", fault.BadRequest("seed", `A seed is needed: "empty", "contoso" or an object.`)
	}
	if raw[0] != '"' {
		return string(raw), nil
	}
	var name string
	if err := decode(raw, &name); err != nil {
		return "", err
	}
	if name != Empty && name != Contoso {
		return "", fault.BadRequest("seed", `A seed's name is "empty" or "contoso".`)
	}
	return name, nil
}

// dropTenant removes a tenant and all it holds.
func (a *API) dropTenant(c *call) (int, any, error) {
	if err := c.nothing(); err != nil {
		return 0, nil, err
	}
	if err := a.Tenants.Store.Drop(c.ctx, c.tenant.ID()); err != nil {
		return 0, nil, err
	}
	a.Log.InfoContext(c.ctx, "tenant dropped", "tenant", c.tenant.ID())
	return http.StatusNoContent, nil, nil
}

// resetTenant puts a tenant back to what it was seeded with.
func (a *API) resetTenant(c *call) (int, any, error) {
	if err := c.nothing(); err != nil {
		return 0, nil, err
	}
	e, err := a.Tenants.Reset(c.ctx, c.tenant)
	if err != nil {
		return 0, nil, err
	}
	a.Log.InfoContext(c.ctx, "tenant reset", "tenant", c.tenant.ID())
	return http.StatusOK, e, nil
}
