package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// clientCredentials gives a client that proves itself a token of its own. It
// only reads, so that clients which ask for tokens all day do not queue with those who
// change something. The client is judged before its wishes: who cannot prove themselves
// learns nothing about scopes.
func (s *Server) clientCredentials(ctx context.Context, t *store.Tenant, c credentials, form url.Values) (tokenBody, *failure) {
	who, err := s.client(ctx, t, c.client)
	if err != nil {
		return tokenBody{}, s.broken(ctx, t, err)
	}
	secret, ok := signin.MatchSecret(c.secret, who.secrets, who.now)
	if !ok || !who.able {
		return tokenBody{}, badSecret(c.client)
	}
	resource, f := s.resourceOf(form.Get("scope"), t.ID())
	if f != nil {
		return tokenBody{}, f
	}
	g := who.grant()
	g.Audience, g.Proof, g.Until, g.Capabilities = resource, ProofSecret, who.onMachine(secret.End), capabilities(form.Get("claims"))
	token, err := s.Mint(ctx, t, g)
	if errors.Is(err, errEnded) {
		return tokenBody{}, badSecret(c.client)
	}
	if err != nil {
		return tokenBody{}, s.broken(ctx, t, err)
	}
	return tokenBody{Type: "Bearer", Seconds: token.Seconds, Extended: token.Seconds, Access: token.Access}, nil
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

// ErrNoClient is the answer to a client that is not there, or that may not act.
var ErrNoClient = errors.New("there is no such client, or it is disabled")

// ErrNoUser is the answer to a user who is not there, or may not act.
var ErrNoUser = errors.New("there is no such user, or the account is disabled")

// A party is a client as the token endpoint needs it, at one version of the tenant.
type party struct {
	able        bool // registered, with a service principal that is live and enabled
	app         guid.ID
	name        string
	principal   guid.ID
	secrets     []directory.Secret
	permissions authz.Scopes
	stamp       Stamp
	now         when.Instant // the tenant's time; a secret is shown, and so lives, on it
	machine     when.Instant // the same instant on the machine's clock
}

// client reads the client with that application id.
func (s *Server) client(ctx context.Context, t *store.Tenant, app guid.ID) (p party, err error) {
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		p, err = readParty(tx, app)
		return err
	})
	return p, err
}

// readParty is the client with that application id. One that is not there is able to
// nothing and has no secrets.
func readParty(tx *store.ReadTx, app guid.ID) (party, error) {
	registered, found, err := tx.ApplicationByAppID(app)
	if err != nil {
		return party{}, err
	}
	snap := tx.Snap()
	principal, served := snap.Client(app)
	facts, _ := snap.Object(principal)
	generation := int64(facts.Generation)
	return party{
		able: found && served && stands(snap, principal, directory.KindServicePrincipal, generation),
		app:  app, name: registered.DisplayName, principal: principal, secrets: registered.Secrets,
		permissions: snap.Permissions(principal, guid.ID{}, authz.AllScopes(), true),
		stamp:       Stamp{Incarnation: snap.Version().Incarnation, Client: generation},
		now:         tx.Now(), machine: tx.Machine(),
	}, nil
}

// onMachine is the machine's instant that is as far away as at is on the tenant's clock. What
// no token lives to see is when.Never.
func (p party) onMachine(at when.Instant) when.Instant {
	if at == when.Never || at-p.now > when.Day {
		return when.Never
	}
	return p.machine + (at - p.now)
}

// grant is what a token of the client's own says.
func (p party) grant() Grant {
	return Grant{Type: AppToken, Object: p.principal, Client: p.app, App: p.name, Scopes: p.permissions.Names(), Stamp: p.stamp}
}

// maxClaims bounds the claims parameter, in bytes.
const maxClaims = 8 << 10

// capabilities are what a client says of itself in the claims parameter:
// {"access_token":{"xms_cc":{"values":["CP1"]}}}. What cannot be read, and what else is
// asked for there, is passed over: clients send it unasked (clients.md).
func capabilities(claims string) []string {
	var request struct {
		Access struct {
			Capabilities struct {
				Values []string `json:"values"`
			} `json:"xms_cc"`
		} `json:"access_token"`
	}
	if len(claims) > maxClaims || json.Unmarshal([]byte(claims), &request) != nil {
		return nil
	}
	if slices.ContainsFunc(request.Access.Capabilities.Values, func(v string) bool { return strings.EqualFold(v, "cp1") }) {
		return []string{"cp1"}
	}
	return nil
}

// broken logs what went wrong here, and is what the client learns of it.
func (s *Server) broken(ctx context.Context, t *store.Tenant, err error) *failure {
	s.log.ErrorContext(ctx, "issue token", "tenant", t.ID(), "error", err)
	return unavailable()
}
