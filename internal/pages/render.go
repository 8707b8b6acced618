package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"

	"ephor/internal/guid"
)

//go:embed html static
var files embed.FS

// staticPath is where the style sheet and the script are.
const staticPath = "/_ephor/pages/"

// assets are the files below static, by name, and what marks their present edition.
var assets = func() map[string]asset {
	all := map[string]asset{}
	entries, err := files.ReadDir("static")
	if err != nil {
		panic("pages: " + err.Error())
	}
	for _, e := range entries {
		b, err := files.ReadFile("static/" + e.Name())
		if err != nil {
			panic("pages: " + err.Error())
		}
		sum := sha256.Sum256(b)
		all[e.Name()] = asset{b, hex.EncodeToString(sum[:8])}
	}
	return all
}()

type asset struct {
	body    []byte
	edition string
}

// assetURL is the address of an asset's present edition, which may be kept for ever.
func assetURL(name string) string { return staticPath + name + "?" + assets[name].edition }

// static serves an asset, or is nil when there is none of that name.
func static(name string) http.Handler {
	a, ok := assets[name]
	if !ok {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if r.URL.RawQuery == a.edition {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		h.Set("Etag", `"`+a.edition+`"`)
		http.ServeContent(w, r, "", zeroTime, bytes.NewReader(a.body))
	})
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{"asset": assetURL}).ParseFS(files, "html/*.html"))

// protect sets what every page is sent with. No page may be framed, kept, or told to other
// sites; nothing runs or loads that is not the server's own file.
func protect(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Forms of our own show where they come from; no other site learns a flow's address.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), publickey-credentials-create=(self), publickey-credentials-get=(self)")
	h.Set("Content-Security-Policy", policy("", false))
}

// policy is the content security policy of a page. A form's answer may lead on to the
// client's own address, which browsers count as the form's.
func policy(leadsTo string, script bool) string {
	p := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	if u, err := url.Parse(leadsTo); err == nil && u.Scheme != "" {
		if u.Scheme == "https" || u.Scheme == "http" {
			p += " " + u.Scheme + "://" + u.Host
		} else {
			p += " " + u.Scheme + ":"
		}
	}
	if script {
		p += "; script-src 'self'"
	}
	return p
}

// A view is what a page shows. Fields that a page does not use are empty.
type view struct {
	Page     string // the template
	Title    string
	Org      string       // the organization's name
	Client   string       // the application that the person signs in to, "" for none
	Error    string       // what was wrong with what was sent
	Notice   string       // what has happened
	Small    string       // for whoever helps the person
	Tells    []string     // what is opened in frames that nobody sees
	Next     template.URL // where the browser goes on to by itself
	Flow     string       // the flow's handle
	CSRF     string
	Name     string // the person's user principal name
	Display  string // their name
	Script   bool   // the page needs the script
	LeadsTo  string // where the form's answer may lead
	Codes    []string
	Key      string // of an authenticator app, to be typed
	QR       template.HTML
	Ceremony string // a passkey's options, JSON
	Has      struct{ App, Passkey, Codes bool }
	Data     any

	// Status is the answer's; 200 unless given.
	Status int
}

// render answers with a page. It is made whole before anything is sent.
func (s *Server) render(v *visit, d view) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, d.Page+".html", d); err != nil {
		return err
	}
	v.w.Header().Set("Content-Security-Policy", policy(d.LeadsTo, d.Script)+framing(d.Tells))
	if d.Status == 0 {
		d.Status = http.StatusOK
	}
	v.w.WriteHeader(d.Status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(b.Bytes()) // a browser that is gone cannot be told
	}
	return nil
}

// fail answers with a page that only says what is wrong.
func (s *Server) fail(v *visit, status int, text string) {
	protect(v.w.Header())
	if err := s.render(v, view{Page: "message", Title: "Something is not right", Error: text, Status: status}); err != nil {
		s.Log.ErrorContext(v.ctx(), "page", "error", err)
	}
}

// broken answers for a failure of the server's own.
func (s *Server) broken(v *visit, err error) {
	s.Log.ErrorContext(v.ctx(), "page failed", "request", v.id, "path", v.r.URL.Path, "error", err)
	s.fail(v, http.StatusServiceUnavailable, "The server cannot answer right now. Try again in a moment. If it goes on, tell your administrator this number: "+v.id.String())
}

// redirect sends the browser on with a GET.
func redirect(v *visit, to string) error {
	v.w.Header().Set("Location", to)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// base is the address of a tenant's pages.
func base(tenant guid.ID) string { return "/" + tenant.String() }
