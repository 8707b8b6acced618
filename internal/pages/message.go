package pages

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ephor/internal/oauth"
	"ephor/internal/store"
)

// draw shows what an endpoint of the OpenID provider has to say to a person.
func (s *Server) draw(w http.ResponseWriter, r *http.Request, m oauth.Message) {
	v := &visit{w: w, r: r, id: s.Env.NewID()}
	protect(w.Header())
	d := view{Page: "message", Title: m.Title, Error: m.Error, Notice: m.Text, Small: m.Small, Status: m.Status, Tells: m.Tells}
	d.Next = template.URL(m.Next) //nolint:gosec // an address of a client's own, never a script's
	if m.Tenant != nil {
		v.tenant = m.Tenant
		d.Org = s.org(v)
	}
	if err := s.render(v, d); err != nil {
		s.Log.ErrorContext(r.Context(), "page", "error", err)
	}
}

// org is the organization's name, "" when it cannot be read: a page does not fail for that.
func (s *Server) org(v *visit) (name string) {
	err := v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error {
		o, err := tx.Organization()
		name = o.DisplayName
		return err
	})
	if err != nil {
		s.Log.ErrorContext(v.ctx(), "page", "error", err)
	}
	return name
}

// framing lets a page open frames of the origins of those addresses, and of no other.
func framing(tells []string) string {
	var origins []string
	for _, to := range tells {
		if u, err := url.Parse(to); err == nil && !slices.Contains(origins, origin(u)) {
			origins = append(origins, origin(u))
		}
	}
	if len(origins) == 0 {
		return ""
	}
	return "; frame-src " + strings.Join(origins, " ")
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
