package conformance

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net/http"
	"testing"
	"time"

	"ephor/conformance/house"
)

// certify gives the tenant's confidential client a certificate, as an administrator does
// through Graph.
func certify(t *testing.T, at *house.Tenant) (*x509.Certificate, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "conformance"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	app, _ := at.ClientOf("confidential")
	house.Call(t, http.MethodPatch, "/v1.0/applications(appId='"+app+"')", at.Token(t, "admin@contoso.com"), map[string]any{
		"keyCredentials": []any{map[string]any{
			"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "conformance", "key": base64.StdEncoding.EncodeToString(der),
		}},
	}, http.StatusNoContent, nil)
	return cert, key
}
