package people

import (
	"ephor/internal/audit"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// A passBody is what is asked for in a Temporary Access Pass.
type passBody struct {
	start   when.Instant // when.Never for now
	minutes int64
	once    bool
}

var passFields = []edm.Field{
	{Name: "startDateTime", Type: edm.DateTime},
	{Name: "lifetimeInMinutes", Type: edm.Int32},
	{Name: "isUsableOnce", Type: edm.Boolean},
	{Name: "@odata.type", Type: edm.String},
}

func readPass(body edm.Value) (any, error) {
	b := passBody{start: when.Never, minutes: signin.DefaultPassMinutes}
	if err := body.Object(passFields); err != nil {
		return nil, err
	}
	var err error
	if v, ok := body.Get("startDateTime"); ok && !v.IsNull() {
		if b.start, err = v.Instant(); err != nil {
			return nil, err
		}
	}
	if v, ok := body.Get("lifetimeInMinutes"); ok && !v.IsNull() {
		minutes, err := v.Int()
		if err != nil {
			return nil, err
		}
		b.minutes = int64(minutes)
	}
	if v, ok := body.Get("isUsableOnce"); ok && !v.IsNull() {
		b.once = v.Bool
	}
	if b.minutes < signin.MinPassMinutes || b.minutes > signin.MaxPassMinutes {
		return nil, fault.BadRequest("lifetimeInMinutes", "A Temporary Access Pass lasts %d to %d minutes.", signin.MinPassMinutes, signin.MaxPassMinutes)
	}
	return b, nil
}

// mostAhead is how far ahead a pass may start.
const mostAhead = 30 * when.Day

// createPass makes a pass in the place of the one that the user had. Nobody makes one for
// themselves: it would stand for a second factor that they have not given.
func createPass(c *op.Call) (op.Answer, error) {
	b := op.Body[passBody](c)
	if b.start == when.Never {
		b.start = c.Now
	}
	switch {
	case b.start > c.Now+mostAhead || b.start < c.Now-when.Minute:
		return op.Answer{}, fault.BadRequest("startDateTime", "A Temporary Access Pass starts now or within 30 days.")
	case c.Object.ID == c.Caller.Principal.ID:
		return op.Answer{}, fault.BadRequest("", "A Temporary Access Pass is made by somebody else.")
	}
	random := make([]byte, signin.CodeSize)
	_, _ = c.Env.Read(random)
	text := signin.CodeText(random)
	p := signin.TemporaryPass{
		ID: c.Env.NewID(), User: c.Object.ID, Hash: signin.HashCode(c.Object.ID, text), Created: c.Now, Start: b.start, Minutes: b.minutes, Once: b.once,
	}
	p.Opens = c.Tx.Machine().Add(b.start.Sub(c.Now))
	p.Ends = p.Opens.Add(p.Life())
	err := face.GuardLoss(c, c.Object.ID, func() error { // it may be less than the one before
		c.W.PutPass(p)
		return nil
	})
	if err != nil {
		return op.Answer{}, err
	}
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, c.NotFound(c.Object.ID.String())
	}
	c.Target(userTarget(&u, nil, nil))
	c.Record().Details = append(c.Record().Details, audit.Detail{Key: "startDateTime", Value: p.Start.String()}, audit.Detail{Key: "methodId", Value: p.ID.String()})
	return oneMethod(c, &methodKinds[3], &factor{pass: p, at: p.Created, machine: c.Tx.Machine()}, text)
}

// Whether a user must use a second factor.

var requirementFields = []edm.Field{{Name: "perUserMfaState", Type: edm.String}, {Name: "@odata.type", Type: edm.String}}

func readRequirements(body edm.Value) (any, error) {
	if err := body.Object(requirementFields); err != nil {
		return nil, err
	}
	v, ok := body.Get("perUserMfaState")
	if !ok || v.IsNull() {
		return nil, fault.BadRequest("perUserMfaState", "The property 'perUserMfaState' is required.")
	}
	switch state := signin.MFAState(v.Text); state {
	case signin.Disabled, signin.Enabled, signin.Enforced:
		return state, nil
	}
	return nil, fault.BadRequest("perUserMfaState", "perUserMfaState is disabled, enabled or enforced.")
}

func getRequirements(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, c.NotFound(c.Object.ID.String())
	}
	a, err := c.Tx.Account(&u)
	if err != nil {
		return op.Answer{}, err
	}
	var w edm.Writer
	w.Begin()
	if c.Metadata != "none" {
		w.Name("@odata.context")
		w.Str(c.Root + "/$metadata#users('" + u.ID.String() + "')/authentication/requirements")
	}
	w.Name("perUserMfaState")
	w.Str(string(a.MFA))
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// updateRequirements stores what is asked of a user. From now on it is asked of what they
// are already signed in with, too: those sessions end.
func updateRequirements(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, c.NotFound(c.Object.ID.String())
	}
	a, err := c.Tx.Account(&u)
	if err != nil {
		return op.Answer{}, err
	}
	state := op.Body[signin.MFAState](c)
	err = face.GuardLoss(c, c.Object.ID, func() error {
		c.W.PutMFA(u.ID, state)
		return nil
	})
	if err != nil {
		return op.Answer{}, err
	}
	change := audit.Property{Name: "perUserMfaState", Old: `"` + string(a.MFA) + `"`, New: `"` + string(state) + `"`}
	if a.MFA == signin.Disabled && state != signin.Disabled {
		u.SessionsFrom, u.Generation = c.Now, u.Generation+1
		if err := c.W.UpdateUser(u); err != nil {
			return op.Answer{}, err
		}
	}
	target := userTarget(&u, nil, nil)
	target.Modified = append(target.Modified, change)
	c.Target(target)
	return op.Answer{Status: c.Op.Success}, nil
}
