package tutorial

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
)

// A Browser reads pages and fills in their forms as a person's browser does: it keeps
// cookies, follows redirects within the server, and runs no script.
type Browser struct {
	client http.Client
	base   *url.URL
	Page   Page
	// Left is the address outside of the server that the last answer led to, nil for none.
	Left *url.URL
}

// A Page is what the browser shows.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Title  string
	Error  string            // what the page says is wrong
	Texts  map[string]string // by the id of what holds them
	Forms  []Form
	Links  []string
}

// A Form is one of a page: where it goes, what it is sent with, and its buttons.
type Form struct {
	Action  string
	Fields  map[string]string
	Buttons []Field
	Options string // of a passkey's ceremony, JSON; "" for a form of no ceremony
}

// A Field is a name and a value.
type Field struct{ Name, Value string }

// NewBrowser is a fresh browser for the server at base, over client's connections.
func NewBrowser(client *http.Client, base string) (*Browser, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	b := &Browser{base: u, client: http.Client{Transport: client.Transport, Timeout: patience, Jar: jar}}
	b.client.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if r.URL.Host != u.Host {
			return http.ErrUseLastResponse
		}
		if len(via) > 10 {
			return errors.New("too many redirects")
		}
		return nil
	}
	return b, nil
}

// Jar is where the browser keeps its cookies.
func (b *Browser) Jar() http.CookieJar { return b.client.Jar }

// Open goes to an address, which may be relative to the page or the server.
func (b *Browser) Open(ctx context.Context, address string) error {
	r, err := b.request(ctx, http.MethodGet, address, "")
	if err != nil {
		return err
	}
	return b.visit(r)
}

// Submit fills the form that has a button of that value, and presses it.
func (b *Browser) Submit(ctx context.Context, button string, fields ...Field) error {
	for _, f := range b.Page.Forms {
		i := slices.IndexFunc(f.Buttons, func(x Field) bool { return x.Value == button })
		if i < 0 {
			continue
		}
		values := url.Values{}
		for name, value := range f.Fields {
			values.Set(name, value)
		}
		for _, field := range fields {
			if _, there := f.Fields[field.Name]; !there {
				return fmt.Errorf("the page %q has no field %s", b.Page.Title, field.Name)
			}
			values.Set(field.Name, field.Value)
		}
		if name := f.Buttons[i].Name; name != "" {
			values.Set(name, button)
		}
		return b.Post(ctx, f.Action, values)
	}
	return fmt.Errorf("the page %q has no button %s; it says: %s", b.Page.Title, button, b.Page.Error)
}

// Post sends a form's values.
func (b *Browser) Post(ctx context.Context, action string, values url.Values) error {
	r, err := b.request(ctx, http.MethodPost, action, values.Encode())
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.base.String())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.visit(r)
}

func (b *Browser) request(ctx context.Context, method, address, body string) (*http.Request, error) {
	u := b.base
	if b.Page.URL != nil {
		u = b.Page.URL
	}
	to, err := u.Parse(address)
	if err != nil {
		return nil, err
	}
	return http.NewRequestWithContext(ctx, method, to.String(), strings.NewReader(body))
}

func (b *Browser) visit(r *http.Request) error {
	answer, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }() // what was wanted of it has been read
	b.Left = nil
	if to := answer.Header.Get("Location"); answer.StatusCode/100 == 3 && to != "" {
		b.Left, err = answer.Request.URL.Parse(to)
		return err
	}
	b.Page = Page{URL: answer.Request.URL, Status: answer.StatusCode, Header: answer.Header, Texts: map[string]string{}}
	return b.Page.read(io.LimitReader(answer.Body, mostAnswer))
}

// read takes the page apart. Our pages are close enough to XML.
func (p *Page) read(r io.Reader) error {
	d := xml.NewDecoder(r)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var ids []string // of the elements that are open
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read page: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			ids = append(ids, p.element(t))
		case xml.EndElement:
			ids = ids[:max(0, len(ids)-1)]
		case xml.CharData:
			for _, id := range ids {
				if id != "" {
					p.Texts[id] += string(t)
				}
			}
			p.Title, p.Error = strings.TrimSpace(p.Texts["title"]), strings.TrimSpace(p.Texts["error"])
		}
	}
}

// element notes what an element is, and answers the name by which its text is kept.
func (p *Page) element(t xml.StartElement) string {
	a := map[string]string{}
	for _, attr := range t.Attr {
		a[attr.Name.Local] = attr.Value
	}
	var form *Form
	if n := len(p.Forms); n > 0 {
		form = &p.Forms[n-1]
	}
	switch {
	case t.Name.Local == "title":
		return "title"
	case t.Name.Local == "form":
		p.Forms = append(p.Forms, Form{Action: a["action"], Fields: map[string]string{}, Options: a["data-options"]})
	case t.Name.Local == "input" && form != nil && a["name"] != "":
		form.Fields[a["name"]] = a["value"]
	case t.Name.Local == "button" && form != nil:
		form.Buttons = append(form.Buttons, Field{a["name"], a["value"]})
	case t.Name.Local == "a":
		p.Links = append(p.Links, a["href"])
	}
	return a["id"]
}
