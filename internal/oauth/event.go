package oauth

import (
	"context"
	"net/http"
	"sync"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// graphName is what the resource that tokens are for is called.
const graphName = "Microsoft Graph"

// Event is the entry of the sign-in log for a request by client, which pages and grants
// complete: whose sign-in, how it ended, what was proved.
func (s *Server) Event(r *http.Request, client guid.ID, clientName string) signin.Event {
	agent := r.UserAgent()
	return signin.Event{
		Correlation: correlationOf(r, guid.ID{}), App: client, AppName: clientName, Resource: GraphAppID, ResourceApp: graphName,
		Address: s.Address(r), UserAgent: cleaned(agent[:min(len(agent), signin.MaxText)]), ClientUsed: usedBy(r),
	}
}

// usedBy tells a browser from an app by what every browser has begun its name with since 1994.
func usedBy(r *http.Request) string {
	if len(r.UserAgent()) > 8 && r.UserAgent()[:8] == "Mozilla/" {
		return signin.ClientBrowser
	}
	return signin.ClientNative
}

// event is the entry for a token request, about user u ("" for none known).
func (s *Server) event(q *request, u *directory.User, session guid.ID, methods []string, f *failure) signin.Event {
	e := s.Event(q.http, q.client.app, q.client.name)
	e.Detail, e.Session, e.Methods = q.form.Get("grant_type"), session, methods
	if len(e.Detail) > maxShown {
		e.Detail = ""
	}
	if u != nil {
		e.User, e.UPN, e.UserName = u.ID, u.UPN, u.DisplayName
	}
	if f != nil {
		e.Code, e.Reason = f.Code, f.Text
	}
	return e
}

// The folding of clients' own sign-ins. A client that acts for itself asks for a token again
// and again; one entry of the log stands for all of a while that came out alike.
const (
	foldFor   = 5 * when.Minute
	foldsMost = 4096             // that are remembered
	noteTime  = 10 * time.Second // for writing one
	notesMost = 64               // that are written at once
)

// appSignIns remembers which of clients' own sign-ins were logged lately.
type appSignIns struct {
	mu      sync.Mutex
	logged  map[appSignIn]when.Instant
	writing int
}

type appSignIn struct {
	tenant, client guid.ID
	address        string
	code           int
}

// due reports whether an entry for k is to be written at now, and counts it as written.
func (a *appSignIns) due(k appSignIn, now when.Instant) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, known := a.logged[k]; known && now-at < foldFor && now >= at || a.writing >= notesMost {
		return false
	}
	if a.logged == nil || len(a.logged) >= foldsMost {
		a.logged = map[appSignIn]when.Instant{}
	}
	a.logged[k] = now
	a.writing++
	return true
}

func (a *appSignIns) written() {
	a.mu.Lock()
	a.writing--
	a.mu.Unlock()
}

// appSignedIn logs a client's own sign-in, f being how it was refused or nil. It does not
// wait: the entry follows the answer.
func (s *Server) appSignedIn(q *request, f *failure) {
	k := appSignIn{q.tenant.ID(), q.client.app, s.Address(q.http), 0}
	if f != nil {
		k.code = f.Code
	}
	if !s.apps.due(k, s.env.Now()) {
		return
	}
	e := s.event(q, nil, guid.ID{}, nil, f)
	e.Principal = q.client.principal
	go func() {
		defer s.apps.written()
		ctx, cancel := context.WithTimeout(context.Background(), noteTime)
		defer cancel()
		if err := q.tenant.WriteSlice(ctx, func(tx *store.WriteTx) error { tx.SignIn(e); return nil }); err != nil {
			s.log.Warn("log a client's sign-in", "tenant", q.tenant.ID(), "error", err)
		}
	}()
}

// refusedClient logs that a client was refused, and is f. A client that is not there is not
// logged: anybody can make up ids.
func (s *Server) refusedClient(q *request, f *failure) *failure {
	if q.client.object != (guid.ID{}) {
		s.appSignedIn(q, f)
	}
	return f
}
