package oauth

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"ephor/internal/guid"
	"ephor/internal/store"
)

// logout ends the browser's session at the tenant, and with it what clients were given in
// it. The person goes back to the client if its address is one of the client's own; to any
// other address nobody is sent.
func (s *Server) logout(w http.ResponseWriter, r *http.Request, name string) {
	values, f := parseForm(r.URL.RawQuery)
	if r.Method == http.MethodPost && f == nil && r.URL.RawQuery == "" {
		values, f = readForm(r)
	}
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	t, f := s.tenantLeaving(r, name)
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	told, f := s.signOut(w, r, t)
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	to, f := s.leavingTo(r, t, values)
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	if to == "" {
		s.Draw(w, r, Message{Tenant: t, Title: "You signed out of your account", Text: "It's a good idea to close all browser windows.", Tells: told})
		return
	}
	back := url.Values{}
	if state := values.Get("state"); state != "" && len(state) <= maxState {
		back.Set("state", state)
	}
	if len(back) > 0 {
		to = located(Reply{Redirect: to, Mode: modeQuery}, back)
	}
	if len(told) > 0 {
		s.Draw(w, r, Message{Tenant: t, Title: "You signed out of your account", Text: "You go on in a moment.", Tells: told, Next: to})
		return
	}
	h := w.Header()
	h.Set("Cache-Control", private)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// tenantLeaving is the tenant of the path; under a shared name the one that the browser has
// a session at, if that is one.
func (s *Server) tenantLeaving(r *http.Request, name string) (*store.Tenant, *failure) {
	if !shared(name) {
		return s.tenantNamed(r.Context(), name)
	}
	if t, err := s.only(r.Context()); err == nil && t != nil {
		return t, nil
	}
	all, err := s.store.List(r.Context())
	if err != nil {
		return nil, unavailable()
	}
	for _, spec := range all {
		if s.cookie(r, sessionCookie(spec.ID)) != "" {
			return s.tenantNamed(r.Context(), spec.ID.String())
		}
	}
	return nil, whichTenant()
}

// signOut ends the session that the browser is in, if any, and answers with the addresses of
// clients that want to be told.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request, t *store.Tenant) (told []string, f *failure) {
	session, found, err := s.SessionOf(r.Context(), t, r)
	if err == nil && found {
		err = t.Write(r.Context(), func(tx *store.WriteTx) (err error) {
			told, err = s.EndBrowserSession(tx, session)
			return err
		})
	}
	if err != nil {
		return nil, s.broken(r.Context(), t, err)
	}
	s.ClearSession(w, t)
	return told, nil
}

// leavingTo is the client's address that the person goes back to, "" for none. It has to be
// a redirect URI of the client that is named: by client_id, by the ID token that is shown as
// a hint, or else of a client that the person could have come from.
func (s *Server) leavingTo(r *http.Request, t *store.Tenant, values url.Values) (string, *failure) {
	to := values.Get("post_logout_redirect_uri")
	if to == "" {
		return "", nil
	}
	if len(to) > maxRedirect || !safeRedirect(to) {
		return "", unknownRedirect(to)
	}
	var all []party
	err := t.Read(r.Context(), func(tx *store.ReadTx) (err error) {
		all, err = leaving(tx, values)
		return err
	})
	if err != nil {
		return "", s.broken(r.Context(), t, err)
	}
	for _, p := range all {
		if _, f := p.addressOf(to); p.able && f == nil {
			return to, nil
		}
	}
	return "", unknownRedirect(to)
}

// leaving are the clients that a person may be leaving.
func leaving(tx *store.ReadTx, values url.Values) ([]party, error) {
	named := values.Get("client_id")
	if hint := values.Get("id_token_hint"); named == "" && hint != "" {
		named = hintedClient(hint)
	}
	if named != "" {
		id, _ := guid.Parse(named)
		p, err := readParty(tx, id)
		return []party{p}, err
	}
	return withRedirect(tx, values.Get("post_logout_redirect_uri"))
}

// withRedirect are the tenant's clients, at most a thousand, that are answered at uri.
func withRedirect(tx *store.ReadTx, uri string) ([]party, error) {
	page, err := store.List(tx, store.Applications, store.ListQuery{Limit: 1000})
	if err != nil {
		return nil, err
	}
	var all []party
	for i := range page.Rows {
		a := &page.Rows[i]
		if !slices.Contains(slices.Concat(a.WebRedirects, a.SPARedirects, a.PublicURIs), uri) {
			continue
		}
		p, err := readParty(tx, a.AppID)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// hintedClient is the client that an ID token says it is for. The hint is not believed, it
// only names whose addresses are looked at.
func hintedClient(hint string) string {
	if len(hint) > maxToken {
		return ""
	}
	jws, err := jose.ParseSignedCompact(hint, algorithms)
	if err != nil {
		return ""
	}
	var c struct {
		Audience string `json:"aud"`
	}
	if json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &c) != nil {
		return ""
	}
	return c.Audience
}
