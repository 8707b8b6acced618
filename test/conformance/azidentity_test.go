package conformance

import (
	"context"
	"crypto/x509"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"ephor/conformance/house"
)

// options point azidentity at the server.
func options() azcore.ClientOptions {
	return azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: house.BaseURL}, Transport: house.Client}
}

// take asks a credential for a token of Graph's, as an SDK does: with continuous access
// evaluation, by which the capability CP1 is told.
func take(t *testing.T, c azcore.TokenCredential) string {
	t.Helper()
	got, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{house.GraphScope}, EnableCAE: true})
	if err != nil {
		t.Fatal(err)
	}
	return got.Token
}

func TestAzidentityUsesASecret(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	app, secret := at.ClientOf("confidential")
	c, err := azidentity.NewClientSecretCredential(at.TenantID, app, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, take(t, c), "")
}

func TestAzidentityUsesACertificate(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	app, _ := at.ClientOf("confidential")
	cert, key := certify(t, at)
	c, err := azidentity.NewClientCertificateCredential(at.TenantID, app, []*x509.Certificate{cert}, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, take(t, c), "")
}

func TestAzidentityUsesADeviceCode(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	app, _ := at.ClientOf("public")
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options(), TenantID: at.TenantID, ClientID: app, DisableInstanceDiscovery: true,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			house.NewBrowser(t).TypeCode(m.VerificationURL, m.UserCode, sam, password)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, take(t, c), sam)
}

func TestAzidentityActsOnBehalfOfAPerson(t *testing.T) {
	t.Parallel()
	at := house.NewTenant(t)
	person, err := publicClient(t, at).AcquireTokenByUsernamePassword(t.Context(), []string{api(t, at)}, sam, password)
	if err != nil {
		t.Fatal(err)
	}
	app, secret := at.ClientOf("confidential")
	c, err := azidentity.NewOnBehalfOfCredentialWithSecret(at.TenantID, app, person.AccessToken, secret,
		&azidentity.OnBehalfOfCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	house.Works(t, take(t, c), sam)
}
