package timekeeper

import (
	"strconv"

	"ephor/internal/audit"
	"ephor/internal/store"
	"ephor/internal/when"
)

// forgetAfter is how long after the last of it a request is forgotten, 0 for never: not
// before what it gave can be renewed no more.
func forgetAfter(tx *store.ReadTx) (when.Instant, error) {
	s, err := tx.PIMSettings()
	if err != nil || s.ForgetRequests <= 0 {
		return 0, err
	}
	return max(when.Instant(0).Add(s.ForgetRequests), keptFor), nil
}

// nextForgotten is when the first request is forgotten. History is kept, unless the tenant
// sets for how long.
func nextForgotten(tx *store.ReadTx) (when.Instant, error) {
	after, err := forgetAfter(tx)
	if err != nil || after == 0 {
		return when.Never, err
	}
	over, found, err := tx.FirstOver()
	if err != nil || !found {
		return when.Never, err
	}
	return over + after + 1, nil
}

// forgetRequests forgets what has been over for so long, with one record of how many.
func forgetRequests(tx *store.WriteTx, most int) (int, error) {
	after, err := forgetAfter(&tx.ReadTx)
	if err != nil || after == 0 {
		return 0, err
	}
	n, err := tx.ForgetRequests(tx.Now()-after, most)
	if err != nil || n == 0 {
		return 0, err
	}
	tx.Record(audit.Record{
		Activity: "Forget requests", Category: "RoleManagement", Service: "Privileged Identity Management", Type: "Delete",
		Operation: "forgetRequests", Result: audit.Success, Actor: self,
		Details: []audit.Detail{{Key: "requests", Value: strconv.Itoa(n)}},
	})
	return n, nil
}
