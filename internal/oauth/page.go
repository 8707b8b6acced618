package oauth

import (
	"html/template"
	"net/http"
	"strings"
)

// page is the frame of the few pages that are served here, in the look of all others (room
// pages, whose style sheet it names): no script, nothing from elsewhere. What others wrote is
// escaped by the template.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<link rel="stylesheet" href="/_ephor/pages/style.css">
<link rel="icon" href="/_ephor/pages/mark.svg" type="image/svg+xml">
</head>
<body>
<main class="card">
<p class="brand"><img src="/_ephor/pages/mark.svg" alt="" width="24" height="24"><span>Ephor</span></p>
<h1>{{.Title}}</h1>
{{with .Wrong}}<div class="bar error wrong" id="error" role="alert"><span>{{.}}</span></div>{{end}}
{{range .Lines}}<p>{{.}}</p>
{{end}}{{with .Code}}<form method="post" action="{{.}}" id="device">
<label for="code">Code</label>
<input id="code" class="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="32" required autofocus>
<div class="actions"><button class="primary" id="submit" type="submit">Next</button></div></form>
{{end}}{{with .Choice}}<form method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<div class="actions"><button id="deny" type="submit" name="answer" value="no">Cancel</button> <button class="primary" id="accept" type="submit" name="answer" value="yes">Continue</button></div></form>
{{end}}{{with .Next}}<div class="actions"><a class="button primary" id="continue" href="{{.}}">Continue</a></div>
{{end}}{{with .Small}}<p class="hint">{{.}}</p>
{{end}}</main>
</body>
</html>
`))

// A sheet is what a page says.
type sheet struct {
	Status int
	Title  string
	Wrong  string // what was wrong with what the person did
	Lines  []string
	Code   string // where a code that is typed goes, "" for none
	Choice *choice
	Next   string // an address to go on to
	Small  string
}

// A choice is a question with yes and no.
type choice struct{ Action, Flow string }

// show answers with a page.
func (s *Server) show(w http.ResponseWriter, p sheet) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", private)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(max(p.Status, http.StatusOK))
	_ = page.Execute(w, p) // a client that is gone cannot be told
}

// showFailure tells the person what is wrong, where no client can be told.
func (s *Server) showFailure(w http.ResponseWriter, r *http.Request, f *failure) {
	b := s.describe(r, f)
	text, details, _ := strings.Cut(b.Description, " Trace ID: ")
	s.show(w, sheet{
		Status: f.Status, Title: "Sorry, but we're having trouble signing you in.", Lines: []string{text}, Small: "Trace ID: " + details,
	})
}
