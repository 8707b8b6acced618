package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"ephor/internal/guid"
)

const (
	requestsPath = "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests"
	crowd        = 32 // connections that write at once
)

// A ticket is what some policies ask for.
type ticket struct {
	Number string `json:"ticketNumber"`
	System string `json:"ticketSystem"`
}

// activation is the body of a selfActivate that begins now.
func activation(principal, role guid.ID, work *ticket) ([]byte, error) {
	type expiration struct {
		Type     string `json:"type"`
		Duration string `json:"duration"`
	}
	type schedule struct {
		Start      *time.Time `json:"startDateTime"`
		Expiration expiration `json:"expiration"`
	}
	return json.Marshal(struct {
		Action    string   `json:"action"`
		Principal guid.ID  `json:"principalId"`
		Role      guid.ID  `json:"roleDefinitionId"`
		Scope     string   `json:"directoryScopeId"`
		Why       string   `json:"justification"`
		Schedule  schedule `json:"scheduleInfo"`
		Ticket    *ticket  `json:"ticketInfo,omitempty"`
	}{"selfActivate", principal, role, "/", "Measuring.", schedule{nil, expiration{"AfterDuration", "PT1H"}}, work})
}

// A stock is activations that have not been asked for yet. Each can be asked for once.
type stock struct{ left [][]byte }

// activations are so many of what the data set's activators can ask for, no two neighbours
// by the same person. What an earlier run activated is over by then: the tenant's clock moves on.
func (h *house) activations(ctx context.Context, most int) (*stock, error) {
	return h.activationsUnder(ctx, most, activated[:], nil)
}

// activationsUnder are activations of some roles.
func (h *house) activationsUnder(ctx context.Context, most int, roles []guid.ID, work *ticket) (*stock, error) {
	if _, err := ask(ctx, h.addr, h.control("clock/advance", `{"by":"PT2H"}`), http.StatusOK); err != nil {
		return nil, fmt.Errorf("advance the clock: %w", err)
	}
	tokens := make([]string, min(h.city.activators, most/len(roles)))
	for n := range tokens {
		var err error
		if tokens[n], err = h.token(ctx, h.city.account(h.city.activator(n)).UPN); err != nil {
			return nil, err
		}
	}
	var s stock
	for _, role := range roles {
		for n, token := range tokens {
			body, err := activation(h.city.user(h.city.activator(n)), role, work)
			if err != nil {
				return nil, err
			}
			s.left = append(s.left, request("POST", h.host, requestsPath, token, body))
		}
	}
	return &s, nil
}

// take is the next so many, fewer at the end.
func (s *stock) take(n int) [][]byte {
	n = min(n, len(s.left))
	taken := s.left[:n]
	s.left = s.left[n:]
	return taken
}

// some is the contestant that asks for the next so many in each round.
func (h *house) some(ctx context.Context, s *stock, conns, n int) contestant {
	return func() (sample, error) {
		taken := s.take(n)
		if len(taken) < n {
			return sample{}, errors.New("no activations are left")
		}
		d := drive{addr: h.addr, conns: conns, want: http.StatusCreated, pid: h.pid(), next: func(i int) []byte {
			if i < len(taken) {
				return taken[i]
			}
			return nil
		}}
		return d.during(ctx, 0)
	}
}

// measureActivations compares durable activations with a bare write to the same disk.
func measureActivations(ctx context.Context, b *bench) error {
	for _, c := range b.cities() {
		if err := b.measureActivation(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) measureActivation(ctx context.Context, c *city) error {
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	h := houses[0]
	if c == b.large {
		h = houses[1]
	}
	stock, err := h.activations(ctx, b.activations)
	if err != nil {
		return err
	}
	each := len(stock.left) / (b.rounds * 10) // nine tenths by many, one tenth by one
	disk, err := newDisk(filepath.Join(h.dir, "bare"))
	if err != nil {
		return err
	}
	samples, err := contest(b.rounds, disk.some(each), h.some(ctx, stock, 1, each), h.some(ctx, stock, crowd, 8*each))
	if err := disk.close(err); err != nil {
		return err
	}
	what := fmt.Sprintf("durable selfActivate, %s users", count(c.users))
	b.sheet.add(what+": p50 to a bare 4 KiB append and fdatasync", atMost(4), ratio(samples[1], samples[0], p50),
		fmt.Sprintf("(%s to %s µs)", short(alone(samples[1], micros).median), short(alone(samples[0], micros).median)))
	b.sheet.add(fmt.Sprintf("… rate at %d connections to that at one", crowd), atLeast(3.5), ratio(samples[2], samples[1], rate),
		fmt.Sprintf("(%s to %s a second; %s)", short(alone(samples[2], rate).median), short(alone(samples[1], rate).median), works(samples[2], samples[1])))
	return nil
}

// A disk is a file that is written to and waited for.
type disk struct{ file *os.File }

func newDisk(path string) (*disk, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|os.O_TRUNC, 0o600)
	return &disk{f}, err
}

// some is the contestant that appends 4 KiB so many times, each made durable.
func (d *disk) some(n int) contestant {
	block := make([]byte, 4096)
	return func() (sample, error) {
		times := make([]time.Duration, n)
		began := time.Now()
		for i := range times {
			start := time.Now()
			if _, err := d.file.Write(block); err != nil {
				return sample{}, err
			}
			if err := fdatasync(d.file); err != nil {
				return sample{}, err
			}
			times[i] = time.Since(start)
		}
		return sampled(times, time.Since(began)), nil
	}
}

// close removes the file. The error that it was closed for goes first.
func (d *disk) close(err error) error {
	closed := d.file.Close()
	if err == nil {
		err = closed
	}
	if removed := os.Remove(d.file.Name()); err == nil {
		err = removed
	}
	return err
}
