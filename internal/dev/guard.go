package dev

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"strings"

	"ephor/internal/fault"
)

// guard refuses what no script sends: a call made by a page in a browser (which bears an
// Origin, or says where it comes from), a body that a form could send, and, where the
// server can be reached from other machines, a call without the key.
func (a *API) guard(r *http.Request) error {
	if len(r.Header.Values("Origin")) > 0 {
		return forbidden("Origin", "The control API answers no web page: leave out the Origin header.")
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "none" {
			return forbidden("Sec-Fetch-Site", "The control API answers no web page.")
		}
	}
	if a.Key != "" && !a.bearsKey(r) {
		return &fault.Fault{
			Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Challenge: "Bearer",
			Message: "This server can be reached from other machines, so the control API needs dev.json's controlKey: Authorization: Bearer {controlKey}.",
		}
	}
	return contentType(r)
}

// contentType refuses a body that is not JSON. A browser sends JSON to another site only
// after asking, which is refused as well.
func contentType(r *http.Request) error {
	given := r.Header.Values("Content-Type")
	if len(given) == 0 && r.ContentLength == 0 {
		return nil
	}
	media, params, err := mime.ParseMediaType(strings.Join(given, ","))
	charset := params["charset"]
	if err != nil || media != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != "" {
		return &fault.Fault{
			Status: http.StatusUnsupportedMediaType, Code: "Request_BadRequest", Target: "Content-Type",
			Message: "Send the body as Content-Type: application/json, plain.",
		}
	}
	return nil
}

// bearsKey reports whether the request bears the control key.
func (a *API) bearsKey(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare([]byte(strings.TrimSpace(given)), []byte(a.Key)) == 1
}

func forbidden(header, message string) error {
	return &fault.Fault{Status: http.StatusForbidden, Code: "Authorization_RequestDenied", Target: header, Message: message}
}
