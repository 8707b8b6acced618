package conformance

import (
	"context"
	"crypto/x509"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// options point azidentity at the server.
func options() azcore.ClientOptions {
	return azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: house.BaseURL}, Transport: house.client}
}

// take asks a credential for a token of Graph's, as an SDK does: with continuous access
// evaluation, by which the capability CP1 is told.
func take(t *testing.T, c azcore.TokenCredential) string {
	t.Helper()
	got, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{graphScope}, EnableCAE: true})
	if err != nil {
		t.Fatal(err)
	}
	return got.Token
}

func TestAzidentityUsesASecret(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	app, secret := at.clientOf("confidential")
	c, err := azidentity.NewClientSecretCredential(at.TenantID, app, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	works(t, take(t, c), "")
}

func TestAzidentityUsesACertificate(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	app, _ := at.clientOf("confidential")
	cert, key := certify(t, at)
	c, err := azidentity.NewClientCertificateCredential(at.TenantID, app, []*x509.Certificate{cert}, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	works(t, take(t, c), "")
}

func TestAzidentityUsesADeviceCode(t *testing.T) {
	t.Parallel()
	at := newTenant(t)
	app, _ := at.clientOf("public")
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options(), TenantID: at.TenantID, ClientID: app, DisableInstanceDiscovery: true,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			newBrowser(t).typeCode(m.VerificationURL, m.UserCode, sam, password)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	works(t, take(t, c), sam)
}
