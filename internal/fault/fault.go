// Package fault holds the one error that a caller may read. Everything else that goes
// wrong is for the log, and reaches a caller as "something failed here".
package fault

import (
	"errors"
	"fmt"
)

// A Fault is a refusal in the words of Graph's wire (errors.md): an HTTP status, a code
// that clients match, a message that their users see.
type Fault struct {
	Status  int    // HTTP status, 400 to 599
	Code    string // wire contract, never renamed
	Message string
	Target  string   // the property, path or header at fault, "" when none is
	Details []Detail // what is missing, for callers who may know
	// Wrapped faults go out as PIM's own authorizer writes them: code UnknownError and
	// the code and message as a JSON string inside the message (errors.md, E2).
	Wrapped bool
	// Challenge, when set, is the value of a WWW-Authenticate header.
	Challenge string
	// Allow, when set, are the methods that the resource takes.
	Allow []string
	// RetryAfter, when positive, is a wait in seconds before the call may be repeated.
	RetryAfter int
	// Cause is hidden from the caller and logged.
	Cause error
}

// A Detail names one thing that a caller could change.
type Detail struct {
	Code    string
	Message string
	Target  string
}

// Error is the fault for logs, its cause included.
func (f *Fault) Error() string {
	if f.Cause != nil {
		return fmt.Sprintf("%d %s: %s: %v", f.Status, f.Code, f.Message, f.Cause)
	}
	return fmt.Sprintf("%d %s: %s", f.Status, f.Code, f.Message)
}

// Unwrap is the hidden cause.
func (f *Fault) Unwrap() error { return f.Cause }

// With is a copy of f that also carries detail d.
func (f *Fault) With(d Detail) *Fault {
	c := *f
	c.Details = append(append([]Detail(nil), f.Details...), d)
	return &c
}

// About is a copy of f that names target as what is at fault.
func (f *Fault) About(target string) *Fault {
	c := *f
	c.Target = target
	return &c
}

// As is the fault inside err, if there is one.
func As(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Bad is a 400 with the given code and message.
func Bad(code, format string, args ...any) *Fault {
	return &Fault{Status: 400, Code: code, Message: fmt.Sprintf(format, args...)}
}

// BadRequest is the directory's 400, Request_BadRequest, about target.
func BadRequest(target, format string, args ...any) *Fault {
	return Bad("Request_BadRequest", format, args...).About(target)
}

// Whose quota is exceeded.
const (
	Principal = "Principal"
	Tenant    = "Tenant"
)

// Quota is the directory's refusal of one more than there may be, of whose quota it is; format
// says how many that is. Both statuses are known of it, 403 where an answer is on record
// (errors.md 2).
func Quota(of, format string, args ...any) *Fault {
	return &Fault{
		Status: 403, Code: "Directory_QuotaExceeded",
		Message: "The directory object quota limit for the " + of + " has been exceeded. " + fmt.Sprintf(format, args...),
	}
}

// UnsupportedQuery is the directory's 400 for a query that no index or mode answers.
func UnsupportedQuery(format string, args ...any) *Fault {
	return Bad("Request_UnsupportedQuery", format, args...)
}

// BadQuery is the gateway's 400 for query options that cannot be read.
func BadQuery(target, format string, args ...any) *Fault {
	return Bad("BadRequest", format, args...).About(target)
}

// NotFound is the directory's 404 for the object named id.
func NotFound(id string) *Fault {
	return &Fault{
		Status: 404, Code: "Request_ResourceNotFound",
		Message: fmt.Sprintf("Resource '%s' does not exist or one of its queried reference-property objects are not present.", id),
	}
}

// Denied is the directory's 403.
func Denied(details ...Detail) *Fault {
	return &Fault{
		Status: 403, Code: "Authorization_RequestDenied",
		Message: "Insufficient privileges to complete the operation.", Details: details,
	}
}

// Internal hides cause behind a 500.
func Internal(cause error) *Fault {
	return &Fault{Status: 500, Code: "InternalServerError", Message: "The server could not complete the request. Its log says why, under this request-id.", Cause: cause}
}

// Unavailable hides cause behind a 503 that may be repeated after a second.
func Unavailable(cause error) *Fault {
	return &Fault{Status: 503, Code: "ServiceUnavailable", Message: "The server cannot answer for this tenant right now. Repeat the request shortly.", RetryAfter: 1, Cause: cause}
}
