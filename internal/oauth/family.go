package oauth

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A family is the refresh tokens that follow one another from one sign-in of one client.
// Each can be used once and is replaced by the next. One that is shown again was copied: by
// whom, nobody can tell, so the family ends, and the session with it.
type family struct {
	ID      guid.ID `json:"id"`
	Client  guid.ID `json:"client"`
	User    guid.ID `json:"user"`
	Session guid.ID `json:"session"` // the grant's own, that the access tokens are of
	Browser guid.ID `json:"browser"` // the browser's session that it came from, shown in ID tokens
	Asked   Asked   `json:"asked"`
	Stamp   Stamp   `json:"stamp"`
	SPA     bool    `json:"spa,omitempty"`
	// Proven is set when the client proved itself: then it has to every time.
	Proven  bool   `json:"proven,omitempty"`
	Current string `json:"current"` // hash of the one token that is good

	created, end when.Instant
}

// familyTicket is the kind of ticket that a family is stored as.
const familyTicket = "family"

// How long refresh tokens can be used after the sign-in. A page in a browser keeps them where
// scripts can reach, so its own live shorter, as Entra's do.
const (
	familyLife    = 90 * 24 * time.Hour
	familyLifeSPA = 24 * time.Hour
)

// familyID is the id of a family's ticket.
func familyID(id guid.ID) string { return signin.HashSecret(id.String()) }

// readFamily is the family with that id, if it goes on.
func readFamily(tx *store.ReadTx, id guid.ID) (f family, found bool, err error) {
	t, found, err := tx.Ticket(familyTicket, familyID(id))
	if err != nil || !found || !t.Good(tx.Machine()) {
		return f, false, err
	}
	f, err = openFamily(t)
	return f, err == nil, err
}

func openFamily(t store.Ticket) (f family, err error) {
	if err := json.Unmarshal(t.Body, &f); err != nil {
		return f, fmt.Errorf("read refresh tokens: %w", err)
	}
	f.created, f.end = t.Created, t.End
	return f, nil
}

// putFamily stores f, which was ended at spent, or when.Never.
func putFamily(tx *store.WriteTx, f family, spent when.Instant) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("store refresh tokens: %w", err)
	}
	key := ""
	if !f.Browser.IsZero() {
		key = f.Browser.String()
	}
	tx.PutTicket(store.Ticket{ID: familyID(f.ID), Kind: familyTicket, Key: key, Body: body, Created: f.created, End: f.end, Spent: spent})
	return nil
}

// endFamily ends f and its session, and records why.
func endFamily(tx *store.WriteTx, f family, why string) error {
	if err := putFamily(tx, f, tx.Machine()); err != nil {
		return err
	}
	return endSession(tx, f.Session, f.User, why)
}

// endSession ends a session of user, and records why.
func endSession(tx *store.WriteTx, id, user guid.ID, why string) error {
	person, _, err := tx.User(user)
	if err != nil {
		return err
	}
	tx.Record(audit.Record{
		Activity: "End session", Category: "Authentication", Service: "Core Directory", Type: "Delete",
		Operation: "endSession", Result: audit.Success, Reason: why,
		Actor:   audit.Actor{App: audit.App{Name: "Ephor"}},
		Targets: []audit.Target{{ID: user.String(), Kind: audit.KindUser, Name: person.DisplayName, UPN: person.UPN}},
		Details: []audit.Detail{{Key: "sessionId", Value: id.String()}},
	})
	return tx.EndSession(id)
}

// EndBrowserSession ends, in tx, a browser's session and all that clients were given in it:
// what signing out does. It answers with the addresses at which those clients want to be told
// (OpenID Connect Front-Channel Logout), for the browser to open.
func (s *Server) EndBrowserSession(tx *store.WriteTx, session signin.Session) (told []string, err error) {
	all, err := tx.TicketsByKey(familyTicket, session.ID.String())
	if err != nil {
		return nil, err
	}
	var clients []guid.ID
	for _, t := range all {
		f, err := openFamily(t)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(clients, f.Client) {
			clients = append(clients, f.Client)
		}
		if !t.Good(tx.Machine()) {
			continue
		}
		if err := endFamily(tx, f, "signed out"); err != nil {
			return nil, err
		}
	}
	if told, err = s.leftBehind(&tx.ReadTx, session, clients); err != nil {
		return nil, err
	}
	return told, endSession(tx, session.ID, session.User, "signed out")
}

// mostTold bounds how many clients are told of a signing out.
const mostTold = 32

// leftBehind are the addresses at which clients want to be told that a session is over.
func (s *Server) leftBehind(tx *store.ReadTx, session signin.Session, clients []guid.ID) (told []string, err error) {
	for _, app := range clients {
		a, found, err := tx.ApplicationByAppID(app)
		if err != nil {
			return nil, err
		}
		if found && a.LogoutURL != "" && safeRedirect(a.LogoutURL) && len(told) < mostTold {
			told = append(told, located(Reply{Redirect: a.LogoutURL, Mode: modeQuery}, url.Values{"iss": {s.set.issuer(tx.Tenant().ID())}, "sid": {session.ID.String()}}))
		}
	}
	return told, nil
}

// born is what a sign-in gives to a client beside an access token: a session of the
// client's own, which carries what was proved in from, and a refresh token.
type born struct {
	session signin.Session
	family  family
	token   string // "" for no refresh token
}

// bear makes the client's session in tx and, with a refresh token asked for, its family. The
// browser's session that it came from is zero for none.
func (s *Server) bear(tx *store.WriteTx, q *request, from signin.Session, browser guid.ID, asked Asked, spa bool) (b born, err error) {
	now := tx.Machine()
	life := familyLife
	if spa {
		life = familyLifeSPA
	}
	b.session = from
	b.session.ID, b.session.Client, b.session.Cookie = s.env.NextID(), q.client.app, ""
	b.session.Factors = slices.Clone(from.Factors)
	b.session.Created, b.session.End, b.session.Ended = now, now.Add(life), when.Never
	if !asked.Has("offline_access") {
		b.session.End = now.Add(maxLifetime)
	}
	if err := tx.PutSession(b.session); err != nil {
		return b, err
	}
	stamp := q.client.stamp
	stamp.Principal = b.session.UserGeneration
	b.family = family{
		ID: s.env.NewID(), Client: q.client.app, User: from.User, Session: b.session.ID, Browser: browser, Asked: asked, Stamp: stamp,
		SPA: spa, Proven: q.proof != ProofNone, created: now, end: b.session.End,
	}
	if asked.Has("offline_access") {
		b.token = s.marked(q.tenant.ID(), b.family.ID)
		b.family.Current = signin.HashSecret(b.token)
	}
	return b, putFamily(tx, b.family, when.Never)
}
