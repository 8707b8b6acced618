package store

import (
	"fmt"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// requestColumns are what requests are found by; body is the whole of one as it was made:
// what became of it, and when, is in the columns.
var requestColumns = []string{
	"id", "side", "action", "principal_id", "role_id", "directory_scope", "app_scope", "group_id", "relation", "status",
	"schedule_id", "approval_id", "user_id", "app_id", "created_at", "completed_at", "body", "open", "over_at", "due_at",
}

var (
	insertRequest = insertInto("request", requestColumns...)
	updateRequest = "UPDATE request SET status = $1, completed_at = $2, schedule_id = $3, body = $4, open = $5, over_at = $6 WHERE id = $7"
)

// current is a request's status now: one that was granted for later is provisioned from
// its start on, and nothing has to happen for it (behaviour.md, 3). A clock that is set back
// puts back what was recorded (WriteTx.turn).
const current = "CASE WHEN r.status = 'Granted' AND r.completed_at <= {now} THEN 'Provisioned'" +
	" WHEN r.status = 'PendingApproval' AND r.due_at <= {now} THEN 'TimedOut' ELSE r.status END"

// completed is when that became of it: a request that nobody has decided in time is timed
// out from the instant at which its window closed, and nothing has to happen for it either.
const completed = "CASE WHEN r.status = 'PendingApproval' AND r.due_at <= {now} THEN r.due_at ELSE r.completed_at END"

func scanRequest(scan func(dest ...any) error) (pim.Request, error) {
	var r pim.Request
	var status string
	var completed when.Instant
	err := scan(jsonColumn{&r}, &status, &completed)
	r.Status, r.Completed = pim.Status(status), completed
	if r.Status == pim.TimedOut {
		r.Scheduled = guid.ID{} // of which nothing came
	}
	return r, err
}

// Request is the request with that id.
func (tx *ReadTx) Request(id guid.ID) (r pim.Request, found bool, err error) {
	c := &clause{}
	sql := c.fill("SELECT r.body, "+current+", "+completed+" FROM request r WHERE r.id = ", map[string]any{"now": int64(tx.now)}) + c.hole(id)
	err = tx.query(sql, c.args, func(scan func(dest ...any) error) (err error) {
		found = true
		r, err = scanRequest(scan)
		return err
	})
	if err != nil {
		return pim.Request{}, false, fmt.Errorf("load request %s: %w", id, err)
	}
	return r, found, nil
}

// Asked is the request by which somebody has asked for more of a schedule, and waits for an
// administrator's word.
func (tx *ReadTx) Asked(schedule guid.ID) (r pim.Request, found bool, err error) {
	err = tx.query("SELECT r.body, r.status, r.completed_at FROM request r WHERE r.schedule_id = $1 AND r.open = 1 AND r.status = 'PendingAdminDecision' ORDER BY r.created_at DESC, r.id DESC LIMIT 1",
		[]any{schedule}, func(scan func(dest ...any) error) (err error) {
			found = true
			r, err = scanRequest(scan)
			return err
		})
	if err != nil {
		return pim.Request{}, false, fmt.Errorf("load what is asked of schedule %s: %w", schedule, err)
	}
	return r, found, nil
}

// InsertRequest stores a request. A dry run is never stored.
func (tx *WriteTx) InsertRequest(r pim.Request) error { return tx.insertRequest(r, when.Never) }

// insertRequest is InsertRequest for one that waits until due at most.
func (tx *WriteTx) insertRequest(r pim.Request, due when.Instant) error {
	if r.DryRun {
		return fmt.Errorf("insert request %s: it is a dry run", r.ID)
	}
	scope, app := scopeTexts(r.Target)
	tx.exec(insertRequest, r.ID, int64(r.Side), int64(r.Action), r.Principal, r.Target.Role, scope, app, r.Target.Group, int64(r.Target.Relation),
		string(r.Status), r.Scheduled, r.Approval, r.By.User, r.By.App, r.Created, r.Completed, asJSON(r), r.Status.Waits(), tx.overSince(&r), due)
	tx.requested(&r)
	return nil
}

// requested notes a request of r's principal as changed.
func (tx *WriteTx) requested(r *pim.Request) {
	tx.changed(aRequest, r.ID.String())
	if tx.askers == nil {
		tx.askers = map[string]guid.ID{}
	}
	tx.askers[r.ID.String()] = r.Principal
}

// UpdateRequest stores what became of a request. What was asked does not change.
func (tx *WriteTx) UpdateRequest(r pim.Request) error {
	if err := tx.rewriteRequest(r); err != nil {
		return err
	}
	if !r.Status.Waits() {
		return tx.closeApproval(r)
	}
	return nil
}

func (tx *WriteTx) rewriteRequest(r pim.Request) error {
	old, found, err := tx.Request(r.ID)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFound(r.ID.String())
	}
	if old.Principal != r.Principal || old.Target != r.Target || old.Action != r.Action || old.Created != r.Created {
		return fmt.Errorf("update request %s: what was asked is history", r.ID)
	}
	tx.exec(updateRequest, string(r.Status), r.Completed, r.Scheduled, asJSON(r), r.Status.Waits(), tx.overSince(&r), r.ID)
	tx.requested(&r)
	return nil
}

