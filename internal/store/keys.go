package store

import (
	"fmt"

	"ephor/internal/guid"
	"ephor/internal/when"
)

// A SigningKey signs a tenant's tokens from Start up to End. Its instants are the
// machine's. Its public half is shown for longer, for tokens that are still about.
type SigningKey struct {
	ID        guid.ID
	Algorithm string // a JOSE name, such as ES256
	Purpose   string // what it signs, as whoever made it calls that; "" for access tokens
	Public    string // a JSON Web Key
	Private   []byte // as whoever made it wrote it; sealed where it is stored
	Created   when.Instant
	Start     when.Instant
	End       when.Instant
}

// SigningKeys are all keys of the tenant that have not been dropped, the newest first.
func (tx *ReadTx) SigningKeys() ([]SigningKey, error) {
	var all []SigningKey
	err := tx.query("SELECT id, algorithm, purpose, public_key, private_key, created_at, start_at, end_at FROM signing_key ORDER BY start_at DESC, id DESC", nil,
		func(scan func(dest ...any) error) error {
			var k SigningKey
			var sealed []byte
			if err := scan(&k.ID, &k.Algorithm, &k.Purpose, &k.Public, &sealed, &k.Created, &k.Start, &k.End); err != nil {
				return err
			}
			var err error
			k.Private, err = tx.unseal("signing_key", k.ID.String(), "private_key", sealed)
			all = append(all, k)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	return all, nil
}

// InsertSigningKey stores a key.
func (tx *WriteTx) InsertSigningKey(k SigningKey) {
	tx.exec("INSERT INTO signing_key (id, algorithm, purpose, public_key, private_key, created_at, start_at, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		k.ID, k.Algorithm, k.Purpose, k.Public, tx.seal("signing_key", k.ID.String(), "private_key", k.Private), k.Created, k.Start, k.End)
	tx.changed(aSigningKey, k.ID.String())
}

// RetireSigningKey ends a key's time to sign at an instant.
func (tx *WriteTx) RetireSigningKey(id guid.ID, end when.Instant) {
	tx.exec("UPDATE signing_key SET end_at = $1 WHERE id = $2", end, id)
	tx.changed(aSigningKey, id.String())
}

// DropSigningKey removes a key: what it signed is no longer believed.
func (tx *WriteTx) DropSigningKey(id guid.ID) {
	tx.exec("DELETE FROM signing_key WHERE id = $1", id)
	tx.changed(aSigningKey, id.String())
}
