package store

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// PageKey is the secret under which the tenant's page tokens are sealed. It is made from
// the master key, so that tokens outlive a restart and another node reads them.
func (t *Tenant) PageKey() [32]byte {
	id := t.ID()
	key, err := hkdf.Key(sha256.New, t.store.key[:], id[:], "ephor page tokens", 32)
	if err != nil {
		panic("store: " + err.Error()) // only for a length that SHA-256 cannot give
	}
	return [32]byte(key)
}
