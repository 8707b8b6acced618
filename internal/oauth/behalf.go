package oauth

import (
	"fmt"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// onBehalfOf gives a client that was called with a person's token, made for it, a token of
// the same person for the next resource. It adds nothing: the session is the person's, with
// what was proved in it, and no authentication context goes along.
func (s *Server) onBehalfOf(q *request) (tokenBody, *failure) {
	raw := q.form.Get("assertion")
	switch {
	case raw == "":
		return tokenBody{}, lacking("assertion")
	case q.form.Get("requested_token_use") != "on_behalf_of":
		return tokenBody{}, lacking("requested_token_use")
	}
	if f := q.proven(); f != nil {
		return tokenBody{}, f
	}
	asked, f := s.readAsked(q.ctx(), q.tenant, q.form.Get("scope"))
	if f != nil {
		return tokenBody{}, f
	}
	v, err := s.assertedUser(q, raw)
	if err != nil {
		s.log.InfoContext(q.ctx(), "user assertion refused", "client", q.client.app, "error", err)
		return tokenBody{}, badUserAssertion()
	}
	return s.redeem(q, func(tx *store.WriteTx) (redeemed, *failure, error) {
		if v.void(tx.Snap()) {
			return redeemed{}, revokedGrant(), nil
		}
		from, found, err := tx.Session(v.session)
		if err != nil || !found {
			return redeemed{}, revokedGrant(), err
		}
		b, err := s.bear(tx, q, from, guid.ID{}, asked, false)
		if err != nil {
			return redeemed{}, nil, err
		}
		i, err := s.readIssue(&tx.ReadTx, q.client, b.session, asked)
		if f := refusalOf(err); f != nil {
			return redeemed{}, f, endFamily(tx, b.family, f.Text)
		}
		return redeemed{issue: i, refresh: b.token, family: b.family.ID}, nil, err
	})
}

// assertedUser is the person's token that a client was called with: good in itself, and made
// for this client.
func (s *Server) assertedUser(q *request, raw string) (*verified, error) {
	jws, err := parse(raw)
	if err != nil {
		return nil, err
	}
	keys, err := s.keysOf(q.ctx(), q.tenant)
	if err != nil {
		return nil, err
	}
	v, err := s.set.verifyFor(q.tenant.ID(), keys, jws, func(audience string) bool {
		return strings.EqualFold(audience, q.client.app.String())
	})
	if err == nil && (v.Type != UserToken || v.session.IsZero()) {
		err = fmt.Errorf("%w: it is nobody's", errForged)
	}
	if err == nil {
		err = v.alive(s.env.Now())
	}
	return v, err
}

// stands is nil if nothing of what the token was made from has been taken away.
func (v *verified) stands(snap *authz.Snapshot) error {
	client, found := snap.Client(v.AppID)
	switch {
	case v.Stamp.Incarnation != snap.Version().Incarnation:
		return fmt.Errorf("%w: it is of another incarnation of the tenant", errVoid)
	case !found || !stands(snap, client, directory.KindServicePrincipal, v.Stamp.Client):
		return fmt.Errorf("%w: the client is gone, disabled or revoked", errVoid)
	case v.Type == UserToken && !stands(snap, v.Object, directory.KindUser, v.Stamp.Principal):
		return fmt.Errorf("%w: the user is gone, disabled or revoked", errVoid)
	case !v.session.IsZero() && snap.Ended(v.session):
		return fmt.Errorf("%w: its session was ended", errVoid)
	}
	return nil
}

// void reports whether something of what the token was made from has been taken away.
func (v *verified) void(snap *authz.Snapshot) bool { return v.stands(snap) != nil }
