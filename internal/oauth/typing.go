package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// The bounds of typing codes: so many wrong ones from one address in so long.
const (
	typingMost = 10
	typingFor  = 15 * time.Minute
	triesKind  = "tries"
)

// DevicePath is the page below the tenant where a person types the code that a device shows.
const DevicePath = "oauth2/deviceauth"

// deviceURL is the address of that page.
func (s *Server) deviceURL(t *store.Tenant) string {
	return s.set.PublicURL + "/" + t.ID().String() + "/" + DevicePath
}

// Refusals of a typed code.
var (
	// ErrTries says that too many codes were typed from the person's address.
	ErrTries = errors.New("too many codes were typed")
	// ErrNoDevice says that no device waits for the code.
	ErrNoDevice = errors.New("no device waits for that code")
)

// A Waiting is a device that waits for its person, who is asked whether it is theirs.
type Waiting struct {
	Client  string // the application's name
	Address string // the network address of the device
	Asked   when.Instant
	Flow    string // handle of the sign-in, which begins when the person says yes
}

// Type looks up a code that a person has typed, and begins the flow in which they are asked
// whether they want to sign the device in. ErrTries and ErrNoDevice are refusals; a wrong code
// is counted. It may set a cookie on w.
func (s *Server) Type(w http.ResponseWriter, r *http.Request, t *store.Tenant, typed string) (Waiting, error) {
	ticket, d, err := s.findDevice(r, t, typedCode(typed))
	if err != nil {
		return Waiting{}, err
	}
	client, err := s.client(r.Context(), t, d.Client)
	if err != nil {
		return Waiting{}, err
	}
	handle, err := s.StartFlow(w, r, t, Flow{
		Kind: DeviceFlow, Client: d.Client, ClientName: client.name, Principal: client.principal, Asked: d.Asked, Demand: d.Demand,
		Device: ticket.ID, Prompt: promptSelect,
	})
	return Waiting{Client: client.name, Address: d.Address, Asked: ticket.Created, Flow: handle}, err
}

// findDevice is the device that shows that code. What is wrong is counted, and stays counted.
func (s *Server) findDevice(r *http.Request, t *store.Tenant, code string) (ticket store.Ticket, d device, err error) {
	who := signin.HashSecret(triesKind + " " + s.Address(r))
	found := false
	err = t.Write(r.Context(), func(tx *store.WriteTx) error {
		found = false
		tries, count, err := readTries(tx, who)
		if err != nil {
			return err
		}
		if count >= typingMost {
			return ErrTries
		}
		if len(code) == userLength {
			if ticket, found, err = tx.TicketByKey(deviceTicket, signin.HashSecret(code)); err != nil {
				return err
			}
		}
		if found = found && ticket.Good(tx.Machine()); found {
			return json.Unmarshal(ticket.Body, &d)
		}
		tries.Body = json.RawMessage(fmt.Sprint(count + 1))
		tx.PutTicket(tries)
		return nil
	})
	if err == nil && !found {
		err = ErrNoDevice
	}
	return ticket, d, err
}

// readTries is how many wrong codes somebody has typed lately.
func readTries(tx *store.WriteTx, who string) (t store.Ticket, count int, err error) {
	t, found, err := tx.Ticket(triesKind, who)
	if err != nil {
		return t, 0, err
	}
	if now := tx.Machine(); !found || !t.Good(now) {
		return store.Ticket{ID: who, Kind: triesKind, Created: now, End: now.Add(typingFor), Spent: when.Never}, 0, nil
	}
	return t, count, json.Unmarshal(t.Body, &count)
}

// Declined is the AADSTS number with which a person who says no ends a flow.
const Declined = 65004
