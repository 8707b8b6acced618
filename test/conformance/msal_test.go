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
)

// confidentialClient is MSAL Go's application with that credential.
func confidentialClient(t *testing.T, at *tenant, cred confidential.Credential) confidential.Client {
	t.Helper()
	app, _ := at.clientOf("confidential")
	c, err := confidential.New(house.BaseURL+"/"+at.TenantID, app, cred,
		confidential.WithHTTPClient(house.client), confidential.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func secretOf(t *testing.T, at *tenant) confidential.Credential {
	t.Helper()
	_, secret := at.clientOf("confidential")
	cred, err := confidential.NewCredFromSecret(secret)
	if err != nil {
		t.Fatal(err)
	}
	return cred
}

func TestMSALGoSignsAnApplicationInWithASecret(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	c := confidentialClient(t, at, secretOf(t, at))
	for _, scope := range []string{graphScope, house.BaseURL + "/.default"} {
		got, err := c.AcquireTokenByCredential(t.Context(), []string{scope})
		if err != nil {
			t.Fatal(err)
		}
		works(t, got.AccessToken, "")
	}
}

func TestMSALGoSignsAnApplicationInWithACertificate(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	cert, key := certify(t, at)
	cred, err := confidential.NewCredFromCert([]*x509.Certificate{cert}, key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := confidentialClient(t, at, cred).AcquireTokenByCredential(t.Context(), []string{graphScope})
	if err != nil {
		t.Fatal(err)
	}
	works(t, got.AccessToken, "")
}

func TestMSALGoSaysWhatIsWrongWithASecret(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	cred, err := confidential.NewCredFromSecret("wrong")
	if err != nil {
		t.Fatal(err)
	}
	_, err = confidentialClient(t, at, cred).AcquireTokenByCredential(t.Context(), []string{graphScope})
	var call msal.CallErr
	if !errors.As(err, &call) || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("err = %v", err)
	}
}

// publicClient is MSAL Go's application of people.
func publicClient(t *testing.T, at *tenant) public.Client {
	t.Helper()
	app, _ := at.clientOf("public")
	c, err := public.New(app, public.WithAuthority(house.BaseURL+"/"+at.TenantID),
		public.WithHTTPClient(house.client), public.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMSALGoSignsAPersonInWithAPassword(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	c, sam := publicClient(t, at), "sam@contoso.com"
	got, err := c.AcquireTokenByUsernamePassword(t.Context(), []string{graphScope}, sam, at.password(sam))
	if err != nil {
		t.Fatal(err)
	}
	works(t, got.AccessToken, sam)
	account(t, at, &got.Account)

	again, err := c.AcquireTokenSilent(t.Context(), []string{graphScope}, public.WithSilentAccount(got.Account))
	if err != nil || again.AccessToken != got.AccessToken {
		t.Errorf("the kept token is not used: %v", err)
	}
	claims := `{"access_token":{"nbf":{"essential":true,"value":"1"}}}` // what makes MSAL pass by its cache
	fresh, err := c.AcquireTokenSilent(t.Context(), []string{graphScope}, public.WithSilentAccount(got.Account), public.WithClaims(claims))
	if err != nil || fresh.AccessToken == got.AccessToken {
		t.Fatalf("the token is not renewed: %v", err)
	}
	works(t, fresh.AccessToken, sam)
}

// account is what MSAL keeps of who signed in (clients.md).
func account(t *testing.T, at *tenant, a *public.Account) {
	t.Helper()
	if a.PreferredUsername != "sam@contoso.com" || a.Realm != at.TenantID || !strings.HasSuffix(a.HomeAccountID, "."+at.TenantID) {
		t.Errorf("account = %+v", *a)
	}
}

func TestMSALGoActsOnBehalfOfAPerson(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	c, sam := publicClient(t, at), "sam@contoso.com"
	person, err := c.AcquireTokenByUsernamePassword(t.Context(), []string{graphScope}, sam, at.password(sam))
	if err != nil {
		t.Fatal(err)
	}
	_, err = confidentialClient(t, at, secretOf(t, at)).AcquireTokenOnBehalfOf(t.Context(), person.AccessToken, []string{graphScope})
	// The token is for Graph and not for the middle application, which may not use it.
	if err == nil || !strings.Contains(err.Error(), "AADSTS") {
		t.Errorf("an assertion for another audience: %v", err)
	}
}

func TestMSALGoSignsAPersonInWithADeviceCode(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	device, err := publicClient(t, at).AcquireTokenByDeviceCode(t.Context(), []string{graphScope})
	if err != nil {
		t.Fatal(err)
	}
	newBrowser(t).typeCode(device.Result.VerificationURL, device.Result.UserCode, sam, password)
	got, err := device.AuthenticationResult(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	works(t, got.AccessToken, sam)
}

// TestMSALGoSignsAPersonInInABrowser: the client asks for response_mode=form_post, so that
// the page sends itself to the client's port.
func TestMSALGoSignsAPersonInInABrowser(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	got, err := publicClient(t, at).AcquireTokenInteractive(t.Context(), []string{graphScope}, public.WithOpenURL(func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		back := newBrowser(t).signIn(address, sam, password)
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
	works(t, got.AccessToken, sam)
}
