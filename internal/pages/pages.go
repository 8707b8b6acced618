// Package pages is what people see of Ephor without a console: signing in, changing a
// password, registering and proving second factors, allowing an application, the code of a
// device, signing out, and the page of one's own account. All of it is HTML from the
// server; a script is only there for passkeys, which need one.
//
// A person is always in a flow (oauth.Flow), which belongs to one browser and one tenant and
// holds how far they have come. Every answer to a form is a redirect to the page that shows
// what is next, so that going back and reloading do no harm.
package pages

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// A Config is what the pages are made of.
type Config struct {
	Tokens    *oauth.Server
	Login     *login.Server
	Store     *store.Store
	Env       *env.Env
	Log       *slog.Logger
	PublicURL string
	// Address is the network address of whoever made a request.
	Address func(*http.Request) string
}

// A Server serves the pages of every tenant.
type Server struct {
	Config
	guard *http.CrossOriginProtection
}

// New is a Server, which from now on also draws what c.Tokens says to people.
func New(c Config) (*Server, error) {
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(c.PublicURL); err != nil {
		return nil, err
	}
	s := &Server{c, guard}
	c.Tokens.Draw = s.draw
	return s, nil
}

// routes are the pages by the lower-case path below the tenant.
var routes = map[string]struct {
	get, post func(*Server, *visit) error
}{
	"signin":  {(*Server).showSignIn, (*Server).postSignIn},
	"account": {(*Server).showAccount, (*Server).postAccount},
	"enrol":   {(*Server).showEnrol, (*Server).postEnrol},
	"signout": {(*Server).showSignOut, (*Server).postSignOut},

	oauth.DevicePath: {(*Server).showDevice, (*Server).postDevice},
}

// Handler is the page at path, or nil when there is none.
func (s *Server) Handler(path string) http.Handler {
	if file, ok := strings.CutPrefix(path, staticPath); ok {
		return static(file)
	}
	tenant, rest := oauth.Split(path)
	route, known := routes[rest]
	if !known {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			s.serve(w, r, tenant, route.get)
		case http.MethodPost:
			s.serve(w, r, tenant, route.post)
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			s.fail(&visit{w: w, r: r}, http.StatusMethodNotAllowed, "This page only takes GET and POST.")
		}
	})
}

// A visit is one request to a page.
type visit struct {
	w      http.ResponseWriter
	r      *http.Request
	tenant *store.Tenant
	form   form
	id     guid.ID // of the request, for the logs
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// serve runs a page, and shows what went wrong.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, tenant string, page func(*Server, *visit) error) {
	v := &visit{w: w, r: r, id: s.Env.NewID()}
	protect(w.Header())
	var err error
	if v.tenant, err = s.Tokens.Tenant(r.Context(), tenant); err != nil {
		s.answer(v, err)
		return
	}
	if r.Method == http.MethodPost {
		if err := s.guard.Check(r); err != nil {
			s.fail(v, http.StatusForbidden, "This form was sent from another site, so nothing was done.")
			return
		}
		if v.form, err = readForm(w, r); err != nil {
			s.answer(v, err)
			return
		}
	}
	if err := page(s, v); err != nil {
		s.answer(v, err)
	}
}

// answer shows a page's error.
func (s *Server) answer(v *visit, err error) {
	var shown *problem
	switch {
	case errors.As(err, &shown):
		s.fail(v, shown.status, shown.text)
	case errors.Is(err, store.ErrNoTenant):
		s.fail(v, http.StatusNotFound, "There is no such organization here.")
	case errors.Is(err, oauth.ErrNoFlow):
		s.fail(v, http.StatusBadRequest, "This sign-in has ended, or was begun in another browser. Go back to the application and start again.")
	case errors.Is(err, signin.ErrNoPasskeys):
		s.fail(v, http.StatusBadRequest, "Passkeys do not work here: this server is reached by a number and not by a name. Use another way.")
	case errors.Is(err, context.Canceled):
	default:
		s.broken(v, err)
	}
}

// A problem is an error that a person may read.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// try is where an attempt in flow f comes from.
func (s *Server) try(v *visit, f *oauth.Flow) login.Try {
	t := login.Try{Address: s.Address(v.r), UserAgent: v.r.UserAgent(), Correlation: v.id}
	if f != nil {
		t.App, t.AppName = f.Client, f.ClientName
		if !f.Correlation.IsZero() {
			t.Correlation = f.Correlation
		}
	}
	return t
}
