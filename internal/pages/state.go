package pages

import (
	"encoding/json"
	"errors"
	"net/http"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// AccountFlow is what a person is in who looks after their own account.
const AccountFlow = "account"

// A state is what the pages keep in a flow.
type state struct {
	// Session is the session that the flow goes on in; zero until there is one.
	Session guid.ID `json:"session,omitzero"`
	// Opened reports that the first second factor may be registered in this flow.
	Opened bool `json:"opened,omitempty"`
	// Picked reports that the person has said which account is meant.
	Picked bool `json:"picked,omitempty"`
	// Logged reports that the sign-in log knows of this flow's sign-in.
	Logged bool `json:"logged,omitempty"`
	// Task is what the person came for beside signing in; see account.go.
	Task string `json:"task,omitempty"`
	// Seed is that of an authenticator app that is being registered, sealed.
	Seed []byte `json:"seed,omitempty"`
	// Ceremony is a passkey's that was begun, and Maker whether to make or to prove one.
	Ceremony json.RawMessage `json:"ceremony,omitempty"`
	Maker    bool            `json:"maker,omitempty"`
}

// A stand is a flow with what is known of its person: how far the sign-in has come.
type stand struct {
	handle  string
	flow    oauth.Flow
	state   state
	user    directory.User // zero until it is known
	account signin.Account
	session signin.Session // zero until there is one
	step    signin.Step
	org     string
	machine when.Instant
}

// progress is what was proved: in the session, and since.
func (st *stand) progress() signin.Progress {
	return signin.Progress{Factors: append(append([]signin.Factor(nil), st.session.Factors...), st.flow.Factors...), Opened: st.state.Opened}
}

// manager is the person as somebody who changes their own factors.
func (st *stand) manager() login.Manager {
	return login.Manager{User: st.user.ID, Progress: st.progress(), Waiting: st.flow.Kind == oauth.EnrolFlow}
}

// stand reads the flow of a request, and judges how far it has come.
func (s *Server) stand(v *visit, handle string) (*stand, error) {
	f, err := s.Tokens.Flow(v.ctx(), v.tenant, handle, s.Tokens.Browser(v.r))
	if err != nil {
		return nil, err
	}
	st := &stand{handle: handle, flow: f}
	if len(f.State) > 0 {
		if err := json.Unmarshal(f.State, &st.state); err != nil {
			return nil, err
		}
	}
	if err := s.adopt(v, st); err != nil {
		return nil, err
	}
	return st, v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error { return st.judge(tx) })
}

// adopt takes up the browser's session, if it has one, and it may be the one that is meant.
func (s *Server) adopt(v *visit, st *stand) error {
	session, found, err := s.Tokens.SessionOf(v.ctx(), v.tenant, v.r)
	if err != nil || !found {
		st.session, st.state.Session = signin.Session{}, guid.ID{}
		return err
	}
	switch {
	case st.state.Session == session.ID && st.flow.User == session.User:
		st.session = session
	case st.flow.User.IsZero() && st.flow.Prompt != "select_account" && st.flow.Kind != oauth.EnrolFlow && !st.state.Picked:
		st.session, st.state.Session, st.flow.User = session, session.ID, session.User
	default:
		st.state.Session = guid.ID{}
	}
	return nil
}

// judge says what the sign-in needs next.
func (st *stand) judge(tx *store.ReadTx) error {
	org, err := tx.Organization()
	if err != nil {
		return err
	}
	st.org, st.machine, st.step = org.DisplayName, tx.Machine(), signin.Identify
	if st.flow.User.IsZero() {
		return nil
	}
	u, found, err := tx.User(st.flow.User)
	if err != nil {
		return err
	}
	if !found {
		st.flow.User, st.flow.Factors = guid.ID{}, nil
		return nil
	}
	st.user = u
	if st.account, err = tx.Account(&u); err != nil {
		return err
	}
	if enrolling := st.flow.Kind == oauth.EnrolFlow && st.account.Waiting; !u.Enabled && !enrolling {
		return &problem{http.StatusForbidden, "This account is disabled. Ask your administrator."}
	}
	if st.hinted() {
		st.step = signin.Next(st.account, st.progress(), st.flow.Demand, tx.Machine())
	}
	return nil
}

// hinted reports whether the person is the one that the client asked for, or has said that
// another is meant.
func (st *stand) hinted() bool {
	h := st.flow.Hint
	return h == "" || st.state.Picked || len(st.flow.Factors) > 0 || equalFold(h, st.user.UPN) || equalFold(h, st.user.ID.String())
}

// put stores how far the person has come, in tx.
func (s *Server) put(tx *store.WriteTx, st *stand) error {
	b, err := json.Marshal(st.state)
	if err != nil {
		return err
	}
	st.flow.State = b
	return s.Tokens.KeepFlow(tx, st.flow)
}

// keep is put in a transaction of its own.
func (s *Server) keep(v *visit, st *stand) error {
	return v.tenant.Write(v.ctx(), func(tx *store.WriteTx) error { return s.put(tx, st) })
}

// first keeps a first proof: whatever was proved before in the flow was another's, or counts
// no more. The log is told what the sign-in still lacks.
func (s *Server) first(v *visit, st *stand) login.Keep {
	return func(tx *store.WriteTx, p login.Proof) error {
		next := *st
		if next.session.User != p.User {
			next.session, next.state.Session = signin.Session{}, guid.ID{}
		}
		next.flow.User, next.flow.Factors, next.state.Opened, next.state.Picked = p.User, p.Factors, p.Opened, true
		next.state.Seed, next.state.Ceremony = nil, nil
		if err := next.judge(&tx.ReadTx); err != nil {
			return err
		}
		if code := interruption(next.step); code != 0 {
			s.Login.Interrupted(tx, s.try(v, &next.flow), &next.user, code)
		}
		return s.put(tx, &next)
	}
}

// interruption is the number under which the log knows a sign-in that goes on with a step.
func interruption(step signin.Step) int {
	switch step {
	case signin.Change:
		return login.CodeExpired
	case signin.Register, signin.Locked:
		return login.CodeRegister
	case signin.Challenge:
		return login.CodeSecond
	}
	return 0
}

// second keeps a further proof of the same person.
func (s *Server) second(st *stand) login.Keep {
	return func(tx *store.WriteTx, p login.Proof) error {
		next := *st
		if p.User != next.flow.User {
			return errOther
		}
		next.flow.Factors = append(append([]signin.Factor(nil), next.flow.Factors...), p.Factors...)
		next.state.Seed, next.state.Ceremony = nil, nil
		return s.put(tx, &next)
	}
}

var errOther = errors.New("a proof of somebody else")

// changed keeps a new password. It has ended the session that the flow was in, so that what
// was proved there is carried on here.
func (s *Server) changed(st *stand) login.Keep {
	return func(tx *store.WriteTx, p login.Proof) error {
		next := *st
		if p.User != next.flow.User {
			return errOther
		}
		next.flow.Factors = append(st.progress().Factors, p.Factors...)
		next.session, next.state.Session = signin.Session{}, guid.ID{}
		if next.state.Task == taskPassword {
			next.state.Task = doneTask(taskPassword)
		}
		return s.put(tx, &next)
	}
}
