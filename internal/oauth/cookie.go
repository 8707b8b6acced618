package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A browser holds two kinds of cookie, each a random value that is stored hashed:
//
//	__Host-ephor-browser   which browser it is: a flow can be gone on with in no other
//	__Host-ephor-TENANT    the session that it is in at a tenant
//
// The prefix makes browsers refuse them over plain HTTP, from another path and from a
// neighbouring domain. A development server on plain HTTP has neither prefix nor Secure:
// whoever shares the machine's loopback can set and read such cookies, which is why only
// development serves so.
const browserCookie = "ephor-browser"

// browserLife is how long a browser is known by the same value.
const browserLife = 24 * time.Hour

// handleSize is how many random bytes cookies, handles, codes and tokens are made of.
const handleSize = 32

// secret is a fresh random value that its holder shows, as text.
func (s *Server) secret() string {
	var b [handleSize]byte
	_, _ = s.env.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// secure reports whether browsers reach the server protected.
func (s *Server) secure() bool { return strings.HasPrefix(s.set.PublicURL, "https://") }

// cookieName is the name that a cookie has in the browser.
func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

// sessionCookie is the name of the cookie of the tenant's sessions.
func sessionCookie(tenant guid.ID) string { return "ephor-" + tenant.String() }

// setCookie gives the browser a cookie for so long; 0 takes it away.
func (s *Server) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	age := int(life / time.Second)
	if age == 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the server is reached by TLS; see above
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: age, Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookie is the value that the browser shows, or "". More than one of a name is none: a
// neighbour may have slipped one in.
func (s *Server) cookie(r *http.Request, name string) string {
	all := r.CookiesNamed(s.cookieName(name))
	if len(all) != 1 || len(all[0].Value) != base64.RawURLEncoding.EncodedLen(handleSize) {
		return ""
	}
	return all[0].Value
}

// Browser is what the request's browser is known by, to be given to Flow; "" for one that
// has not been here.
func (s *Server) Browser(r *http.Request) string { return s.cookie(r, browserCookie) }

// browser is Browser that makes an unknown browser known.
func (s *Server) browser(w http.ResponseWriter, r *http.Request) string {
	value := s.Browser(r)
	if value == "" {
		value = s.secret()
		s.setCookie(w, browserCookie, value, browserLife)
	}
	return value
}

// SessionOf is the live session that the request's browser is in at tenant t. A session of a
// user whose sessions were revoked, or of an account that may not act, is none.
func (s *Server) SessionOf(ctx context.Context, t *store.Tenant, r *http.Request) (session signin.Session, found bool, err error) {
	value := s.cookie(r, sessionCookie(t.ID()))
	if value == "" {
		return session, false, nil
	}
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		session, found, err = tx.SessionByCookie(signin.HashSecret(value))
		found = found && goesOn(tx, &session)
		return err
	})
	return session, found && err == nil, err
}

// goesOn reports whether the session is live, and its user stands as when it began.
func goesOn(tx *store.ReadTx, s *signin.Session) bool {
	return s.Live(tx.Machine()) && s.Incarnation == tx.Version().Incarnation &&
		stands(tx.Snap(), s.User, directory.KindUser, s.UserGeneration)
}

// ErrSession is the answer to a session that has ended, or that is not this browser's.
var ErrSession = errors.New("the session has ended")

// BeginSession starts a session for user with what was proved, in transaction tx, and
// answers with it and with the value for SetSession. There is a new value at each sign-in,
// whatever the browser had before, so that nobody can prepare a session for another.
// ErrNoUser is the answer for an account that may not act.
func (s *Server) BeginSession(tx *store.WriteTx, user, client guid.ID, factors []signin.Factor) (session signin.Session, value string, err error) {
	facts, found := tx.Snap().Object(user)
	generation := int64(facts.Generation)
	if !found || !stands(tx.Snap(), user, directory.KindUser, generation) {
		return session, "", ErrNoUser
	}
	value, now := s.secret(), tx.Machine()
	session = signin.Session{
		ID: s.env.NextID(), User: user, Client: client, Factors: factors, Created: now, End: now.Add(sessionLife), Ended: when.Never,
		Cookie: signin.HashSecret(value), UserGeneration: generation, Incarnation: tx.Version().Incarnation,
	}
	return session, value, tx.PutSession(session)
}

// AddFactor adds a proof that was given in the session, and renews its value. Two proofs of
// different kinds are multi-factor by themselves: a caller adds signin.MultiFactor beside
// the second. ErrSession is the answer for a session that has ended.
func (s *Server) AddFactor(tx *store.WriteTx, id guid.ID, factors ...signin.Factor) (session signin.Session, value string, err error) {
	session, found, err := tx.Session(id)
	if err == nil && (!found || !goesOn(&tx.ReadTx, &session)) {
		err = ErrSession
	}
	if err != nil {
		return session, "", err
	}
	value = s.secret()
	session.Cookie, session.Factors = signin.HashSecret(value), append(session.Factors, factors...)
	return session, value, tx.PutSession(session)
}

// SetSession gives the browser the session's value, as BeginSession and AddFactor made it.
// It is called when their transaction has committed.
func (s *Server) SetSession(w http.ResponseWriter, t *store.Tenant, value string) {
	s.setCookie(w, sessionCookie(t.ID()), value, sessionLife)
}

// EndSession ends the session in tx; the browser forgets it by ClearSession.
func (s *Server) EndSession(tx *store.WriteTx, session signin.Session) error {
	session.Ended, session.Cookie = tx.Machine(), ""
	return tx.PutSession(session)
}

// ClearSession makes the browser forget its session at the tenant.
func (s *Server) ClearSession(w http.ResponseWriter, t *store.Tenant) {
	s.setCookie(w, sessionCookie(t.ID()), "", 0)
}
