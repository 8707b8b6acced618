package oauth

import (
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// refreshToken gives a client new tokens of a sign-in that it has the refresh token of, and
// the next refresh token. What was proved stays what it was; an authentication context is
// not carried on, because it asks for a proof that is fresh.
func (s *Server) refreshToken(q *request) (tokenBody, *failure) {
	raw := q.form.Get("refresh_token")
	if raw == "" {
		return tokenBody{}, lacking("refresh_token")
	}
	ids, ok := marks(raw, 2)
	if !ok || ids[0] != q.tenant.ID() {
		return tokenBody{}, badGrant()
	}
	return s.redeem(q, func(tx *store.WriteTx) (redeemed, *failure, error) {
		fam, found, err := readFamily(&tx.ReadTx, ids[1])
		if err != nil {
			return redeemed{}, nil, err
		}
		if !found || fam.Current == "" {
			return redeemed{}, revokedGrant(), nil
		}
		r := redeemed{issue: issue{session: signin.Session{ID: fam.Session}}}
		if r.issue.user, _, err = tx.User(fam.User); err != nil {
			return r, nil, err
		}
		if fam.Client != q.client.app {
			return r, badGrant(), nil
		}
		if fam.Proven && q.proof == ProofNone {
			return r, noSecret(), nil
		}
		if !same(fam.Current, signin.HashSecret(raw)) {
			return r, revokedGrant(), endFamily(tx, fam, "a refresh token was shown twice")
		}
		return s.renew(tx, q, fam, r)
	})
}

// renew gives what a good refresh token stands for, and puts the next in its place.
func (s *Server) renew(tx *store.WriteTx, q *request, fam family, r redeemed) (redeemed, *failure, error) {
	client, err := readParty(&tx.ReadTx, q.client.app)
	if err != nil {
		return r, nil, err
	}
	q.client = client
	if !client.able || !stampHolds(tx, fam.Stamp, fam.User, client) {
		return r, revokedGrant(), endFamily(tx, fam, "revoked")
	}
	if f := readWishes(q.form.Get("claims")).unmet(fam); f != nil {
		return r, f, nil
	}
	asked := fam.Asked
	if scope := q.form.Get("scope"); scope != "" {
		wider, f := s.set.readScopes(scope, q.tenant.ID(), apisIn{&tx.ReadTx})
		if f != nil {
			return r, f, nil
		}
		if len(wider.Names) > 0 || wider.Default {
			asked = wider
		}
		for _, name := range fam.Asked.Standing {
			asked.Standing = appendNew(asked.Standing, name)
		}
	}
	session, found, err := tx.Session(fam.Session)
	if err != nil {
		return r, nil, err
	}
	if !found {
		return r, revokedGrant(), nil
	}
	i, err := s.readIssue(&tx.ReadTx, client, session, asked)
	if f := refusalOf(err); f != nil || err != nil {
		return r, f, notRefused(f, err)
	}
	i.browser = fam.Browser
	if fam.Browser.IsZero() {
		i.browser = session.ID
	}
	next := s.marked(q.tenant.ID(), fam.ID)
	fam.Current = signin.HashSecret(next)
	return redeemed{issue: i, refresh: next}, nil, putFamily(tx, fam, when.Never)
}

// notRefused is err unless it was told as the refusal f.
func notRefused(f *failure, err error) error {
	if f != nil {
		return nil
	}
	return err
}

// unmet is nil if the sign-in of fam can satisfy what the claims parameter asks for. A fresh
// proof it cannot, nor one later than itself: the person has to be asked.
func (w wishes) unmet(fam family) *failure {
	d := w.demand()
	switch {
	case len(d.Contexts) > 0:
		f := grantError(50076)
		f.Claims = challengeFor(d.Contexts[0])
		return f
	case d.Since > fam.created:
		return revokedGrant()
	}
	return nil
}

// challengeFor is the claims parameter that asks for an authentication context, with the
// blank that Graph writes (errors.md, RoleAssignmentRequestAcrsValidationFailed).
func challengeFor(context string) string {
	return `{"access_token":{"acrs":{"essential":true, "value":"` + plain(context) + `"}}}`
}
