package house

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A Browser is a person at the sign-in pages, as far as forms go: it follows, keeps cookies,
// fills in what it knows and presses the button. Who must change the password chooses Chosen,
// and who must register an authenticator app has one from then on. Scripts and passkeys are
// for the tests in a real browser.
type Browser struct {
	t      *testing.T
	client *http.Client
	knows  map[string]string // what to type, by the field's name
	app    app
}

// Chosen is the password of who had to choose one.
const Chosen = "mangrove-Lagoon-47"

// errBack ends a walk at an address of the client's own.
var errBack = errors.New("back at the client")

// NewBrowser is one that nobody has signed in with.
func NewBrowser(t *testing.T) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &Browser{t: t, knows: map[string]string{"newPassword": Chosen, "confirmPassword": Chosen}}
	b.client = &http.Client{Transport: Client.Transport, Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !ours(r.URL) {
			return errBack
		}
		return nil
	}}
	return b
}

// ours reports whether an address is the server's.
func ours(u *url.URL) bool { return strings.HasPrefix(u.String(), BaseURL+"/") }

// SignIn opens an authorize address and signs in, up to the redirection to the client,
// whose parameters it answers with, wherever they stand.
func (b *Browser) SignIn(address, upn, password string) url.Values {
	b.t.Helper()
	b.knows["username"], b.knows["password"] = upn, password
	back := b.walk(address)
	if back == nil {
		b.t.Fatal("the sign-in did not come back to the client")
	}
	return back
}

// TypeCode types a device's code, signs in, and goes on until no form is left.
func (b *Browser) TypeCode(address, code, upn, password string) {
	b.t.Helper()
	b.knows["user_code"], b.knows["username"], b.knows["password"] = code, upn, password
	b.walk(address)
}

// walk goes from page to page. It ends where the browser leaves the server, with what it
// takes along, or at a page with nothing to fill in, with nil.
func (b *Browser) walk(address string) url.Values {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	for range 12 {
		if err != nil {
			b.t.Fatal(err)
		}
		p, back := b.open(req)
		if back != nil {
			return back
		}
		if on := p.byID("continue"); on != nil { // the recovery codes, which are kept
			req, err = b.follow(p, on)
			continue
		}
		if key := p.byID("key"); key != nil {
			b.app = newApp(b.t, textOf(key))
		}
		f := p.form()
		if f == nil {
			return nil
		}
		if !ours(f.action) { // response_mode=form_post
			return f.values
		}
		req, err = http.NewRequestWithContext(b.t.Context(), f.method, f.action.String(), strings.NewReader(b.fill(f).Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Origin", BaseURL)
			req.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	b.t.Fatal("the sign-in never ends")
	return nil
}

// follow is the request that a link of the page makes.
func (b *Browser) follow(p page, link *html.Node) (*http.Request, error) {
	to, err := p.at.Parse(attr(link, "href"))
	if err != nil {
		return nil, err
	}
	return http.NewRequestWithContext(b.t.Context(), http.MethodGet, to.String(), nil)
}

// open makes a request and reads the page, or what the client is sent.
func (b *Browser) open(r *http.Request) (page, url.Values) {
	b.t.Helper()
	res, err := b.client.Do(r)
	if errors.Is(err, errBack) {
		_ = res.Body.Close()
		to, err := res.Location()
		if err != nil {
			b.t.Fatal(err)
		}
		values := to.Query()
		if fragment, err := url.ParseQuery(to.Fragment); err == nil && to.Fragment != "" {
			values = fragment
		}
		return page{}, values
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 500 {
		b.t.Fatalf("%s: %d %s %v", r.URL.Path, res.StatusCode, text, err)
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		b.t.Fatal(err)
	}
	p := page{at: res.Request.URL, root: root}
	if e := p.byID("error"); e != nil {
		b.t.Fatalf("%s: the page says: %s", r.URL.Path, textOf(e))
	}
	return p, nil
}

// fill types what is known into the fields that are empty.
func (b *Browser) fill(f *form) url.Values {
	b.t.Helper()
	for name := range f.empty {
		value, known := b.knows[name]
		switch {
		case known:
			f.values.Set(name, value)
		case name == "code" && b.app.key != nil:
			f.values.Set(name, b.app.next(b.t))
		case f.empty[name]:
			b.t.Fatalf("the page asks for %q, which this person does not know", name)
		}
	}
	if f.values.Has("newPassword") {
		b.knows["password"] = Chosen
	}
	return f.values
}

// A page is a document and where it came from.
type page struct {
	at   *url.URL
	root *html.Node
}

// A form is the main form of a page.
type form struct {
	action *url.URL
	method string
	values url.Values
	empty  map[string]bool // fields to be typed in, and whether they must be
	// pressed reports that it has a button, the first of which is pressed unless another is
	// the primary one.
	pressed bool
}

// form is the page's first form with a primary button, or that sends itself, else its first
// with any button; nil for none.
func (p page) form() *form {
	var other *form
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" {
			continue
		}
		f, main := p.read(n)
		if main {
			return f
		}
		if other == nil && f != nil && f.pressed {
			other = f
		}
	}
	return other
}

func (p page) read(n *html.Node) (f *form, main bool) {
	action, err := p.at.Parse(attr(n, "action"))
	if err != nil {
		return nil, false
	}
	if attr(n, "action") == "" {
		action = p.at
	}
	f = &form{action: action, method: strings.ToUpper(attr(n, "method")), values: url.Values{}, empty: map[string]bool{}}
	main = !ours(action)
	for c := range n.Descendants() {
		name := attr(c, "name")
		switch {
		case c.Data == "button":
			primary := strings.Contains(attr(c, "class"), "primary")
			if name != "" && (primary || !f.pressed) {
				f.values.Set(name, attr(c, "value"))
			}
			main, f.pressed = main || primary, true
		case c.Data != "input" || name == "":
		case attr(c, "type") == "hidden" || attr(c, "value") != "":
			f.values.Set(name, attr(c, "value"))
		default:
			_, required := find(c, "required")
			f.empty[name] = required
		}
	}
	return f, main
}

func (p page) byID(id string) *html.Node {
	for n := range p.root.Descendants() {
		if attr(n, "id") == id {
			return n
		}
	}
	return nil
}

func attr(n *html.Node, name string) string {
	v, _ := find(n, name)
	return v
}

func find(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return strings.TrimSpace(b.String())
}
