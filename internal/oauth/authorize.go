package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// The bounds of an authorization request, in bytes. The rest is bounded by the form's.
const (
	maxState = 8 << 10
	maxNonce = 1 << 10
	maxHint  = 1 << 10
)

// An authorization is a request to the authorize endpoint, as far as it has been read.
type authorization struct {
	values url.Values
	tenant *store.Tenant
	client party
	flow   Flow
	sid    string // the session that the client thinks of
}

// opened reads the request of a client that sends a person here. What is wrong before the
// client and its address are known is shown to the person, and it reports false.
func (s *Server) opened(w http.ResponseWriter, r *http.Request, name string) (a authorization, known bool) {
	values, f := s.authorizeForm(w, r)
	if f == nil && values == nil {
		return a, false
	}
	a.values = values
	if f == nil {
		f = s.authorizing(r, name, &a)
	}
	if f != nil {
		s.showFailure(w, r, f)
		return a, false
	}
	return a, true
}

// authorize is where a client sends a person to sign in. Until the client and its address
// are known, what is wrong is shown to the person; from then on the client is told. A person
// whose session suffices is sent back at once; any other goes on to the pages.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, name string) {
	a, known := s.opened(w, r, name)
	if !known {
		return
	}
	if f := a.read(r.Context(), s); f != nil {
		s.sendFailure(w, r, a.flow.Reply, f)
		return
	}
	s.begin(w, r, &a)
}