// overSince is since when nothing more can become of a request: not while it waits, nor while
// the schedule that it made stands, whose end says so then.
func (tx *WriteTx) overSince(r *pim.Request) when.Instant {
	if r.Status.Waits() || r.Status == pim.Provisioned && r.Scheduled == r.ID {
		return when.Never
	}
	return tx.now
}

// among is a condition that a request's state is one from which the occasion leads on.
func among(on pim.Occasion) string {
	var words []string
	for _, s := range pim.Before(on) {
		words = append(words, "'"+string(s)+"'")
	}
	return "status IN (" + strings.Join(words, ", ") + ")"
}

// ProvisionRequests records that the starts have come of requests, at most a thousand, that
// were granted for later.
func (tx *WriteTx) ProvisionRequests(ids []guid.ID) {
	if places, args := tx.settling(ids); len(args) > 0 {
		tx.exec("UPDATE request SET status = 'Provisioned', open = 0 WHERE "+among(pim.Begin)+" AND id IN ("+places+")", args...)
	}
}

// CancelRequests says that nothing will come of requests, at most a thousand, that were
// granted for later. Others stay as they are.
func (tx *WriteTx) CancelRequests(ids []guid.ID) {
	if places, args := tx.settling(ids); len(args) > 0 {
		args = append(args, tx.now)
		tx.exec(fmt.Sprintf("UPDATE request SET status = 'Canceled', open = 0, completed_at = $%d, over_at = $%[1]d WHERE %s AND id IN (%s)", len(args), among(pim.Withdraw), places), args...)
	}
}

