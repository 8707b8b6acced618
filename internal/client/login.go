package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// The ways to sign in.
const (
	ByBrowser = "browser" // in a browser on this machine
	ByDevice  = "device"  // in any browser, with a code that is typed there
	BySecret  = "secret"  // as an application, with its secret
	Given     = "given"   // with a token that was had elsewhere
)

// A Login is one sign-in.
type Login struct {
	Way    string
	Secret string // for BySecret
	Token  string // for Given
	Hint   string // whom the page should propose
	Claims string // what a challenge asked for, "" for nothing
}

// Login signs in and keeps the token.
func (c *Client) Login(ctx context.Context, in Login) error {
	ways := map[string]func(context.Context, Login) (*oauth2.Token, error){
		ByBrowser: c.byBrowser, ByDevice: c.byDevice, BySecret: c.bySecret,
		Given: func(context.Context, Login) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: in.Token}, nil },
	}
	way, known := ways[in.Way]
	if !known {
		return fmt.Errorf("%q is no way to sign in", in.Way)
	}
	token, err := way(ctx, in)
	if err != nil {
		return said(err)
	}
	c.Profile.Way = in.Way
	return c.keep(token)
}

// options are what a sign-in asks for besides scopes. The capability cp1 says that claims
// challenges are understood.
func (in Login) options() []oauth2.AuthCodeOption {
	list := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("claims", capable(in.Claims))}
	if in.Hint != "" {
		list = append(list, oauth2.SetAuthURLParam("login_hint", in.Hint))
	}
	return list
}

// capable is the claims that a challenge has asked for, and the capability beside them: a
// token without it is refused again for want of it (errors.md 1a).
func capable(claims string) string {
	all := map[string]map[string]any{}
	if claims != "" && json.Unmarshal([]byte(claims), &all) != nil {
		return claims // which is no object of objects: let the server judge it
	}
	if all["access_token"] == nil {
		all["access_token"] = map[string]any{}
	}
	all["access_token"]["xms_cc"] = map[string]any{"values": []string{"CP1"}}
	text, err := json.Marshal(all)
	if err != nil {
		return claims
	}
	return string(text)
}

// byDevice shows a code, and waits until somebody has typed it.
func (c *Client) byDevice(ctx context.Context, in Login) (*oauth2.Token, error) {
	ctx, config := c.outward(ctx), c.Profile.config()
	device, err := config.DeviceAuth(ctx, in.options()...)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(c.Tell, "To sign in, open %s in any browser and type the code %s\n", Plain(device.VerificationURI), Plain(device.UserCode))
	return config.DeviceAccessToken(ctx, device)
}

// bySecret is an application's own sign-in. The secret is not kept: when the token has run
// out, it is asked for again.
func (c *Client) bySecret(ctx context.Context, in Login) (*oauth2.Token, error) {
	if in.Secret == "" {
		return nil, errors.New("the application's secret is missing")
	}
	config := clientcredentials.Config{
		ClientID: c.Profile.Client, ClientSecret: in.Secret, TokenURL: c.Profile.endpoint().TokenURL,
		Scopes: []string{c.Profile.URL + "/.default"}, AuthStyle: oauth2.AuthStyleInParams,
	}
	return config.Token(c.outward(ctx))
}

// said is what the server's OAuth endpoint said, without the noise around it.
func said(err error) error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok && r.ErrorDescription != "" {
		return errors.New(Plain(r.ErrorDescription))
	}
	return err
}
