package conformance

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/errors"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"golang.org/x/oauth2"

	"ephor/conformance/house"
)

// confidentialClient is MSAL Go's application with that credential.
func confidentialClient(t *testing.T, at *house.Tenant, cred confidential.Credential) confidential.Client {
	t.Helper()
	app, _ := at.ClientOf("confidential")
	c, err := confidential.New(house.BaseURL+"/"+at.TenantID, app, cred,
		confidential.WithHTTPClient(house.Client), confidential.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func secretOf(t *testing.T, at *house.Tenant) confidential.Credential {
	t.Helper()
	_, secret := at.ClientOf("confidential")
	cred, err := confidential.NewCredFromSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func TestMSALGoSignsAnApplicationInWithASecret(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	c := confidentialClient(t, at, secretOf(t, at))
	for _, scope := range []string{house.GraphScope, house.BaseURL + "/.default"} {
		got, err := c.AcquireTokenByCredential(t.Context(), []string{scope})
		if err != nil {
			t.Fatal(err)
		}
		house.Works(t, got.AccessToken, "")
	}
}

func TestMSALGoSignsAnApplicationInWithACertificate(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	cert, key := certify(t, at)
	cred, err := confidential.NewCredFromCert([]*x509.Certificate{cert}, key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := confidentialClient(t, at, cred).AcquireTokenByCredential(t.Context(), []string{house.GraphScope})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, got.AccessToken, "")
}

func TestMSALGoSaysWhatIsWrongWithASecret(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	cred, err := confidential.NewCredFromSecret("wrong")
	if err != nil {
		t.Fatal(err)
	}
	_, err = confidentialClient(t, at, cred).AcquireTokenByCredential(t.Context(), []string{house.GraphScope})
	var call msal.CallErr
	if !errors.As(err, &call) || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("err = %v", err)
	}
}

// publicClient is MSAL Go's application of people.
func publicClient(t *testing.T, at *house.Tenant) public.Client {
	t.Helper()
	app, _ := at.ClientOf("public")
	c, err := public.New(app, public.WithAuthority(house.BaseURL+"/"+at.TenantID),
		public.WithHTTPClient(house.Client), public.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMSALGoSignsAPersonInWithAPassword(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	c, sam := publicClient(t, at), "sam@contoso.com"
	got, err := c.AcquireTokenByUsernamePassword(t.Context(), []string{house.GraphScope}, sam, at.Password(sam))
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, got.AccessToken, sam)
	account(t, at, &got.Account)

	again, err := c.AcquireTokenSilent(t.Context(), []string{house.GraphScope}, public.WithSilentAccount(got.Account))
	if err != nil || again.AccessToken != got.AccessToken {
		t.Errorf("the kept token is not used: %v", err)
	}
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1"}}}` // what makes MSAL pass by its cache
	fresh, err := c.AcquireTokenSilent(t.Context(), []string{house.GraphScope}, public.WithSilentAccount(got.Account), public.WithClaims(claims))
	if err != nil || fresh.AccessToken == got.AccessToken {
		t.Fatalf("the token is not renewed: %v", err)
	}
	house.Works(t, fresh.AccessToken, sam)
}

// account is what MSAL keeps of who signed in (clients.md).
func account(t *testing.T, at *house.Tenant, a *public.Account) {
	t.Helper()
	if a.PreferredUsername != "sam@contoso.com" || a.Realm != at.TenantID || !strings.HasSuffix(a.HomeAccountID, "."+at.TenantID) {
		t.Errorf("account = %+v", *a)
	}
}

// api makes the tenant's confidential client a service of its own: an administrator lets the
// public client call it, for everybody, and sam lets it read who he is. The scope is that of
// a call.
func api(t *testing.T, at *house.Tenant) (scope string) {
	t.Helper()
	caller, _ := at.ClientOf("public")
	service, _ := at.ClientOf("confidential")
	house.Call(t, http.MethodPatch, "/v1.0/applications(appId='"+service+"')", at.Token(t, "admin@contoso.com"),
		map[string]any{
			"web": map[string]any{"redirectUris": []string{"http://localhost"}},
			"api": map[string]any{"oauth2PermissionScopes": []any{map[string]any{
				"id": "7a1d0b1c-0000-4000-8000-000000000001", "value": "access_as_user", "type": "User", "isEnabled": true,
				"adminConsentDisplayName": "Act for you", "adminConsentDescription": "Act for the person who is signed in.",
			}}},
		}, http.StatusNoContent, nil)
	scope = "api://" + service + "/access_as_user"
	consent(t, at, caller, scope, "admin@contoso.com")
	consent(t, at, service, "User.Read", sam)
	return scope
}

// consent has a person sign in to a client that asks for a scope, and accept.
func consent(t *testing.T, at *house.Tenant, client, scope, upn string) {
	t.Helper()
	config := oauth2.Config{ClientID: client, Endpoint: provider(t, at).Endpoint(), RedirectURL: "http://localhost", Scopes: []string{"openid", scope}}
	address := config.AuthCodeURL("", oauth2.S256ChallengeOption(oauth2.GenerateVerifier()))
	if back := house.NewBrowser(t).SignIn(address, upn, password); back.Get("code") == "" {
		t.Fatalf("came back with %v", back)
	}
}

func TestMSALGoActsOnBehalfOfAPerson(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	scope, c := api(t, at), publicClient(t, at)
	person, err := c.AcquireTokenByUsernamePassword(t.Context(), []string{scope}, sam, password)
	if err != nil {
		t.Fatal(err)
	}
	middle := confidentialClient(t, at, secretOf(t, at))
	got, err := middle.AcquireTokenOnBehalfOf(t.Context(), person.AccessToken, []string{house.GraphScope})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, got.AccessToken, sam)
	house.Call(t, http.MethodGet, "/v1.0/users?$top=1", got.AccessToken, nil, http.StatusForbidden, nil) // User.Read and no more

	graphs, err := c.AcquireTokenByUsernamePassword(t.Context(), []string{house.GraphScope}, sam, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = middle.AcquireTokenOnBehalfOf(t.Context(), graphs.AccessToken, []string{house.GraphScope})
	if err == nil || !strings.Contains(err.Error(), "AADSTS500131") {
		t.Errorf("a token that was made for Graph is taken as an assertion: %v", err)
	}
}

func TestMSALGoSignsAPersonInWithADeviceCode(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	device, err := publicClient(t, at).AcquireTokenByDeviceCode(t.Context(), []string{house.GraphScope})
	if err != nil {
		t.Fatal(err)
	}
	house.NewBrowser(t).TypeCode(device.Result.VerificationURL, device.Result.UserCode, sam, password)
	got, err := device.AuthenticationResult(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, got.AccessToken, sam)
}

// TestMSALGoSignsAPersonInInABrowser: the client asks for response_mode=form_post, so that
// the page sends itself to the client's port.
func TestMSALGoSignsAPersonInInABrowser(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	got, err := publicClient(t, at).AcquireTokenInteractive(t.Context(), []string{house.GraphScope}, public.WithOpenURL(func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		back := house.NewBrowser(t).SignIn(address, sam, password)
		go func() {
			if res, err := http.PostForm(u.Query().Get("redirect_uri"), back); err == nil {
				_ = res.Body.Close()
			}
		}()
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, got.AccessToken, sam)
}
