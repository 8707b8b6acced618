package oauth

import (
	"fmt"
	"net/http"
	"strings"

	"ephor/internal/store"
)

// A Message is a page that only says something to a person.
type Message struct {
	Status int           // of HTTP; 200 for zero
	Tenant *store.Tenant // whose organization it is about, nil for none
	Title  string
	Error  string // what is wrong, "" for nothing
	Text   string
	Small  string   // for whoever helps the person
	Tells  []string // addresses of clients that are told, by a frame each, that the person has signed out
	Next   string   // where the person goes on to when they have been told, "" for nowhere
}

// A Drawer shows people what they read in the browser. The endpoints say what, and the room
// of the pages how it looks.
type Drawer func(w http.ResponseWriter, r *http.Request, m Message)

// drawPlain is the Drawer of a server that has no pages.
func drawPlain(w http.ResponseWriter, _ *http.Request, m Message) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", private)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(max(m.Status, http.StatusOK))
	for _, s := range []string{m.Title, m.Error, m.Text, m.Small} {
		if s != "" {
			_, _ = fmt.Fprintln(w, s) // a client that is gone cannot be told
		}
	}
}

// showFailure tells the person what is wrong, where no client can be told.
func (s *Server) showFailure(w http.ResponseWriter, r *http.Request, f *failure) {
	b := s.describe(r, f)
	text, details, _ := strings.Cut(b.Description, " Trace ID: ")
	s.Draw(w, r, Message{
		Status: f.Status, Title: "Sorry, but we're having trouble signing you in.", Error: text, Small: "Trace ID: " + details,
	})
}
