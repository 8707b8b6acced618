package dev

import "sync"

// plansKept bounds the plans that are remembered.
const plansKept = 32

// plans remembers what seeds compile to: hashing passwords takes longer than making a
// tenant.
type plans struct {
	mu   sync.Mutex
	kept map[string]*plan // by digest
}

// of is the plan of a seed's text. A refusal is a fault.
func (p *plans) of(text string) (*plan, error) {
	key := digest(text)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.kept[key]; known != nil {
		return known, nil
	}
	made, err := compile(text)
	if err != nil {
		return nil, err
	}
	if p.kept == nil || len(p.kept) >= plansKept {
		p.kept = map[string]*plan{}
	}
	p.kept[key] = made
	return made, nil
}
