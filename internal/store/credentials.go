package store

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// Credentials belong to applications: secrets, of which there are hashes, and keys, which are
// certificates. Those of a page are read at once.

// WithCredentials are the applications, at most a thousand, with their secrets and keys, each
// in the order of their starts.
func (tx *ReadTx) WithCredentials(list []directory.Application) ([]directory.Application, error) {
	err := tx.credentials(list, func(i int, secrets []directory.Secret, keys []directory.Key) {
		list[i].Secrets, list[i].Keys = secrets, keys
	})
	if err != nil {
		return nil, fmt.Errorf("load credentials: %w", err)
	}
	return list, nil
}

// WithRegistered are the service principals, at most a thousand, with the credentials of their
// registrations.
func (tx *ReadTx) WithRegistered(list []directory.ServicePrincipal) ([]directory.ServicePrincipal, error) {
	of := make([]directory.Application, len(list))
	for i := range list {
		of[i].ID = list[i].Registration.ID
	}
	err := tx.credentials(of, func(i int, secrets []directory.Secret, keys []directory.Key) {
		list[i].Registration.Secrets, list[i].Registration.Keys = secrets, keys
	})
	if err != nil {
		return nil, fmt.Errorf("load credentials: %w", err)
	}
	return list, nil
}

// credentials gives, for each of the applications, what it has.
func (tx *ReadTx) credentials(of []directory.Application, give func(i int, secrets []directory.Secret, keys []directory.Key)) error {
	ids := make([]guid.ID, len(of))
	for i := range of {
		ids[i] = of[i].ID
	}
	secrets, keys := map[guid.ID][]directory.Secret{}, map[guid.ID][]directory.Key{}
	err := tx.each("SELECT application_id, key_id, name, hint, hash, start_at, end_at FROM application_secret WHERE application_id IN (",
		ids, ") ORDER BY application_id, start_at, key_id", func(scan func(dest ...any) error) error {
			var id guid.ID
			var s directory.Secret
			err := scan(&id, &s.KeyID, &s.Name, &s.Hint, &s.Hash, &s.Start, &s.End)
			secrets[id] = append(secrets[id], s)
			return err
		})
	if err != nil {
		return err
	}
	err = tx.each("SELECT application_id, key_id, name, thumbprint, certificate, start_at, end_at FROM application_key WHERE application_id IN (",
		ids, ") ORDER BY application_id, start_at, key_id", func(scan func(dest ...any) error) error {
			var id guid.ID
			var k directory.Key
			err := scan(&id, &k.KeyID, &k.Name, &k.Thumbprint, &k.Certificate, &k.Start, &k.End)
			keys[id] = append(keys[id], k)
			return err
		})
	for i, id := range ids {
		give(i, secrets[id], keys[id])
	}
	return err
}

var putSecret = "INSERT INTO application_secret (application_id, key_id, name, hint, hash, start_at, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7)" +
	" ON CONFLICT (application_id, key_id) DO UPDATE SET name = excluded.name, hint = excluded.hint, hash = excluded.hash, start_at = excluded.start_at, end_at = excluded.end_at"

// PutSecret stores a client's secret, in the place of the one with its key id.
func (tx *WriteTx) PutSecret(application guid.ID, s directory.Secret) {
	tx.exec(putSecret, application, s.KeyID, s.Name, s.Hint, s.Hash, s.Start, s.End)
	tx.changed(anObject, application.String())
}

// DeleteSecret takes a secret from a client.
func (tx *WriteTx) DeleteSecret(application, key guid.ID) {
	tx.exec("DELETE FROM application_secret WHERE application_id = $1 AND key_id = $2", application, key)
	tx.changed(anObject, application.String())
}

var putKey = "INSERT INTO application_key (application_id, key_id, name, thumbprint, certificate, start_at, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7)" +
	" ON CONFLICT (application_id, key_id) DO UPDATE SET name = excluded.name, thumbprint = excluded.thumbprint, certificate = excluded.certificate, start_at = excluded.start_at, end_at = excluded.end_at"

// PutKey stores a client's certificate, in the place of the one with its key id.
func (tx *WriteTx) PutKey(application guid.ID, k directory.Key) {
	tx.exec(putKey, application, k.KeyID, k.Name, k.Thumbprint, k.Certificate, k.Start, k.End)
	tx.changed(anObject, application.String())
}

// DeleteKey takes a certificate from a client.
func (tx *WriteTx) DeleteKey(application, key guid.ID) {
	tx.exec("DELETE FROM application_key WHERE application_id = $1 AND key_id = $2", application, key)
	tx.changed(anObject, application.String())
}
