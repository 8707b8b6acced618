package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// readers is over how many connections objects and pages are read.
const readers = 8

// measureReads compares GETs with a bare server that answers with the same bytes.
func measureReads(ctx context.Context, b *bench) error {
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	if err := b.compareReads(ctx, "GET one user", houses, func(h *house) [][]byte {
		var all [][]byte
		for i := range combinations {
			all = append(all, h.get("/v1.0/users/"+h.city.user(i*104_729%h.city.users).String()))
		}
		return all
	}); err != nil {
		return err
	}
	return b.compareReads(ctx, "GET a filtered page of 100", houses, func(h *house) [][]byte {
		var all [][]byte
		for i := range departments {
			all = append(all, h.get("/v1.0/users?$top=100&$filter="+url.PathEscape("department eq '"+department(i)+"'")))
		}
		return all
	})
}

func (b *bench) compareReads(ctx context.Context, what string, houses []*house, requests func(*house) [][]byte) error {
	bare, err := b.barely(ctx)
	if err != nil {
		return err
	}
	var asked [][][]byte
	for _, h := range houses {
		asked = append(asked, requests(h))
	}
	answer, err := ask(ctx, houses[0].addr, asked[0][0], http.StatusOK)
	if err != nil {
		return err
	}
	if err := bare.keep(ctx, "read", answer); err != nil {
		return err
	}
	plain := [][]byte{request("GET", bare.addr, "/kept/read", houses[0].admin, nil)}
	samples, err := contest(b.rounds,
		b.driving(ctx, bare.addr, bare.pid, readers, plain),
		b.driving(ctx, houses[0].addr, houses[0].pid(), readers, asked[0]),
		b.driving(ctx, houses[1].addr, houses[1].pid(), readers, asked[1]))
	if err != nil {
		return err
	}
	for i, h := range houses {
		b.sheet.add(fmt.Sprintf("%s, %s users: rate to a bare GET of the same %d bytes", what, count(h.city.users), len(answer)), atLeast(0.5),
			ratio(samples[i+1], samples[0], rate), fmt.Sprintf("(%s of %s a second; %s)", short(alone(samples[i+1], rate).median), short(alone(samples[0], rate).median), works(samples[i+1], samples[0])))
	}
	b.sheet.add("… p50 at the large size to that at the small", atMost(1.2), ratio(samples[2], samples[1], p50), "")
	return nil
}
