package op

import (
	"context"
	"errors"
	"log/slog"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/pim"
	"ephor/internal/signin"
	"ephor/internal/store"
)

// A Gate runs operations. It is the only way to a handler: decode, open the transaction,
// bring authorization up to date, locate the object, require, do, record, commit, publish.
type Gate struct {
	Env *env.Env
	Log *slog.Logger
	// Passwords computes hashes; unless given, at the default cost and as many at once as asked.
	Passwords Passwords
}

func (g *Gate) preparing(ctx context.Context, t *store.Tenant, in *Input) *Preparing {
	p := &Preparing{Input: in, Env: g.Env, ctx: ctx, passwords: g.Passwords, Read: func(fn func(tx *store.ReadTx) error) error { return t.Read(ctx, fn) }}
	if p.passwords == nil {
		p.passwords = unbounded{g.Env}
	}
	return p
}

// unbounded is a Passwords that makes nobody wait.
type unbounded struct{ env *env.Env }

func (h unbounded) Hash(_ context.Context, password string) (string, error) {
	salt := make([]byte, signin.SaltSize)
	_, _ = h.env.Read(salt)
	return signin.Hash(password, signin.DefaultCost, salt)
}

func (unbounded) Verify(_ context.Context, password, phc string) (bool, error) {
	if phc == "" {
		phc = signin.DefaultCost.Decoy()
	}
	return signin.Verify(password, phc)
}

// Run answers one call. Refusals are *fault.Fault; any other error is the server's own
// failure. Their order is: missing scope, body, object.
func (g *Gate) Run(ctx context.Context, t *store.Tenant, in *Input) (Answer, error) {
	o := in.Op
	if o.Me && in.Caller.AppOnly {
		return Answer{}, fault.BadRequest("", "/me request is only valid with delegated authentication flow.")
	}
	snap, now, err := t.Snapshot(ctx)
	if err != nil {
		return Answer{}, err
	}
	if f := snap.RequireScopes(in.Caller, o.Rule); f != nil {
		g.refused(t, in, f)
		return Answer{}, f
	}
	if err := in.Read(in); err != nil {
		return Answer{}, err
	}
	body, err := in.decode()
	if err != nil {
		return Answer{}, err
	}
	call := func() *Call {
		return &Call{Input: in, Tenant: t, In: body, Env: g.Env, Snap: snap, Now: now}
	}
	if !o.Writes || o.DryRun != nil && o.DryRun(body) {
		return g.read(ctx, t, call)
	}
	// What the present snapshot refuses already does not enter the lane.
	if err := g.judge(ctx, t, call()); err != nil {
		return Answer{}, err
	}
	if o.Prepare != nil {
		if body, err = o.Prepare(g.preparing(ctx, t, in), body); err != nil {
			if f, ok := fault.As(err); ok {
				g.refused(t, in, f)
			}
			return Answer{}, err
		}
	}
	return g.write(ctx, t, call)
}

// decode reads the body, if the operation takes one.
func (in *Input) decode() (any, error) {
	if in.Op.Decode == nil {
		if len(in.Body) > 0 && !emptyObject(in.Body) {
			return nil, fault.BadRequest("", "%s %s takes no request body.", in.Op.Method, in.Op.Path)
		}
		return nil, nil
	}
	v, err := in.parse()
	if f, ok := fault.As(err); ok && in.Op.BadBody != nil {
		err = in.Op.BadBody(f.Target, f.Message)
	}
	if err != nil {
		return nil, err
	}
	return in.Op.Decode(v)
}

// parse reads the body as JSON.
func (in *Input) parse() (edm.Value, error) {
	if len(in.Body) == 0 {
		return edm.Value{}, fault.BadRequest("", "%s %s needs a JSON request body.", in.Op.Method, in.Op.Path)
	}
	return edm.ParseJSON(in.Body)
}

// emptyObject reports whether a body says nothing: some clients send {} or null to
// actions without parameters.
func emptyObject(b []byte) bool {
	v, err := edm.ParseJSON(b)
	return err == nil && (v.IsNull() || v.Kind == edm.ObjectValue && len(v.Members) == 0)
}

// judge runs no handler: it only sees whether the call would be let in.
func (g *Gate) judge(ctx context.Context, t *store.Tenant, c *Call) error {
	err := t.Judge(ctx, func(tx *store.ReadTx) error {
		c.Tx, c.Snap, c.Now = tx, tx.Snap(), tx.Now()
		if err := c.admit(); err != nil {
			return err
		}
		return c.introduce() // so that the lane finds it in memory
	})
	if f, ok := fault.As(err); ok {
		g.refused(t, c.Input, f)
	}
	return err
}

// read runs a call in a read transaction, which opens the database only when the call asks
// it something. The handler may run again, on a call of its own, if the tenant is then found
// to have changed. Run has had the version confirmed.
func (g *Gate) read(ctx context.Context, t *store.Tenant, call func() *Call) (a Answer, err error) {
	var c *Call
	err = t.Judge(ctx, func(tx *store.ReadTx) error {
		c = call()
		c.Tx, c.Snap, c.Now = tx, tx.Snap(), tx.Now()
		c.records = []audit.Record{g.record(c)}
		if err := c.admit(); err != nil {
			return err
		}
		a, err = c.Op.Do(c)
		return err
	})
	if f, ok := fault.As(err); ok && c != nil && (c.Op.Writes || c.Op.Sensitive) {
		g.refused(t, c.Input, f)
	}
	return a, err
}

