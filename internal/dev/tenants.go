package dev

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/store"
)

// contosoID is the tenant id of the tutorial's answers. The first tenant that is seeded
// with contoso has it.
var contosoID = guid.Must("29a4f813-9274-4e1b-858d-0afa98ae66d4")

// Tenants makes and resets development tenants.
type Tenants struct {
	Store *store.Store
	Env   *env.Env
	// Operator is who seeds, for the audit log: the account's name on the machine.
	Operator string

	plans plans
}

// Create makes a tenant of a seed's text: "empty", "contoso" or JSON. What the seed gets
// wrong is a fault.
func (d *Tenants) Create(ctx context.Context, name, seed string, memory bool) (Element, error) {
	if err := checkName(name); err != nil {
		return Element{}, err
	}
	p, err := d.plans.of(seed)
	if err != nil {
		return Element{}, err
	}
	spec := store.Spec{ID: contosoID, Name: name, Domains: p.domains[:1], Kind: store.Development, Memory: memory, Seed: seed}
	if seed != Contoso {
		spec.ID = d.Env.NewID()
	}
	err = d.make(ctx, p, spec)
	if errors.Is(err, store.ErrTaken) {
		// Only one tenant can be found by a domain; the others are found by their ids.
		spec.ID, spec.Domains = d.Env.NewID(), nil
		err = d.make(ctx, p, spec)
	}
	if err != nil {
		return Element{}, err
	}
	return p.elementOf(spec), nil
}

func (d *Tenants) make(ctx context.Context, p *plan, spec store.Spec) error {
	_, err := d.Store.CreateFrom(ctx, spec, p.seed(spec.ID, spec.Name, d.Operator, nil))
	return err
}

// Reset puts a tenant back to what it was seeded with. Its signing keys stay, because
// clients keep them in caches; its tokens are void all the same.
func (d *Tenants) Reset(ctx context.Context, t *store.Tenant) (Element, error) {
	spec := t.Spec()
	p, err := d.plans.of(spec.Seed)
	if err != nil {
		return Element{}, fmt.Errorf("seed of tenant %s: %w", t.ID(), err)
	}
	var keys []store.SigningKey
	err = t.Read(ctx, func(tx *store.ReadTx) (err error) {
		keys, err = tx.SigningKeys()
		return err
	})
	if err != nil {
		return Element{}, err
	}
	if err := d.Store.Reset(ctx, t.ID(), p.seed(spec.ID, spec.Name, d.Operator, keys)); err != nil {
		return Element{}, err
	}
	return p.elementOf(spec), nil
}

// Elements describes all tenants, the first made with contoso's id first.
func (d *Tenants) Elements(ctx context.Context) ([]Element, error) {
	specs, err := d.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	all := []Element{}
	for _, spec := range specs {
		p, err := d.plans.of(spec.Seed)
		if err != nil {
			return nil, fmt.Errorf("seed of tenant %s: %w", spec.ID, err)
		}
		if e := p.elementOf(spec); spec.ID == contosoID {
			all = append([]Element{e}, all...)
		} else {
			all = append(all, e)
		}
	}
	return all, nil
}

// elementOf is the plan's element for a tenant of it.
func (p *plan) elementOf(spec store.Spec) Element {
	e := p.element
	e.TenantID, e.Name = spec.ID, spec.Name
	return e
}

// checkName refuses what a tenant cannot be called.
func checkName(name string) error {
	if strings.TrimSpace(name) == "" || len(name) > 256 || strings.ContainsFunc(name, unicode.IsControl) {
		return fault.BadRequest("name", "A tenant has a name of 1 to 256 bytes that can be printed.")
	}
	return nil
}
