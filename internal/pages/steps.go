package pages

import (
	"net/http"

	"ephor/internal/directory"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// view is what every page of the flow shows.
func (st *stand) view(page, title, wrong string) view {
	d := view{
		Page: page, Title: title, Org: st.org, Client: st.flow.ClientName, Error: wrong, Flow: st.handle,
		Name: st.user.UPN, Display: st.user.DisplayName, LeadsTo: st.flow.Reply.Redirect,
	}
	if wrong != "" {
		// Not a 4xx: browsers and assistive technology treat the page as any other.
		d.Status = http.StatusOK
	}
	return d
}

// show answers with the page of what is next. with is the way that the person has chosen,
// wrong what was not right in the last attempt.
func (s *Server) show(v *visit, st *stand, with, wrong string) error {
	if with == "pass" && st.step != signin.Complete && st.flow.Kind != oauth.EnrolFlow {
		return s.render(v, st.named(v, st.view("pass", "Temporary Access Pass", wrong)))
	}
	switch st.step {
	case signin.Identify:
		return s.showIdentify(v, st, with, wrong)
	case signin.Challenge:
		return s.showChallenge(v, st, with, wrong)
	case signin.Change:
		return s.render(v, st.view("change", "Choose a new password", wrong))
	case signin.Register:
		return s.showRegister(v, st, with, wrong)
	case signin.Locked:
		return s.render(v, st.view("locked", "You need a Temporary Access Pass", wrong))
	}
	if st.session.ID.IsZero() || len(st.flow.Factors) > 0 {
		return s.settle(v, st)
	}
	if st.state.Task != "" && doneOf(st.state.Task) == "" {
		return s.showTask(v, st, with, wrong)
	}
	return s.end(v, st)
}

// named puts the name that is meant into a form that asks for one.
func (st *stand) named(v *visit, d view) view {
	switch typed := v.form.one("username"); {
	case typed != "":
		d.Name = typed
	case d.Name == "":
		d.Name = st.flow.Hint
	}
	return d
}

// showIdentify asks who it is: with a password, with a passkey, or, where the browser has a
// session and the client wants the person to choose, which account.
func (s *Server) showIdentify(v *visit, st *stand, with, wrong string) error {
	if st.flow.Kind == oauth.EnrolFlow {
		return &problem{http.StatusBadRequest, "This enrolment has ended. Ask whoever runs the server for a new link."}
	}
	if with == "passkey" {
		return s.showPasskey(v, st, wrong)
	}
	d := st.named(v, st.view("identify", "Sign in", wrong))
	if !st.state.Picked && wrong == "" {
		other, found, err := s.sessionUser(v, st)
		if err != nil {
			return err
		}
		if found {
			d.Page, d.Title, d.Name, d.Display = "pick", "Choose an account", other.UPN, other.DisplayName
		}
	}
	return s.render(v, d)
}

// sessionUser is whose session the browser has, if the sign-in could go on with it.
func (s *Server) sessionUser(v *visit, st *stand) (u directory.User, found bool, err error) {
	if st.flow.Prompt == "login" || st.flow.Demand.Since > 0 {
		return u, false, nil
	}
	session, found, err := s.Tokens.SessionOf(v.ctx(), v.tenant, v.r)
	if err != nil || !found {
		return u, false, err
	}
	err = v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error {
		u, found, err = tx.User(session.User)
		return err
	})
	return u, found, err
}

// showChallenge asks for a second factor.
func (s *Server) showChallenge(v *visit, st *stand, with, wrong string) error {
	d := st.view("challenge", "Verify that it is you", wrong)
	methods, err := s.methods(v, st)
	if err != nil {
		return err
	}
	for _, m := range methods {
		d.Has.App = d.Has.App || m.Kind == signin.AppMethod
		d.Has.Passkey = d.Has.Passkey || m.Kind == signin.PasskeyMethod
	}
	d.Has.Codes = st.account.Codes > 0
	switch {
	case with == "recovery" && d.Has.Codes:
		d.Page = "recovery"
	case d.Has.Passkey && (with == "passkey" || !d.Has.App):
		return s.showPasskey(v, st, wrong)
	case !d.Has.App && d.Has.Codes:
		d.Page = "recovery"
	}
	return s.render(v, d)
}

func (s *Server) methods(v *visit, st *stand) (all []signin.Method, err error) {
	err = v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error {
		all, err = tx.Methods(st.user.ID)
		return err
	})
	return all, err
}

// showPasskey begins a ceremony and shows the page that goes on with it.
func (s *Server) showPasskey(v *visit, st *stand, wrong string) error {
	user := st.user.ID
	if st.step != signin.Challenge {
		user = directory.User{}.ID
	}
	c, err := s.Login.PasskeyOptions(v.ctx(), v.tenant, user)
	if err != nil {
		return err
	}
	st.state.Ceremony, st.state.Maker = c.State, false
	if err := s.keep(v, st); err != nil {
		return err
	}
	d := st.view("passkey", "Use a passkey", wrong)
	d.Ceremony, d.Script, d.Has.App, d.Has.Codes = string(c.Options), true, st.step == signin.Challenge, st.account.Codes > 0
	return s.render(v, d)
}
