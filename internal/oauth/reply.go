package oauth

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// The response modes of authorize.
const (
	modeQuery    = "query"
	modeFragment = "fragment"
	modePost     = "form_post"
)

// send answers the client at its address, in its response mode. What is sent may be seen by
// nobody else: it is not cached, and no Referer tells it.
func (s *Server) send(w http.ResponseWriter, reply Reply, values url.Values) {
	if reply.State != "" {
		values.Set("state", reply.State)
	}
	h := w.Header()
	h.Set("Cache-Control", private)
	h.Set("Pragma", "no-cache")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	if reply.Mode == modePost {
		s.post(w, reply.Redirect, values)
		return
	}
	h.Set("Location", located(reply, values))
	// 303 makes a browser that came with a POST go on with a GET, and drop what it posted.
	w.WriteHeader(http.StatusSeeOther)
}

// located is the client's address with values in its query or fragment. A query that the
// address was registered with stays.
func located(reply Reply, values url.Values) string {
	sep := "#"
	if reply.Mode == modeQuery {
		sep = "?"
		if strings.Contains(reply.Redirect, "?") {
			sep = "&"
		}
	}
	return reply.Redirect + sep + strings.ReplaceAll(values.Encode(), "+", "%20")
}

// postPage posts its form by itself; without scripts there is a button.
var postPage = template.Must(template.New("post").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Working...</title></head>
<body><form method="POST" name="hiddenform" action="{{.Action}}">
{{range $name, $values := .Values}}{{range $values}}<input type="hidden" name="{{$name}}" value="{{.}}">
{{end}}{{end}}<noscript><p>Script is disabled. Click Submit to continue.</p><input type="submit" value="Submit"></noscript>
</form><script nonce="{{.Nonce}}">document.forms[0].submit();</script></body></html>
`))

// post answers with a page that posts values to the client's address.
func (s *Server) post(w http.ResponseWriter, action string, values url.Values) {
	var b [16]byte
	_, _ = s.env.Read(b[:])
	nonce := base64.StdEncoding.EncodeToString(b[:])
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'nonce-"+nonce+"'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(http.StatusOK)
	// The address was registered, and is http(s) or an app's own scheme: never a script's.
	_ = postPage.Execute(w, struct {
		Action template.URL
		Nonce  string
		Values url.Values
	}{template.URL(action), nonce, values}) //nolint:gosec // see above; a client that is gone cannot be told
}
