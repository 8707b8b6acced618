package store

import (
	"crypto/hkdf"
	"crypto/sha256"

	"ephor/internal/guid"
)

// PageKey is the secret under which the tenant's page tokens are sealed. It is made from
// the master key, so that tokens outlive a restart and another node reads them.
func (t *Tenant) PageKey() [32]byte {
	t.pages.Do(func() { t.pageKey = pageKey(t.store.key, t.id) })
	return t.pageKey
}

func pageKey(master Key, tenant guid.ID) [32]byte {
	key, err := hkdf.Key(sha256.New, master[:], tenant[:], "ephor page tokens", 32)
	if err != nil {
		panic("store: " + err.Error()) // only for a length that SHA-256 cannot give
	}
	return [32]byte(key)
}