// write runs a call in the lane. The handler may run more than once, each time on a call
// of its own; only what commits is seen.
func (g *Gate) write(ctx context.Context, t *store.Tenant, call func() *Call) (a Answer, err error) {
	first := call()
	var about *pim.Request
	if first.Op.About != nil {
		about = first.Op.About(first)
	}
	err = t.WriteRequest(ctx, first.Caller.Principal.ID.String(), about, func(tx *store.WriteTx) error {
		c := call()
		c.W, c.Tx, c.Snap, c.Now = tx, &tx.ReadTx, tx.Snap(), tx.Now()
		if err := c.admit(); err != nil {
			return err
		}
		if err := c.introduce(); err != nil {
			return err
		}
		c.records = []audit.Record{g.record(c)}
		answer, err := c.Op.Do(c)
		if err != nil {
			return err
		}
		for _, r := range c.records {
			tx.Record(r)
		}
		a = answer
		return nil
	})
	if f, ok := fault.As(err); ok {
		g.refused(t, first.Input, f)
	}
	return a, err
}

// admit finds the object and judges the caller. Who may read that kind of object is told
// that one is not there; who may not is refused as for one that is.
func (c *Call) admit() error {
	if c.Op.Locate != nil {
		object, err := c.Op.Locate(c)
		if none, ok := errors.AsType[unknown](err); ok {
			return c.absent(none.id, object)
		}
		if err != nil {
			return err
		}
		c.Object = object
	} else {
		c.Object = authz.Object{Ref: directory.Ref{ID: c.Caller.Tenant, Kind: directory.KindTenant}}
	}
	for _, rule := range c.rules() {
		if f := c.Snap.Require(c.Caller, rule, c.Object, c.Now); f != nil {
			return f
		}
	}
	return nil
}

// rules are what the object is judged by: the demands of the input and of the object
// itself, else the operation's own rule. REQUIRES that c.Object is set.
func (c *Call) rules() []*authz.Rule {
	if c.Op.Demands != nil {
		if demands := c.Op.Demands(c); len(demands) > 0 {
			return demands
		}
	}
	return []*authz.Rule{c.Op.Rule}
}

// absent is the refusal for an object that is not there. Who may read its kind is told
// so; who may not is refused as for one that is.
func (c *Call) absent(id string, o authz.Object) error {
	c.Object = o
	if c.Snap.MayRead(c.Caller, o.Kind, c.Now) {
		return c.NotFound(id)
	}
	for _, rule := range c.rules() {
		if f := c.Snap.Require(c.Caller, rule, o, c.Now); f != nil {
			return f
		}
	}
	return c.NotFound(id) // who could do it to any object learns nothing by this
}

// introduce reads what the caller is called, for the record.
func (c *Call) introduce() error {
	id := c.Caller.Principal.ID
	if c.Caller.AppOnly {
		p, _, err := c.Tx.ServicePrincipal(id)
		c.ActorName = p.DisplayName
		return err
	}
	u, _, err := c.Tx.User(id)
	c.ActorName, c.ActorUPN = u.DisplayName, u.UPN
	return err
}

// record is the draft of a call's audit record.
func (g *Gate) record(c *Call) audit.Record {
	r := g.draft(c.Input)
	r.At, r.Result = c.Now, audit.Success
	r.Actor.User.Name, r.Actor.User.UPN = c.ActorName, c.ActorUPN
	if c.Caller.AppOnly {
		r.Actor.User, r.Actor.App.Name = audit.User{}, c.ActorName
	}
	return r
}

func (g *Gate) draft(in *Input) audit.Record {
	a := in.Op.Activity
	if a.Name == "" {
		a = Activity{Name: in.Op.Name, Category: "DirectoryManagement", Type: "Read", Service: "Core Directory"}
	}
	return audit.Record{
		ID: g.Env.NextID(), Activity: a.Name, Category: a.Category, Service: a.Service, Type: a.Type,
		Operation: in.Op.Name, Correlation: in.Request, Actor: in.actor(),
	}
}

// actor is the caller as the audit log names them. A user acts through an application.
func (in *Input) actor() audit.Actor {
	c := in.Caller
	app := audit.App{ID: c.AppID.String(), ServicePrincipalID: c.Client}
	if c.AppOnly {
		return audit.Actor{App: app}
	}
	return audit.Actor{User: audit.User{ID: c.Principal.ID, IP: in.Address}}
}

// refused records a refusal in the log of refusals, which never takes the write lock.
func (g *Gate) refused(t *store.Tenant, in *Input, f *fault.Fault) {
	if f.Status >= 500 || !in.Op.Writes && !in.Op.Sensitive {
		return
	}
	r := g.draft(in)
	r.Result, r.Reason = audit.Failure, f.Code+": "+f.Message
	t.Refused(r)
}