// authorizeForm is the request's parameters. A browser that was made to POST them from
// another site does not show its cookies, so it is sent to the same with a GET.
func (s *Server) authorizeForm(w http.ResponseWriter, r *http.Request) (url.Values, *failure) {
	if r.Method != http.MethodPost {
		if len(r.URL.RawQuery) > maxForm {
			return nil, tooLarge()
		}
		return parseForm(r.URL.RawQuery)
	}
	form, f := readForm(r)
	if f != nil {
		return nil, f
	}
	if target := form.Encode(); len(target) < maxState && len(r.Cookies()) == 0 && r.URL.RawQuery == "" {
		w.Header().Set("Location", s.set.PublicURL+(&url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/")}).EscapedPath()+"?"+target)
		w.Header().Set("Cache-Control", private)
		w.WriteHeader(http.StatusSeeOther)
		return nil, nil
	}
	return form, nil
}

// authorizing finds the client and where it is answered.
func (s *Server) authorizing(r *http.Request, name string, a *authorization) (f *failure) {
	id := a.values.Get("client_id")
	if id == "" {
		return lacking("client_id")
	}
	if a.tenant, f = s.tenantOfPerson(r, name, a.values); f != nil {
		return f
	}
	app, _ := guid.Parse(id)
	var err error
	if a.client, err = s.client(r.Context(), a.tenant, app); err != nil {
		return s.broken(r.Context(), a.tenant, err)
	}
	if !a.client.able {
		return unknownClient(id, a.tenant.ID())
	}
	to, f := a.client.addressOf(a.values.Get("redirect_uri"))
	if f != nil {
		return f
	}
	a.flow = Flow{
		Kind: SignInFlow, Client: app, ClientName: a.client.name, Principal: a.client.principal, Correlation: correlationOf(r, guid.ID{}),
		Reply: Reply{
			Redirect: to.uri, Given: a.values.Get("redirect_uri"), Mode: modeQuery, State: a.values.Get("state"), SPA: to.spa, Confidential: to.confidential,
		},
	}
	if id, ok := guid.Parse(a.values.Get("client-request-id")); ok {
		a.flow.Correlation = id
	}
	if len(a.flow.Reply.State) > maxState {
		return tooLong("state")
	}
	return nil
}

// tenantOfPerson is the tenant that a person is to sign in to. Under a shared name it is
// that of the domain which the client hints at.
func (s *Server) tenantOfPerson(r *http.Request, name string, values url.Values) (*store.Tenant, *failure) {
	if !shared(name) {
		return s.tenantNamed(r.Context(), name)
	}
	_, domain, _ := strings.Cut(values.Get("login_hint"), "@")
	for _, d := range []string{values.Get("domain_hint"), domain} {
		if d == "" || shared(d) {
			continue
		}
		if t, err := s.byDomain(r.Context(), strings.ToLower(d)); err == nil && t != nil {
			return t, nil
		}
	}
	return s.tenantNamed(r.Context(), name)
}

// read reads what the client asks for. What is wrong is told to the client.
func (a *authorization) read(ctx context.Context, s *Server) *failure {
	for _, step := range []func() *failure{a.readMode, a.readType, a.readChallenge, a.readBounds, a.readPrompt} {
		if f := step(); f != nil {
			return f
		}
	}
	scope := a.values.Get("scope")
	if strings.TrimSpace(scope) == "" {
		return lacking("scope")
	}
	asked, f := s.readAsked(ctx, a.tenant, scope)
	if f != nil {
		return f
	}
	demand := readWishes(a.values.Get("claims")).demand()
	demand.MFA = demand.MFA || slices.Contains(strings.Fields(a.values.Get("amr_values")), signin.MultiFactor)
	demand.Since = max(demand.Since, a.flow.Demand.Since)
	a.flow.Asked, a.flow.Demand = asked, demand
	a.flow.Hint, a.flow.Reply.Nonce = a.values.Get("login_hint"), a.values.Get("nonce")
	a.flow.Reply.ClientInfo = a.values.Get("client_info") == "1"
	a.sid = a.values.Get("sid")
	return nil
}

func (a *authorization) readMode() *failure {
	switch mode := a.values.Get("response_mode"); mode {
	case "", modeQuery:
	case modeFragment, modePost:
		a.flow.Reply.Mode = mode
	default:
		return refuses(400, "invalid_request", 70007, "'%s' is not a supported value of 'response_mode' when requesting a token.", plain(mode))
	}
	return nil
}

func (a *authorization) readType() *failure {
	switch kind := a.values.Get("response_type"); kind {
	case "code":
		return nil
	case "":
		return lacking("response_type")
	default:
		return refuses(400, "unsupported_response_type", 700054, "response_type '%s' is not enabled for the application. It has to be 'code'.", plain(kind))
	}
}

// readChallenge asks for proof that who redeems the code began the sign-in (RFC 7636). A web
// server proves itself, so it may go without; whoever cannot must not. The method "plain"
// is refused, because it shows the proof to whoever sees the request.
func (a *authorization) readChallenge() *failure {
	challenge, method := a.values.Get("code_challenge"), a.values.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return lacking("code_challenge")
	case challenge == "" && !a.flow.Reply.Confidential:
		return refuses(400, "invalid_request", 9002325, "Proof Key for Code Exchange is required for authorization code redemption of clients without a secret.")
	case challenge == "":
		return nil
	case method != "S256":
		return refuses(400, "invalid_request", 501491, "The code_challenge_method has to be 'S256'.")
	case len(challenge) != 43 || plain(challenge) != challenge:
		return refuses(400, "invalid_request", 501491, "The code_challenge is not the SHA-256 of a code_verifier in base64url.")
	}
	a.flow.Reply.Challenge = challenge
	return nil
}

func (a *authorization) readBounds() *failure {
	for name, most := range map[string]int{"nonce": maxNonce, "login_hint": maxHint, "domain_hint": maxHint, "sid": maxShown} {
		if len(a.values.Get(name)) > most {
			return tooLong(name)
		}
	}
	return nil
}

// readPrompt reads prompt and max_age, which ask for a sign-in of now, or not long ago.
func (a *authorization) readPrompt() *failure {
	now := a.client.machine
	switch prompt := a.values.Get("prompt"); prompt {
	case "", promptNone, promptSelect, promptConsent:
		a.flow.Prompt = prompt
	case promptLogin:
		a.flow.Prompt, a.flow.Demand.Since = prompt, now
	default:
		return refuses(400, "invalid_request", 90023, "Unsupported 'prompt' value.")
	}
	if age := a.values.Get("max_age"); age != "" {
		seconds, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return refuses(400, "invalid_request", 90023, "Unsupported 'max_age' value.")
		}
		a.flow.Demand.Since = max(a.flow.Demand.Since, now-when.Instant(seconds)*when.Second)
	}
	return nil
}

