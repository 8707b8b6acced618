package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	mostAnswer = 16 << 20         // bytes of one answer
	patience   = 60 * time.Second // for one answer
	mostPages  = 10_000           // of one list
)

// A Client calls one server in somebody's name.
type Client struct {
	Profile *Profile
	// File keeps the profile when its token is renewed; "" keeps it nowhere.
	File string
	// Browse shows a person an address; nil when nobody is there to look at it.
	Browse func(address string) error
	// Eventual says that calls are sent with ConsistencyLevel: eventual.
	Eventual bool
	// Tell takes what a person must read during a sign-in.
	Tell io.Writer

	http *http.Client
}

// New is a client of the profile's server.
func New(p *Profile, file string, tell io.Writer) (*Client, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	h, err := Trusting(p.CAFile)
	if err != nil {
		return nil, err
	}
	return &Client{Profile: p, File: file, Tell: tell, http: h}, nil
}

// Trusting is an HTTP client that trusts the authority in caFile alone, or without one
// whom the machine trusts.
func Trusting(caFile string) (*http.Client, error) {
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, Proxy: http.ProxyFromEnvironment}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
	}
	// A redirection would be an answer that nobody asked for: it is judged, not followed.
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// Call makes one request of Graph. The path begins with the API's version, such as
// /v1.0/me. A body is sent as JSON unless it is nil; the answer is read into answer unless
// that is nil. The error is a *Refusal where the server refused. A claims challenge is
// answered once, if a person can be asked.
func (c *Client) Call(ctx context.Context, method, path string, body, answer any) error {
	err := c.call(ctx, method, path, body, answer)
	r, refused := errors.AsType[*Refusal](err)
	if !refused || r.Claims == "" || c.Browse == nil || c.Profile.Way == "given" || c.Profile.Way == "secret" {
		return err
	}
	fmt.Fprintln(c.Tell, "The server asks for a fresh proof of who you are.")
	if err := c.Login(ctx, Login{Way: c.Profile.Way, Claims: r.Claims}); err != nil {
		return fmt.Errorf("sign in again: %w", err)
	}
	return c.call(ctx, method, path, body, answer)
}

func (c *Client) call(ctx context.Context, method, path string, body, answer any) error {
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Profile.URL+path, sent)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Eventual {
		r.Header.Set("ConsistencyLevel", "eventual")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return c.send(r, answer)
}

// send makes a request and reads its answer.
func (c *Client) send(r *http.Request, answer any) error {
	res, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // what was wanted of it has been read
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case len(text) > mostAnswer:
		return fmt.Errorf("the answer has more than %d bytes", mostAnswer)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return refusal(res.StatusCode, res.Header, text)
	case answer == nil || len(text) == 0:
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s answered what is not the JSON expected: %w", r.Method, r.URL.Path, err)
	}
	return nil
}

// token is an access token that still lives, renewed if need be.
func (c *Client) token(ctx context.Context) (string, error) {
	if c.Profile.Token == nil {
		return "", ErrSignedOut
	}
	source := c.Profile.config().TokenSource(c.outward(ctx), c.Profile.Token)
	fresh, err := source.Token()
	if _, refused := errors.AsType[*oauth2.RetrieveError](err); refused {
		return "", fmt.Errorf("the sign-in has run out, run `ephor login`: %w", said(err))
	}
	if err != nil {
		return "", fmt.Errorf("renew the sign-in: %w", err)
	}
	if fresh.AccessToken != c.Profile.Token.AccessToken {
		return fresh.AccessToken, c.keep(fresh)
	}
	return fresh.AccessToken, nil
}

// keep stores a new token.
func (c *Client) keep(t *oauth2.Token) error {
	c.Profile.Token = t
	if c.File == "" {
		return nil
	}
	return c.Profile.Save(c.File)
}

// outward is ctx with the HTTP client that OAuth's calls are to be made with.
func (c *Client) outward(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http)
}

// All calls each with the rows of a collection, page after page.
func All[T any](ctx context.Context, c *Client, path string, each func(T) error) error {
	for range mostPages {
		var page struct {
			Value []T    `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		if err := c.Call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return err
		}
		for _, row := range page.Value {
			if err := each(row); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		rest, ours := strings.CutPrefix(page.Next, c.Profile.URL)
		if !ours {
			return fmt.Errorf("the next page is said to be at another server, %s", page.Next)
		}
		path = rest
	}
	return fmt.Errorf("the list has more than %d pages", mostPages)
}
