package dev

import (
	"net/http"

	"ephor/internal/audit"
	"ephor/internal/fault"
	"ephor/internal/store"
	"ephor/internal/when"
)

// clockBody is a tenant's clock on the wire.
type clockBody struct {
	Now    string `json:"now"`
	Frozen bool   `json:"frozen"`
}

// readClock tells what the tenant's clock shows.
func (a *API) readClock(c *call) (int, any, error) {
	if err := c.nothing(); err != nil {
		return 0, nil, err
	}
	clock, err := c.tenant.Clock(c.ctx)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, clockBody{clock.Now.String(), clock.Frozen}, nil
}

// setClock sets the clock: {"now", "frozen"}. Without frozen it runs on from now. Without
// now a clock that stands runs on from where it is; one that runs cannot be stopped so,
// because the instant it shows is over when it is set, and setting it back voids the
// tenant's tokens.
func (a *API) setClock(c *call) (int, any, error) {
	var in struct {
		Now    *string `json:"now"`
		Frozen *bool   `json:"frozen"`
	}
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	if in.Now == nil && in.Frozen == nil {
		return 0, nil, fault.BadRequest("now", "Say what the clock is to show (now), whether it is to stand (frozen), or both.")
	}
	to, err := c.tenant.Clock(c.ctx)
	if err != nil {
		return 0, nil, err
	}
	if in.Now != nil {
		var ok bool
		if to.Now, ok = when.Parse(*in.Now); !ok {
			return 0, nil, fault.BadRequest("now", "now must be a timestamp with an offset, such as 2021-09-03T20:45:28Z.")
		}
		to.Frozen = false
	}
	if in.Frozen != nil {
		if *in.Frozen && !to.Frozen && in.Now == nil {
			return 0, nil, fault.BadRequest("now", "Say at which instant the clock is to stand: now.")
		}
		to.Frozen = *in.Frozen
	}
	if err := c.tenant.SetClock(c.ctx, to, a.clockRecord()); err != nil {
		return 0, nil, err
	}
	return a.moved(c)
}

// advanceClock moves the clock on: {"by": "PT5H"}.
func (a *API) advanceClock(c *call) (int, any, error) {
	var in struct {
		By string `json:"by"`
	}
	if err := decode(c.body, &in); err != nil {
		return 0, nil, err
	}
	clock, err := c.tenant.Clock(c.ctx)
	if err != nil {
		return 0, nil, err
	}
	end, ok := when.ParseDuration(in.By, clock.Now)
	if !ok {
		return 0, nil, fault.BadRequest("by", "by must be an ISO 8601 duration of at most a hundred years, such as PT5H.")
	}
	if err := c.tenant.Advance(c.ctx, end.Sub(clock.Now), a.clockRecord()); err != nil {
		return 0, nil, err
	}
	return a.moved(c)
}

// nextEvent moves the clock on to the next instant at which a grant begins or ends. A clock
// that runs may be past an instant as near as this by the time it is set, so it is moved
// by a length, which never sets it back; one that is far away is a longer length than can
// be told.
func (a *API) nextEvent(c *call) (int, any, error) {
	if err := c.nothing(); err != nil {
		return 0, nil, err
	}
	clock, err := c.tenant.Clock(c.ctx)
	if err != nil {
		return 0, nil, err
	}
	var next, now when.Instant
	err = c.tenant.Read(c.ctx, func(tx *store.ReadTx) (err error) {
		now = tx.Now()
		next, err = tx.NextEvent(now)
		return err
	})
	switch {
	case err != nil:
	case next == when.Never:
		err = &fault.Fault{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: "Nothing in this tenant begins or ends after its present time."}
	case next-now > when.Hour:
		err = c.tenant.SetClock(c.ctx, store.Clock{Now: next, Frozen: clock.Frozen}, a.clockRecord())
	default:
		err = c.tenant.Advance(c.ctx, next.Sub(now), a.clockRecord())
	}
	if err != nil {
		return 0, nil, err
	}
	return a.moved(c)
}

// moved tells of a clock that was moved, and answers with what it shows.
func (a *API) moved(c *call) (int, any, error) {
	a.Moved()
	return a.readClock(&call{ctx: c.ctx, tenant: c.tenant})
}

// clockRecord is what the audit log says of a clock that was set.
func (a *API) clockRecord() audit.Record {
	return audit.Record{
		Activity: "Set clock", Category: "DirectoryManagement", Service: "Core Directory", Type: "Update", Operation: "setClock",
		Result: audit.Success, Actor: audit.Actor{Operator: a.Tenants.Operator},
	}
}
