package server

import (
	"context"
	"errors"

	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// A Log is what a tenant's audit log was found to be.
type Log struct {
	TenantID guid.ID `json:"tenantId"`
	Name     string  `json:"name"`
	Whole    bool    `json:"whole"`
	Records  uint64  `json:"records"` // of a whole log
	Root     string  `json:"root"`    // of its Merkle tree, in hexadecimal
	// Index is the first record that is not as it was written, of a broken log, and Why
	// says what is wrong with it.
	Index *uint64 `json:"index"`
	Why   string  `json:"why"`
}

// Verify computes the audit log of the named tenant again, or of all tenants. It works on
// development's data and on production's.
func (o *Operator) Verify(ctx context.Context, tenant string) (logs []Log, err error) {
	st, err := o.open(ctx, false)
	if err != nil {
		var failed error
		if st, failed = o.open(ctx, true); failed != nil {
			return nil, err
		}
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if tenant != "" {
		t, err := only(ctx, st, tenant)
		if err != nil {
			return nil, err
		}
		one, err := verify(ctx, t)
		return []Log{one}, err
	}
	specs, err := st.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, spec := range specs {
		t, err := st.Tenant(ctx, spec.ID)
		if err != nil {
			return logs, err
		}
		one, err := verify(ctx, t)
		if err != nil {
			return logs, err
		}
		logs = append(logs, one)
	}
	return logs, nil
}

func verify(ctx context.Context, t *store.Tenant) (Log, error) {
	l := Log{TenantID: t.ID(), Name: t.Spec().Name}
	v, err := t.Verify(ctx)
	if breach, ok := errors.AsType[*audit.Breach](err); ok {
		l.Index, l.Why = &breach.Index, breach.Error()
		return l, nil
	}
	l.Whole, l.Records, l.Root = err == nil, v.Records, v.Root.String()
	return l, err
}
