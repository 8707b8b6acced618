package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A Refusal is an answer of 4xx or 5xx: what Graph's envelope says.
type Refusal struct {
	Status    int      `json:"status"`
	Code      string   `json:"code"`
	Message   string   `json:"message"`
	Details   []Detail `json:"details,omitempty"`
	RequestID string   `json:"requestId,omitempty"`
	// Claims are what a sign-in must ask for before the call is let in, "" for none.
	Claims string `json:"claims,omitempty"`
}

// A Detail is one of error.details.
type Detail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}

// Error is the refusal in one line, and each detail in one more.
func (r *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%d %s)", r.Message, r.Status, r.Code)
	for _, d := range r.Details {
		b.WriteString("\n  " + d.Message)
		if d.Target != "" {
			b.WriteString(" [" + d.Target + "]")
		}
	}
	return b.String()
}

// Denied reports that the server refused, and did not fail.
func (r *Refusal) Denied() bool { return r.Status >= 400 && r.Status < 500 }

// challenge finds the claims in the message of a PIM refusal (errors.md 1a).
var challenge = regexp.MustCompile(`claims=([^"&\s]+)`)

// refusal reads an answer as a refusal.
func refusal(status int, header http.Header, body []byte) *Refusal {
	var envelope struct {
		Error struct {
			Code, Message string
			Details       []Detail
			InnerError    struct {
				RequestID string `json:"request-id"`
			}
		}
	}
	r := &Refusal{Status: status}
	if json.Unmarshal(body, &envelope) == nil && envelope.Error.Code != "" {
		r.Code, r.Message, r.Details = envelope.Error.Code, envelope.Error.Message, envelope.Error.Details
		r.RequestID = envelope.Error.InnerError.RequestID
	} else {
		r.Code, r.Message = http.StatusText(status), "The server gave no reason."
	}
	r.unwrap()
	r.Code, r.Message = Plain(r.Code), Plain(r.Message)
	for i, d := range r.Details {
		r.Details[i] = Detail{Plain(d.Code), Plain(d.Message), Plain(d.Target)}
	}
	r.Claims = claimsOf(r, header)
	return r
}

// unwrap takes PIM's double envelope apart (errors.md, E2).
func (r *Refusal) unwrap() {
	var inner struct{ ErrorCode, Message string }
	if r.Code == "UnknownError" && json.Unmarshal([]byte(r.Message), &inner) == nil && inner.ErrorCode != "" {
		r.Code, r.Message = inner.ErrorCode, inner.Message
	}
}

// claimsOf are the claims that a refusal asks for: in WWW-Authenticate, or in the text of
// PIM's own refusal.
func claimsOf(r *Refusal, header http.Header) string {
	if r.Status == http.StatusUnauthorized {
		return claimsIn(header.Values("WWW-Authenticate"))
	}
	if r.Code != "RoleAssignmentRequestAcrsValidationFailed" {
		return ""
	}
	m := challenge.FindStringSubmatch(r.Message)
	if m == nil {
		return ""
	}
	text, err := url.QueryUnescape(m[1])
	if err != nil || !json.Valid([]byte(text)) {
		return ""
	}
	return text
}
