package privilege

import (
	"fmt"
	"time"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// settings are the tenant's own bounds on requests, which Graph has fixed.
type settings = pim.Settings

const day = 24 * time.Hour

// bounds are the settings that are lengths of time: how each is called, where it is kept
// and what it may be.
var bounds = []struct {
	name        string
	of          func(*settings) *time.Duration
	least, most time.Duration
}{
	{"shortestGrant", func(s *settings) *time.Duration { return &s.Shortest }, 0, day},
	{"deactivateWait", func(s *settings) *time.Duration { return &s.DeactivateWait }, 0, day},
	{"removeWait", func(s *settings) *time.Duration { return &s.RemoveWait }, 0, day},
	{"extendWithin", func(s *settings) *time.Duration { return &s.ExtendWithin }, 0, 365 * day},
	{"renewWithin", func(s *settings) *time.Duration { return &s.RenewWithin }, 0, 30 * day},
	{"forgetRequests", func(s *settings) *time.Duration { return &s.ForgetRequests }, 30 * day, 3650 * day},
}

// neverForgotten is the bound whose null says never.
const neverForgotten = "forgetRequests"

var settingsEntity = edm.Declare(edm.Entity[settings]{Name: "ephorSettings", Properties: settingsProperties()})

func settingsProperties() []edm.Property[settings] {
	list := []edm.Property[settings]{{Name: "activateGroups", Type: edm.Boolean, NonNull: true, Write: func(w *edm.Writer, s *settings) { w.Bool(s.ActivateGroups) }}}
	for _, b := range bounds {
		list = append(list, edm.Property[settings]{Name: b.name, Type: edm.Duration, NonNull: b.name != neverForgotten, Write: func(w *edm.Writer, s *settings) {
			if d := *b.of(s); d == 0 && b.name == neverForgotten {
				w.Null()
			} else {
				w.Str(when.FormatDuration(d))
			}
		}})
	}
	return list
}

var settingsResource = &face.Resource[settings]{Entity: settingsEntity, Set: "roleManagement/ephor/settings", ID: func(*settings) string { return "" }}

func settingsOperations() op.Operations {
	const path = "/roleManagement/ephor/settings"
	return op.Operations{
		{
			Name: "getPIMSettings", Summary: "Read the tenant's own bounds on requests.",
			Method: "GET", Path: path, Versions: op.Both, Success: 200, Entity: settingsEntity.Name,
			Rule: face.ReadsPIM(readHoldings, readHoldings, authz.Role(readPIM, managePIM)), Query: op.SingleOptions, Sensitive: true,
			Do: settingsResource.Get(func(c *op.Call) (settings, bool, error) {
				s, err := c.Tx.PIMSettings()
				return s, true, err
			}),
		},
		{
			Name: "updatePIMSettings", Summary: "Change the tenant's own bounds on requests.",
			Method: "PATCH", Path: path, Versions: op.Both, Success: 204,
			Rule:   face.WritesPIM(writeRoles, writeRoles, authz.Role(managePIM)),
			Decode: readSettings, Do: updateSettings, Writes: true, Activity: roleActivity("Update PIM settings", "Update"),
		},
	}
}

// readSettings reads the changes that a body asks for, in their order.
func readSettings(body edm.Value) (any, error) {
	fields := []edm.Field{{Name: "activateGroups", Type: edm.Boolean}}
	for _, b := range bounds {
		fields = append(fields, edm.Field{Name: b.name, Type: edm.Duration})
	}
	if err := body.Object(fields); err != nil {
		return nil, err
	}
	var changes []func(*settings)
	if v, given := body.Get("activateGroups"); given && !v.IsNull() {
		changes = append(changes, func(s *settings) { s.ActivateGroups = v.Bool })
	}
	for _, b := range bounds {
		v, given := body.Get(b.name)
		if !given {
			continue
		}
		var d time.Duration
		if !v.IsNull() || b.name != neverForgotten {
			end, ok := when.ParseDuration(v.Text, 0)
			if d = end.Sub(0); v.IsNull() || !ok || d < b.least || d > b.most {
				return nil, fault.BadRequest(b.name, "The property '%s' is a duration from %s to %s.", b.name, when.FormatDuration(b.least), when.FormatDuration(b.most))
			}
		}
		changes = append(changes, func(s *settings) { *b.of(s) = d })
	}
	if len(changes) == 0 {
		return nil, fault.BadRequest("", "Name a setting to change.")
	}
	return changes, nil
}

func updateSettings(c *op.Call) (op.Answer, error) {
	s, err := c.Tx.PIMSettings()
	if err != nil {
		return op.Answer{}, err
	}
	before := s
	for _, change := range op.Body[[]func(*settings)](c) {
		change(&s)
	}
	c.Target(face.RefTarget(directory.Ref{Kind: directory.KindTenant, ID: c.Caller.Tenant}))
	c.Detail("oldValue", fmt.Sprintf("%+v", before))
	c.Detail("newValue", fmt.Sprintf("%+v", s))
	err = face.GuardLastAdministrator(c, func() error { // an activation may come to be too short to be had
		c.W.PutPIMSettings(s)
		return nil
	})
	return op.Answer{Status: c.Op.Success}, err
}
