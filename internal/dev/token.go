package dev

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// methods are the proofs that a token can be asked to stand for.
var methods = []string{signin.Password, signin.MultiFactor, "otp", "fido", "hwk", "swk", "sms", "tel"}

// A tokenRequest asks for a person's token (User, and what of the others is wanted) or for
// a client's own (Client alone).
type tokenRequest struct {
	User   string   `json:"user"`   // id or user principal name
	Client string   `json:"client"` // appId; for a person's token the public client unless given
	Scopes []string `json:"scopes"` // all that is consented to unless given; given ones are consented to
	AMR    []string `json:"amr"`    // ["pwd"] unless given
}

// token gives a real token, signed as any other. A person's has a session with the named
// proofs, as if the person had just signed in and, on the way, allowed the client the scopes
// that it asked for.
func (a *API) token(c *call) (int, any, error) {
	var in tokenRequest
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	var t oauth.Token
	var err error
	switch {
	case in.User != "":
		t, err = a.personToken(c, &in)
	case in.Client != "" && in.Scopes == nil && in.AMR == nil:
		t, err = a.clientToken(c, in.Client)
	case in.Client != "":
		err = fault.BadRequest("scopes", "A client's own token carries the permissions that it was given: scopes and amr are a person's. Name the user.")
	default:
		err = fault.BadRequest("user", `Name the user (id or user principal name), or for a client's own token its appId: {"client": "…"}.`)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct {
		Access  string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}{t.Access, t.Seconds}, nil
}

func (a *API) clientToken(c *call, name string) (oauth.Token, error) {
	id, ok := guid.Parse(name)
	if !ok {
		return oauth.Token{}, fault.BadRequest("client", "client must be an appId.")
	}
	t, err := a.Tokens.ClientToken(c.ctx, c.tenant, id)
	if errors.Is(err, oauth.ErrNoClient) {
		return t, a.noClient(c)
	}
	return t, err
}

func (a *API) personToken(c *call, in *tokenRequest) (oauth.Token, error) {
	ask := oauth.SignIn{Scopes: in.Scopes, Methods: in.AMR, Consents: true}
	if in.AMR == nil {
		ask.Methods = []string{signin.Password}
	}
	for _, m := range ask.Methods {
		if !slices.Contains(methods, m) {
			return oauth.Token{}, fault.BadRequest("amr", "amr names the proofs of a sign-in: %s.", strings.Join(methods, ", "))
		}
	}
	var err error
	if ask.User, err = a.findUser(c, in.User); err != nil {
		return oauth.Token{}, err
	}
	if ask.Client, err = a.findClient(c, in.Client); err != nil {
		return oauth.Token{}, err
	}
	t, err := a.Tokens.UserToken(c.ctx, c.tenant, ask)
	switch {
	case errors.Is(err, oauth.ErrNoUser):
		return t, a.noUser(c)
	case errors.Is(err, oauth.ErrNoClient):
		return t, a.noClient(c)
	case errors.Is(err, oauth.ErrScope):
		return t, fault.BadRequest("scopes", "%s. Those that Ephor knows: %s.", err, strings.Join(authz.AllScopes().Names(), ", "))
	}
	return t, err
}

// findUser is the live user with that id or user principal name.
func (a *API) findUser(c *call, name string) (id guid.ID, err error) {
	id, ok := guid.Parse(name)
	err = c.tenant.Read(c.ctx, func(tx *store.ReadTx) error {
		if ok {
			_, found, err := tx.User(id)
			if err == nil && !found {
				err = oauth.ErrNoUser
			}
			return err
		}
		u, found, err := tx.UserByUPN(name)
		if err == nil && !found {
			err = oauth.ErrNoUser
		}
		id = u.ID
		return err
	})
	if errors.Is(err, oauth.ErrNoUser) {
		return id, a.noUser(c)
	}
	return id, err
}

// findClient is the client of that appId, or the seed's public client for "".
func (a *API) findClient(c *call, name string) (guid.ID, error) {
	if name != "" {
		id, ok := guid.Parse(name)
		if !ok {
			return id, fault.BadRequest("client", "client must be an appId.")
		}
		return id, nil
	}
	p, err := a.Tenants.plans.of(c.tenant.Spec().Seed)
	if err != nil {
		return guid.ID{}, err
	}
	for _, kind := range []string{Public, SinglePage} {
		for _, client := range p.element.Clients {
			if client.Kind == kind {
				return client.AppID, nil
			}
		}
	}
	return guid.ID{}, fault.BadRequest("client", "This tenant was seeded without a public client: name the client by its appId.")
}

// noUser is the refusal of a user who cannot act, with those that the seed had.
func (a *API) noUser(c *call) error {
	return a.lacking(c, "user", "There is no such user, or the account is disabled.", func(e *Element) (names []string) {
		for _, u := range e.Users {
			names = append(names, u.UserPrincipalName)
		}
		return names
	})
}

// noClient is the refusal of a client that cannot act, with those that the seed had.
func (a *API) noClient(c *call) error {
	return a.lacking(c, "client", "There is no such client, or it is disabled.", func(e *Element) (names []string) {
		for _, client := range e.Clients {
			names = append(names, fmt.Sprintf("%s (%s, %s)", client.AppID, client.DisplayName, client.Kind))
		}
		return names
	})
}

// mostNamed bounds how many names a refusal lists.
const mostNamed = 20

func (a *API) lacking(c *call, target, message string, names func(*Element) []string) error {
	p, err := a.Tenants.plans.of(c.tenant.Spec().Seed)
	if err != nil {
		return err
	}
	if all := names(&p.element); len(all) > 0 {
		message += " The tenant was seeded with: " + strings.Join(all[:min(len(all), mostNamed)], ", ") + "."
	}
	return &fault.Fault{Status: http.StatusNotFound, Code: "ResourceNotFound", Target: target, Message: message}
}
