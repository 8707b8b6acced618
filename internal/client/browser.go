package client

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// slow bounds, for each connection of the browser's, the reading of one request.
const slow = 10 * time.Second

// An arrival is what the browser brought back.
type arrival struct {
	code string
	err  error
}

// byBrowser opens the sign-in page, and takes the code that the browser is sent back with
// to a port of this machine (RFC 8252, with PKCE).
func (c *Client) byBrowser(ctx context.Context, in Login) (*oauth2.Token, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wait for the browser: %w", err)
	}
	config, verifier, state := c.Profile.config(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	config.RedirectURL = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	address := config.AuthCodeURL(state, append(in.options(), oauth2.S256ChallengeOption(verifier))...)
	fmt.Fprintf(c.Tell, "Sign in at this address, if no browser opens by itself:\n\n  %s\n\n", address)
	if c.Browse != nil {
		if err := c.Browse(address); err != nil {
			fmt.Fprintf(c.Tell, "No browser could be opened (%v).\n", err)
		}
	}
	code, err := receive(ctx, listener, state)
	if err != nil {
		return nil, err
	}
	return config.Exchange(c.outward(ctx), code, oauth2.VerifierOption(verifier))
}

// receive waits for the browser to come back with the state that it was sent away with.
// What comes with another state is somebody else's.
func receive(ctx context.Context, listener net.Listener, state string) (string, error) {
	came := make(chan arrival, 1)
	page := func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1 {
			http.Error(w, "This is not the sign-in that was waited for.", http.StatusBadRequest)
			return
		}
		a := arrival{code: q.Get("code")}
		text := "You are signed in. Close this page and go back to the terminal.\n"
		if a.code == "" {
			a.err = fmt.Errorf("the sign-in was refused: %s %s", q.Get("error"), q.Get("error_description"))
			text = "The sign-in was refused. The terminal says why.\n"
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, text)
		select {
		case came <- a:
		default: // the first one counts
		}
	}
	server := &http.Server{Handler: http.HandlerFunc(page), ReadHeaderTimeout: slow, MaxHeaderBytes: 16 << 10}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	defer func() { _ = server.Shutdown(context.WithoutCancel(ctx)) }() // the last answer leaves first
	select {
	case a := <-came:
		return a.code, a.err
	case err := <-stopped:
		return "", fmt.Errorf("wait for the browser: %w", err)
	case <-ctx.Done():
		return "", errors.New("the sign-in was given up")
	}
}
