package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ephor/internal/env"
)

// noon is the machine's time in these tests, unless they move it.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// machineAt is a machine whose clock shows now.
func machineAt(now time.Time) *env.Env {
	return env.Fixed(func() time.Time { return now }, rand.Reader)
}

// certify is DevCertificate at an instant, and the CA's certificate as clients read it.
func certify(t *testing.T, now time.Time, dir string, aliases ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	cert, caPath, err := DevCertificate(machineAt(now), dir, aliases)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(read(t, caPath))) {
		t.Fatalf("%s holds no certificate", caPath)
	}
	return cert, pool
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// greet performs a TLS handshake with a server that shows cert, as a client that trusts
// pool and was told to reach name.
func greet(t *testing.T, cert tls.Certificate, pool *x509.CertPool, name string, now time.Time) error {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			_ = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
	}()
	client := &tls.Config{RootCAs: pool, ServerName: name, Time: func() time.Time { return now }}
	conn, err := tls.Dial("tcp", listener.Addr().String(), client)
	if err != nil {
		return err
	}
	return conn.Close()
}

func TestDevCertificateServesItsNamesAndNoOthers(t *testing.T) {
	t.Parallel()
	cert, pool := certify(t, noon, t.TempDir(), "Ephor.Example.com", "ephor_box")
	for name, good := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "ephor.example.com": true, "ephor_box": true,
		"example.com": false, "a.ephor.example.com": false, "a.localhost": false, "127.0.0.2": false, "192.0.2.1": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := greet(t, cert, pool, name, noon)
			if good && err != nil {
				t.Errorf("refused: %v", err)
			}
			if wrong := new(x509.HostnameError); !good && !errors.As(err, wrong) {
				t.Errorf("got %v, want a wrong host name", err)
			}
		})
	}
}

func TestStrangerDoesNotTrustDevCertificate(t *testing.T) {
	t.Parallel()
	cert, _ := certify(t, noon, t.TempDir())
	_, other := certify(t, noon, t.TempDir())
	if unknown := new(x509.UnknownAuthorityError); !errors.As(greet(t, cert, other, "localhost", noon), unknown) {
		t.Error("a client that trusts another CA accepted the certificate")
	}
}

func TestStolenCAKeyVouchesForNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, pool := certify(t, noon, dir, "ephor.example.com")
	ca, err := readPair(filepath.Join(dir, caKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, permitted := range map[string]bool{
		"localhost": true, "ephor.example.com": true, "127.9.9.9": true, "::1": true,
		"example.com": false, "a.ephor.example.com": false, "a.localhost": false, "notlocalhost": false,
		"www.bank.example": false, "192.0.2.1": false, "::2": false,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := greet(t, forge(t, ca, name, false), pool, name, noon)
			if permitted && err != nil {
				t.Errorf("refused: %v", err)
			}
			if !permitted {
				refusedBy(t, err, x509.CANotAuthorizedForThisName)
			}
		})
	}
}

