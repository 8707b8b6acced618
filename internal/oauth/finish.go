package oauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// codeLife is how long an authorization code may wait to be redeemed.
const codeLife = 5 * time.Minute

// The kinds of ticket of what a flow ends in.
const (
	codeTicket   = "code"
	deviceTicket = "device"
)

// ErrLacking is the answer to a session that has not proved all that the flow demands, or to
// a person who has still to consent.
var ErrLacking = errors.New("the sign-in is not complete")

// A passed is what a code, or an approved device, stands for: who signed in to what.
type passed struct {
	Flow     Flow     `json:"flow"`
	Session  guid.ID  `json:"session"`
	User     guid.ID  `json:"user"`
	Contexts []string `json:"contexts,omitempty"` // satisfied when it was made
	Stamp    Stamp    `json:"stamp"`              // of the user, the client and the tenant then
	// Family is the refresh tokens that came of the code, which a replay ends.
	Family guid.ID `json:"family,omitzero"`
}

// Finish ends flow f, whose person is in session: the client is answered with a code by its
// response mode, or the device is approved. All is judged again here: that the flow and the
// session go on, that the session is of this person and this tenant, what the flow demands,
// and consent. On an error nothing was answered: ErrNoFlow, ErrSession, ErrLacking, or a
// failure of the server's own.
//
// A flow without a client (enrolment, a password change, signing out) is only ended, and what
// is answered is for the caller.
func (s *Server) Finish(w http.ResponseWriter, r *http.Request, t *store.Tenant, f Flow, session signin.Session) error {
	id, code := f.ID, s.marked(t.ID())
	var p passed
	err := t.WriteAs(r.Context(), signInShare, func(tx *store.WriteTx) error {
		if f, err := readFlow(&tx.ReadTx, id, tx.Machine()); err != nil {
			return err
		} else if p, err = s.pass(tx, f, session.ID); err != nil {
			return err
		}
		if err := spendFlow(tx, p.Flow); err != nil {
			return err
		}
		switch p.Flow.Kind {
		case SignInFlow:
			return putPassed(tx, signin.HashSecret(code), p)
		case DeviceFlow:
			return s.approve(tx, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	switch f := p.Flow; f.Kind {
	case SignInFlow:
		s.send(w, f.Reply, s.granted(f, session, code))
	case AdminFlow:
		s.send(w, f.Reply, consented(f))
	}
	return nil
}

// pass judges whether flow f may end with that session.
func (s *Server) pass(tx *store.WriteTx, f Flow, id guid.ID) (passed, error) {
	session, found, err := tx.Session(id)
	if err != nil {
		return passed{}, err
	}
	if !found || !goesOn(&tx.ReadTx, &session) {
		return passed{}, ErrSession
	}
	complete, err := accountComplete(&tx.ReadTx, f, session)
	if err != nil {
		return passed{}, err
	}
	if !complete {
		return passed{}, ErrLacking
	}
	p := passed{Flow: f, Session: id, User: session.User, Contexts: f.Demand.Contexts}
	p.Stamp = Stamp{Incarnation: session.Incarnation, Principal: session.UserGeneration}
	if f.Client.IsZero() {
		return p, nil
	}
	consent, err := missingConsent(&tx.ReadTx, f, session.User)
	if err != nil {
		return passed{}, err
	}
	if !consent.Settled() {
		return passed{}, ErrLacking
	}
	client, err := readParty(&tx.ReadTx, f.Client)
	if err == nil && !client.able {
		err = ErrNoClient
	}
	p.Stamp.Client = client.stamp.Client
	return p, err
}

// accountComplete reports whether the session lacks nothing that the flow or the account
// itself asks for.
func accountComplete(tx *store.ReadTx, f Flow, session signin.Session) (bool, error) {
	u, found, err := tx.User(session.User)
	if err != nil || !found {
		return false, err
	}
	account, err := tx.Account(&u)
	if err != nil {
		return false, err
	}
	return signin.Next(account, signin.Progress{Factors: session.Factors}, f.Demand, tx.Machine()) == signin.Complete, nil
}

// putPassed stores what a code stands for.
func putPassed(tx *store.WriteTx, id string, p passed) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("store code: %w", err)
	}
	now := tx.Machine()
	tx.PutTicket(store.Ticket{ID: id, Kind: codeTicket, Body: body, Created: now, End: now.Add(codeLife), Spent: when.Never})
	return nil
}

// granted is what the client is sent with a code.
func (s *Server) granted(f Flow, session signin.Session, code string) url.Values {
	v := url.Values{"code": {code}, "session_state": {session.ID.String()}}
	if f.Reply.ClientInfo {
		v.Set("client_info", clientInfo(session.User, f.Tenant))
	}
	return v
}

// clientInfo is who signed in where, by which MSAL names an account (clients.md).
func clientInfo(user, tenant guid.ID) string {
	b, err := json.Marshal(struct {
		User   guid.ID `json:"uid"`
		Tenant guid.ID `json:"utid"`
	}{user, tenant})
	if err != nil {
		panic("oauth: ids are not JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Refuse ends flow f without a sign-in: the client is told the AADSTS number in its response
// mode, or the device is refused. What is answered for a flow without a client is for the
// caller.
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, t *store.Tenant, f Flow, number int) error {
	err := t.WriteAs(r.Context(), signInShare, func(tx *store.WriteTx) error {
		if err := spendFlow(tx, f); err != nil {
			return err
		}
		if f.Kind == DeviceFlow {
			return s.decline(tx, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.Kind == SignInFlow || f.Kind == AdminFlow {
		s.sendFailure(w, r, f.Reply, numbered(number))
	}
	return nil
}

// sendFailure tells the client, at its address, why there is no code.
func (s *Server) sendFailure(w http.ResponseWriter, r *http.Request, reply Reply, f *failure) {
	b := s.describe(r, f)
	v := url.Values{"error": {b.Error}, "error_description": {b.Description}}
	if b.Suberror != "" {
		v.Set("error_subcode", b.Suberror)
	}
	s.send(w, reply, v)
}
