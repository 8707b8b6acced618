package dev

import (
	"strconv"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// A request is a grant of a seed as it is put to pim.Decide, and where it stands there.
type request struct {
	place string
	ask   pim.Request
}

func (p *plan) addGrants(s *Seed) error {
	for _, list := range []struct {
		name   string
		side   pim.Side
		grants []Grant
	}{{"roleAssignments", pim.Assignment, s.RoleAssignments}, {"eligibilities", pim.Eligibility, s.Eligibilities}} {
		for i := range list.grants {
			place := at(list.name, i)
			ask, err := list.grants[i].ask(list.side, i)
			if err == nil && p.kinds[ask.Principal] == directory.KindNone {
				err = fault.BadRequest("principalId", "The seed has no object with this id.")
			}
			if err != nil {
				return within(place, err)
			}
			p.requests = append(p.requests, request{place, ask})
		}
	}
	return nil
}

// ask is the adminAssign that g describes. A grant without a schedule is one made outside
// PIM, as a plain roleAssignment is.
func (g *Grant) ask(side pim.Side, i int) (pim.Request, error) {
	scope, ok := pim.ParseScope(or(g.DirectoryScopeID, "/"))
	if !ok {
		return pim.Request{}, fault.BadRequest("directoryScopeId", "A directoryScopeId is '/', '/administrativeUnits/{id}' or '/{objectId}'.")
	}
	r := pim.Request{
		ID:   or(g.ID, idFor("request", side.String(), strconv.Itoa(i), g.PrincipalID.String(), g.RoleDefinitionID.String(), scope.String())),
		Side: side, Action: pim.AdminAssign, Principal: g.PrincipalID, Target: pim.Target{Role: g.RoleDefinitionID, Scope: scope},
		OutsidePIM: side == pim.Assignment && g.ScheduleInfo == nil && g.ID == guid.ID{},
		By:         pim.Actor{AppName: "Ephor"},
	}
	text := or(g.Justification, "Seeded.")
	r.Justification = &text
	if g.ScheduleInfo == nil {
		return r, nil
	}
	asked, err := g.ScheduleInfo.asked()
	r.Schedule = &asked
	return r, err
}

// asked is the window that s describes. A length needs a start: nobody means hours from
// Beginning.
func (s *ScheduleInfo) asked() (pim.Asked, error) {
	out := pim.Asked{Start: when.Never, Expiration: pim.Expiration{End: when.Never}}
	var ok bool
	if out.Expiration.Type, ok = pim.ParseExpirationType(or(s.Expiration.Type, "noExpiration")); !ok {
		return out, fault.BadRequest("scheduleInfo/expiration/type", "An expiration is noExpiration, afterDateTime or afterDuration.")
	}
	for _, t := range []struct {
		name string
		text *string
		into *when.Instant
	}{{"startDateTime", s.StartDateTime, &out.Start}, {"expiration/endDateTime", s.Expiration.EndDateTime, &out.Expiration.End}} {
		if t.text == nil {
			continue
		}
		if *t.into, ok = when.Parse(*t.text); !ok {
			return out, fault.BadRequest("scheduleInfo/"+t.name, "It must be a timestamp with an offset, such as 2026-01-31T09:00:00Z.")
		}
	}
	if s.Expiration.Duration != nil {
		out.Expiration.Duration = *s.Expiration.Duration
	}
	if out.Expiration.Type == pim.AfterDuration && out.Start == when.Never {
		return out, fault.BadRequest("scheduleInfo/startDateTime", "A duration in a seed needs a start.")
	}
	return out, nil
}
