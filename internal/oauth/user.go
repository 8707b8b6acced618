package oauth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// sessionLife is how long a session goes on, whatever is done in it.
const sessionLife = 24 * time.Hour

// A SignIn is a person's sign-in with a client. That the person proved what Methods says
// is for the caller to know.
type SignIn struct {
	User    guid.ID
	Client  guid.ID  // application id
	Scopes  []string // nil for all that is consented to
	Methods []string // amr: "pwd", "mfa", …
	// Consents allows the client first, for the user alone, what it lacks of Scopes.
	Consents bool
}

// UserToken starts a session for a person and answers with an access token of it. The
// session is recorded; ErrNoUser and ErrNoClient name what may not act.
func (s *Server) UserToken(ctx context.Context, t *store.Tenant, in SignIn) (Token, error) {
	wanted := authz.AllScopes()
	if in.Scopes != nil {
		var unknown []string
		if wanted, unknown = authz.ParseScopes(in.Scopes); len(unknown) > 0 {
			return Token{}, fmt.Errorf("%w: %s", ErrScope, plain(strings.Join(unknown, " ")))
		}
	}
	if in.Consents && in.Scopes != nil {
		if err := s.consentTo(ctx, t, in, wanted); err != nil {
			return Token{}, err
		}
	}
	id := s.env.NextID()
	var g Grant
	err := t.Write(ctx, func(tx *store.WriteTx) (err error) {
		g, err = s.started(tx, in, wanted, id)
		return err
	})
	if err != nil {
		return Token{}, err
	}
	return s.Mint(ctx, t, g)
}

// consentTo allows the client what it lacks of wanted, for the user alone and on record, as
// the consent page would. Who may not act is left to the caller's next step.
func (s *Server) consentTo(ctx context.Context, t *store.Tenant, in SignIn, wanted authz.Scopes) error {
	snap, _, err := t.Snapshot(ctx)
	if err != nil {
		return err
	}
	principal, known := snap.Client(in.Client)
	lacking := wanted.Minus(snap.Permissions(principal, in.User, wanted, false))
	if !known || lacking.Empty() {
		return nil
	}
	return t.Write(ctx, func(tx *store.WriteTx) error {
		client, err := readParty(&tx.ReadTx, in.Client)
		if err != nil {
			return err
		}
		f := Flow{Principal: client.principal, ClientName: client.name, Correlation: s.env.NewID()}
		return allow(tx, s.env.NewID(), f, in.User, lacking.Names(), false)
	})
}

// started stores the session and answers with what its token says.
func (s *Server) started(tx *store.WriteTx, in SignIn, wanted authz.Scopes, id guid.ID) (Grant, error) {
	user, found, err := tx.User(in.User)
	if err != nil {
		return Grant{}, err
	}
	snap := tx.Snap()
	facts, _ := snap.Object(in.User)
	generation := int64(facts.Generation)
	if !found || !stands(snap, in.User, directory.KindUser, generation) {
		return Grant{}, ErrNoUser
	}
	client, err := readParty(&tx.ReadTx, in.Client)
	if err != nil {
		return Grant{}, err
	}
	if !client.able {
		return Grant{}, ErrNoClient
	}
	scopes := snap.Permissions(client.principal, in.User, wanted, false)
	if in.Scopes != nil && scopes != wanted {
		return Grant{}, fmt.Errorf("%w: %s", ErrScope, strings.Join(wanted.Minus(scopes).Names(), " "))
	}
	session := newSession(id, in, tx.Machine())
	session.UserGeneration, session.Incarnation = generation, tx.Version().Incarnation
	if err := tx.PutSession(session); err != nil {
		return Grant{}, err
	}
	tx.Record(sessionRecord(user, client, session))
	stamp := client.stamp
	stamp.Principal = generation
	return Grant{
		Type: UserToken, Object: user.ID, Client: in.Client, App: client.name, Proof: ProofNone,
		Name: user.DisplayName, UPN: user.UPN, Scopes: scopes.Names(), AMR: session.Methods(), Session: id,
		Audience: graphURL, Stamp: stamp, Until: session.End,
	}, nil
}

// ErrNoUser is the answer to a user who is not there, or may not act.
var ErrNoUser = errors.New("there is no such user, or the account is disabled")

// ErrScope is the answer to scopes that are not known, or not consented to.
var ErrScope = errors.New("scopes that are not known or not consented to")

func newSession(id guid.ID, in SignIn, now when.Instant) signin.Session {
	session := signin.Session{ID: id, User: in.User, Client: in.Client, Created: now, End: now.Add(sessionLife), Ended: when.Never}
	for _, method := range in.Methods {
		session.Factors = append(session.Factors, signin.Factor{Method: method, At: now})
	}
	return session
}

// sessionRecord is what the audit log says of a new session: who, with what, how proved.
func sessionRecord(user directory.User, client party, session signin.Session) audit.Record {
	return audit.Record{
		Activity: "Start session", Category: "Authentication", Service: "Core Directory", Type: "Add",
		Operation: "startSession", Result: audit.Success,
		Actor:   audit.Actor{User: audit.User{ID: user.ID, UPN: user.UPN, Name: user.DisplayName}},
		Targets: []audit.Target{{ID: client.principal.String(), Kind: audit.KindServicePrincipal, Name: client.name}},
		Details: []audit.Detail{{Key: "authenticationMethods", Value: strings.Join(session.Methods(), " ")}},
	}
}