// cancelWaiting calls off what waits for somebody's word about a role, group, principal or
// scope that is gone for good: nobody could give it any more, and whom it names as approvers
// would stay protected for nothing. What nobody has decided in time stays timed out. It looks
// through all that waits, which is little.
func (tx *WriteTx) cancelWaiting(id guid.ID) error {
	var all []pim.Request
	c := &clause{}
	sql := c.fill("SELECT r.body, "+current+", "+completed+" FROM request r WHERE r.open = 1 AND r.status <> 'Granted'"+
		" AND ({id} IN (r.principal_id, r.role_id, r.group_id) OR r.directory_scope || '' IN ({unit}, {object})) ORDER BY r.id", map[string]any{
		"now": int64(tx.now), "id": id.String(),
		"unit": pim.Scope{Kind: pim.ScopeUnit, ID: id}.String(), "object": pim.Scope{Kind: pim.ScopeObject, ID: id}.String(),
	})
	err := tx.query(sql, c.args, func(scan func(dest ...any) error) error {
		r, err := scanRequest(scan)
		all = append(all, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for what waits about %s: %w", id, err)
	}
	for _, r := range all {
		if r.Status != pim.TimedOut {
			if r, err = r.Turn(pim.Cancel, pim.Canceled, tx.now); err != nil {
				return err
			}
		}
		if err := tx.UpdateRequest(r); err != nil {
			return err
		}
	}
	return nil
}

// settling is a list of requests whose states change.
func (tx *WriteTx) settling(ids []guid.ID) (places string, args []any) {
	if len(ids) == 0 {
		return "", nil
	}
	for _, id := range ids {
		args = append(args, id)
		tx.changed(aRequest, id.String())
	}
	return list(args)
}

// Pending are the requests for a principal that wait for somebody's word.
func (tx *ReadTx) Pending(principal guid.ID) ([]pim.Request, error) {
	var all []pim.Request
	err := tx.query("SELECT r.body, r.status, r.completed_at FROM request r WHERE r.open = 1 AND r.principal_id = $1 AND r.status <> 'Granted' AND r.due_at > $2 ORDER BY r.id LIMIT 1000",
		[]any{principal, tx.now}, func(scan func(dest ...any) error) error {
			r, err := scanRequest(scan)
			all = append(all, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load pending requests of %s: %w", principal, err)
	}
	return all, nil
}

// Begun are the requests that were granted for later, whose start has come and is not yet
// recorded.
func (tx *ReadTx) Begun(upTo when.Instant, limit int) ([]pim.Request, error) {
	var all []pim.Request
	err := tx.query("SELECT r.body, r.status, r.completed_at FROM request r WHERE r.open = 1 AND r.status = 'Granted' AND r.completed_at <= $1 ORDER BY r.completed_at, r.id LIMIT $2",
		[]any{upTo, int64(limit)}, func(scan func(dest ...any) error) error {
			r, err := scanRequest(scan)
			all = append(all, r)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load requests that have begun: %w", err)
	}
	return all, nil
}

// OverSince tells, of those among ids, at most a thousand, of which the last is over, since
// when.
func (tx *ReadTx) OverSince(ids []guid.ID) (map[guid.ID]when.Instant, error) {
	over := map[guid.ID]when.Instant{}
	err := tx.each("SELECT id, over_at FROM request WHERE over_at < "+never+" AND id IN (", ids, ")", func(scan func(dest ...any) error) error {
		var id guid.ID
		var at when.Instant
		err := scan(&id, &at)
		over[id] = at
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load what is over: %w", err)
	}
	return over, nil
}

// ForgetRequests removes requests of which the last was over before an instant: so many,
// the longest over first. It answers how many.
func (tx *WriteTx) ForgetRequests(before when.Instant, most int) (int, error) {
	ids, _, err := tx.over(before, most)
	if places, args := tx.settling(ids); len(args) > 0 {
		tx.exec("DELETE FROM approval WHERE request_id IN ("+places+")", args...)
		tx.exec("DELETE FROM request WHERE id IN ("+places+")", args...)
	}
	return len(ids), err
}

// FirstOver is since when the request that ForgetRequests would remove first has been over.
func (tx *ReadTx) FirstOver() (at when.Instant, found bool, err error) {
	ids, at, err := tx.over(when.Never, 1)
	return at, len(ids) > 0, err
}

// over are requests of which the last was over before an instant, the longest over first,
// and since when the last of them is.
func (tx *ReadTx) over(before when.Instant, most int) (ids []guid.ID, at when.Instant, err error) {
	sql := "SELECT id, over_at FROM request WHERE over_at < " + never + " AND over_at < $1 ORDER BY over_at, id LIMIT $2"
	err = tx.query(sql, []any{before, int64(most)}, func(scan func(dest ...any) error) error {
		var id guid.ID
		err := scan(&id, &at)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("look for requests to forget: %w", err)
	}
	return ids, at, nil
}

// actions and statuses are the words that filters compare with, in their places.
func actions() []string {
	var words []string
	for a := pim.AdminAssign; a <= pim.SelfRenew; a++ {
		words = append(words, a.String())
	}
	return words
}

func statuses() []string {
	return strings.Fields("Provisioned Granted PendingApproval PendingAdminDecision Denied Canceled Revoked Failed TimedOut")
}

// byStatus is what the index by status answers of a state. Provisioned is what most requests
// are, and is not in it; what time has made TimedOut may not be recorded as such.
func byStatus(state any) (condition string, rare bool) {
	s := pim.Status(fmt.Sprint(state))
	if s == pim.Provisioned || s == pim.TimedOut {
		return "", false
	}
	return "r.status <> 'Provisioned' AND r.status = '" + string(s) + "'", s.Waits()
}

// byAction is what the index by action answers of one: not activations, which most requests
// are.
func byAction(action any) (condition string, rare bool) {
	if action == int64(pim.SelfActivate) {
		return "", false
	}
	return fmt.Sprintf("r.action <> %d AND r.action = %d", pim.SelfActivate, action), false
}

// requestTable is a list of requests under a condition, the newest first.
func requestTable(where string) *Table[pim.Request] {
	created := required(at("r.created_at"))
	created.Indexed = true
	return &Table[pim.Request]{
		From: "request r", Where: where, ID: "r.id", Order: Order{Column: created, Desc: true}, Row: scanRequest,
		Select: "r.body, " + current + ", " + completed,
		Columns: map[string]Column{
			"id":              selective(required(idOf("r.id"))),
			"principal":       indexed(required(idOf("r.principal_id"))),
			"role":            indexed(required(idOf("r.role_id"))),
			"group":           filled(indexed(required(idOf("r.group_id")))),
			"schedule":        indexed(idOf("r.schedule_id")),
			"user":            indexed(idOf("r.user_id")),
			"app":             idOf("r.app_id"),
			"approval":        idOf("r.approval_id"),
			"relation":        numbered("r.relation", 0, directory.Member.String(), directory.Owner.String()),
			"directory_scope": scoped("r.directory_scope"),
			"app_scope":       scoped("r.app_scope"),
			"action":          led(numbered("r.action", int64(pim.AdminAssign), actions()...), byAction),
			"status":          led(spelled(current, statuses()...), byStatus),
			"created":         created,
			"completed":       at(completed),
		},
	}
}

// The lists of requests, by endpoint.
var (
	RoleEligibilityRequests  = requestTable("r.role_id > '' AND r.side = 0")
	RoleAssignmentRequests   = requestTable("r.role_id > '' AND r.side = 1")
	GroupEligibilityRequests = inGroup(requestTable("r.group_id > '' AND r.side = 0"), "schedule")
	GroupAssignmentRequests  = inGroup(requestTable("r.group_id > '' AND r.side = 1"), "schedule")
)