// begin sends the person back with a code, if their session suffices, or on to the pages.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, a *authorization) {
	f, err := s.silent(w, r, a)
	switch {
	case err != nil:
		s.sendFailure(w, r, a.flow.Reply, s.broken(r.Context(), a.tenant, err))
	case f == nil:
	case a.flow.Prompt == promptNone:
		s.sendFailure(w, r, a.flow.Reply, f)
	default:
		s.toPages(w, r, a.tenant, a.flow, a.flow.Reply)
	}
}

// toPages sends the person to the sign-in pages, with f to be finished.
func (s *Server) toPages(w http.ResponseWriter, r *http.Request, t *store.Tenant, f Flow, reply Reply) {
	handle, err := s.StartFlow(w, r, t, f)
	if err != nil {
		s.sendFailure(w, r, reply, s.broken(r.Context(), t, err))
		return
	}
	h := w.Header()
	h.Set("Location", s.PagesURL(t, handle))
	h.Set("Cache-Control", private)
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}

// PagesURL is the address of the sign-in pages for the flow with that handle.
func (s *Server) PagesURL(t *store.Tenant, handle string) string {
	return s.set.PublicURL + "/" + t.ID().String() + "/signin?flow=" + handle
}

// silent answers with a code if nobody needs to be asked anything, else with what the client
// is told when nobody may be.
func (s *Server) silent(w http.ResponseWriter, r *http.Request, a *authorization) (*failure, error) {
	session, found, err := s.SessionOf(r.Context(), a.tenant, r)
	if err != nil {
		return nil, err
	}
	if !found || a.flow.Prompt == promptLogin || a.flow.Prompt == promptSelect || a.flow.Prompt == promptConsent {
		return numbered(50058), nil
	}
	if a.sid != "" && !strings.EqualFold(a.sid, session.ID.String()) && a.flow.Hint == "" {
		return numbered(50058), nil
	}
	code := s.marked(a.tenant.ID())
	var f *failure
	err = a.tenant.WriteAs(r.Context(), signInShare, func(tx *store.WriteTx) (err error) {
		if f, err = s.suffices(&tx.ReadTx, a.flow, session); f != nil || err != nil {
			return err
		}
		flow := a.flow
		flow.Tenant = a.tenant.ID()
		p, err := s.pass(tx, flow, session.ID)
		if err == nil {
			err = putPassed(tx, signin.HashSecret(code), p)
		}
		return err
	})
	if errors.Is(err, ErrSession) || errors.Is(err, ErrLacking) {
		return numbered(50058), nil
	}
	if f != nil || err != nil {
		return f, err
	}
	a.flow.Tenant = a.tenant.ID()
	s.send(w, a.flow.Reply, s.granted(a.flow, session, code))
	return nil, nil
}

// suffices is nil if the session is the sign-in that the flow is about, else what is missing.
func (s *Server) suffices(tx *store.ReadTx, f Flow, session signin.Session) (*failure, error) {
	u, found, err := tx.User(session.User)
	if err != nil || !found {
		return numbered(50058), err
	}
	if f.Hint != "" && !strings.EqualFold(f.Hint, u.UPN) && !strings.EqualFold(f.Hint, u.ID.String()) {
		return numbered(50058), nil
	}
	account, err := tx.Account(&u)
	if err != nil {
		return nil, err
	}
	switch signin.Next(account, signin.Progress{Factors: session.Factors}, f.Demand, tx.Machine()) {
	case signin.Complete:
	case signin.Identify:
		return numbered(50058), nil
	case signin.Change:
		return numbered(50055), nil
	case signin.Register, signin.Locked:
		return numbered(50079), nil
	default:
		return numbered(50076), nil
	}
	consent, err := missingConsent(tx, f, u.ID)
	if err != nil || consent.Settled() {
		return nil, err
	}
	return numbered(65001), nil
}
