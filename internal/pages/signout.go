package pages

import (
	"crypto/subtle"

	"ephor/internal/store"
)

// signedOut is what somebody is shown who is signed out.
func (s *Server) signedOut(v *visit) view {
	return view{Page: "message", Title: "You are signed out", Org: s.org(v), Notice: "You can close this window."}
}

// showSignOut asks whether the person means to leave: a link alone must not sign anybody out.
// Who is not signed in is told so.
func (s *Server) showSignOut(v *visit) error {
	session, u, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	if !ok {
		return s.render(v, s.signedOut(v))
	}
	return s.render(v, view{Page: "signout", Title: "Sign out?", Org: s.org(v), Name: u.UPN, Display: u.DisplayName, CSRF: csrf(session)})
}

// postSignOut ends the browser's session, and tells the clients that were signed in to in it.
func (s *Server) postSignOut(v *visit) error {
	session, _, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	if !ok {
		return s.render(v, s.signedOut(v))
	}
	if subtle.ConstantTimeCompare([]byte(v.form.one("csrf")), []byte(csrf(session))) != 1 {
		return errForm
	}
	left := s.signedOut(v)
	err = v.tenant.Write(v.ctx(), func(tx *store.WriteTx) (err error) {
		left.Tells, err = s.Tokens.EndBrowserSession(tx, session)
		return err
	})
	if err != nil {
		return err
	}
	s.Tokens.ClearSession(v.w, v.tenant)
	return s.render(v, left)
}
