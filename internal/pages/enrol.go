package pages

import (
	"encoding/json"
	"net/http"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// errLink is the answer to an enrolment link that is none, is over, or was used.
var errLink = &problem{http.StatusBadRequest, "This link has been used, or its hour is over. Ask whoever runs the server for a new one: ephor admin recover makes it."}

// showEnrol shows what an enrolment link is for. Opening it uses nothing up: whatever looks
// at links before people do must not spend them.
func (s *Server) showEnrol(v *visit) error {
	secret := v.r.URL.Query().Get("code")
	var u directory.User
	var org string
	err := v.tenant.Read(v.ctx(), func(tx *store.ReadTx) (err error) {
		if _, u, err = invitation(tx, secret); err != nil {
			return err
		}
		o, err := tx.Organization()
		org = o.DisplayName
		return err
	})
	if err != nil {
		return err
	}
	return s.render(v, view{Page: "enrol", Title: "Set up your account", Org: org, Name: u.UPN, Display: u.DisplayName, Key: secret})
}

// invitation is the enrolment link whose secret is shown, and whose it is.
func invitation(tx *store.ReadTx, secret string) (t store.Ticket, u directory.User, err error) {
	if len(secret) > signin.MaxSecret {
		return t, u, errLink
	}
	t, found, err := tx.Ticket(store.EnrolTicket, signin.HashSecret(secret))
	if err != nil {
		return t, u, err
	}
	var of store.Enrolment
	if !found || !t.Good(tx.Machine()) || json.Unmarshal(t.Body, &of) != nil {
		return t, u, errLink
	}
	// A later link has voided this one.
	last, _, err := tx.TicketByKey(store.EnrolTicket, of.User.String())
	if err == nil && last.ID != t.ID {
		err = errLink
	}
	if err != nil {
		return t, u, err
	}
	if u, found, err = tx.User(of.User); err != nil {
		return t, u, err
	}
	a, err := tx.Account(&u)
	if err == nil && (!found || !a.Waiting) {
		err = errLink
	}
	return t, u, err
}

// postEnrol redeems the link, once, in this browser.
func (s *Server) postEnrol(v *visit) error {
	var user guid.ID
	secret := v.form.one("code")
	if err := v.tenant.Read(v.ctx(), func(tx *store.ReadTx) error {
		_, u, err := invitation(tx, secret)
		user = u.ID
		return err
	}); err != nil {
		return err
	}
	b, err := stateJSON(state{Opened: true, Picked: true})
	if err != nil {
		return err
	}
	proof := []signin.Factor{{Method: signin.Enrolment, At: s.Env.Now()}}
	handle, err := s.Tokens.StartFlow(v.w, v.r, v.tenant, oauth.Flow{Kind: oauth.EnrolFlow, User: user, Factors: proof, State: b})
	if err != nil {
		return err
	}
	// The flow is worth nothing until the link is spent: its handle is told nobody before.
	err = v.tenant.Write(v.ctx(), func(tx *store.WriteTx) error {
		t, u, err := invitation(&tx.ReadTx, secret)
		if err != nil {
			return err
		}
		t.Spent = tx.Machine()
		tx.PutTicket(t)
		tx.Record(audit.Record{
			Activity: "User started enrolment", Category: "UserManagement", Service: "Authentication Methods", Type: "Update", Operation: "enrol",
			Result: audit.Success, Correlation: v.id,
			Actor:   audit.Actor{User: audit.User{ID: u.ID, UPN: u.UPN, Name: u.DisplayName, IP: s.Address(v.r)}},
			Targets: []audit.Target{{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN}},
		})
		return nil
	})
	if err != nil {
		return err
	}
	st := stand{handle: handle}
	return redirect(v, st.again(v))
}
