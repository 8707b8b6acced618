package rest

import (
	"net/http"
	"strings"
)

// maxAsked bounds, in bytes, the headers that a page of another origin may ask to send.
const maxAsked = 1024

// exposed are the headers of answers that pages of other origins may read.
const exposed = "request-id, client-request-id, Location, Retry-After, WWW-Authenticate, OData-Version, x-ms-resource-unit"

// crossOrigin lets pages of any origin call Graph, as Graph does: single-page applications
// live elsewhere (clients.md). Nothing here goes by cookies or by address, so an origin adds
// no right; the token that a page must show is the page's own. It reports whether the
// request was a browser's question before a call, which is answered.
func crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	if len(r.Header["Origin"]) == 0 {
		return false
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", exposed)
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS")
	if asked := r.Header.Get("Access-Control-Request-Headers"); len(asked) <= maxAsked && names(asked) {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// names reports whether s is a list of header names.
func names(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != ',' && c != ' '
	})
}
