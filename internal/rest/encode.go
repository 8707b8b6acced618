package rest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/op"
)

// contentType is that of Graph's answers, for one odata.metadata level.
func contentType(level string) string {
	return "application/json;odata.metadata=" + level + ";odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
}

// succeed writes an operation's answer.
func (x *exchange) succeed(w http.ResponseWriter, a op.Answer) {
	h := w.Header()
	h["Odata-Version"] = protocol
	h["X-Ms-Resource-Unit"] = oneUnit
	if a.Location != "" {
		h.Set("Location", a.Location)
	}
	if len(a.Body) == 0 {
		w.WriteHeader(a.Status)
		return
	}
	kind := a.Type
	if kind == "" {
		kind = contentType(x.metadata)
	}
	writeJSON(w, a.Status, kind, a.Body)
}

func writeJSON(w http.ResponseWriter, status int, kind string, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{kind}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	// A client that is gone cannot be told.
	_, _ = w.Write(body)
}

// errorBody is a fault in Graph's envelope, as an answer to x.
func errorBody(f *fault.Fault, x *exchange) []byte {
	return Envelope(f, x.id.String(), x.client, x.at)
}

// Envelope is a fault as Graph writes it (errors.md §0, E1, E2 and E4): to the request with
// that id, which its client calls by another, at an instant of the machine.
func Envelope(f *fault.Fault, id, client string, at time.Time) []byte {
	code, message := f.Code, f.Message
	if f.Wrapped {
		code, message = "UnknownError", wrapped(f)
	}
	var w edm.Writer
	w.Begin()
	w.Name("error")
	w.Begin()
	w.Name("code")
	w.Str(code)
	w.Name("message")
	w.Str(message)
	if f.Target != "" {
		w.Name("target")
		w.Str(f.Target)
	}
	writeDetails(&w, f.Details)
	w.Name("innerError")
	w.Begin()
	w.Name("date")
	w.Str(at.UTC().Format(time.DateOnly + "T" + time.TimeOnly))
	w.Name("request-id")
	w.Str(id)
	w.Name("client-request-id")
	w.Str(client)
	w.End()
	w.End()
	w.End()
	return w.Bytes()
}

func writeDetails(w *edm.Writer, details []fault.Detail) {
	if len(details) == 0 {
		return
	}
	w.Name("details")
	w.BeginArray()
	for _, d := range details {
		w.Begin()
		w.Name("code")
		w.Str(d.Code)
		w.Name("message")
		w.Str(d.Message)
		if d.Target != "" {
			w.Name("target")
			w.Str(d.Target)
		}
		w.End()
	}
	w.EndArray()
}

// wrapped is the JSON text that PIM's authorizer puts into a message (errors.md, E2).
func wrapped(f *fault.Fault) string {
	text, err := json.Marshal(struct {
		Code        string   `json:"errorCode"`
		Message     string   `json:"message"`
		Annotations []string `json:"instanceAnnotations"`
	}{f.Code, f.Message, []string{}})
	if err != nil {
		return f.Message // three strings always marshal
	}
	return string(text)
}

func itoa(n int) string { return strconv.Itoa(n) }
