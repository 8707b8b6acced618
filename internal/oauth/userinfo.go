package oauth

import (
	"net/http"
	"strings"

	"ephor/internal/fault"
	"ephor/internal/store"
)

// userInfo tells a client who the person is that it has an access token of (OpenID Core,
// 5.3). The token is judged as at any request of Graph's.
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request, _ string) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		token = ""
	}
	c, t, err := s.Authenticate(r.Context(), strings.TrimSpace(token), "")
	if err == nil && c.AppOnly {
		err = s.refusal(errForged)
	}
	if f, ok := fault.As(err); ok {
		w.Header().Set("WWW-Authenticate", f.Challenge)
		s.answer(w, f.Status, private, map[string]map[string]string{"error": {"code": f.Code, "message": f.Message}})
		return
	}
	if err != nil {
		s.log.ErrorContext(r.Context(), "read user info", "error", err)
		s.refuse(w, r, unavailable())
		return
	}
	var info struct {
		Subject string `json:"sub"`
		Name    string `json:"name"`
		Family  string `json:"family_name,omitempty"`
		Given   string `json:"given_name,omitempty"`
		Email   string `json:"email,omitempty"`
	}
	err = t.Read(r.Context(), func(tx *store.ReadTx) error {
		u, _, err := tx.User(c.Principal.ID)
		info.Subject, info.Name, info.Family, info.Given, info.Email = u.ID.String(), u.DisplayName, u.Profile.Surname, u.Profile.GivenName, u.Profile.Mail
		return err
	})
	if err != nil {
		s.refuse(w, r, s.broken(r.Context(), t, err))
		return
	}
	s.answer(w, http.StatusOK, private, info)
}
