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

// devicePage is where a person types the code that a device shows, sees who asks and from
// where, and says yes or no. Yes leads on to the sign-in pages.
func (s *Server) devicePage(w http.ResponseWriter, r *http.Request, name string) {
	t, f := s.tenantNamed(r.Context(), name)
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	if r.Method == http.MethodGet {
		s.askCode(w, t, "")
		return
	}
	form, f := readForm(r)
	if f != nil {
		s.showFailure(w, r, f)
		return
	}
	if form.Get("flow") != "" {
		s.deviceAnswer(w, r, t, form.Get("flow"), form.Get("answer") == "yes")
		return
	}
	s.deviceTyped(w, r, t, typedCode(form.Get("user_code")))
}

// deviceURL is the address of the page.
func (s *Server) deviceURL(t *store.Tenant) string {
	return s.set.PublicURL + "/" + t.ID().String() + "/oauth2/deviceauth"
}

func (s *Server) askCode(w http.ResponseWriter, t *store.Tenant, wrong string) {
	s.show(w, sheet{
		Title: "Enter code", Wrong: wrong, Code: s.deviceURL(t),
		Lines: []string{"Enter the code that is shown on your app or device.", "Do not enter a code that somebody has sent you: it would sign them in as you."},
	})
}

// errTries says that too many codes were typed.
var errTries = errors.New("too many codes were typed")

// deviceTyped looks a typed code up, and asks the person whether it is what they want.
func (s *Server) deviceTyped(w http.ResponseWriter, r *http.Request, t *store.Tenant, code string) {
	ticket, d, found, err := s.findDevice(r, t, code)
	switch {
	case errors.Is(err, errTries):
		s.show(w, sheet{Status: http.StatusTooManyRequests, Title: "Enter code", Wrong: "Too many codes were entered. Wait a quarter of an hour."})
		return
	case err != nil:
		s.showFailure(w, r, s.broken(r.Context(), t, err))
		return
	case !found:
		s.askCode(w, t, "That code didn't work. Check the code and try again.")
		return
	}
	client, err := s.client(r.Context(), t, d.Client)
	if err != nil {
		s.showFailure(w, r, s.broken(r.Context(), t, err))
		return
	}
	handle, err := s.StartFlow(w, r, t, Flow{
		Kind: DeviceFlow, Client: d.Client, ClientName: client.name, Principal: client.principal, Asked: d.Asked, Demand: d.Demand,
		Device: ticket.ID, Prompt: promptSelect,
	})
	if err != nil {
		s.showFailure(w, r, s.broken(r.Context(), t, err))
		return
	}
	s.show(w, sheet{
		Title: "Are you trying to sign in to " + client.name + "?",
		Lines: []string{
			fmt.Sprintf("A device at the network address %s asked for this at %s UTC.", d.Address, ticket.Created.Time().Format(time.TimeOnly)),
			"Only continue if you started this yourself, on a device that you trust.",
		},
		Choice: &choice{s.deviceURL(t), handle},
	})
}

// findDevice is the device that shows that code. What is wrong is counted.
func (s *Server) findDevice(r *http.Request, t *store.Tenant, code string) (ticket store.Ticket, d device, found bool, err error) {
	who := signin.HashSecret(triesKind + " " + s.Address(r))
	err = t.Write(r.Context(), func(tx *store.WriteTx) error {
		found = false
		tries, count, err := readTries(tx, who)
		if err != nil {
			return err
		}
		if count >= typingMost {
			return errTries
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
	return ticket, d, found && err == nil, err
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

// deviceAnswer is what the person says to the question: the sign-in goes on, or ends.
func (s *Server) deviceAnswer(w http.ResponseWriter, r *http.Request, t *store.Tenant, handle string, yes bool) {
	f, err := s.Flow(r.Context(), t, handle, s.Browser(r))
	if err == nil && f.Kind != DeviceFlow {
		err = ErrNoFlow
	}
	if err == nil && yes {
		h := w.Header()
		h.Set("Location", s.PagesURL(t, handle))
		h.Set("Cache-Control", private)
		h.Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	if err == nil {
		err = s.Refuse(w, r, t, f, 65004)
	}
	switch {
	case errors.Is(err, ErrNoFlow):
		s.askCode(w, t, "That took too long. Enter the code again.")
	case err != nil:
		s.showFailure(w, r, s.broken(r.Context(), t, err))
	default:
		s.show(w, sheet{Title: "You have cancelled the sign-in", Lines: []string{"You can close this window."}})
	}
}
