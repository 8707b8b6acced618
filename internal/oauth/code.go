package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// authorizationCode gives a client its person's tokens for a code. A code is used up by the
// first who shows it, whether that is answered or refused: whoever shows another's code, or
// cannot prove that they began the sign-in, has stolen it. Shown again, it ends all that it
// gave.
func (s *Server) authorizationCode(q *request) (tokenBody, *failure) {
	code := q.form.Get("code")
	if code == "" {
		return tokenBody{}, lacking("code")
	}
	if q.form.Get("redirect_uri") == "" {
		return tokenBody{}, lacking("redirect_uri")
	}
	return s.redeem(q, func(tx *store.WriteTx) (redeemed, *failure, error) {
		ticket, p, f, err := s.takeCode(tx, signin.HashSecret(bounded(code)))
		if err != nil || f != nil {
			return redeemed{}, f, err
		}
		if f := q.mayRedeem(p.Flow.Reply, p.Flow.Client); f != nil {
			return redeemed{}, f, nil
		}
		r, f, err := s.fulfil(tx, q, p, p.Session)
		if err != nil || f != nil {
			return r, f, err
		}
		p.Family = r.family
		ticket.Body, err = json.Marshal(p)
		tx.PutTicket(ticket)
		return r, nil, err
	})
}

// A redeemed grant is what the tokens are made from.
type redeemed struct {
	issue   issue
	refresh string
	family  guid.ID
}

// redeem runs take in the tenant's lane, with an entry in the sign-in log, and makes the
// tokens. What take has done stays done when it refuses.
func (s *Server) redeem(q *request, take func(tx *store.WriteTx) (redeemed, *failure, error)) (tokenBody, *failure) {
	var r redeemed
	var f *failure
	err := q.tenant.WriteAs(q.ctx(), tokenShare, func(tx *store.WriteTx) (err error) {
		r, f, err = take(tx)
		if err != nil {
			return err
		}
		u := &r.issue.user
		if u.ID.IsZero() {
			u = nil
		}
		tx.SignIn(s.event(q, u, r.issue.session.ID, r.issue.session.Methods(), f))
		return nil
	})
	if err != nil {
		return tokenBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	if f != nil {
		return tokenBody{}, f
	}
	return s.tokens(q, r.issue, r.refresh)
}

// takeCode uses up the code with that hash. One that was used before ends what it gave.
func (s *Server) takeCode(tx *store.WriteTx, id string) (ticket store.Ticket, p passed, f *failure, err error) {
	ticket, found, err := tx.Ticket(codeTicket, id)
	if err != nil {
		return ticket, p, nil, err
	}
	if !found {
		return ticket, p, badGrant(), nil
	}
	if err := json.Unmarshal(ticket.Body, &p); err != nil {
		return ticket, p, nil, fmt.Errorf("read code: %w", err)
	}
	if ticket.Spent <= tx.Machine() {
		return ticket, p, usedCode(), s.endOf(tx, p)
	}
	if !ticket.Good(tx.Machine()) {
		return ticket, p, expiredGrant(), nil
	}
	ticket.Spent = tx.Machine()
	tx.PutTicket(ticket)
	return ticket, p, nil, nil
}

// endOf ends what a code has given.
func (s *Server) endOf(tx *store.WriteTx, p passed) error {
	if p.Family.IsZero() {
		return nil
	}
	f, found, err := readFamily(&tx.ReadTx, p.Family)
	if err != nil || !found {
		return err
	}
	return endFamily(tx, f, "an authorization code was shown twice")
}

// mayRedeem is nil if the request comes from the client that the code was given to, by the
// address that it was sent to, and knows what the sign-in was begun with.
func (q *request) mayRedeem(reply Reply, client guid.ID) *failure {
	verifier := q.form.Get("code_verifier")
	switch {
	case client != q.client.app:
		return badGrant()
	case q.form.Get("redirect_uri") != reply.Given:
		return wrongRedirect()
	case reply.Challenge == "" && verifier != "", reply.Challenge != "" && !answers(reply.Challenge, verifier):
		return wrongVerifier()
	case reply.Confidential && q.proof == ProofNone:
		return noSecret()
	case q.http.Header.Get("Origin") != "" && !reply.SPA:
		return foreignOrigin()
	}
	return nil
}

// answers reports whether verifier is what an S256 challenge was made from (RFC 7636).
func answers(challenge, verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || strings.ContainsFunc(verifier, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return same(challenge, base64.RawURLEncoding.EncodeToString(sum[:]))
}

// fulfil makes, in tx, what a person's finished sign-in gives to the client: p says which,
// and its session what was proved.
func (s *Server) fulfil(tx *store.WriteTx, q *request, p passed, session guid.ID) (redeemed, *failure, error) {
	from, found, err := tx.Session(session)
	if err != nil {
		return redeemed{}, nil, err
	}
	if !found || !stampHolds(tx, p.Stamp, p.User, q.client) {
		return redeemed{}, revokedGrant(), nil
	}
	client, err := readParty(&tx.ReadTx, q.client.app)
	if err != nil {
		return redeemed{}, nil, err
	}
	q.client = client
	b, err := s.bear(tx, q, from, from.ID, p.Flow.Asked, p.Flow.Reply.SPA)
	if err != nil {
		return redeemed{}, nil, err
	}
	i, err := s.readIssue(&tx.ReadTx, client, b.session, p.Flow.Asked)
	if f := refusalOf(err); f != nil {
		return redeemed{}, f, endFamily(tx, b.family, f.Text)
	}
	i.browser, i.nonce, i.contexts = from.ID, p.Flow.Reply.Nonce, p.Contexts
	return redeemed{issue: i, refresh: b.token, family: b.family.ID}, nil, err
}

// stampHolds reports whether tenant, user and client are as they were when something was
// given: not revoked, disabled or deleted since.
func stampHolds(tx *store.WriteTx, stamp Stamp, user guid.ID, client party) bool {
	facts, _ := tx.Snap().Object(user)
	return stamp.Incarnation == tx.Version().Incarnation && stamp.Principal == int64(facts.Generation) && stamp.Client == client.stamp.Client
}

// refusalOf is what the client learns of an error of readIssue; nil for what is no refusal.
func refusalOf(err error) *failure {
	switch {
	case errors.Is(err, ErrNoUser):
		return grantError(50057)
	case errors.Is(err, ErrSession):
		return revokedGrant()
	case errors.Is(err, errUnassigned):
		return grantError(50105)
	case errors.Is(err, errNoScope):
		return grantError(65001)
	}
	return nil
}
