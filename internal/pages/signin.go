package pages

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"time"

	"ephor/internal/audit"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// showSignIn shows what the flow's sign-in needs next, or ends the flow when that is
// nothing.
func (s *Server) showSignIn(v *visit) error {
	st, err := s.stand(v, v.r.URL.Query().Get("flow"))
	if err != nil {
		return err
	}
	return s.show(v, st, v.r.URL.Query().Get("with"), "")
}

// actions are what the forms of a sign-in can ask for.
var actions = map[string]func(*Server, *visit, *stand) error{
	"password":     (*Server).doPassword,
	"pass":         (*Server).doPass,
	"passkey":      (*Server).doPasskey,
	"code":         (*Server).doCode,
	"recovery":     (*Server).doRecovery,
	"change":       (*Server).doChange,
	"add-app":      (*Server).doAddApp,
	"add-passkey":  (*Server).doAddPasskey,
	"remove":       (*Server).doRemove,
	"renew-codes":  (*Server).doRenewCodes,
	"pick":         (*Server).doPick,
	"other":        (*Server).doOther,
	"consent":      (*Server).doConsent,
	"consent-all":  (*Server).doConsentAll,
	"cancel":       (*Server).doCancel,
	"cancel-admin": (*Server).doCancelAdmin,
}

// postSignIn does what a form asks for. A wrong proof shows its page again; all else goes
// on with a redirect.
func (s *Server) postSignIn(v *visit) error {
	act, ok := actions[v.form.one("action")]
	if !ok {
		return errForm
	}
	st, err := s.stand(v, v.form.one("flow"))
	if err != nil {
		return err
	}
	return act(s, v, st)
}

// again is the address of the flow's page.
func (st *stand) again(v *visit) string {
	return base(v.tenant.ID()) + "/signin?" + url.Values{"flow": {st.handle}}.Encode()
}

// on goes on after an action: to what is next, or back to the page with what was wrong.
func (s *Server) on(v *visit, st *stand, with string, err error) error {
	var r *login.Refusal
	switch f, isFault := fault.As(err); {
	case err == nil:
		return redirect(v, st.again(v))
	case errors.As(err, &r) && with == "passkey" && r.Code == login.CodeWrongSecond:
		return s.show(v, st, with, "That passkey was not accepted. Try again, or use another way.")
	case errors.As(err, &r):
		return s.show(v, st, with, s.told(r))
	case isFault && f.Status < http.StatusInternalServerError:
		return s.show(v, st, with, shown(f))
	}
	return err
}

// told is what a person reads of a refusal.
func (s *Server) told(r *login.Refusal) string {
	switch r.Code {
	case login.CodeLocked:
		minutes := int(math.Ceil(r.Until.Sub(s.Env.Now()).Minutes()))
		if minutes <= 1 {
			return "There were too many wrong attempts. Wait a minute, then try again."
		}
		return fmt.Sprintf("There were too many wrong attempts. Wait %d minutes, then try again.", minutes)
	case login.CodeDisabled:
		return "This account is disabled. Ask your administrator."
	case login.CodeWrongPass:
		return "The name or the pass is not right, or the pass cannot be used now."
	case login.CodeWrongSecond:
		return "That was not right. Each code works once, and only for a short time."
	}
	return "The name or the password is not right."
}

func (s *Server) doPassword(v *visit, st *stand) error {
	err := s.Login.Password(v.ctx(), v.tenant, s.try(v, &st.flow), v.form.one("username"), v.form.one("password"), s.first(v, st))
	return s.on(v, st, "", err)
}

func (s *Server) doPass(v *visit, st *stand) error {
	err := s.Login.Pass(v.ctx(), v.tenant, s.try(v, &st.flow), v.form.one("username"), v.form.one("pass"), s.first(v, st))
	return s.on(v, st, "pass", err)
}

func (s *Server) doCode(v *visit, st *stand) error {
	if st.flow.User.IsZero() || st.step == signin.Identify {
		return redirect(v, st.again(v))
	}
	return s.on(v, st, "", s.Login.Code(v.ctx(), v.tenant, s.try(v, &st.flow), st.user.ID, v.form.one("code"), s.second(st)))
}

