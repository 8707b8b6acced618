package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// What a person can be in the middle of.
const (
	SignInFlow   = "authorize" // a client wants a sign-in
	DeviceFlow   = "device"    // a device waits for one
	EnrolFlow    = "enrol"     // an enrolment link was opened
	PasswordFlow = "password"  // the password is to be changed
	AdminFlow    = "admin"     // a client wants to be allowed something for everybody
)

// flowLife is how long a person may be in the middle of something.
const flowLife = 15 * time.Minute

// flowTicket is the kind of ticket that a flow is stored as.
const flowTicket = "flow"

// A Flow is something that a person is in the middle of. It is stored under the hash of a
// random handle that stands in the address of its pages, belongs to one browser, ends after
// 15 minutes, and is finished once. Instants are the machine's.
type Flow struct {
	ID     string  `json:"-"` // the handle's hash
	Kind   string  `json:"kind"`
	Tenant guid.ID `json:"tenant"`
	// Browser is the hash of what the browser that it belongs to shows.
	Browser string `json:"browser"`

	// The client that wants the sign-in; zero where none does.
	Client      guid.ID `json:"client"`                // application id
	ClientName  string  `json:"clientName"`            // to be shown, as anything that others wrote: escaped
	Principal   guid.ID `json:"principal"`             // its service principal
	Hint        string  `json:"hint,omitempty"`        // login_hint
	Prompt      string  `json:"prompt,omitempty"`      // "", login, select_account, consent
	Reply       Reply   `json:"reply"`                 // how the client is answered
	Asked       Asked   `json:"asked"`                 // what it asks for
	Device      string  `json:"device,omitempty"`      // id of the device code's ticket
	Correlation guid.ID `json:"correlation,omitempty"` // the client's id of the request

	// Consented is set when a person has allowed, in this flow, what the client asks for.
	Consented bool `json:"consented,omitempty"`

	// Demand is what the sign-in must have proved.
	Demand signin.Demand `json:"demand"`

	// How far the person has come. The pages keep it here between two requests: nothing of
	// it gives anything before Finish.
	User    guid.ID         `json:"user"`            // who it is, once that is known
	Factors []signin.Factor `json:"factors"`         // proved, in this flow, by a person not yet in a session
	State   json.RawMessage `json:"state,omitempty"` // the pages' own

	Created when.Instant `json:"-"`
	End     when.Instant `json:"-"`
}

// A Reply is how a client is answered. Its address was found among the client's own before
// the flow began.
type Reply struct {
	Redirect string `json:"redirect,omitempty"`
	// Given is the address as the request wrote it; the code is redeemed with the same.
	Given      string `json:"given,omitempty"`
	Mode       string `json:"mode,omitempty"` // query, fragment or form_post
	State      string `json:"state,omitempty"`
	Nonce      string `json:"nonce,omitempty"`
	Challenge  string `json:"challenge,omitempty"` // PKCE, S256
	ClientInfo bool   `json:"clientInfo,omitempty"`
	SPA        bool   `json:"spa,omitempty"` // the address is a single-page app's
	// Confidential is set when the address is a web server's, which has to prove itself.
	Confidential bool `json:"confidential,omitempty"`
}

// ErrNoFlow is the answer to a handle that is none, or has ended, or is another browser's.
var ErrNoFlow = errors.New("there is no such flow, or it has ended, or it is another browser's")

// StartFlow stores f as a new flow of the request's browser, and answers with the handle
// that its pages are opened with. It may set a cookie on w.
func (s *Server) StartFlow(w http.ResponseWriter, r *http.Request, t *store.Tenant, f Flow) (handle string, err error) {
	handle, f.Tenant = s.secret(), t.ID()
	f.Browser = signin.HashSecret(s.browser(w, r))
	body, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("start flow: %w", err)
	}
	err = t.WriteAs(r.Context(), signInShare, func(tx *store.WriteTx) error {
		now := tx.Machine()
		tx.PutTicket(store.Ticket{
			ID: signin.HashSecret(handle), Kind: flowTicket, Body: body, Created: now, End: now.Add(flowLife), Spent: when.Never,
		})
		return nil
	})
	return handle, err
}

// Flow is the flow with that handle, if it is that browser's (see Browser) and still goes
// on; else ErrNoFlow.
func (s *Server) Flow(ctx context.Context, t *store.Tenant, handle, browser string) (f Flow, err error) {
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		f, err = readFlow(tx, signin.HashSecret(bounded(handle)), tx.Machine())
		return err
	})
	if err == nil && (browser == "" || !same(f.Browser, signin.HashSecret(bounded(browser)))) {
		err = ErrNoFlow
	}
	return f, err
}

// readFlow is the flow with that id, if it goes on at now.
func readFlow(tx *store.ReadTx, id string, now when.Instant) (f Flow, err error) {
	ticket, found, err := tx.Ticket(flowTicket, id)
	if err != nil {
		return f, err
	}
	if !found || !ticket.Good(now) {
		return f, ErrNoFlow
	}
	if err := json.Unmarshal(ticket.Body, &f); err != nil {
		return f, fmt.Errorf("read flow: %w", err)
	}
	f.ID, f.Created, f.End = ticket.ID, ticket.Created, ticket.End
	if f.Tenant != tx.Tenant().ID() {
		return Flow{}, ErrNoFlow
	}
	return f, nil
}

// KeepFlow stores in tx how far the person has come in f: User, Factors and State. Nothing
// else of a flow changes. ErrNoFlow is the answer for one that has ended meanwhile.
func (s *Server) KeepFlow(tx *store.WriteTx, f Flow) error {
	was, err := readFlow(&tx.ReadTx, f.ID, tx.Machine())
	if err != nil {
		return err
	}
	was.User, was.Factors, was.State = f.User, f.Factors, f.State
	return putFlow(tx, was, when.Never)
}

// spendFlow ends the flow in tx, so that it is finished once.
func spendFlow(tx *store.WriteTx, f Flow) error {
	was, err := readFlow(&tx.ReadTx, f.ID, tx.Machine())
	if err != nil {
		return err
	}
	return putFlow(tx, was, tx.Machine())
}

func putFlow(tx *store.WriteTx, f Flow, spent when.Instant) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("keep flow: %w", err)
	}
	tx.PutTicket(store.Ticket{ID: f.ID, Kind: flowTicket, Body: body, Created: f.Created, End: f.End, Spent: spent})
	return nil
}
