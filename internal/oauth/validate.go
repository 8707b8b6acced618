package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// Authenticate turns the access token of a request into its caller and the caller's
// tenant. Named is the tenant that the request's path names, by id or domain, or "" when it
// names none; the token must be of that tenant. The error of a token that is not good is a
// 401 *fault.Fault; any other is the server's own failure.
func (s *Server) Authenticate(ctx context.Context, raw, named string) (*authz.Caller, *store.Tenant, error) {
	c, t, err := s.authenticate(ctx, raw, named)
	if err != nil {
		return nil, nil, s.refusal(err)
	}
	return c, t, nil
}

func (s *Server) authenticate(ctx context.Context, raw, named string) (*authz.Caller, *store.Tenant, error) {
	p, err := s.present(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	if named != "" {
		if err := s.sameTenant(ctx, p.tenant, named); err != nil {
			return nil, nil, err
		}
	}
	// The snapshot is taken once per request, after it has arrived: what is judged is
	// never older than the request.
	snap, _, err := p.tenant.Snapshot(ctx)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.introduce(ctx, p, snap.Version().Incarnation)
	if err != nil {
		return nil, nil, err
	}
	client, scopes, err := judge(v, snap)
	if err != nil {
		return nil, nil, v.challenged(err)
	}
	return v.caller(client, scopes, s.env.Now()), p.tenant, nil
}

// A presented token has a tenant. It was found good before, or is still to be looked at.
type presented struct {
	mark   mark
	tenant *store.Tenant
	known  *verified
	token  *unproven // nil when known
}

// present finds the tenant of a token: the one that it was found to be of, or else the one
// that it says it is of.
func (s *Server) present(ctx context.Context, raw string) (p presented, err error) {
	if len(raw) > maxToken {
		return p, fmt.Errorf("%w: %d bytes", errMalformed, len(raw))
	}
	p.mark = markOf(raw)
	var id guid.ID
	if p.known = s.seen.get(p.mark); p.known != nil {
		id = p.known.Tenant
	} else {
		if p.token, err = parse(raw); err != nil {
			return p, err
		}
		if id, err = claimedTenant(p.token); err != nil {
			return p, err
		}
	}
	if p.tenant, err = s.byID(ctx, id); err == nil && p.tenant == nil {
		err = fmt.Errorf("%w: no such tenant", errForged)
	}
	return p, err
}

// introduce checks all of a token that its own text decides. A good one is remembered, so
// that its signature is looked at once; its key and its times are looked at each time.
func (s *Server) introduce(ctx context.Context, p presented, incarnation int64) (*verified, error) {
	keys, err := s.ring(ctx, p.tenant, incarnation)
	if err != nil {
		return nil, err
	}
	if v := p.known; v != nil {
		if keys.find(v.key) == nil {
			return nil, fmt.Errorf("%w: its key is gone", errVoid)
		}
		return v, v.alive(s.env.Now())
	}
	v, err := s.set.verify(p.tenant.ID(), keys, p.token)
	if err != nil {
		return nil, err
	}
	if err := v.alive(s.env.Now()); err != nil {
		return nil, err
	}
	if !v.session.IsZero() {
		if err := s.recall(ctx, p.tenant, v); err != nil {
			return nil, err
		}
	}
	s.seen.put(p.mark, v)
	return v, nil
}

// recall reads what was proved in the token's session. A session's factors only grow, and
// a token speaks for the session as it was when the token was made: what was proved later
// is not among the token's methods, and needs a new token. An authentication context counts
// if the token was made with it, and for as long as the proof is fresh. What ends a session
// is judged at each request, against the snapshot.
func (s *Server) recall(ctx context.Context, t *store.Tenant, v *verified) error {
	return t.Read(ctx, func(tx *store.ReadTx) error {
		session, found, err := tx.Session(v.session)
		if err != nil {
			return err
		}
		if !found || session.User != v.Object || session.Generation != v.Stamp.Session || !session.Live(tx.Machine()) {
			return fmt.Errorf("%w: its session has ended", errVoid)
		}
		methods := slices.DeleteFunc(session.Methods(), func(m string) bool { return !slices.Contains(v.AMR, m) })
		v.proof = pim.Proof{Methods: methods, MFA: slices.Contains(methods, signin.MultiFactor)}
		if v.proof.MFA {
			v.freshUntil = session.FreshUntil()
		}
		return nil
	})
}

// sameTenant is nil when name, from a request's path, names t.
func (s *Server) sameTenant(ctx context.Context, t *store.Tenant, name string) error {
	if id, ok := guid.Parse(name); ok {
		if id == t.ID() {
			return nil
		}
		return fmt.Errorf("%w: the path names another tenant", errForged)
	}
	other, err := s.byDomain(ctx, strings.ToLower(name))
	if err != nil {
		return err
	}
	if other == nil || other.ID() != t.ID() {
		return fmt.Errorf("%w: the path names another tenant", errForged)
	}
	return nil
}

// refusal is what the caller learns of err (errors.md, section 2): that there is no token,
// that it is not one of ours, or that it is no longer good. Why is in the log only.
func (s *Server) refusal(err error) error {
	var message string
	switch {
	case errors.Is(err, errMissing):
		message = "Access token is empty."
	case errors.Is(err, errMalformed):
		message = "CompactToken parsing failed with error code: 80049217"
	case errors.Is(err, errForged):
		message = "CompactToken parsing failed with error code: 8004920A"
	case errors.Is(err, errExpired), errors.Is(err, errVoid), errors.Is(err, store.ErrNoTenant):
		message = "CompactToken validation failed with reason code: 80049228."
	default:
		return err
	}
	challenge := s.Challenge()
	if c, ok := errors.AsType[*challenged](err); ok {
		challenge += `, error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(c.claims)) + `"`
	}
	return &fault.Fault{Status: 401, Code: "InvalidAuthenticationToken", Message: message, Challenge: challenge, Cause: err}
}

// A challenged token is void, and its client can answer a claims challenge: it is told what
// to ask for, so that it does not offer the same token again.
type challenged struct {
	cause  error
	claims string
}

func (c *challenged) Error() string { return c.cause.Error() }
func (c *challenged) Unwrap() error { return c.cause }

// challenged is err with the challenge for a client that says it can answer one (CP1): a
// sign-in later than the one that the token is of.
func (v *verified) challenged(err error) error {
	if !errors.Is(err, errVoid) || v.Type != UserToken || !slices.Contains(v.Capabilities, "cp1") {
		return err
	}
	return &challenged{err, fmt.Sprintf(`{"access_token":{"nbf":{"essential":true, "value":"%d"}}}`, v.Issued)}
}

// Challenge is the WWW-Authenticate header of every 401 of Graph.
func (s *Server) Challenge() string {
	return `Bearer realm="", authorization_uri="` + s.set.PublicURL + `/common/oauth2/v2.0/authorize"`
}

// caller is who the token speaks for, with the client's service principal and the scopes
// that judge has found.
func (v *verified) caller(client guid.ID, scopes authz.Scopes, now when.Instant) *authz.Caller {
	c := &authz.Caller{
		Tenant: v.Tenant, Principal: directory.Ref{ID: v.Object, Kind: directory.KindUser},
		Client: client, AppID: v.AppID, Scopes: scopes, Proof: v.proof,
	}
	if now < v.freshUntil {
		c.Proof.Context, c.Fresh = v.Contexts, true
	}
	if v.Type == AppToken {
		c.AppOnly, c.Principal.Kind = true, directory.KindServicePrincipal
	}
	return c
}