func (s *Server) doRecovery(v *visit, st *stand) error {
	if st.flow.User.IsZero() || st.step == signin.Identify {
		return redirect(v, st.again(v))
	}
	return s.on(v, st, "recovery", s.Login.RecoveryCode(v.ctx(), v.tenant, s.try(v, &st.flow), st.user.ID, v.form.one("recovery"), s.second(st)))
}

// doPasskey judges a passkey: as the whole sign-in, or as the second factor of who has
// proved the first. A ceremony is good for one answer.
func (s *Server) doPasskey(v *visit, st *stand) error {
	ceremony := st.state.Ceremony
	if len(ceremony) == 0 || st.state.Maker {
		return redirect(v, st.again(v))
	}
	st.state.Ceremony = nil
	if err := s.keep(v, st); err != nil {
		return err
	}
	var user guid.ID
	keep := s.first(v, st)
	if st.step == signin.Challenge {
		user, keep = st.user.ID, s.second(st)
	}
	return s.on(v, st, "passkey", s.Login.Passkey(v.ctx(), v.tenant, s.try(v, &st.flow), user, ceremony, v.form.answer(), keep))
}

// doChange replaces the password: in a sign-in that must, or because the person came for it,
// who then proves the old one.
func (s *Server) doChange(v *visit, st *stand) error {
	next := v.form.one("newPassword")
	wanted := st.step == signin.Complete && st.state.Task == taskPassword && !st.state.Session.IsZero()
	if st.step != signin.Change && !wanted {
		return redirect(v, st.again(v))
	}
	if next != v.form.one("confirmPassword") {
		return s.show(v, st, "", "The two new passwords are not the same.")
	}
	if wanted {
		same := func(_ *store.WriteTx, p login.Proof) error {
			if p.User != st.user.ID {
				return errOther
			}
			return nil
		}
		if err := s.Login.Password(v.ctx(), v.tenant, s.try(v, &st.flow), st.user.UPN, v.form.one("password"), same); err != nil {
			return s.on(v, st, "", err)
		}
	}
	return s.on(v, st, "", s.Login.ChangePassword(v.ctx(), v.tenant, s.try(v, &st.flow), st.user.ID, next, s.changed(st)))
}

// doPick goes on with the account that the browser's session is of.
func (s *Server) doPick(v *visit, st *stand) error {
	session, found, err := s.Tokens.SessionOf(v.ctx(), v.tenant, v.r)
	if err != nil {
		return err
	}
	if found && st.flow.Kind != oauth.EnrolFlow {
		st.flow.User, st.flow.Factors = session.User, nil
		st.state = state{Session: session.ID, Picked: true, Task: st.state.Task}
		if err := s.keep(v, st); err != nil {
			return err
		}
	}
	return redirect(v, st.again(v))
}

// doOther begins again for another account.
func (s *Server) doOther(v *visit, st *stand) error {
	if st.flow.Kind == oauth.EnrolFlow {
		return redirect(v, st.again(v))
	}
	st.flow.User, st.flow.Factors = guid.ID{}, nil
	st.state = state{Picked: true, Task: st.state.Task}
	if err := s.keep(v, st); err != nil {
		return err
	}
	return redirect(v, st.again(v))
}

// The numbers under which a client learns that there was no sign-in.
const (
	codeDeclined = oauth.Declined
	codeCanceled = 530003
	codeAdmin    = 90094
	codeNoFactor = 50079
)

func (s *Server) doCancel(v *visit, st *stand) error {
	code := codeCanceled
	switch st.step {
	case signin.Locked:
		code = codeNoFactor
	case signin.Complete:
		code = codeDeclined
	}
	return s.refuse(v, st, code)
}

func (s *Server) doCancelAdmin(v *visit, st *stand) error { return s.refuse(v, st, codeAdmin) }

// refuse ends the flow without a sign-in.
func (s *Server) refuse(v *visit, st *stand, code int) error {
	if err := s.Tokens.Refuse(v.w, v.r, v.tenant, st.flow, code); err != nil {
		return err
	}
	switch st.flow.Kind {
	case oauth.SignInFlow, oauth.AdminFlow:
		return nil // the client has been answered
	case AccountFlow:
		return redirect(v, base(v.tenant.ID())+"/account")
	}
	return s.render(v, view{Page: "message", Title: "Nothing was done", Org: st.org, Notice: "You can close this window."})
}

