package tutorial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// A tenant is what the control API tells of a new one.
type tenant struct {
	TenantID string `json:"tenantId"`
	Users    []struct {
		ID  string `json:"id"`
		UPN string `json:"userPrincipalName"`
	} `json:"users"`
	Clients []struct {
		AppID string `json:"appId"`
		Kind  string `json:"kind"`
	} `json:"clients"`
}

const tenants = "/_ephor/dev/tenants"

// control makes one call of the control API, and reads its answer into out unless that is
// nil.
func (c *Config) control(ctx context.Context, method, path string, in, out any) error {
	body := ""
	if in != nil {
		body = text(in)
	}
	x, err := c.send(ctx, method, path, body, c.ControlKey)
	if err != nil {
		return err
	}
	if x.status < 200 || x.status > 299 {
		return fmt.Errorf("%s %s: %w: %d %s", method, path, errControl, x.status, x.answer)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(x.answer, out); err != nil {
		return fmt.Errorf("%s %s: read answer: %w", method, path, err)
	}
	return nil
}

// create makes the run's own tenant, which leaves nothing behind.
func (c *Config) create(ctx context.Context) (tenant, error) {
	var t tenant
	in := map[string]any{"name": c.Name, "seed": "contoso", "memory": !c.Durable}
	if err := c.control(ctx, http.MethodPost, tenants, in, &t); err != nil {
		return t, fmt.Errorf("make a tenant: %w", err)
	}
	if t.TenantID == "" {
		return t, errors.New("make a tenant: the answer names none")
	}
	return t, nil
}

// drop removes the run's tenant.
func (c *Config) drop(ctx context.Context, t tenant) error {
	if err := c.control(ctx, http.MethodDelete, tenants+"/"+t.TenantID, nil, nil); err != nil {
		return fmt.Errorf("remove the tenant: %w", err)
	}
	return nil
}

// freeze sets the tenant's clock, which then stands.
func (c *Config) freeze(ctx context.Context, t tenant, now string) error {
	in := map[string]any{"now": now, "frozen": true}
	if err := c.control(ctx, http.MethodPut, tenants+"/"+t.TenantID+"/clock", in, nil); err != nil {
		return fmt.Errorf("set the clock to %s: %w", now, err)
	}
	return nil
}

// token is a real token for who, whose texts have no references any more.
func (c *Config) token(ctx context.Context, t tenant, who caller, client string) (string, error) {
	in := map[string]any{}
	if who.user == "" {
		in["client"] = client
	} else {
		in["user"], in["amr"] = who.user, who.amr
		if who.client != "" {
			in["client"] = who.client
		}
		if who.scopes != nil {
			in["scopes"] = who.scopes
		}
	}
	var out struct {
		Access string `json:"access_token"`
	}
	if err := c.control(ctx, http.MethodPost, tenants+"/"+t.TenantID+"/token", in, &out); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	if out.Access == "" {
		return "", errors.New("get a token: the answer has none")
	}
	return out.Access, nil
}
