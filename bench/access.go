package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// asJSON is a question as AuthZEN asks it.
func (q question) asJSON() []byte {
	var e evaluation
	e.Subject = entity{"user", q.subject.String()}
	e.Action.Name = q.action
	e.Resource = entity{"user", q.resource.String()}
	b, err := json.Marshal(e)
	if err != nil {
		panic("bench: four strings are not JSON: " + err.Error())
	}
	return b
}

const (
	evaluationPath  = "/access/v1/evaluation"
	evaluationsPath = "/access/v1/evaluations"
	batch           = 100 // questions in one request
)

// single are requests of one question each.
func (h *house) single() [][]byte {
	var all [][]byte
	for _, q := range h.city.questions() {
		all = append(all, request("POST", h.host, evaluationPath, h.admin, q.asJSON()))
	}
	return all
}

// batches are requests of many questions each.
func (h *house) batches() ([][]byte, error) {
	var all [][]byte
	asked := h.city.questions()
	for ; len(asked) >= batch; asked = asked[batch:] {
		var in struct {
			Evaluations []json.RawMessage `json:"evaluations"`
		}
		for _, q := range asked[:batch] {
			in.Evaluations = append(in.Evaluations, q.asJSON())
		}
		body, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		all = append(all, request("POST", h.host, evaluationsPath, h.admin, body))
	}
	return all, nil
}

// measureHTTP compares decisions over HTTP with a server that decides nothing, and batches
// of them with single ones.
func measureHTTP(ctx context.Context, b *bench) error {
	bare, err := b.barely(ctx)
	if err != nil {
		return err
	}
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	var asked [][][]byte
	for _, h := range houses {
		asked = append(asked, h.single())
	}
	answer, err := ask(ctx, houses[0].addr, asked[0][0], http.StatusOK)
	if err != nil {
		return err
	}
	if err := bare.keep(ctx, "decision", answer); err != nil {
		return err
	}
	for _, conns := range []int{8, 32} {
		samples, err := contest(b.rounds,
			b.driving(ctx, bare.addr, bare.pid, conns, asked[0]),
			b.driving(ctx, houses[0].addr, houses[0].pid(), conns, asked[0]),
			b.driving(ctx, houses[1].addr, houses[1].pid(), conns, asked[1]))
		if err != nil {
			return err
		}
		for i, h := range houses {
			what := fmt.Sprintf("decision over HTTP, %s users, %d connections", count(h.city.users), conns)
			b.sheet.add(what+": rate to a bare server's", atLeast(0.75), ratio(samples[i+1], samples[0], rate),
				fmt.Sprintf("(%s of %s a second; %s)", short(alone(samples[i+1], rate).median), short(alone(samples[0], rate).median), works(samples[i+1], samples[0])))
			b.sheet.add("… p50 to a bare server's", atMost(1.4), ratio(samples[i+1], samples[0], p50),
				fmt.Sprintf("(%s of %s µs)", short(alone(samples[i+1], micros).median), short(alone(samples[0], micros).median)))
		}
	}
	return b.measureBatches(ctx, houses[1], asked[1])
}

func (b *bench) measureBatches(ctx context.Context, h *house, single [][]byte) error {
	batches, err := h.batches()
	if err != nil {
		return err
	}
	samples, err := contest(b.rounds, b.driving(ctx, h.addr, 0, 8, single), b.driving(ctx, h.addr, 0, 8, batches))
	if err != nil {
		return err
	}
	for i := range samples[1] {
		samples[1][i].rate *= batch
	}
	b.sheet.add(fmt.Sprintf("batches of %d, %s users: decisions a second to single ones", batch, count(h.city.users)), atLeast(6),
		ratio(samples[1], samples[0], rate), fmt.Sprintf("(%s a second)", short(alone(samples[1], rate).median)))
	return nil
}

// driving is the contestant that asks a server over and over, for one window a round.
func (b *bench) driving(ctx context.Context, addr string, pid, conns int, requests [][]byte) contestant {
	d := drive{addr: addr, conns: conns, want: http.StatusOK, pid: pid, next: cycle(requests)}
	return func() (sample, error) { return d.during(ctx, b.window) }
}
