package conformance

import (
	"context"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ephor/conformance/house"
)

// outward is the test's context with the client that trusts the server.
func outward(t *testing.T) context.Context { return oidc.ClientContext(t.Context(), house.Client) }

// provider is the tenant as go-oidc discovers it: the issuer must be the address.
func provider(t *testing.T, at *house.Tenant) *oidc.Provider {
	t.Helper()
	p, err := oidc.NewProvider(outward(t), house.BaseURL+"/"+at.TenantID+"/v2.0")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestOAuth2UsesASecret(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	app, secret := at.ClientOf("confidential")
	config := clientcredentials.Config{ClientID: app, ClientSecret: secret, TokenURL: provider(t, at).Endpoint().TokenURL, Scopes: []string{house.GraphScope}}
	token, err := config.Token(outward(t)) // it tries HTTP Basic first
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, token.AccessToken, "")
}

func TestGoOIDCVerifiesThePersonThatSignsIn(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	p, sam := provider(t, at), "sam@contoso.com"
	app, _ := at.ClientOf("public")
	config := oauth2.Config{
		ClientID: app, Endpoint: p.Endpoint(), RedirectURL: "http://localhost",
		Scopes: []string{oidc.ScopeOpenID, "profile", "offline_access", house.GraphScope},
	}
	verifier, state := oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	address := config.AuthCodeURL(state, oidc.Nonce("a nonce"), oauth2.S256ChallengeOption(verifier))
	back := house.NewBrowser(t).SignIn(address, sam, at.Password(sam))
	if back.Get("state") != state {
		t.Fatalf("came back with %v", back)
	}
	token, err := config.Exchange(outward(t), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, token.AccessToken, sam)
	id, err := p.Verifier(&oidc.Config{ClientID: app}).Verify(outward(t), token.Extra("id_token").(string))
	if err != nil || id.Nonce != "a nonce" {
		t.Fatalf("id token: %v", err)
	}
	info, err := p.UserInfo(outward(t), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject {
		t.Errorf("userinfo: %+v %v", info, err)
	}
	fresh, err := config.TokenSource(outward(t), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil || fresh.RefreshToken == token.RefreshToken {
		t.Fatalf("refresh: %v", err)
	}
	house.Works(t, fresh.AccessToken, sam)
}

func TestOAuth2UsesADeviceCode(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	p, sam := provider(t, at), "sam@contoso.com"
	app, _ := at.ClientOf("public")
	config := oauth2.Config{ClientID: app, Endpoint: p.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "offline_access", house.GraphScope}}
	device, err := config.DeviceAuth(outward(t))
	if err != nil {
		t.Fatal(err)
	}
	house.NewBrowser(t).TypeCode(device.VerificationURI, device.UserCode, sam, at.Password(sam))
	ctx, stop := context.WithTimeout(outward(t), time.Minute) // it would ask until the code ends
	defer stop()
	token, err := config.DeviceAccessToken(ctx, device)
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, token.AccessToken, sam)
}
