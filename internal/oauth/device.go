package oauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A device shows a code that its person types on a page in a browser elsewhere (RFC 8628).
// The person sees which client asks, and from where, before they say yes.

// How long a device's code lives, and how often the device should ask, in seconds.
const (
	deviceLife     = 15 * time.Minute
	deviceInterval = 5
)

// The letters and the length of the code that a person types: no vowels, so that it is no
// word, and nothing that looks like something else. There are 5 * 10^11.
const (
	userLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userLength  = 9
)

// A device is a sign-in that a device waits for.
type device struct {
	Client  guid.ID `json:"client"`
	Name    string  `json:"name"`
	Asked   Asked   `json:"asked"`
	Address string  `json:"address"` // where the device is
	Demand  signin.Demand
	// Done is set when the person has decided; Passed is who signed in, if they said yes.
	Done   bool    `json:"done,omitempty"`
	Passed *passed `json:"passed,omitempty"`
}

// deviceCodes is the devicecode endpoint.
func (s *Server) deviceCodes(w http.ResponseWriter, r *http.Request, name string) {
	body, f := s.startDevice(r, name)
	if f != nil {
		s.refuse(w, r, f)
		return
	}
	s.answer(w, http.StatusOK, private, body)
}

// deviceBody is what a device is told.
type deviceBody struct {
	UserCode   string `json:"user_code"`
	DeviceCode string `json:"device_code"`
	URI        string `json:"verification_uri"`
	Seconds    int64  `json:"expires_in"`
	Interval   int64  `json:"interval"`
	Message    string `json:"message"`
}

func (s *Server) startDevice(r *http.Request, name string) (deviceBody, *failure) {
	form, f := readForm(r)
	if f != nil {
		return deviceBody{}, f
	}
	q := &request{http: r, form: form, name: name}
	if q.creds, f = readCredentials(r, form); f != nil {
		return deviceBody{}, f
	}
	if q.tenant, f = s.tenantNamed(r.Context(), name); f != nil {
		return deviceBody{}, f
	}
	if f = s.admit(q); f != nil {
		return deviceBody{}, f
	}
	if f = q.flowless(); f != nil {
		return deviceBody{}, f
	}
	asked, f := s.readAsked(q.ctx(), q.tenant, form.Get("scope"))
	if f != nil {
		return deviceBody{}, f
	}
	d := device{Client: q.client.app, Name: q.client.name, Asked: asked, Address: s.Address(r), Demand: readWishes(form.Get("claims")).demand()}
	return s.putDevice(q, d)
}

// flowless is nil if the client may ask for tokens without an address of its own: it proves
// itself, or its registration says that it is a public client.
func (q *request) flowless() *failure {
	if q.proof != ProofNone || q.client.public {
		return nil
	}
	return noSecret()
}

// putDevice stores what the device waits for, under two codes: the device's own and the one
// that is typed.
func (s *Server) putDevice(q *request, d device) (deviceBody, *failure) {
	body, err := json.Marshal(d)
	if err != nil {
		return deviceBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	code, typed := s.marked(q.tenant.ID()), s.userCode()
	err = q.tenant.WriteAs(q.ctx(), signInShare, func(tx *store.WriteTx) error {
		now := tx.Machine()
		tx.PutTicket(store.Ticket{
			ID: signin.HashSecret(code), Kind: deviceTicket, Key: signin.HashSecret(typed), Body: body, Created: now, End: now.Add(deviceLife), Spent: when.Never,
		})
		return nil
	})
	if err != nil {
		return deviceBody{}, s.broken(q.ctx(), q.tenant, err)
	}
	page := s.deviceURL(q.tenant)
	return deviceBody{
		typed, code, page, int64(deviceLife / time.Second), deviceInterval,
		fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, typed),
	}, nil
}

// userCode is a fresh code to be typed. Bytes that would make some letters likelier are
// thrown away.
func (s *Server) userCode() string {
	code := make([]byte, 0, userLength)
	var b [1]byte
	for len(code) < userLength {
		if _, _ = s.env.Read(b[:]); int(b[0]) < 256-256%len(userLetters) {
			code = append(code, userLetters[int(b[0])%len(userLetters)])
		}
	}
	return string(code)
}

// typedCode is what was typed as it was shown: people leave out case and put in blanks.
func typedCode(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(userLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(bounded(s)))
}

// deviceCode gives a device its tokens when its person has said yes, once.
func (s *Server) deviceCode(q *request) (tokenBody, *failure) {
	code := q.form.Get("device_code")
	if code == "" {
		code = q.form.Get("code") // an older spelling of MSAL's
	}
	if code == "" {
		return tokenBody{}, lacking("device_code")
	}
	id := signin.HashSecret(bounded(code))
	if f := s.polled(q, id); f != nil {
		return tokenBody{}, f
	}
	return s.redeem(q, func(tx *store.WriteTx) (redeemed, *failure, error) {
		t, d, f, err := readDevice(&tx.ReadTx, id, q.client.app)
		if err != nil || f != nil {
			return redeemed{}, f, err
		}
		t.Spent = tx.Machine()
		tx.PutTicket(t)
		return s.fulfil(tx, q, *d.Passed, d.Passed.Session)
	})
}

// polled is nil when the device's person has said yes. Devices ask every few seconds, so
// this only reads.
func (s *Server) polled(q *request, id string) (f *failure) {
	err := q.tenant.Read(q.ctx(), func(tx *store.ReadTx) (err error) {
		_, _, f, err = readDevice(tx, id, q.client.app)
		return err
	})
	if err != nil {
		return s.broken(q.ctx(), q.tenant, err)
	}
	return f
}

// readDevice is the device with that id, if its person has said yes to that client.
func readDevice(tx *store.ReadTx, id string, client guid.ID) (t store.Ticket, d device, f *failure, err error) {
	t, found, err := tx.Ticket(deviceTicket, id)
	if err != nil {
		return t, d, nil, err
	}
	if !found {
		return t, d, badDevice(), nil
	}
	if err := json.Unmarshal(t.Body, &d); err != nil {
		return t, d, nil, fmt.Errorf("read device: %w", err)
	}
	switch {
	case d.Client != client, t.Spent <= tx.Machine():
		return t, d, badDevice(), nil
	case !t.Good(tx.Machine()):
		return t, d, lateDevice(), nil
	case !d.Done:
		return t, d, pendingDevice(), nil
	case d.Passed == nil:
		return t, d, declinedDevice(), nil
	}
	return t, d, nil, nil
}

// approve lets, in tx, the device of p's flow have its tokens.
func (s *Server) approve(tx *store.WriteTx, p passed) error { return decideDevice(tx, p.Flow, &p) }

// decline refuses the device of the flow.
func (s *Server) decline(tx *store.WriteTx, f Flow) error { return decideDevice(tx, f, nil) }

// decideDevice notes what the person has decided. A device is decided once: ErrNoFlow is the
// answer for another's decision.
func decideDevice(tx *store.WriteTx, f Flow, p *passed) error {
	t, found, err := tx.Ticket(deviceTicket, f.Device)
	if err != nil {
		return err
	}
	var d device
	if found {
		if err := json.Unmarshal(t.Body, &d); err != nil {
			return fmt.Errorf("read device: %w", err)
		}
	}
	if !found || !t.Good(tx.Machine()) || d.Done {
		return ErrNoFlow
	}
	d.Done, d.Passed, t.Key = true, p, ""
	if t.Body, err = json.Marshal(d); err != nil {
		return fmt.Errorf("keep device: %w", err)
	}
	tx.PutTicket(t)
	return nil
}
