package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/login"
	"ephor/internal/roledata"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A gate is a tenant with one person, who signs in again and again.
type gate struct {
	tenant *store.Tenant
	people *login.Server
	user   guid.ID
	hash   string
}

const (
	gateName     = "ada@bench.example"
	gatePassword = "a-long-Sentence-of-hers-7"
	gateSignIns  = 20  // in one round
	gateFlood    = 8   // that sign in at once, without a pause
	gateAsked    = 500 // decisions in one round, one a millisecond
)

// measureSignIns compares a sign-in by password with one bare argon2id, and decisions while
// passwords flood the server with decisions while nothing does.
func measureSignIns(ctx context.Context, b *bench) (err error) {
	dir, err := os.MkdirTemp(b.dir, "signin-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	e := env.System()
	st, err := store.Open(ctx, store.Config{Dir: dir, Env: e, Dev: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	g, err := newGate(ctx, st, e)
	if err != nil {
		return err
	}
	costs, err := contest(b.rounds, g.bare, func() (sample, error) { return g.signIns(ctx) })
	if err != nil {
		return err
	}
	b.sheet.add("processor time of a sign-in by password, to a bare argon2id", atMost(1.1), ratio(costs[1], costs[0], func(s sample) float64 { return s.work.Seconds() }), "")
	calm, err := contest(b.rounds, func() (sample, error) { return g.decisions(ctx, 0) }, func() (sample, error) { return g.decisions(ctx, gateFlood) })
	if err != nil {
		return err
	}
	p99 := func(s sample) float64 { return s.p99.Seconds() }
	b.sheet.add(fmt.Sprintf("p99 of a decision while %d sign in at once, to p99 in peace", gateFlood), atMost(3), ratio(calm[1], calm[0], p99),
		fmt.Sprintf("(%.0f µs in peace)", alone(calm[0], p99).median*1e6))
	return nil
}

func newGate(ctx context.Context, st *store.Store, e *env.Env) (*gate, error) {
	h, err := login.NewHasher(e, signin.DefaultCost)
	if err != nil {
		return nil, err
	}
	g := &gate{user: e.NewID()}
	if g.people, err = login.New(e, h, "https://localhost:8443"); err != nil {
		return nil, err
	}
	if g.hash, err = h.Hash(ctx, gatePassword); err != nil {
		return nil, err
	}
	if g.tenant, err = st.Create(ctx, store.Spec{ID: e.NewID(), Name: "bench", Domains: []string{"bench.example"}, Kind: store.Development}); err != nil {
		return nil, err
	}
	return g, g.tenant.Write(ctx, func(tx *store.WriteTx) error {
		tx.Record(audit.Record{Activity: "Bench", Category: "Bench", Result: audit.Success, Actor: audit.Actor{Operator: "bench"}})
		return tx.InsertUser(directory.User{
			Object: directory.Object{ID: g.user, Kind: directory.KindUser, DisplayName: "Ada", Deleted: when.Never},
			UPN:    gateName, MailNickname: "ada", Enabled: true, Type: "Member", Password: directory.Password{Hash: g.hash},
		})
	})
}

// spent is the processor time that this process has used.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// bare is argon2id and nothing else.
func (g *gate) bare() (sample, error) {
	runtime.GC()
	before := spent()
	for range gateSignIns {
		if ok, err := signin.Verify(gatePassword, g.hash); err != nil || !ok {
			return sample{}, fmt.Errorf("bare argon2id: %v %w", ok, err)
		}
	}
	return sample{work: (spent() - before) / gateSignIns}, nil
}

func (g *gate) signIn(ctx context.Context, address string) error {
	return g.people.Password(ctx, g.tenant, login.Try{Address: address}, gateName, gatePassword, func(*store.WriteTx, login.Proof) error { return nil })
}

// signIns is the whole way: lockout, hash, the lane, and what it leaves on disk.
func (g *gate) signIns(ctx context.Context) (sample, error) {
	runtime.GC()
	before := spent()
	for range gateSignIns {
		if err := g.signIn(ctx, "192.0.2.1"); err != nil {
			return sample{}, err
		}
	}
	return sample{work: (spent() - before) / gateSignIns}, nil
}

// decisions asks one a millisecond, while so many sign in without a pause.
func (g *gate) decisions(ctx context.Context, flood int) (sample, error) {
	ctx, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range flood {
		all.Go(func() {
			for ctx.Err() == nil {
				sum := sha256.Sum256([]byte{byte(i)})
				_ = g.signIn(ctx, fmt.Sprintf("192.0.2.%d", sum[0]))
			}
		})
	}
	defer func() { stop(); all.Wait() }()
	action, _ := roledata.ActionOf("microsoft.directory/users/standard/read")
	on := directory.Ref{ID: g.user, Kind: directory.KindUser}
	times := make([]time.Duration, 0, gateAsked)
	began := time.Now()
	for range gateAsked {
		time.Sleep(time.Millisecond)
		at := time.Now()
		snap, now, err := g.tenant.Snapshot(ctx)
		if err != nil {
			return sample{}, err
		}
		_ = snap.Can(g.user, action, on, now)
		times = append(times, time.Since(at))
	}
	return sampled(times, time.Since(began)), nil
}
