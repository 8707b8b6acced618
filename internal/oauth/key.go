package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/when"
)

// algorithms are those that may sign a tenant's tokens, and the only ones whose
// signatures are looked at.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256}

// What keys sign. A key signs one kind of token, so that none can be taken for another.
const (
	forAccess = ""
	forIDs    = "id"
)

// rsaBits is the size of RSA keys.
const rsaBits = 2048

// A Key signs the tokens of one tenant, with one algorithm.
type Key struct {
	ID        string // kid
	Algorithm string
	Purpose   string // forAccess or forIDs
	signs     when.Window
	signer    jose.Signer
	public    jose.JSONWebKey
}

// newKey is a fresh key for algorithm, as it is stored; when it signs is still to be said.
func newKey(id guid.ID, algorithm string, random io.Reader) (store.SigningKey, error) {
	var private any
	var err error
	switch jose.SignatureAlgorithm(algorithm) {
	case jose.ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), random)
	case jose.RS256, jose.PS256:
		private, err = rsa.GenerateKey(random, rsaBits)
	default:
		err = fmt.Errorf("no keys are made for it")
	}
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("make a key for %q: %w", algorithm, err)
	}
	k := store.SigningKey{ID: id, Algorithm: algorithm}
	if k.Private, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		return store.SigningKey{}, fmt.Errorf("make a key for %q: %w", algorithm, err)
	}
	if k.Public, err = publicText(id, algorithm, private); err != nil {
		return store.SigningKey{}, fmt.Errorf("make a key for %q: %w", algorithm, err)
	}
	return k, nil
}

// openKey makes a stored key ready for use. It refuses one whose algorithm or published
// half does not belong to it.
func openKey(row store.SigningKey) (*Key, error) {
	private, err := x509.ParsePKCS8PrivateKey(row.Private)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
	}
	public, err := publicKey(row.ID, row.Algorithm, private)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
	}
	if text, err := publicText(row.ID, row.Algorithm, private); err != nil || text != row.Public {
		return nil, fmt.Errorf("signing key %s: its public half is another's", row.ID)
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(row.Algorithm), Key: jose.JSONWebKey{Key: private, KeyID: public.KeyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
	}
	return &Key{
		ID: public.KeyID, Algorithm: row.Algorithm, Purpose: row.Purpose, signs: when.Window{Start: row.Start, End: row.End},
		signer: signer, public: public,
	}, nil
}

// publicKey is the public half of private, if private is a key for algorithm.
func publicKey(id guid.ID, algorithm string, private any) (jose.JSONWebKey, error) {
	jwk := jose.JSONWebKey{KeyID: id.String(), Algorithm: algorithm, Use: "sig"}
	switch k := private.(type) {
	case *ecdsa.PrivateKey:
		if jose.SignatureAlgorithm(algorithm) == jose.ES256 && k.Curve == elliptic.P256() {
			jwk.Key = crypto.PublicKey(&k.PublicKey)
		}
	case *rsa.PrivateKey:
		alg := jose.SignatureAlgorithm(algorithm)
		if (alg == jose.RS256 || alg == jose.PS256) && k.N.BitLen() >= rsaBits {
			jwk.Key = crypto.PublicKey(&k.PublicKey)
		}
	}
	if jwk.Key == nil {
		return jwk, fmt.Errorf("a %T does not sign %s", private, algorithm)
	}
	return jwk, nil
}

// publicText is the public half as JSON.
func publicText(id guid.ID, algorithm string, private any) (string, error) {
	jwk, err := publicKey(id, algorithm, private)
	if err != nil {
		return "", err
	}
	b, err := jwk.MarshalJSON()
	return string(b), err
}

// sign is payload as a compact JWS.
func (k *Key) sign(payload []byte) (string, error) {
	jws, err := k.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign with key %s: %w", k.ID, err)
	}
	return jws.CompactSerialize()
}

// verify is the payload of a token if k has signed it, with k's own algorithm. ES256, which
// access tokens are signed with by default, is looked at here: a token's first validation is
// to cost little more than its signature (RFC 7518, 3.4).
func (k *Key) verify(token *unproven) ([]byte, error) {
	if len(token.Signatures) != 1 || token.signature().Protected.Algorithm != k.Algorithm {
		return nil, fmt.Errorf("the token is not signed with %s", k.Algorithm)
	}
	public, elliptic := k.public.Key.(*ecdsa.PublicKey)
	if !elliptic || k.Algorithm != string(jose.ES256) {
		return token.Verify(k.public.Key)
	}
	signature := token.signature().Signature
	if len(signature) != 2*es256Part {
		return nil, errSignature
	}
	hash := sha256.Sum256([]byte(token.raw[:strings.LastIndexByte(token.raw, '.')]))
	r, s := new(big.Int).SetBytes(signature[:es256Part]), new(big.Int).SetBytes(signature[es256Part:])
	if !ecdsa.Verify(public, hash[:], r, s) {
		return nil, errSignature
	}
	return token.UnsafePayloadWithoutVerification(), nil
}

// es256Part is the size, in bytes, of each of the two numbers of an ES256 signature.
const es256Part = 32

var errSignature = errors.New("the signature does not verify")
