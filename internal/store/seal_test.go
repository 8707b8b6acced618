package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestSealedValuesOpenInTheirPlaceOnly(t *testing.T) {
	t.Parallel()
	s := installation(t, "")(t)
	ids := newIDs(s, 2)
	plain := []byte("a signing key")
	sealed := s.seal(ids[0], "signing_key", "row", "private_key", plain)
	if bytes.Contains(sealed, plain) {
		t.Error("the sealed value shows the plain one")
	}
	if bytes.Equal(sealed, s.seal(ids[0], "signing_key", "row", "private_key", plain)) {
		t.Error("the same value sealed twice looks the same")
	}
	got, err := s.unseal(ids[0], "signing_key", "row", "private_key", sealed)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("in its place: %q %v", got, err)
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another tenant": func() ([]byte, error) { return s.unseal(ids[1], "signing_key", "row", "private_key", sealed) },
		"another table":  func() ([]byte, error) { return s.unseal(ids[0], "signing_keys", "row", "private_key", sealed) },
		"another row":    func() ([]byte, error) { return s.unseal(ids[0], "signing_key", "row2", "private_key", sealed) },
		"another column": func() ([]byte, error) { return s.unseal(ids[0], "signing_key", "row", "public_key", sealed) },
		"shifted names":  func() ([]byte, error) { return s.unseal(ids[0], "signing_keyr", "ow", "private_key", sealed) },
		"damaged":        func() ([]byte, error) { return s.unseal(ids[0], "signing_key", "row", "private_key", damaged) },
		"cut":            func() ([]byte, error) { return s.unseal(ids[0], "signing_key", "row", "private_key", sealed[:10]) },
	} {
		if got, err := open(); !errors.Is(err, errSealed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestServerStartsWithTheRightMasterKeyOnly(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		cfg := s.cfg
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(cfg.KeyFile)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key's file: %v %v", info.Mode(), err)
		}
		right, err := os.ReadFile(cfg.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		wrong := make([]byte, len(right))
		_, _ = rand.Read(wrong)
		for name, step := range map[string]struct {
			key  []byte
			says string
		}{
			"wrong key": {wrong, "not the one"}, "short key": {right[1:], "exactly 32 bytes"},
			"long key": {append(right[:32:32], 0), "exactly 32 bytes"}, "no key": {nil, "no master key"},
		} {
			if err := os.Remove(cfg.KeyFile); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if step.key != nil {
				if err := os.WriteFile(cfg.KeyFile, step.key, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Open(t.Context(), cfg)
			if err == nil {
				_ = s.Close()
				t.Errorf("%s: the server started", name)
			} else if !strings.Contains(err.Error(), step.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestProductionMakesNoMasterKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), config(dir, "", func(c *Config) { c.Dev = false }))
	if err == nil {
		_ = s.Close()
		t.Fatal("a production server started without a master key")
	}
	if !strings.Contains(err.Error(), "--key-file") {
		t.Errorf("the refusal does not say what to do: %v", err)
	}
}