func TestStolenCAKeyMakesNoFurtherCA(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, pool := certify(t, noon, dir)
	ca, err := readPair(filepath.Join(dir, caKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	middle := forge(t, ca, "localhost", true)
	leaf := forge(t, middle, "localhost", false)
	leaf.Certificate = append(leaf.Certificate, middle.Certificate...)
	refusedBy(t, greet(t, leaf, pool, "localhost", noon), x509.TooManyIntermediates)
}

// refusedBy fails t unless err is the refusal of a certificate for the given reason.
func refusedBy(t *testing.T, err error, reason x509.InvalidReason) {
	t.Helper()
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) || invalid.Reason != reason {
		t.Errorf("got %v, want a certificate refused for reason %d", err, reason)
	}
}

// forge is what a thief of ca's key would make: a certificate for name, a host or address.
func forge(t *testing.T, ca tls.Certificate, name string, isCA bool) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour),
		BasicConstraintsValid: true, IsCA: isCA,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Leaf, key.Public(), ca.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestDevCertificateIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		later                time.Duration
		aliases              []string // the first call asks for one, two
		sameCA, sameIdentity bool
	}{
		"second start":                {0, []string{"one", "two"}, true, true},
		"other order and case":        {0, []string{"TWO", "one", "one"}, true, true},
		"an alias less":               {0, []string{"one"}, true, false},
		"a new alias":                 {0, []string{"one", "two", "three"}, false, false},
		"renewal is a moment away":    {serverLife - renewal - time.Second, []string{"one", "two"}, true, true},
		"renewal is due":              {serverLife - renewal, []string{"one", "two"}, true, false},
		"the CA nears its end":        {caLife - serverLife, []string{"one", "two"}, false, false},
		"the CA's last moment":        {caLife - serverLife - time.Second, []string{"one", "two"}, true, false},
		"the clock goes back an hour": {-backdating, []string{"one", "two"}, true, true},
		"the clock goes back further": {-backdating - time.Second, []string{"one", "two"}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, now := t.TempDir(), noon.Add(c.later)
			cert, pool := certify(t, noon, dir, "one", "two")
			again, poolAgain := certify(t, now, dir, c.aliases...)
			if pool.Equal(poolAgain) != c.sameCA {
				t.Errorf("same CA: %t, want %t", !c.sameCA, c.sameCA)
			}
			if cert.Leaf.Equal(again.Leaf) != c.sameIdentity {
				t.Errorf("same certificate: %t, want %t", !c.sameIdentity, c.sameIdentity)
			}
			for _, alias := range append(c.aliases, "localhost") {
				if err := greet(t, again, poolAgain, strings.ToLower(alias), now); err != nil {
					t.Errorf("%s: %v", alias, err)
				}
			}
		})
	}
}

func TestDevCertificateKeepsKeysFromOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	certify(t, noon, dir)
	want := map[string]os.FileMode{caKeyFile: 0o600, serverFile: 0o600, caFile: 0o644}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode, known := want[entry.Name()]; !known || info.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", entry.Name(), info.Mode(), mode)
		}
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d", len(entries), len(want))
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v, want 0700", info, err)
	}
	if strings.Contains(read(t, filepath.Join(dir, caFile)), "PRIVATE") {
		t.Error("the CA's public file holds a private key")
	}
}

func TestDevCertificateAfterDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(dir string) error
		want   string // part of the error, "" when the damage is repaired
	}{
		"no public CA file":       {func(dir string) error { return os.Remove(filepath.Join(dir, caFile)) }, ""},
		"stale public CA file":    {func(dir string) error { return os.WriteFile(filepath.Join(dir, caFile), []byte("old"), 0o644) }, ""},
		"no server certificate":   {func(dir string) error { return os.Remove(filepath.Join(dir, serverFile)) }, ""},
		"torn server certificate": {func(dir string) error { return os.Truncate(filepath.Join(dir, serverFile), 100) }, ""},
		"open server key":         {func(dir string) error { return os.Chmod(filepath.Join(dir, serverFile), 0o640) }, ""},
		"torn CA key":             {func(dir string) error { return os.Truncate(filepath.Join(dir, caKeyFile), 100) }, "remove it to have a new CA made"},
		"open CA key":             {func(dir string) error { return os.Chmod(filepath.Join(dir, caKeyFile), 0o644) }, "others may read this key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, pool := certify(t, noon, dir)
			if err := c.damage(dir); err != nil {
				t.Fatal(err)
			}
			cert, caPath, err := DevCertificate(machineAt(noon), dir, nil)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want an error with %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := greet(t, cert, pool, "localhost", noon); err != nil {
				t.Errorf("a client that trusted the CA before: %v", err)
			}
			if now := x509.NewCertPool(); !now.AppendCertsFromPEM([]byte(read(t, caPath))) || !now.Equal(pool) {
				t.Error("the public file is not the CA that signed")
			}
		})
	}
}

func TestServedNames(t *testing.T) {
	t.Parallel()
	got, err := servedNames([]string{"b.example", "A-1.example", "b.EXAMPLE", "localhost"})
	if want := []string{"a-1.example", "b.example", "localhost"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{
		"", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "*.example", "a/b", "a:443", "ü.example", "a\x00b",
		"192.0.2.1", "::1", "1", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a", "a\n",
	} {
		if names, err := servedNames([]string{bad}); err == nil {
			t.Errorf("alias %q is accepted as %q", bad, names)
		}
	}
	if _, err := servedNames(make([]string, mostAliases+1)); err == nil {
		t.Errorf("%d aliases are accepted", mostAliases+1)
	}
}
