package oauth

import (
	"html/template"
	"net/http"
	"strings"
)

// page is the frame of the few pages that are served here: no script, no picture, nothing
// from elsewhere. What others wrote is escaped by the template.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}input,button{font:inherit;padding:.5rem .75rem}input{letter-spacing:.1em;text-transform:uppercase}
small{color:#555}.wrong{color:#a4262c}</style></head>
<body><main><h1>{{.Title}}</h1>
{{with .Wrong}}<p class="wrong" role="alert">{{.}}</p>{{end}}
{{range .Lines}}<p>{{.}}</p>{{end}}
{{with .Code}}<form method="post" action="{{.}}"><p><label for="code">Code</label><br>
<input id="code" name="user_code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="32" required autofocus></p>
<p><button type="submit">Next</button></p></form>{{end}}
{{with .Choice}}<form method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<p><button type="submit" name="answer" value="yes">Continue</button> <button type="submit" name="answer" value="no">Cancel</button></p></form>{{end}}
{{with .Next}}<p><a href="{{.}}">Continue</a></p>{{end}}
{{with .Small}}<p><small>{{.}}</small></p>{{end}}
</main></body></html>
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
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
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
