package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ephor/internal/client"
	"ephor/internal/when"
)

// nameFlags say which of the caller's grants is meant.
type nameFlags struct {
	personFlags
	Name   string `arg:"" help:"The role or group, by its id or the beginning of its name."`
	Scope  string `help:"The scope, such as /administrativeUnits/{id}, where the name is not enough; or a narrower one to activate in." placeholder:"SCOPE"`
	Access string `help:"member or owner, where the name of a group is not enough." enum:",member,owner" default:"" placeholder:"ACCESS"`
}

// reasonFlags are what a policy may ask for.
type reasonFlags struct {
	Why          string `help:"The reason, which is kept on record." placeholder:"TEXT"`
	Ticket       string `help:"The number of the ticket that it is for." placeholder:"NUMBER"`
	TicketSystem string `help:"Where the ticket is." placeholder:"NAME"`
	DryRun       bool   `help:"Only say whether it would be granted."`
}

// choose is the grant of that state that the flags mean.
func (f *nameFlags) choose(ctx context.Context, k *client.Client, state string) (*client.Grant, error) {
	list, err := k.Grants(ctx)
	if err != nil {
		return nil, err
	}
	return f.among(list, state)
}

// among is the one of list, of that state, that the flags mean.
func (f *nameFlags) among(list []client.Grant, state string) (*client.Grant, error) {
	return client.Choose(list, f.Name, func(g *client.Grant) bool {
		return g.State == state && (f.Access == "" || strings.EqualFold(g.Access, f.Access)) && (f.Scope == "" || g.Scope == f.Scope)
	})
}

// activateCommand is `ephor activate`.
type activateCommand struct {
	nameFlags
	reasonFlags
	For  string `help:"How long, such as 2h, 90m or PT2H. By default as long as the policy allows." placeholder:"TIME"`
	At   string `help:"When it begins, such as 2026-03-01T08:00:00Z. By default now." placeholder:"INSTANT"`
	Wait bool   `help:"Wait until it is in force: until it has been approved."`
}

// Help is what `ephor activate --help` says besides the flags.
func (activateCommand) Help() string {
	return `It asks for a role, or a place in a group, that you are eligible for. If the policy wants a
fresh proof of who you are, your browser opens by itself and the request is sent again.

Examples:

  ephor activate helpdesk --for 2h --why 'ticket 7'
  ephor activate 'user admin' --for 1h --why 'ticket 8' --ticket 8 --wait
  ephor activate helpdesk --for 8h --dry-run

` + exitCodes
}

