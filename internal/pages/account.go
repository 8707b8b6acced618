package pages

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// The tasks that a person comes for from the account page. Each is a flow: a second factor
// that was given just now is its first step.
const (
	taskApp      = "app"
	taskPasskey  = "passkey"
	taskCodes    = "codes"
	taskPassword = "password"
	taskRemove   = "remove:" // with a method's id behind it
)

// donePrefix marks a task that is done, and what the account page says then.
const donePrefix = "done:"

func doneTask(task string) string { return donePrefix + task }

func doneOf(task string) string {
	done, ok := strings.CutPrefix(task, donePrefix)
	if !ok {
		return ""
	}
	return done
}

// finishTask notes that a task will be done by what is stored next; undoTask takes it back.
func (st *stand) finishTask(task string) {
	if st.state.Task == task {
		st.state.Task = doneTask(task)
	}
}

func (st *stand) undoTask(task string) {
	if st.state.Task == doneTask(task) {
		st.state.Task = task
	}
}

// notices are what the account page says after a task.
var notices = map[string]string{
	taskApp:      "The authenticator app was added. If that was not you, remove it and change your password now.",
	taskPasskey:  "The passkey was added. If that was not you, remove it and change your password now.",
	taskCodes:    "You have new recovery codes. The old ones no longer work.",
	taskPassword: "Your password was changed, and you were signed out everywhere else.",
	"remove":     "The second factor was removed. If that was not you, tell your administrator now.",
	"enrol":      "Your account is ready.",
}

