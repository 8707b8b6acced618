package store

import (
	"fmt"
	"slices"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// administrators stand, among candidates, for those who manage privileged roles: the
// approvers where a stage names nobody.
var administrators = roledata.PrivilegedRoleAdministrator

func scanApproval(scan func(dest ...any) error) (pim.Approval, error) {
	var a pim.Approval
	var closed when.Instant
	err := scan(jsonColumn{&a}, &closed)
	a.Closed = closed
	return a, err
}

// Approval is what a request waits for, or has waited for; false when it never did. One
// whose request ceased to wait in another way than by a word is closed all the same.
func (tx *ReadTx) Approval(request guid.ID) (a pim.Approval, found bool, err error) {
	all, err := tx.ApprovalsOf([]guid.ID{request})
	return all[request], len(all) == 1, err
}

// ApprovalsOf are the approvals of requests, at most a thousand, by request.
func (tx *ReadTx) ApprovalsOf(requests []guid.ID) (map[guid.ID]pim.Approval, error) {
	all := map[guid.ID]pim.Approval{}
	err := tx.each("SELECT body, closed_at FROM approval WHERE request_id IN (", requests, ") ORDER BY request_id", func(scan func(dest ...any) error) error {
		a, err := scanApproval(scan)
		all[a.Request] = a
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load approvals: %w", err)
	}
	return all, nil
}

var insertApproval = insertInto("approval", "request_id", "next_at", "closed_at", "body")

// insertApproval stores what a new request waits for.
func (tx *WriteTx) insertApproval(r pim.Request, a *pim.Approval) error {
	tx.exec(insertApproval, a.Request, a.Next(), a.Closed, asJSON(a))
	return tx.insertCandidates(r, a)
}

// putCandidates notes anew whom an approval's stages name.
func (tx *WriteTx) putCandidates(r pim.Request, a *pim.Approval) error {
	tx.exec("DELETE FROM approval_candidate WHERE request_id = $1", a.Request)
	return tx.insertCandidates(r, a)
}

func (tx *WriteTx) insertCandidates(r pim.Request, a *pim.Approval) error {
	current, open := a.Current()
	q := quorum{tx: &tx.ReadTx, request: r, managers: map[int]guid.ID{}}
	var values []string
	args := []any{a.Request}
	for stage := range a.Stages {
		ids, err := q.candidates(a.Stage(stage))
		if err != nil {
			return err
		}
		for _, id := range ids {
			n := len(args)
			values = append(values, fmt.Sprintf("($1, $%d, $%d, $%d)", n+1, n+2, n+3))
			args = append(args, int64(stage), id, open && stage == current)
		}
	}
	if len(values) > 0 {
		tx.exec("INSERT INTO approval_candidate (request_id, stage, principal_id, open) VALUES "+strings.Join(values, ", "), args...)
	}
	return nil
}

// candidates are the ids under which those are found whom a stage names, each once.
func (q *quorum) candidates(s pim.ApprovalStage) (ids []guid.ID, err error) {
	if len(s.Approvers) == 0 {
		ids = append(ids, administrators)
	}
	for _, a := range s.Everybody() {
		id := a.ID
		if a.Kind == pim.ApproverManager {
			if id, err = q.manager(a.Level); err != nil {
				return nil, err
			}
		}
		if !id.IsZero() && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// updateApproval stores how an approval goes on. Who is named is forgotten with its end.
func (tx *WriteTx) updateApproval(r pim.Request, a *pim.Approval) error {
	tx.exec("UPDATE approval SET next_at = $1, closed_at = $2, body = $3 WHERE request_id = $4", a.Next(), a.Closed, asJSON(a), a.Request)
	if _, open := a.Current(); !open {
		return tx.dropCandidates(a.Request)
	}
	tx.exec("UPDATE request SET due_at = $1 WHERE id = $2", a.Due(), a.Request)
	return tx.putCandidates(r, a)
}

// renameCandidates notes anew whom that waits for which a user has asked for, or one of
// those whom it manages, so many levels down.
func (tx *WriteTx) renameCandidates(user guid.ID, levels int) error {
	waiting, err := tx.Pending(user)
	if err != nil {
		return err
	}
	for _, r := range waiting {
		a, found, err := tx.Approval(r.ID)
		if err == nil && found {
			err = tx.putCandidates(r, &a)
		}
		if err != nil {
			return err
		}
	}
	if levels == 1 {
		return nil
	}
	reports, err := List(&tx.ReadTx, Reports, ListQuery{Rows: []Condition{Is(Reports.Column("manager"), user)}, Limit: pageMost})
	for _, r := range reports.Rows {
		if err == nil {
			err = tx.renameCandidates(r.ID, levels-1)
		}
	}
	return err
}

// closeApproval closes the approval of a request that waits no more, whatever was the
// reason.
func (tx *WriteTx) closeApproval(r pim.Request) error {
	if r.Approval.IsZero() {
		return nil
	}
	tx.exec("UPDATE approval SET closed_at = $1 WHERE request_id = $2 AND closed_at = "+never, r.Completed, r.ID)
	return tx.dropCandidates(r.ID)
}

// dropCandidates forgets whom a closed approval names. Whom no policy names any more, and
// nothing else waits for, is an approver no longer.
func (tx *WriteTx) dropCandidates(request guid.ID) error {
	var released []guid.ID
	err := tx.query("SELECT c.principal_id FROM approval_candidate c WHERE c.request_id = $1 AND c.principal_id <> $2"+
		" AND NOT EXISTS (SELECT 1 FROM policy_approver p WHERE p.approver_id = c.principal_id)"+
		" AND NOT EXISTS (SELECT 1 FROM approval_candidate o WHERE o.principal_id = c.principal_id AND o.request_id <> $1) ORDER BY c.principal_id",
		[]any{request, administrators}, func(scan func(dest ...any) error) error {
			var id guid.ID
			err := scan(&id)
			released = append(released, id)
			return err
		})
	if err != nil {
		return fmt.Errorf("look for approvers of request %s: %w", request, err)
	}
	tx.exec("DELETE FROM approval_candidate WHERE request_id = $1", request)
	for _, id := range released {
		if f, _ := tx.Snap().Object(id); !f.Flags.Has(authz.Approver) {
			continue
		}
		if err := tx.MarkApprover(id, false); err != nil && !isNotFound(err) {
			return err
		}
	}
	return nil
}

// A Waiting is a request and what it waits for.
type Waiting struct {
	Request  pim.Request
	Approval pim.Approval
}

// ApprovalsDue are the approvals, with their requests, to which time has done something by
// an instant that is not yet recorded, the longest ago first.
func (tx *ReadTx) ApprovalsDue(upTo when.Instant, limit int) ([]Waiting, error) {
	var all []Waiting
	err := tx.query("SELECT a.body, a.closed_at, r.body, r.status, r.completed_at FROM approval a JOIN request r ON r.id = a.request_id"+
		" WHERE a.closed_at = "+never+" AND a.next_at <= $1 ORDER BY a.next_at, a.request_id LIMIT $2", []any{upTo, int64(limit)},
		func(scan func(dest ...any) error) error {
			w, err := scanWaiting(scan)
			all = append(all, w)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("load approvals that have come due: %w", err)
	}
	return all, nil
}

func scanWaiting(scan func(dest ...any) error) (w Waiting, err error) {
	var inner [2]any
	w.Request, err = scanRequest(func(dest ...any) error {
		w.Approval, err = scanApproval(func(first ...any) error {
			copy(inner[:], first)
			return scan(append(inner[:], dest...)...)
		})
		return err
	})
	return w, err
}

// NextApproval is when time first does something to an approval that is not yet recorded;
// when.Never if to none.
func (tx *ReadTx) NextApproval() (when.Instant, error) {
	next := when.Never
	_, err := tx.one("SELECT next_at FROM approval WHERE closed_at = "+never+" ORDER BY next_at, request_id LIMIT 1", nil, &next)
	if err != nil {
		return 0, fmt.Errorf("look for the next approval: %w", err)
	}
	return next, nil
}

// Inbox are the ids under which the user is found among candidates at the transaction's
// instant: its own, those of the groups that it is in, and, if it manages privileged roles,
// the administrators'.
func (tx *ReadTx) Inbox(user guid.ID) []guid.ID {
	ids := append([]guid.ID{user}, tx.Snap().Boards(user, tx.now)...)
	if tx.Snap().Manages(user, tx.now) {
		ids = append(ids, administrators)
	}
	return ids
}

// inboxTable is a list of requests that wait for somebody's word, the newest first: one row
// for each time that its open stage names one of the ids in the column candidate.
func inboxTable(where string) *Table[pim.Request] {
	t := requestTable(where)
	t.From, t.Scan = "approval_candidate a JOIN request r ON r.id = a.request_id", "a.open = 1"
	t.Columns["candidate"] = selective(required(idOf("a.principal_id")))
	return t
}

// The lists of what waits for approvers, by endpoint, and of all that is about roles, or
// about groups.
var (
	RoleEligibilityInbox  = inboxTable("r.role_id > '' AND r.side = 0")
	RoleAssignmentInbox   = inboxTable("r.role_id > '' AND r.side = 1")
	GroupEligibilityInbox = inboxTable("r.group_id > '' AND r.side = 0")
	GroupAssignmentInbox  = inboxTable("r.group_id > '' AND r.side = 1")
	RoleInbox             = inboxTable("r.role_id > ''")
	GroupInbox            = inboxTable("r.group_id > ''")
)