// Run activates.
func (c *activateCommand) Run(ctx context.Context, t *terminal) error {
	schedule, err := schedule(c.For, c.At)
	if err != nil {
		return err
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	list, err := k.Grants(ctx)
	if err != nil {
		return err
	}
	if c.Scope != "" {
		list = client.At(list, c.Scope)
	}
	g, err := c.among(list, "eligible")
	if err != nil {
		return err
	}
	who, err := k.WhoAmI(ctx)
	if err != nil {
		return err
	}
	r, err := k.Request(ctx, who, g, client.Ask{
		Action: "selfActivate", Justification: c.Why, Ticket: c.Ticket, TicketSystem: c.TicketSystem,
		Schedule: schedule, DryRun: c.DryRun,
	})
	if err != nil {
		return err
	}
	if c.Wait && !c.DryRun {
		if r, err = c.wait(ctx, k, t, r); err != nil {
			return err
		}
	}
	return c.answer(t, g, r)
}

// answer says what has become of the request.
func (c *activateCommand) answer(t *terminal, g *client.Grant, r *client.Request) error {
	err := c.print(t.out, r, func(w io.Writer) {
		switch {
		case c.DryRun && r.Pending():
			line(w, "%s would have to be approved.", g.What())
		case c.DryRun:
			line(w, "%s would be granted.", g.What())
		case r.Pending():
			line(w, "%s: waiting for approval (request %s).", g.What(), r.ID)
		case r.Status == "Granted":
			line(w, "%s is granted, and begins %s.", g.What(), clockTime(r.ScheduleInfo.StartDateTime))
		case r.Status == "Provisioned":
			line(w, "%s is active%s.", g.What(), lasting(r.ScheduleInfo))
		default:
			line(w, "%s: %s.", g.What(), r.Status)
		}
	})
	switch {
	case err != nil || c.DryRun:
		return err
	case r.Pending():
		return errPending
	case r.Status != "Provisioned" && r.Status != "Granted":
		return &client.Refusal{Status: 403, Code: r.Status, Message: "It was not granted."}
	}
	return nil
}

// lasting says for how long a schedule goes on.
func lasting(s *client.Schedule) string {
	switch {
	case s == nil:
		return ""
	case s.Expiration.EndDateTime != nil:
		return " until " + clockTime(s.Expiration.EndDateTime)
	case s.Expiration.Duration != "":
		return " for " + s.Expiration.Duration
	}
	return ""
}

// every is how often a request that waits is looked at.
const every = 2 * time.Second

// wait looks at the request until it is decided.
func (c *activateCommand) wait(ctx context.Context, k *client.Client, t *terminal, r *client.Request) (*client.Request, error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	if r.Pending() {
		fmt.Fprintf(t.err, "Waiting for approval of request %s. Ctrl-C stops waiting, and leaves the request as it is.\n", r.ID)
	}
	for r.Pending() {
		select {
		case <-ctx.Done():
			return nil, errPending
		case <-tick.C:
		}
		var err error
		if r, err = k.Reload(ctx, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// schedule is scheduleInfo for what the flags say, nil for nothing.
func schedule(length, start string) (*client.Schedule, error) {
	if length == "" && start == "" {
		return nil, nil
	}
	s := &client.Schedule{Expiration: client.Expiration{Type: "notSpecified"}}
	if start != "" {
		at, err := time.Parse(time.RFC3339, start)
		if err != nil {
			return nil, usageError{fmt.Errorf("--at %s: not an instant such as 2026-03-01T08:00:00Z", start)}
		}
		s.StartDateTime = &at
	}
	if length != "" {
		d, err := duration(length)
		if err != nil {
			return nil, err
		}
		s.Expiration = client.Expiration{Type: "afterDuration", Duration: d}
	}
	return s, nil
}

// duration is --for in ISO 8601.
func duration(s string) (string, error) {
	d, ok := length(s)
	if end, _ := when.ParseDuration(d, 0); !ok || end < when.Instant(0).Add(time.Second) {
		return "", usageError{fmt.Errorf("--for %s: not a length such as 2h, 90m or PT2H", s)}
	}
	return d, nil
}

// length is a length of time as people write it, in ISO 8601.
func length(s string) (string, bool) {
	if _, ok := when.ParseDuration(strings.ToUpper(s), 0); ok {
		return strings.ToUpper(s), true
	}
	d, err := time.ParseDuration(s)
	return when.FormatDuration(d), err == nil && d >= 0
}

// deactivateCommand is `ephor deactivate`.
type deactivateCommand struct {
	nameFlags
	reasonFlags
}

// Help is what `ephor deactivate --help` says besides the flags.
func (deactivateCommand) Help() string {
	return `It gives back what you have activated, before its time. Graph asks that it has been
active for five minutes.

Example:

  ephor deactivate helpdesk

` + exitCodes
}

// Run deactivates.
func (c *deactivateCommand) Run(ctx context.Context, t *terminal) error {
	return c.askAbout(ctx, t, c.reasonFlags, func(k *client.Client) (*client.Grant, error) { return c.taken(ctx, k) }, client.Ask{Action: "selfDeactivate"}, "is given back")
}

// taken is the grant that the flags mean, among those that were activated where there are
// some: what was assigned is not one's own to give back.
func (c *deactivateCommand) taken(ctx context.Context, k *client.Client) (*client.Grant, error) {
	list, err := k.Grants(ctx)
	if err != nil {
		return nil, err
	}
	own := slices.DeleteFunc(slices.Clone(list), func(g client.Grant) bool { return g.Assignment != "Activated" || !g.Is(c.Name) })
	if len(own) > 0 {
		list = own
	}
	return c.among(list, "active")
}

// extendCommand is `ephor extend`.
type extendCommand struct {
	nameFlags
	reasonFlags
	For    string `help:"How long, from now, such as 720h or P30D." required:"" placeholder:"TIME"`
	Active bool   `help:"Extend what you hold, instead of what you are eligible for."`
	Renew  bool   `help:"It has ended already."`
}

// Help is what `ephor extend --help` says besides the flags.
func (extendCommand) Help() string {
	return `It asks an administrator to let an eligibility, or an assignment, of yours go on.

Examples:

  ephor extend helpdesk --for P30D --why 'still on the team'
  ephor extend helpdesk --for P30D --why 'back from leave' --renew

` + exitCodes
}

// Run asks for the extension.
func (c *extendCommand) Run(ctx context.Context, t *terminal) error {
	s, err := schedule(c.For, "")
	if err != nil {
		return err
	}
	a := client.Ask{Action: "selfExtend", Schedule: s, Eligible: !c.Active}
	if c.Renew {
		a.Action = "selfRenew"
	}
	state := "eligible"
	if c.Active {
		state = "active"
	}
	if c.Renew {
		return c.askAbout(ctx, t, c.reasonFlags, func(k *client.Client) (*client.Grant, error) { return c.ended(ctx, k) }, a, "is renewed")
	}
	return c.ask(ctx, t, c.reasonFlags, state, a, "is extended")
}

// ended is the grant that the flags mean, among those that were once asked for: what is over
// is in no list of what one has.
func (c *extendCommand) ended(ctx context.Context, k *client.Client) (*client.Grant, error) {
	list, err := k.Past(ctx, !c.Active)
	if err != nil {
		return nil, err
	}
	return client.Choose(list, c.Name, func(g *client.Grant) bool {
		return (c.Access == "" || strings.EqualFold(g.Access, c.Access)) && (c.Scope == "" || g.Scope == c.Scope)
	})
}

// ask sends a request about the named grant, and says what has become of it.
func (f *nameFlags) ask(ctx context.Context, t *terminal, why reasonFlags, state string, a client.Ask, done string) error {
	return f.askAbout(ctx, t, why, func(k *client.Client) (*client.Grant, error) { return f.choose(ctx, k, state) }, a, done)
}

// askAbout is ask about the grant that choose finds.
func (f *nameFlags) askAbout(ctx context.Context, t *terminal, why reasonFlags, choose func(*client.Client) (*client.Grant, error), a client.Ask, done string) error {
	k, err := f.client(t)
	if err != nil {
		return err
	}
	g, err := choose(k)
	if err != nil {
		return err
	}
	who, err := k.WhoAmI(ctx)
	if err != nil {
		return err
	}
	a.Justification, a.Ticket, a.TicketSystem, a.DryRun = why.Why, why.Ticket, why.TicketSystem, why.DryRun
	r, err := k.Request(ctx, who, g, a)
	if err != nil {
		return err
	}
	err = f.print(t.out, r, func(w io.Writer) {
		switch {
		case a.DryRun:
			line(w, "%s: it would be granted.", g.What())
		case r.Pending():
			line(w, "%s: waiting for an administrator (request %s).", g.What(), r.ID)
		default:
			line(w, "%s %s.", g.What(), done)
		}
	})
	if err == nil && r.Pending() && !a.DryRun {
		err = errPending
	}
	return err
}
