package server

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"ephor/internal/env"
)

// Files of the development CA in the data folder. The first two hold a private key and its
// certificate together, so that one rename replaces both or neither.
const (
	caKeyFile  = "ca-key.pem"
	serverFile = "server.pem"
	caFile     = "ca.pem" // the CA's certificate alone, for clients
)

// Lives of the certificates. What is made is valid from an hour ago, for clients whose
// clock is behind.
const (
	caLife     = 10 * 365 * 24 * time.Hour
	serverLife = 90 * 24 * time.Hour
	renewal    = 30 * 24 * time.Hour // a server certificate with less than this left is replaced
	backdating = time.Hour
)

// DevCertificate is the certificate that a development server shows for localhost, the
// loopback addresses and the given aliases, and the path of the CA certificate that
// clients trust for it. Both are made at first use and kept in dir, which the caller holds
// alone; later calls find them again.
//
// The CA can vouch for those names only: its constraints stop whoever steals its key from
// speaking for any other site to the people who trust it. So an alias that it does not know
// makes a new CA, which clients must be told to trust, and so does a CA near its end.
func DevCertificate(e *env.Env, dir string, aliases []string) (tls.Certificate, string, error) {
	names, err := servedNames(aliases)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return tls.Certificate{}, "", err
	}
	ca, err := authority(e, dir, names)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("development CA: %w", err)
	}
	cert, err := serverCertificate(e, dir, ca, names)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("development server certificate: %w", err)
	}
	return cert, filepath.Join(dir, caFile), nil
}

// authority is the CA kept in dir, or a new one if there is none that may vouch for names.
// A key file that cannot be read is an error: clients trust that CA, so only a person may
// decide to give it up.
func authority(e *env.Env, dir string, names []string) (tls.Certificate, error) {
	path := filepath.Join(dir, caKeyFile)
	ca, err := readPair(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, fmt.Errorf("%w; repair it, or remove it to have a new CA made", err)
	}
	if err != nil || !mayVouch(ca.Leaf, names, e.Time()) {
		if ca, err = newAuthority(e, path, names); err != nil {
			return tls.Certificate{}, err
		}
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Leaf.Raw})
	return ca, keepFile(filepath.Join(dir, caFile), public, 0o644)
}

// mayVouch tells whether ca permits each of names and outlives what it would sign now.
func mayVouch(ca *x509.Certificate, names []string, now time.Time) bool {
	for _, name := range names {
		if !slices.Contains(ca.PermittedDNSDomains, name) {
			return false
		}
	}
	return ca.IsCA && !now.Before(ca.NotBefore) && now.Add(serverLife).Before(ca.NotAfter)
}

// newAuthority makes a CA for names and the loopback addresses and keeps it at path. A
// permitted DNS name stands for the names below it too; a second constraint excludes those.
func newAuthority(e *env.Env, path string, names []string) (tls.Certificate, error) {
	serial := newSerial(e)
	below := make([]string, len(names))
	for i, name := range names {
		below[i] = "." + name
	}
	return sign(e, path, tls.Certificate{}, &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Ephor"}, CommonName: fmt.Sprintf("Ephor development CA %.8x", serial.Bytes())},
		NotBefore:    e.Time().Add(-backdating),
		NotAfter:     e.Time().Add(caLife),
		KeyUsage:     x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,

		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         names,
		ExcludedDNSDomains:          below,
		PermittedIPRanges:           loopback(),
	})
}

// serverCertificate is the one kept in dir, or a new one if that does not fit. It holds
// nothing that anybody relies on, so one that cannot be read is replaced too.
func serverCertificate(e *env.Env, dir string, ca tls.Certificate, names []string) (tls.Certificate, error) {
	path := filepath.Join(dir, serverFile)
	cert, err := readPair(path)
	if err == nil && fits(cert.Leaf, ca.Leaf, names, e.Time()) {
		return cert, nil
	}
	return sign(e, path, ca, &x509.Certificate{
		SerialNumber: newSerial(e),
		Subject:      pkix.Name{Organization: []string{"Ephor"}, CommonName: "Ephor development server"},
		NotBefore:    e.Time().Add(-backdating),
		NotAfter:     e.Time().Add(serverLife),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     names,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},

		BasicConstraintsValid: true,
	})
}

// fits tells whether cert is ca's, for exactly names, and good for a while.
func fits(cert, ca *x509.Certificate, names []string, now time.Time) bool {
	return cert.CheckSignatureFrom(ca) == nil && slices.Equal(cert.DNSNames, names) &&
		!now.Before(cert.NotBefore) && now.Add(renewal).Before(cert.NotAfter)
}

// sign makes a key and a certificate for it, signed by ca or, without one, by itself, and
// keeps both at path.
func sign(e *env.Env, path string, ca tls.Certificate, template *x509.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), e)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make key: %w", err)
	}
	issuer, issuerKey := ca.Leaf, ca.PrivateKey
	if issuer == nil {
		issuer, issuerKey = template, crypto.PrivateKey(key)
	}
	cert, err := x509.CreateCertificate(e, template, issuer, key.Public(), issuerKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("encode key: %w", err)
	}
	text := slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	if err := keepFile(path, text, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(text, text)
}

// readPair reads a key and its certificate from one file, which nobody else may read.
func readPair(path string) (tls.Certificate, error) {
	info, err := os.Stat(path)
	if err != nil {
		return tls.Certificate{}, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return tls.Certificate{}, fmt.Errorf("%s: others may read this key (mode %#o, want 0600)", path, mode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s: %w", path, err)
	}
	return pair, nil
}

// newSerial is a random serial number of at most 127 bits, which is never zero.
func newSerial(e *env.Env) *big.Int {
	id := e.NewID()
	id[0] = id[0]&0x7f | 0x40
	return new(big.Int).SetBytes(id[:])
}

// loopback are the address ranges that never leave the machine.
func loopback() []*net.IPNet {
	return []*net.IPNet{
		{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
		{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
	}
}
