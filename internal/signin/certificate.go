package signin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // Graph's thumbprints are SHA-1; they name a certificate and prove nothing
	"crypto/sha256"
	"crypto/x509"
	"errors"

	"ephor/internal/when"
)

// MaxCertificate bounds a client's certificate, in bytes of DER.
const MaxCertificate = 16 << 10

// A Certificate is what is asked of a client's certificate: its key, by which assertions are
// verified, its window, and the names that a JWT's header gives it.
type Certificate struct {
	Public crypto.PublicKey // *rsa.PublicKey or *ecdsa.PublicKey
	Window when.Window
	SHA1   [20]byte // x5t
	SHA256 [32]byte // x5t#S256
}

// Why a certificate is of no use here.
var (
	errNoCertificate = errors.New("it is no X.509 certificate in DER")
	errWeakKey       = errors.New("its key is neither RSA of 2048 to 8192 bits nor ECDSA on P-256, P-384 or P-521")
)

// ReadCertificate reads one X.509 certificate in DER. Who issued it is not asked: whoever may
// change the client's credentials says that it is the client's (keyCredential).
func ReadCertificate(der []byte) (Certificate, error) {
	if len(der) > MaxCertificate {
		return Certificate{}, errNoCertificate
	}
	x, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, errNoCertificate
	}
	switch key := x.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < 2048 || bits > 8192 {
			return Certificate{}, errWeakKey
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() && key.Curve != elliptic.P384() && key.Curve != elliptic.P521() {
			return Certificate{}, errWeakKey
		}
	default:
		return Certificate{}, errWeakKey
	}
	return Certificate{
		Public: x.PublicKey, Window: when.Window{Start: when.Of(x.NotBefore), End: when.Of(x.NotAfter)},
		SHA1: sha1.Sum(der), SHA256: sha256.Sum256(der), //nolint:gosec // see the import
	}, nil
}
