package pages

import (
	"crypto/subtle"

	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// showSignOut asks whether the person means to leave: a link alone must not sign anybody out.
// Who is not signed in is told so.
func (s *Server) showSignOut(v *visit) error {
	session, u, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	handle := v.r.URL.Query().Get("flow")
	if !ok {
		return s.left(v, signin.Session{}, handle)
	}
	return s.render(v, view{Page: "signout", Title: "Sign out?", Name: u.UPN, Display: u.DisplayName, Flow: handle, CSRF: csrf(session), LeadsTo: s.back(v, handle)})
}

// postSignOut ends the browser's session.
func (s *Server) postSignOut(v *visit) error {
	session, _, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	handle := v.form.one("flow")
	if !ok {
		return s.left(v, signin.Session{}, handle)
	}
	if subtle.ConstantTimeCompare([]byte(v.form.one("csrf")), []byte(csrf(session))) != 1 {
		return errForm
	}
	if err := v.tenant.Write(v.ctx(), func(tx *store.WriteTx) error { return s.Tokens.EndBrowserSession(tx, session) }); err != nil {
		return err
	}
	s.Tokens.ClearSession(v.w, v.tenant)
	return s.left(v, session, handle)
}

// back is where the client wants a person to be sent who has signed out, "" for nowhere.
func (s *Server) back(v *visit, handle string) string {
	f, err := s.Tokens.Flow(v.ctx(), v.tenant, handle, s.Tokens.Browser(v.r))
	if err != nil || f.Kind != oauth.SignOutFlow {
		return ""
	}
	return f.Reply.Redirect
}

// left answers who is signed out: back to the client, if it said where and may.
func (s *Server) left(v *visit, _ signin.Session, handle string) error {
	if to := s.back(v, handle); to != "" {
		return redirect(v, to)
	}
	return s.render(v, view{Page: "message", Title: "You are signed out", Notice: "You can close this window."})
}
