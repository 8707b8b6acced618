package oauth

import (
	"errors"
	"slices"

	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// password gives a client that was told a person's password that person's tokens. It asks
// nothing of the person, so it never stands for more than a password, and it refuses
// accounts that have to prove or do more. Outside development no client may use it that the
// operator does not name.
func (s *Server) password(q *request) (tokenBody, *failure) {
	name, secret := q.form.Get("username"), q.form.Get("password")
	switch {
	case name == "":
		return tokenBody{}, lacking("username")
	case secret == "":
		return tokenBody{}, lacking("password")
	}
	if f := q.flowless(); f != nil {
		return tokenBody{}, f
	}
	asked, f := s.readAsked(q.ctx(), q.tenant, q.form.Get("scope"))
	if f != nil {
		return tokenBody{}, f
	}
	if f := s.passwordAllowed(q); f != nil {
		return tokenBody{}, f
	}
	var r redeemed
	e := s.event(q, nil, guid.ID{}, nil, nil)
	try := login.Try{
		Address: e.Address, UserAgent: e.UserAgent, Correlation: e.Correlation, App: e.App, AppName: e.AppName, ClientUsed: e.ClientUsed,
	}
	err := s.Login.Password(q.ctx(), q.tenant, try, name, secret, func(tx *store.WriteTx, p login.Proof) (err error) {
		r, f, err = s.byPassword(tx, q, p.User, p.Factors, asked)
		if err == nil {
			tx.SignIn(s.event(q, &r.issue.user, r.issue.session.ID, r.issue.session.Methods(), f))
		}
		return err
	})
	if refusal, ok := errors.AsType[*login.Refusal](err); ok {
		return tokenBody{}, grantError(refusal.Code)
	}
	if err != nil {
		return tokenBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	if f != nil {
		return tokenBody{}, f
	}
	return s.tokens(q, r.issue, r.refresh)
}

// passwordAllowed is nil if the client may use the password grant.
func (s *Server) passwordAllowed(q *request) *failure {
	if s.Login == nil {
		return unsupportedGrant("password")
	}
	if q.tenant.Spec().Kind == store.Development || slices.Contains(s.set.PasswordClients, q.client.app) {
		return nil
	}
	return refuses(400, "unauthorized_client", 700023, "The password grant is not allowed to the application '%s'.", q.client.app)
}

// byPassword is what who has proved a password gets, if that is all that the account asks.
func (s *Server) byPassword(tx *store.WriteTx, q *request, user guid.ID, factors []signin.Factor, asked Asked) (redeemed, *failure, error) {
	u, found, err := tx.User(user)
	if err != nil {
		return redeemed{}, nil, err
	}
	r := redeemed{issue: issue{user: u}}
	if !found {
		return r, grantError(50126), nil
	}
	account, err := tx.Account(&u)
	if err != nil {
		return r, nil, err
	}
	only := slices.DeleteFunc(slices.Clone(factors), func(f signin.Factor) bool { return f.Method != signin.Password })
	demand := readWishes(q.form.Get("claims")).demand()
	switch signin.Next(account, signin.Progress{Factors: only}, demand, tx.Machine()) {
	case signin.Complete:
	case signin.Change:
		return r, grantError(50055), nil
	default:
		f := grantError(50076)
		if len(demand.Contexts) > 0 {
			f.Claims = challengeFor(demand.Contexts[0])
		}
		return r, f, nil
	}
	facts, _ := tx.Snap().Object(user)
	session := signin.Session{
		ID: s.env.NextID(), User: user, Client: q.client.app, Factors: only, Created: tx.Machine(), End: tx.Machine().Add(sessionLife), Ended: when.Never,
		UserGeneration: int64(facts.Generation), Incarnation: tx.Version().Incarnation,
	}
	b, err := s.bear(tx, q, session, guid.ID{}, asked, false)
	if err != nil {
		return r, nil, err
	}
	i, err := s.readIssue(&tx.ReadTx, q.client, b.session, asked)
	if f := refusalOf(err); f != nil {
		return r, f, endFamily(tx, b.family, f.Text)
	}
	return redeemed{issue: i, refresh: b.token, family: b.family.ID}, nil, err
}
