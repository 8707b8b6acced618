package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/crypto/chacha20poly1305"

	"ephor/internal/env"
	"ephor/internal/guid"
)

// A Key is the master key: 32 random bytes that are never in the database. What must be
// read back (signing keys, seeds, other systems' passwords) is stored sealed under it.
type Key [chacha20poly1305.KeySize]byte

// errSealed says that a sealed value is not what was sealed for this place under this key.
var errSealed = errors.New("sealed value does not open: another key, another place, or damaged")

// ReadKey reads the master key in the file at path.
func ReadKey(path string) (Key, error) {
	var key Key
	f, err := os.Open(path)
	if err != nil {
		return key, fmt.Errorf("read master key: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, int64(len(key))+1))
	if err != nil {
		return key, fmt.Errorf("read master key: %w", err)
	}
	if len(b) != len(key) {
		return key, fmt.Errorf("master key %s must hold exactly %d bytes", path, len(key))
	}
	return Key(b), nil
}

// MakeKey writes a new master key to the file at path, readable by its owner only. It
// never replaces one: that would lose all that was sealed.
func MakeKey(path string, e *env.Env) (Key, error) {
	var key Key
	_, _ = e.Read(key[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return key, fmt.Errorf("make master key: %s is there already", path)
	}
	if err != nil {
		return key, fmt.Errorf("make master key: %w", err)
	}
	_, err = f.Write(key[:])
	return key, errors.Join(err, f.Sync(), f.Close())
}

// seal encrypts plain for one column of one row of one tenant. Anywhere else it does not
// open.
func (s *Store) seal(tenant guid.ID, table, row, column string, plain []byte) []byte {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		panic("store: " + err.Error()) // only for a key of another length
	}
	out := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = s.env.Read(out)
	return aead.Seal(out, out, plain, place(tenant, table, row, column)) //nolint:gosec // env fills the nonce with random bytes, or panics
}

// unseal is the inverse of seal.
func (s *Store) unseal(tenant guid.ID, table, row, column string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(s.key[:])
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errSealed
	}
	nonce, box := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, box, place(tenant, table, row, column))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// place spells where a sealed value belongs, each part with its length before it, so that
// no two places are spelled alike.
func place(tenant guid.ID, parts ...string) []byte {
	b := append([]byte("ephor sealed 1"), tenant[:]...)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// unseal opens a value that was sealed for this tenant, table, row and column.
func (tx *ReadTx) unseal(table, row, column string, sealed []byte) ([]byte, error) {
	return tx.tenant.store.unseal(tx.tenant.id, table, row, column, sealed)
}

// seal encrypts plain for this tenant, table, row and column. A template has no tenant, and
// what was sealed in it would open nowhere: sealing there is a mistake, and panics.
func (tx *WriteTx) seal(table, row, column string, plain []byte) []byte {
	if tx.tenant.id.IsZero() {
		panic("store: sealed in a template")
	}
	return tx.tenant.store.seal(tx.tenant.id, table, row, column, plain)
}

// Seal encrypts plain for one purpose and row of this tenant, to be kept inside what is
// stored there. Unseal opens it, for the same purpose and row only.
func (t *Tenant) Seal(purpose, row string, plain []byte) []byte {
	return t.store.seal(t.id, purpose, row, "", plain)
}

// Unseal is the inverse of Seal.
func (t *Tenant) Unseal(purpose, row string, sealed []byte) ([]byte, error) {
	return t.store.unseal(t.id, purpose, row, "", sealed)
}