// csrf is the token that the account page's forms show: only a page that was made for this
// session's browser has it.
func csrf(session signin.Session) string {
	sum := sha256.Sum256([]byte("ephor account form 1\x00" + session.Cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// A profile is what the account page shows.
type profile struct {
	Methods  []signin.Method
	Account  signin.Account
	Password string // when it was changed
	MayAdd   bool
}

// signedIn is the browser's session and its user. Without one the person signs in first.
func (s *Server) signedIn(v *visit) (session signin.Session, u directory.User, ok bool, err error) {
	session, ok, err = s.Tokens.SessionOf(v.ctx(), v.tenant, v.r)
	if err != nil || !ok {
		return session, u, false, err
	}
	err = v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error {
		u, ok, err = tx.User(session.User)
		return err
	})
	return session, u, ok, err
}

// showAccount shows how the person signs in, and what they can change about it.
func (s *Server) showAccount(v *visit) error {
	session, u, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	if !ok {
		return s.start(v, oauth.Flow{Kind: AccountFlow})
	}
	var p profile
	var org string
	err = v.tenant.Read(v.ctx(), func(tx *store.ReadTx) (err error) {
		o, err := tx.Organization()
		if err != nil {
			return err
		}
		org = o.DisplayName
		if p.Account, err = tx.Account(&u); err != nil {
			return err
		}
		p.Methods, err = tx.Methods(u.ID)
		return err
	})
	if err != nil {
		return err
	}
	if u.Password.Hash != "" {
		p.Password = u.Password.Changed.Time().Format("2 January 2006")
	}
	p.MayAdd = p.Account.Factors > 0 || signin.MayManage(p.Account, signin.Progress{Factors: session.Factors}, s.Env.Now())
	return s.render(v, view{
		Page: "account", Title: "Your account", Org: org, Name: u.UPN, Display: u.DisplayName, CSRF: csrf(session),
		Notice: notices[v.r.URL.Query().Get("done")], Data: p,
	})
}

// postAccount begins a task, or signs the person out.
func (s *Server) postAccount(v *visit) error {
	session, u, ok, err := s.signedIn(v)
	if err != nil {
		return err
	}
	if !ok {
		return s.start(v, oauth.Flow{Kind: AccountFlow})
	}
	if subtle.ConstantTimeCompare([]byte(v.form.one("csrf")), []byte(csrf(session))) != 1 {
		return &problem{http.StatusForbidden, "This form is not of your session, so nothing was done. Go back and reload the page."}
	}
	switch task := v.form.one("task"); {
	case task == "everywhere":
		return s.everywhere(v, u.ID)
	case task == taskApp, task == taskPasskey, task == taskCodes, task == taskPassword:
		return s.task(v, session, &u, task)
	case strings.HasPrefix(task, taskRemove):
		if _, ok := guid.Parse(strings.TrimPrefix(task, taskRemove)); ok {
			return s.task(v, session, &u, task)
		}
	}
	return errForm
}

// task starts the flow of a task. Who has a second factor proves it first, if that was not
// just now.
func (s *Server) task(v *visit, session signin.Session, u *directory.User, task string) error {
	f := oauth.Flow{Kind: AccountFlow, User: u.ID}
	var a signin.Account
	err := v.tenant.Read(v.ctx(), func(tx *store.ReadTx) (err error) { a, err = tx.Account(u); return err })
	if err != nil {
		return err
	}
	if a.Factors > 0 || task != taskPassword {
		f.Demand.Contexts = []string{"account"}
	}
	b, err := stateJSON(state{Session: session.ID, Picked: true, Task: task})
	if err != nil {
		return err
	}
	f.State = b
	return s.start(v, f)
}

// start begins a flow of the server's own and goes on to its first page.
func (s *Server) start(v *visit, f oauth.Flow) error {
	handle, err := s.Tokens.StartFlow(v.w, v.r, v.tenant, f)
	if err != nil {
		return err
	}
	st := stand{handle: handle}
	return redirect(v, st.again(v))
}

// everywhere ends all of the person's sessions and tokens.
func (s *Server) everywhere(v *visit, user guid.ID) error {
	if err := s.Login.SignOutEverywhere(v.ctx(), v.tenant, s.try(v, nil), user); err != nil {
		return err
	}
	s.Tokens.ClearSession(v.w, v.tenant)
	return s.render(v, view{Page: "message", Title: "You are signed out everywhere", Notice: "All your sessions have ended. You can close this window."})
}

// showTask shows the page of a task whose person has proved enough.
func (s *Server) showTask(v *visit, st *stand, with, wrong string) error {
	switch {
	case st.state.Task == taskApp, st.state.Task == taskPasskey:
		return s.showRegister(v, st, with, wrong)
	case st.state.Task == taskPassword:
		return s.render(v, st.view("newpassword", "Change your password", wrong))
	case st.state.Task == taskCodes:
		return s.render(v, st.view("renew", "New recovery codes", wrong))
	case strings.HasPrefix(st.state.Task, taskRemove):
		return s.showRemove(v, st, wrong)
	}
	return s.end(v, st)
}

func (s *Server) showRemove(v *visit, st *stand, wrong string) error {
	methods, err := s.methods(v, st)
	if err != nil {
		return err
	}
	for _, m := range methods {
		if m.ID.String() == strings.TrimPrefix(st.state.Task, taskRemove) {
			d := st.view("remove", "Remove this second factor?", wrong)
			d.Data = m
			return s.render(v, d)
		}
	}
	st.state.Task = doneTask("")
	return s.end(v, st)
}

func (s *Server) doRemove(v *visit, st *stand) error {
	id, ok := guid.Parse(strings.TrimPrefix(st.state.Task, taskRemove))
	if !ok || st.step != signin.Complete {
		return redirect(v, st.again(v))
	}
	if err := s.Login.RemoveMethod(v.ctx(), v.tenant, s.try(v, &st.flow), st.manager(), id); err != nil {
		return s.on(v, st, "", err)
	}
	st.state.Task = doneTask("remove")
	return s.on(v, st, "", s.keep(v, st))
}

func (s *Server) doRenewCodes(v *visit, st *stand) error {
	if st.state.Task != taskCodes || st.step != signin.Complete {
		return redirect(v, st.again(v))
	}
	codes, err := s.Login.RenewCodes(v.ctx(), v.tenant, s.try(v, &st.flow), st.manager())
	if err != nil {
		return s.on(v, st, "", err)
	}
	st.state.Task = doneTask(taskCodes)
	if err := s.keep(v, st); err != nil {
		return err
	}
	return s.showCodes(v, st, codes, "")
}
