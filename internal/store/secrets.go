package store

import (
	"fmt"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// SecretsOf are the secrets of the applications with these object ids, at most a thousand,
// by application and in the order of their starts.
func (tx *ReadTx) SecretsOf(applications []guid.ID) (map[guid.ID][]directory.Secret, error) {
	all := map[guid.ID][]directory.Secret{}
	err := tx.each("SELECT application_id, key_id, name, hint, hash, start_at, end_at FROM application_secret WHERE application_id IN (",
		applications, ") ORDER BY application_id, start_at, key_id", func(scan func(dest ...any) error) error {
			var of guid.ID
			var s directory.Secret
			err := scan(&of, &s.KeyID, &s.Name, &s.Hint, &s.Hash, &s.Start, &s.End)
			all[of] = append(all[of], s)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load secrets: %w", err)
	}
	return all, nil
}
