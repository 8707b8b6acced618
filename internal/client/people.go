package client

import (
	"context"
	"net/http"
	"net/url"
)

// RequireMFA asks, or no longer asks, a second factor of a user at every sign-in
// (authentication: perUserMfaState). The user is named by id or user principal name.
func (c *Client) RequireMFA(ctx context.Context, user, state string) error {
	path := "/beta/users/" + url.PathEscape(user) + "/authentication/requirements"
	return c.Call(ctx, http.MethodPatch, path, map[string]string{"perUserMfaState": state}, nil)
}
