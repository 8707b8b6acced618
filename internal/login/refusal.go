package login

import (
	"fmt"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// The numbers under which a sign-in is refused or interrupted (AADSTS): the sign-in log has
// them, and clients know some.
const (
	CodeDone        = 0
	CodeLocked      = 50053
	CodeExpired     = 50055 // the password must be changed
	CodeDisabled    = 50057
	CodeRegister    = 50072 // a second factor must be registered
	CodeSecond      = 50074 // a second factor must be given
	CodeWrong       = 50126 // name or password
	CodeWrongPass   = 130503
	CodeWrongSecond = 500121
)

// reasons are what the sign-in log says for each number.
var reasons = map[int]string{
	CodeLocked:      "The account is locked because of too many failed attempts.",
	CodeExpired:     "The password has to be changed before the sign-in can go on.",
	CodeDisabled:    "The user account is disabled.",
	CodeRegister:    "The user has to register a second factor.",
	CodeSecond:      "A second factor is required.",
	CodeWrong:       "Invalid username or password.",
	CodeWrongPass:   "The Temporary Access Pass is wrong, or cannot be used now.",
	CodeWrongSecond: "The second factor was not proved.",
}

// A Refusal is a proof that was not given, or may not be given now.
type Refusal struct {
	Code  int
	Until when.Instant // of CodeLocked: when it may be tried again, on the machine's clock
}

// Error says the reason, for logs.
func (r *Refusal) Error() string {
	return fmt.Sprintf("sign-in refused: %d: %s", r.Code, reasons[r.Code])
}

// Unwrap is the refusal as a fault, so that its effects are committed.
func (r *Refusal) Unwrap() error {
	return &fault.Fault{Status: 401, Code: "InvalidAuthenticationToken", Message: reasons[r.Code]}
}

// event is an attempt of u in the sign-in log.
func (t Try) event(u *directory.User, code int, methods ...string) signin.Event {
	used := t.ClientUsed
	if used == "" {
		used = signin.ClientBrowser
	}
	app := t.AppName
	if t.App.IsZero() && app == "" {
		app = "Ephor sign-in"
	}
	return signin.Event{
		Correlation: t.Correlation, User: u.ID, UPN: u.UPN, UserName: u.DisplayName, App: t.App, AppName: app,
		Address: t.Address, UserAgent: cut(t.UserAgent), Interactive: true, ClientUsed: used,
		Resource: graphApp, ResourceApp: "Microsoft Graph", Code: code, Reason: reasons[code], Methods: methods,
	}
}

// graphApp is the application id of Microsoft Graph.
var graphApp = guid.Must("00000003-0000-0000-c000-000000000000")

// cut is s without what does not fit into the log.
func cut(s string) string {
	if len(s) <= signin.MaxText {
		return s
	}
	return string([]rune(s[:signin.MaxText-4]))
}

// Done notes in the sign-in log that u has signed in.
func (s *Server) Done(tx *store.WriteTx, t Try, u *directory.User, session signin.Session) {
	e := t.event(u, CodeDone, session.Methods()...)
	e.Session = session.ID
	tx.SignIn(e)
}

// Interrupted notes in the sign-in log that u's sign-in lacks something.
func (s *Server) Interrupted(tx *store.WriteTx, t Try, u *directory.User, code int) {
	tx.SignIn(t.event(u, code))
}

// record is the audit record of what u has changed about their own sign-in.
func (t Try) record(u *directory.User, activity, kind, service, operation string, details ...audit.Detail) audit.Record {
	return audit.Record{
		Activity: activity, Category: "UserManagement", Service: service, Type: kind, Operation: operation,
		Result: audit.Success, Correlation: t.Correlation,
		Actor:   audit.Actor{User: audit.User{ID: u.ID, UPN: u.UPN, Name: u.DisplayName, IP: t.Address}},
		Targets: []audit.Target{{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN}},
		Details: details,
	}
}

// AADSTS is the refusal's number, for clients that read it.
func (r *Refusal) AADSTS() int { return r.Code }
