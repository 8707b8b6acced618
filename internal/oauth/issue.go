package oauth

import (
	"encoding/json"
	"errors"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// An issue is what a person's tokens are made from, at one version of the tenant.
type issue struct {
	client   party
	user     directory.User
	session  signin.Session // that the access token is of
	browser  guid.ID        // the session that the ID token names
	asked    Asked
	granted  []string // permissions
	roles    []guid.ID
	values   []string // of the app roles at the API that is asked for
	contexts []string
	nonce    string
	audience string // of the access token
	until    when.Instant
	stamp    Stamp
}

// errNoScope says that nothing of what was asked for is allowed.
var errNoScope = errors.New("nothing that was asked for is consented to")

// readIssue gathers in tx what tokens of the session for a client say now. The refusals are
// ErrNoUser, ErrSession, errUnassigned, and errNoScope where consent was withdrawn.
func (s *Server) readIssue(tx *store.ReadTx, client party, session signin.Session, asked Asked) (issue, error) {
	user, found, err := tx.User(session.User)
	if err != nil {
		return issue{}, err
	}
	facts, _ := tx.Snap().Object(session.User)
	if !found || !stands(tx.Snap(), session.User, directory.KindUser, int64(facts.Generation)) {
		return issue{}, ErrNoUser
	}
	if !goesOn(tx, &session) || tx.Snap().Ended(session.ID) {
		return issue{}, ErrSession
	}
	c := asking{client.app, client.principal, user.ID, asked}
	missing, err := c.missing(tx, false)
	if err != nil {
		return issue{}, err
	}
	if len(missing) > 0 {
		return issue{}, errNoScope
	}
	i := issue{client: client, user: user, session: session, browser: session.ID, asked: asked, stamp: client.stamp}
	if i.granted, err = c.granted(tx); err != nil {
		return issue{}, err
	}
	if err := i.assigned(tx); err != nil {
		return issue{}, err
	}
	i.granted = slices.DeleteFunc(i.granted, func(name string) bool { return name == "offline_access" })
	roles, end := tx.Snap().ActiveRoles(user.ID, tx.Now())
	i.roles, i.until = roles, min(session.End, client.onMachine(end))
	i.stamp.Principal, i.stamp.Session = session.UserGeneration, session.Generation
	i.audience = asked.Audience
	if !asked.API.IsZero() {
		i.audience = asked.API.String()
	}
	return i, nil
}

// tokens makes the answer to a token request from i: the access token, and the ID token if
// it was asked for. Refresh is put in as it is.
func (s *Server) tokens(q *request, i issue, refresh string) (tokenBody, *failure) {
	g := Grant{
		Type: UserToken, Object: i.user.ID, Client: i.client.app, App: i.client.name, Proof: q.proof,
		Name: i.user.DisplayName, UPN: i.user.UPN, Scopes: i.granted, Roles: i.roles, AMR: i.session.Methods(), Session: i.session.ID,
		Audience: i.audience, Capabilities: capabilities(q.form.Get("claims")), Contexts: i.contexts, Stamp: i.stamp,
		Until: min(i.until, q.until),
	}
	if !i.asked.API.IsZero() {
		g.Roles, g.AppRoles = nil, i.values
	}
	token, err := s.Mint(q.ctx(), q.tenant, g)
	if errors.Is(err, errEnded) {
		return tokenBody{}, grantError(70044)
	}
	if err != nil {
		return tokenBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	body := tokenBody{
		Type: "Bearer", Scope: i.asked.echo(i.granted), Seconds: token.Seconds, Extended: token.Seconds, Access: token.Access, Refresh: refresh,
	}
	if q.form.Get("client_info") == "1" {
		body.ClientInfo = clientInfo(i.user.ID, q.tenant.ID())
	}
	if i.asked.Has("openid") {
		if body.ID, err = s.idToken(q.ctx(), q.tenant, i); err != nil {
			return tokenBody{}, s.broken(q.ctx(), q.tenant, err)
		}
	}
	return body, nil
}

// maxClaims bounds the claims parameter, in bytes.
const maxClaims = 8 << 10

// A wish is what the claims parameter asks for one claim (OpenID Core, 5.5.1).
type wish struct {
	Essential bool              `json:"essential"`
	Value     json.RawMessage   `json:"value"`
	Values    []json.RawMessage `json:"values"`
}

// texts are the values that are texts; a number counts as its digits.
func (w *wish) texts() (all []string) {
	if w == nil {
		return nil
	}
	for _, raw := range append(w.Values, w.Value) {
		var text string
		var number json.Number
		if json.Unmarshal(raw, &text) == nil {
			all = append(all, text)
		} else if json.Unmarshal(raw, &number) == nil && number != "" {
			all = append(all, number.String())
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" || len(s) > maxShown })
}

// wishes is the claims parameter as far as it means something here.
type wishes struct {
	Access struct {
		Capabilities *wish `json:"xms_cc"`
		Contexts     *wish `json:"acrs"`
		Methods      *wish `json:"amr"`
		After        *wish `json:"nbf"`
	} `json:"access_token"`
	ID struct {
		Contexts *wish `json:"acrs"`
	} `json:"id_token"`
}

// readWishes reads the claims parameter. What cannot be read, and what else is asked for
// there, is passed over: clients send it unasked (clients.md), and who does not get what it
// asks for is refused where it uses the token.
func readWishes(claims string) (w wishes) {
	if len(claims) > maxClaims || json.Unmarshal([]byte(claims), &w) != nil {
		return wishes{}
	}
	return w
}

// maxContexts bounds the authentication contexts of a request. Entra has 99.
const maxContexts = 99

// demand is what w asks a sign-in to have proved.
func (w wishes) demand() (d signin.Demand) {
	for _, name := range append(w.Access.Contexts.texts(), w.ID.Contexts.texts()...) {
		if len(d.Contexts) < maxContexts && plain(name) == name {
			d.Contexts = appendNew(d.Contexts, name)
		}
	}
	d.MFA = len(d.Contexts) > 0 || slices.Contains(w.Access.Methods.texts(), signin.MultiFactor)
	for _, at := range w.Access.After.texts() {
		var seconds int64
		if json.Unmarshal([]byte(at), &seconds) == nil && seconds > 0 {
			d.Since = max(d.Since, fromSeconds(seconds))
		}
	}
	return d
}