// settle makes a session of what was proved, or adds it to the one there is. All is judged
// again where nobody can come between.
func (s *Server) settle(v *visit, st *stand) error {
	var value string
	err := v.tenant.Write(v.ctx(), func(tx *store.WriteTx) error {
		next := *st
		if err := next.judge(&tx.ReadTx); err != nil {
			return err
		}
		if next.step != signin.Complete {
			return errAgain
		}
		if err := s.open(tx, v, &next); err != nil {
			return err
		}
		var err error
		if next.session.ID.IsZero() {
			next.session, value, err = s.Tokens.BeginSession(tx, next.user.ID, next.flow.Client, next.flow.Factors)
		} else {
			next.session, value, err = s.Tokens.AddFactor(tx, next.session.ID, next.flow.Factors...)
		}
		if err != nil {
			return err
		}
		s.Login.Done(tx, s.try(v, &next.flow), &next.user, next.session)
		next.flow.Factors, next.state.Session, next.state.Logged = nil, next.session.ID, true
		return s.put(tx, &next)
	})
	if err != nil && !errors.Is(err, errAgain) && !errors.Is(err, oauth.ErrSession) {
		return err
	}
	if err == nil {
		s.Tokens.SetSession(v.w, v.tenant, value)
	}
	return redirect(v, st.again(v))
}

// errAgain says that the sign-in lacks something after all.
var errAgain = errors.New("the sign-in is not complete")

// open opens an account whose holder has now enrolled: from here on its roles take effect.
func (s *Server) open(tx *store.WriteTx, v *visit, st *stand) error {
	if !st.account.Waiting || st.flow.Kind != oauth.EnrolFlow {
		return nil
	}
	u := st.user
	u.Enabled = true
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	tx.PutWaiting(u.ID, false)
	tx.PutMFA(u.ID, signin.Enforced)
	tx.Record(audit.Record{
		Activity: "Enable account", Category: "UserManagement", Service: "Core Directory", Type: "Update", Operation: "enrol",
		Result: audit.Success, Correlation: v.id,
		Actor:   audit.Actor{User: audit.User{ID: u.ID, UPN: u.UPN, Name: u.DisplayName, IP: s.Address(v.r)}},
		Targets: []audit.Target{{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN}},
	})
	return nil
}

// end ends a flow that lacks nothing: consent is asked for where there is none, and then the
// client, the device or the account page has its answer.
func (s *Server) end(v *visit, st *stand) error {
	consent, err := s.Tokens.MissingConsent(v.ctx(), v.tenant, st.flow, st.user.ID)
	if err != nil {
		return err
	}
	if !consent.Settled() {
		return s.showConsent(v, st, consent, "")
	}
	if err := s.log(v, st); err != nil {
		return err
	}
	err = s.Tokens.Finish(v.w, v.r, v.tenant, st.flow, st.session)
	if errors.Is(err, oauth.ErrLacking) || errors.Is(err, oauth.ErrSession) {
		return &problem{http.StatusConflict, "Your sign-in has changed meanwhile. Go back to the application and start again."}
	}
	if err != nil {
		return err
	}
	switch st.flow.Kind {
	case oauth.SignInFlow, oauth.AdminFlow:
		return nil // answered
	case oauth.DeviceFlow:
		return s.render(v, view{Page: "message", Title: "You are signed in", Org: st.org, Notice: "Go back to your device. You can close this window."})
	}
	to := base(v.tenant.ID()) + "/account"
	if done := doneOf(st.state.Task); done != "" {
		to += "?done=" + url.QueryEscape(done)
	} else if st.flow.Kind == oauth.EnrolFlow {
		to += "?done=enrol"
	}
	return redirect(v, to)
}

// log tells the sign-in log of a sign-in that a session was enough for.
func (s *Server) log(v *visit, st *stand) error {
	if st.state.Logged || st.flow.Client.IsZero() {
		return nil
	}
	return v.tenant.Write(v.ctx(), func(tx *store.WriteTx) error {
		s.Login.Done(tx, s.try(v, &st.flow), &st.user, st.session)
		return nil
	})
}

var zeroTime time.Time
