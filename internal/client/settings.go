package client

import (
	"context"
	"net/http"
	"strings"
)

const settingsPath = "/v1.0/roleManagement/ephor/settings"

// Settings are the tenant's own bounds on requests, by name: lengths of time in ISO 8601,
// booleans, or nil for never.
func (c *Client) Settings(ctx context.Context) (map[string]any, error) {
	var all map[string]any
	err := c.Call(ctx, http.MethodGet, settingsPath, nil, &all)
	for name := range all {
		if strings.HasPrefix(name, "@") {
			delete(all, name)
		}
	}
	return all, err
}

// ChangeSettings changes those that are named.
func (c *Client) ChangeSettings(ctx context.Context, changes map[string]any) error {
	return c.Call(ctx, http.MethodPatch, settingsPath, changes, nil)
}
