package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"ephor/internal/client"
)

// requestsCommand is `ephor requests`.
type requestsCommand struct {
	personFlags
	All   bool `help:"Also those that are done with."`
	Inbox bool `help:"Those that wait for my decision, instead of my own."`
}

// Help is what `ephor requests --help` says besides the flags.
func (requestsCommand) Help() string {
	return `It lists what you have asked for and is still open, the newest first.

Examples:

  ephor requests --all
  ephor requests --inbox --output json`
}

// Run lists requests.
func (c *requestsCommand) Run(ctx context.Context, t *terminal) error {
	k, err := c.client(t)
	if err != nil {
		return err
	}
	list, err := c.list(ctx, k)
	if err != nil {
		return err
	}
	shown := []client.Request{}
	for _, r := range list {
		if c.All || c.Inbox || r.Open() {
			shown = append(shown, r)
		}
	}
	return c.print(t.out, shown, func(w io.Writer) {
		if len(shown) == 0 {
			line(w, "Nothing is open.")
			return
		}
		row(w, "ID", "STATUS", "ACTION", "WHAT", "WHO", "ASKED", "WHY")
		for _, r := range shown {
			asked := r.CreatedDateTime
			row(w, r.ID, r.Status, r.Action, r.Target(), r.Who(), clockTime(&asked), r.Justification)
		}
	})
}

func (c *requestsCommand) list(ctx context.Context, k *client.Client) ([]client.Request, error) {
	if c.Inbox {
		return k.Inbox(ctx)
	}
	return k.Mine(ctx)
}

// reviewCommand is what `ephor approve` and `ephor deny` share.
type reviewCommand struct {
	personFlags
	ID     string `arg:"" optional:"" help:"The request, by the beginning of its id."`
	Why    string `help:"The reason, which is kept on record." required:"" placeholder:"TEXT"`
	Latest bool   `help:"The newest request that waits for me."`
}

func (c *reviewCommand) review(ctx context.Context, t *terminal, approve bool, done string) error {
	if (c.ID == "") != c.Latest {
		return usageError{fmt.Errorf("name one request by its id, or say --latest: `ephor requests --inbox` shows them")}
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	inbox, err := k.Inbox(ctx)
	if err != nil {
		return err
	}
	r, err := client.Pick(inbox, c.ID, c.Latest)
	if err != nil {
		return err
	}
	if err := k.Review(ctx, r, approve, c.Why); err != nil {
		return err
	}
	answer, err := reviewedNow(ctx, k, r, done)
	if err != nil {
		return err
	}
	return c.print(t.out, answer, func(w io.Writer) { line(w, "%s: %s for %s.", done, r.Target(), r.Who()) })
}

// A reviewed request is one that somebody has just decided.
type reviewed struct {
	*client.Request
	// Status is what has become of it, left out where the reviewer may not read it.
	Status       string `json:"status,omitempty"`
	ReviewResult string `json:"reviewResult"`
}

// reviewedNow is the request as it is after the review. Approvers see what waits for their
// word, and not always what comes of it.
func reviewedNow(ctx context.Context, k *client.Client, r *client.Request, done string) (*reviewed, error) {
	v := &reviewed{Request: r, ReviewResult: done}
	now, err := k.Reload(ctx, r)
	if refused, ok := errors.AsType[*client.Refusal](err); ok && refused.Denied() {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.Status = now.Status
	return v, nil
}

// approveCommand is `ephor approve`.
type approveCommand struct{ reviewCommand }

// Help is what `ephor approve --help` says besides the flags.
func (approveCommand) Help() string {
	return `Examples:

  ephor approve 0199c2 --why 'agreed on the phone'
  ephor approve --latest --why 'on call tonight'

` + exitCodes
}

// Run approves.
func (c *approveCommand) Run(ctx context.Context, t *terminal) error {
	return c.review(ctx, t, true, "Approved")
}

// denyCommand is `ephor deny`.
type denyCommand struct{ reviewCommand }

// Help is what `ephor deny --help` says besides the flags.
func (denyCommand) Help() string {
	return `Example:

  ephor deny 0199c2 --why 'not on duty'

` + exitCodes
}

// Run denies.
func (c *denyCommand) Run(ctx context.Context, t *terminal) error {
	return c.review(ctx, t, false, "Denied")
}

// cancelCommand is `ephor cancel`.
type cancelCommand struct {
	personFlags
	ID     string `arg:"" optional:"" help:"The request, by the beginning of its id."`
	Latest bool   `help:"My newest request that is still open."`
}

// Help is what `ephor cancel --help` says besides the flags.
func (cancelCommand) Help() string {
	return `It withdraws a request of yours that waits, or one that was granted and has yet to begin.

Example:

  ephor cancel --latest

` + exitCodes
}

// Run withdraws a request.
func (c *cancelCommand) Run(ctx context.Context, t *terminal) error {
	if (c.ID == "") != c.Latest {
		return usageError{fmt.Errorf("name one request by its id, or say --latest: `ephor requests` shows them")}
	}
	k, err := c.client(t)
	if err != nil {
		return err
	}
	mine, err := k.Mine(ctx)
	if err != nil {
		return err
	}
	var open []client.Request
	for _, r := range mine {
		if r.Open() || !c.Latest {
			open = append(open, r)
		}
	}
	r, err := client.Pick(open, c.ID, c.Latest)
	if err != nil {
		return err
	}
	if err := k.Cancel(ctx, r); err != nil {
		return err
	}
	if r, err = k.Reload(ctx, r); err != nil {
		return err
	}
	return c.print(t.out, r, func(w io.Writer) { line(w, "Withdrawn: %s.", r.Target()) })
}
