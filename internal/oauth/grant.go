package oauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// clientCredentials gives a client that has proved itself a token of its own. It
// only reads, so that clients which ask for tokens all day do not queue with those who
// change something. The client is judged before its wishes: who cannot prove themselves
// learns nothing about scopes.
func (s *Server) clientCredentials(q *request) (tokenBody, *failure) {
	if f := q.proven(); f != nil {
		return tokenBody{}, f
	}
	g := q.client.grant()
	resource, f := s.set.resourceOf(q.form.Get("scope"), q.tenant.ID(), s.apisOf(q.ctx(), q.tenant))
	if f == nil && resource.api != (guid.ID{}) {
		g.Scopes, f = s.rolesAt(q, resource.api)
	}
	if f != nil {
		return tokenBody{}, s.refusedClient(q, f)
	}
	g.Audience, g.Proof, g.Until, g.Capabilities = resource.audience, q.proof, q.until, capabilities(q.form.Get("claims"))
	token, err := s.Mint(q.ctx(), q.tenant, g)
	if errors.Is(err, errEnded) {
		return tokenBody{}, s.refusedClient(q, badSecret(q.creds.client))
	}
	if err != nil {
		return tokenBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	s.appSignedIn(q, nil)
	return tokenBody{Type: "Bearer", Seconds: token.Seconds, Extended: token.Seconds, Access: token.Access}, nil
}

// rolesAt are the values of the app roles that the client has at the API of that application
// id, or why it gets no token for it.
func (s *Server) rolesAt(q *request, app guid.ID) (values []string, f *failure) {
	err := q.tenant.Read(q.ctx(), func(tx *store.ReadTx) (err error) {
		api, able := ableAPI(tx.Snap(), app)
		if !able {
			f = unknownResource(app.String(), q.tenant.ID())
			return nil
		}
		values, err = assignedRoles(tx, api, []guid.ID{q.client.principal})
		return err
	})
	if errors.Is(err, errUnassigned) {
		return nil, numbered(501051)
	}
	if err != nil {
		return nil, s.broken(q.ctx(), q.tenant, err)
	}
	return values, f
}

// ClientToken is a token of the client's own without its secret, for development's control
// API. A client that is not there or may not act is ErrNoClient.
func (s *Server) ClientToken(ctx context.Context, t *store.Tenant, app guid.ID) (Token, error) {
	who, err := s.client(ctx, t, app)
	if err != nil {
		return Token{}, err
	}
	if !who.able {
		return Token{}, ErrNoClient
	}
	g := who.grant()
	g.Audience, g.Proof, g.Until = graphURL, ProofSecret, when.Never
	return s.Mint(ctx, t, g)
}

// A target is the one resource that an app-only request is for.
type target struct {
	audience string
	api      guid.ID // application id, zero for Microsoft Graph
}

// resourceOf is the one resource that an app-only request is for, from a scope such as
// https://graph.microsoft.com/.default; OpenID's own scopes beside it mean nothing here.
func (s Settings) resourceOf(scope string, tenant guid.ID, apis apiFinder) (target, *failure) {
	if strings.TrimSpace(scope) == "" {
		return target{}, lacking("scope")
	}
	if len(splitScopes(scope)) > maxScopes {
		return target{}, badScope(scope)
	}
	names := asked(scope)
	if len(names) != 1 {
		return target{}, badScope(scope)
	}
	resource, ok := strings.CutSuffix(names[0], "/.default")
	if !ok {
		return target{}, badScope(names[0])
	}
	if s.resource(resource) {
		return target{audience: strings.TrimSuffix(resource, "/")}, nil
	}
	api, found, err := apis.named(strings.TrimSuffix(resource, "/"))
	if err != nil {
		return target{}, unavailable()
	}
	if !found {
		return target{}, unknownResource(resource, tenant)
	}
	return target{audience: api.String(), api: api}, nil
}

// capabilities are what a client says of itself in the claims parameter:
// {"access_token":{"xms_cc":{"values":["CP1"]}}}.
func capabilities(claims string) []string {
	if claims == "" {
		return nil
	}
	w := readWishes(claims)
	if slices.ContainsFunc(w.Access.Capabilities.texts(), func(v string) bool { return strings.EqualFold(v, "cp1") }) {
		return []string{"cp1"}
	}
	return nil
}

// broken logs what went wrong here, and is what the client learns of it.
func (s *Server) broken(ctx context.Context, t *store.Tenant, err error) *failure {
	s.log.ErrorContext(ctx, "issue token", "tenant", t.ID(), "error", err)
	return unavailable()
}
