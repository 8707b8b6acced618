package store

import (
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

const scheduleColumns = "id, kind, principal_id, role_id, directory_scope, app_scope, group_id, relation, start_at, end_at, expiration_type, expiration_end, duration, request_id, created_at, modified_at, via_eligibility, via_membership"

var (
	putSchedule    = upsertInto("schedule", scheduleRow...)
	insertSchedule = insertInto("schedule", scheduleRow...)

	scheduleRow = append(strings.Split(scheduleColumns, ", "), "scope_id", "open", "record", "proof")
)

// scopeTexts are a target's scope as its two columns hold it: one of them is ”.
func scopeTexts(t pim.Target) (directoryScope, appScope string) {
	switch {
	case t.Role.IsZero():
		return "", ""
	case t.Scope.App:
		return "", t.Scope.String()
	}
	return t.Scope.String(), ""
}

// scopeOf is the inverse of scopeTexts.
func scopeOf(directoryScope, appScope string) (pim.Scope, error) {
	if directoryScope+appScope == "" {
		return pim.Scope{}, nil
	}
	scope, ok := pim.ParseScope(directoryScope + appScope)
	if !ok {
		return scope, errColumn
	}
	scope.App = appScope != ""
	return scope, nil
}

// scheduleArgs are a schedule's columns, with the record of this write and its proof.
func (tx *WriteTx) scheduleArgs(s *pim.Schedule) []any {
	scope, app := scopeTexts(s.Target)
	return []any{
		s.ID, int64(s.Kind), s.Principal, s.Target.Role, scope, app, s.Target.Group, int64(s.Target.Relation), s.Window.Start, s.Window.End,
		int64(s.Expiration.Type), s.Expiration.End, s.Expiration.Duration, s.Request, s.Created, s.Modified,
		s.Via.Eligibility, s.Via.Membership, s.Target.Scope.ID, true, tx.first, tx.tenant.store.prove(s, tx.first),
	}
}

func scanSchedule(scan func(dest ...any) error) (pim.Schedule, error) {
	var s pim.Schedule
	var kind, expiration int64
	var scope, app string
	err := scan(&s.ID, &kind, &s.Principal, &s.Target.Role, &scope, &app, &s.Target.Group, (*relationColumn)(&s.Target.Relation), &s.Window.Start, &s.Window.End,
		&expiration, &s.Expiration.End, &s.Expiration.Duration, &s.Request, &s.Created, &s.Modified, &s.Via.Eligibility, &s.Via.Membership)
	if err != nil {
		return s, err
	}
	if expiration < 0 || expiration > int64(pim.AfterDuration) {
		return s, errColumn
	}
	s.Expiration.Type = pim.ExpirationType(expiration)
	if s.Kind, err = kindOf(kind); err == nil {
		s.Target.Scope, err = scopeOf(scope, app)
	}
	return s, err
}

// kindOf is a schedule's kind in its column.
func kindOf(n int64) (pim.Kind, error) {
	if n < int64(pim.Eligible) || n > int64(pim.Activated) {
		return 0, errColumn
	}
	return pim.Kind(n), nil
}

// schedules are those not recorded as ended that a condition on alias s finds, but for what is
// not honoured.
func (tx *ReadTx) schedules(condition string, args ...any) ([]pim.Schedule, error) {
	var all []pim.Schedule
	sql := "SELECT " + prefixed("s", scheduleColumns) + " FROM schedule s WHERE s.open = 1 AND " + condition
	err := tx.query(sql, args, func(scan func(dest ...any) error) error {
		s, err := scanSchedule(scan)
		if err == nil && tx.honoured(s.Principal, s.ID) {
			all = append(all, s)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load schedules: %w", err)
	}
	return all, nil
}

// Schedule is the schedule with that id, unless it is recorded as ended. That it is there
// does not say that it is in force.
func (tx *ReadTx) Schedule(id guid.ID) (s pim.Schedule, found bool, err error) {
	all, err := tx.schedules("s.id = $1", id)
	if err != nil || len(all) == 0 {
		return s, false, err
	}
	return all[0], true, nil
}

// SchedulesOf are the schedules among ids, at most a thousand, that are not recorded as
// ended, in the order of their ids.
func (tx *ReadTx) SchedulesOf(ids []guid.ID) ([]pim.Schedule, error) {
	var all []pim.Schedule
	err := tx.each("SELECT "+scheduleColumns+" FROM schedule WHERE open = 1 AND id IN (", ids, ") ORDER BY id", func(scan func(dest ...any) error) error {
		s, err := scanSchedule(scan)
		all = append(all, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load schedules: %w", err)
	}
	return all, nil
}

// Held are a principal's own schedules, in the order of their ids: of every kind and
// target, also those that have yet to begin, or are over and not yet recorded as ended.
func (tx *ReadTx) Held(principal guid.ID) ([]pim.Schedule, error) {
	return tx.schedules("s.principal_id = $1 ORDER BY s.id", principal)
}

// PutSchedule stores a schedule, in the place of the one with its id. A group or unit that
// it names is tracked from then on.
func (tx *WriteTx) PutSchedule(s pim.Schedule) error {
	old, found, err := tx.Schedule(s.ID)
	if err != nil {
		return err
	}
	if found && old.Principal != s.Principal {
		return fmt.Errorf("put schedule %s: it is another principal's", s.ID)
	}
	return tx.storeSchedule(putSchedule, s)
}

// addSchedule is PutSchedule for one that is new.
func (tx *WriteTx) addSchedule(s pim.Schedule) error { return tx.storeSchedule(insertSchedule, s) }

func (tx *WriteTx) storeSchedule(sql string, s pim.Schedule) error {
	for _, id := range []guid.ID{s.Principal, s.Target.Group, s.Target.Scope.ID} {
		if id.IsZero() {
			continue
		}
		if err := tx.track(id); err != nil {
			return err
		}
	}
	tx.exec(sql, tx.scheduleArgs(&s)...)
	tx.stage().PutSchedule(s)
	tx.changed(aSchedule, scheduleName(s))
	return nil
}

// DeleteSchedule removes a schedule at once.
func (tx *WriteTx) DeleteSchedule(s pim.Schedule) {
	tx.exec("DELETE FROM schedule WHERE id = $1", s.ID)
	if !s.OutsidePIM() {
		tx.exec("UPDATE request SET over_at = $1 WHERE id = $2", tx.now, s.Request)
	}
	tx.ended(s)
}

// revoke removes schedules before their ends. A request whose grant has yet to begin is
// canceled with it: nothing will come of it.
func (tx *WriteTx) revoke(all []pim.Schedule) error {
	var unbegun []guid.ID
	for _, s := range all {
		if standingPlaceOf(&s) {
			if err := tx.DeleteMembership(s.Target.Group, s.Target.Relation, s.Principal); err != nil {
				return err
			}
			continue
		}
		tx.DeleteSchedule(s)
		if s.Window.Start > tx.now && !s.OutsidePIM() {
			unbegun = append(unbegun, s.Request)
		}
	}
	tx.CancelRequests(unbegun)
	return nil
}

// CloseSchedules records that the windows of schedules, at most a thousand, are over. They
// were not in force any more; their rows stay, for a while, for whoever renews them.
func (tx *WriteTx) CloseSchedules(over []pim.Schedule) {
	ids := make([]any, 0, 2*len(over))
	for _, s := range over {
		ids = append(ids, s.ID)
		tx.ended(s)
	}
	if len(ids) > 0 {
		places, args := list(ids)
		tx.exec("UPDATE schedule SET open = 0 WHERE id IN ("+places+")", args...)
		// A schedule that a request made has its id.
		tx.exec(fmt.Sprintf("UPDATE request SET over_at = $%d WHERE id IN (%s)", len(args)+1, places), append(args, tx.now)...)
	}
}

func (tx *WriteTx) ended(s pim.Schedule) {
	tx.stage().DropSchedule(s.Principal, s.ID)
	tx.changed(aSchedule, scheduleName(s))
}

// scheduleName names a schedule in the list of changes.
func scheduleName(s pim.Schedule) string { return s.Principal.String() + "/" + s.ID.String() }

// dropSchedules removes all schedules of a principal, those onto a group, those at the
// scope of an object, and what was activated through any of them.
func (tx *WriteTx) dropSchedules(id guid.ID) error {
	all, err := tx.schedules("s.id IN (SELECT id FROM schedule WHERE open = 1 AND principal_id = $1"+
		" UNION SELECT id FROM schedule WHERE open = 1 AND group_id > '' AND group_id = $1"+
		" UNION SELECT id FROM schedule WHERE open = 1 AND scope_id > '' AND scope_id = $1) ORDER BY s.id", id)
	if err != nil {
		return err
	}
	for _, s := range all {
		on, err := tx.StandsOn(s.ID)
		if err != nil {
			return err
		}
		if err := tx.revoke(append(on, s)); err != nil {
			return err
		}
	}
	tx.exec("DELETE FROM schedule WHERE principal_id = $1 AND open = 0", id)
	return nil
}

// Ending are schedules whose end lies at or before an instant and has not been recorded,
// the earliest first.
func (tx *ReadTx) Ending(upTo when.Instant, limit int) ([]pim.Schedule, error) {
	return tx.schedules("s.end_at <= $1 ORDER BY s.end_at, s.id LIMIT $2", upTo, int64(limit))
}

// NextEvent is the first instant after now at which a window begins or ends, or an approval
// escalates or runs out; when.Never when none does.
func (tx *ReadTx) NextEvent(now when.Instant) (when.Instant, error) {
	next := when.Never
	for _, column := range []string{"start_at", "end_at"} {
		var t when.Instant
		found, err := tx.one("SELECT "+column+" FROM schedule WHERE open = 1 AND "+column+" > $1 ORDER BY "+column+", id LIMIT 1", []any{now}, &t)
		if err != nil {
			return 0, fmt.Errorf("look for the next event: %w", err)
		}
		if found {
			next = min(next, t)
		}
	}
	var t when.Instant
	found, err := tx.one("SELECT next_at FROM approval WHERE closed_at = "+never+" AND next_at > $1 ORDER BY next_at, request_id LIMIT 1", []any{now}, &t)
	if err != nil {
		return 0, fmt.Errorf("look for the next event: %w", err)
	}
	if found {
		next = min(next, t)
	}
	return next, nil
}

// ForgetSchedules removes what ended before an instant and is recorded as ended: so many, the
// longest over first.
func (tx *WriteTx) ForgetSchedules(before when.Instant, most int) {
	tx.exec("DELETE FROM schedule WHERE id IN (SELECT id FROM schedule WHERE open = 0 AND end_at < $1 ORDER BY end_at, id LIMIT $2)", before, most)
}

// The sorts of schedule that have lists of their own.
const (
	ofRoles    = "s.role_id > ''"
	ofGroups   = "s.group_id > ''"
	eligible   = " AND s.kind = 0 AND "
	assigned   = " AND s.kind > 0 AND "
	memberType = "CASE WHEN {caller} = '' OR s.principal_id = {caller} THEN 'Direct' ELSE 'Group' END"
	granted    = "CASE WHEN s.start_at > {now} THEN 'Granted' ELSE 'Provisioned' END"
)

// scheduleTable is a list of schedules under a condition, which is judged row by row.
func scheduleTable(where string) *Table[pim.Schedule] {
	return &Table[pim.Schedule]{
		From: "schedule s", Scan: "s.open = 1", Where: where, ID: "s.id", Order: byID("s.id"), Row: scanSchedule,
		Held:   func(s *pim.Schedule) (principal, schedule guid.ID) { return s.Principal, s.ID },
		Select: prefixed("s", scheduleColumns),
		Columns: map[string]Column{
			"id":              selective(required(idOf("s.id"))),
			"principal":       selective(required(idOf("s.principal_id"))),
			"role":            indexed(required(idOf("s.role_id"))),
			"group":           filled(indexed(required(idOf("s.group_id")))),
			"relation":        numbered("s.relation", 0, directory.Member.String(), directory.Owner.String()),
			"scope":           filled(indexed(idOf("s.scope_id"))),
			"directory_scope": scoped("s.directory_scope"),
			"app_scope":       scoped("s.app_scope"),
			"assignment_type": numbered("s.kind", int64(pim.Assigned), pim.Assigned.String(), pim.Activated.String()),
			"member_type":     spelled(memberType, "Direct", "Group", "Inherited"),
			"status":          spelled(granted, "Granted", "Provisioned"),
			"start":           required(at("s.start_at")),
			"end":             at("s.end_at"),
			"created":         required(at("s.created_at")),
			"modified":        at("s.modified_at"),
			"request":         idOf("s.request_id"),
			"eligibility":     filled(selective(idOf("s.via_eligibility"))),
		},
	}
}

// The lists of schedules that have not ended, those that have yet to begin included, and of
// instances, which are the schedules in force now. Active role instances are the plain role
// assignments too.
var (
	RoleSchedules        = scheduleTable(ofRoles + " AND " + standing) // of both sides
	RoleEligibilities    = scheduleTable(ofRoles + eligible + standing)
	RoleAssignments      = scheduleTable(ofRoles + assigned + standing)
	RoleEligibilitiesNow = scheduleTable(ofRoles + eligible + inForce)
	RoleAssignmentsNow   = scheduleTable(ofRoles + assigned + inForce)
	// RoleAssignmentsOnce are RoleAssignmentsNow as plain role assignments, which are one
	// for a principal, role and scope: an activation beside an assignment is not another.
	RoleAssignmentsOnce = scheduleTable(ofRoles + assigned + inForce + " AND NOT (s.kind = 2 AND EXISTS (SELECT 1 FROM schedule d" +
		" WHERE d.open = 1 AND d.principal_id = s.principal_id AND d.kind = 1 AND d.role_id = s.role_id AND d.directory_scope = s.directory_scope" +
		" AND d.app_scope = s.app_scope AND d.start_at <= {now} AND d.end_at > {now}))")
	GroupEligibilities    = inGroup(scheduleTable(ofGroups+eligible+standing), "id")
	GroupAssignments      = inGroup(scheduleTable(ofGroups+assigned+standing), "id")
	GroupEligibilitiesNow = inGroup(scheduleTable(ofGroups+eligible+inForce), "id")
	GroupAssignmentsNow   = inGroup(scheduleTable(ofGroups+assigned+inForce), "id")
)
