package store

import (
	"fmt"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
)

// Circle gathers what pim judges an approver of request r by, under the rules of these
// stages, as it is at the transaction's instant. Name is left empty.
func (tx *ReadTx) Circle(user guid.ID, r pim.Request, stages []pim.ApprovalStage) (pim.Circle, error) {
	snap := tx.Snap()
	c := pim.Circle{
		User: user, Able: snap.Person(user), Manages: snap.Manages(user, tx.now),
		Gains: r.Principal != r.By.User && snap.Among(user, r.Principal, tx.now),
		Among: map[pim.Approver]bool{}, Living: map[pim.Approver]bool{},
	}
	q := quorum{tx: tx, request: r, managers: map[int]guid.ID{}}
	for _, s := range stages {
		for _, a := range s.Everybody() {
			among, err := q.among(user, a)
			if err == nil && len(s.Fallback) > 0 {
				c.Living[a], err = q.lives(a)
			}
			if err != nil {
				return pim.Circle{}, fmt.Errorf("gather approvers of request %s: %w", r.ID, err)
			}
			c.Among[a] = among
		}
	}
	return c, nil
}

// A quorum looks at the approvers that one request's rules name.
type quorum struct {
	tx       *ReadTx
	request  pim.Request
	managers map[int]guid.ID // by level
	board    guid.ID         // the group that is being looked through
	met      []guid.ID       // it, and groups in it
	rows     int
}

// among reports whether the user is whom a names, or belongs to them.
func (q *quorum) among(user guid.ID, a pim.Approver) (bool, error) {
	switch a.Kind {
	case pim.ApproverUser:
		return a.ID == user, nil
	case pim.ApproverGroup:
		return q.tx.Snap().Among(user, a.ID, q.tx.now), nil
	case pim.ApproverManager:
		id, err := q.manager(a.Level)
		return !id.IsZero() && id == user, err
	}
	return false, nil
}

// lives reports whether a names, or has in it, a user other than the requester who lives
// and is enabled.
func (q *quorum) lives(a pim.Approver) (bool, error) {
	switch a.Kind {
	case pim.ApproverUser:
		return q.other(a.ID), nil
	case pim.ApproverGroup:
		q.board, q.met, q.rows = a.ID, nil, 0
		return q.inhabited(a.ID)
	case pim.ApproverManager:
		id, err := q.manager(a.Level)
		return q.other(id), err
	}
	return false, nil
}

func (q *quorum) other(id guid.ID) bool {
	return id != q.request.By.User && id != q.request.Principal && q.tx.Snap().Person(id)
}

// The bounds of what is looked through for a living approver. Beyond them there is taken to
// be one, so that no fallback comes into force for want of looking.
const (
	groupsLooked = 100
	rowsLooked   = 5000
)

// inhabited reports whether a group has a user in it, itself or through others, who could
// decide, or may join one of them alone and then could.
func (q *quorum) inhabited(group guid.ID) (bool, error) {
	if f, _ := q.tx.Snap().Object(group); !f.Live() {
		return false, nil
	}
	if slices.Contains(q.met, group) {
		return false, nil
	}
	if q.met = append(q.met, group); len(q.met) > groupsLooked {
		return true, nil
	}
	var after *Position
	for {
		page, err := q.tx.Members(group, directory.Member, nil, 100, after)
		if err != nil {
			return false, err
		}
		for _, p := range page.Rows {
			if q.rows++; q.rows > rowsLooked || q.decides(p.Member.ID) {
				return true, nil
			}
			if p.Member.Kind == directory.KindGroup {
				if found, err := q.inhabited(p.Member.ID); found || err != nil {
					return found, err
				}
			}
		}
		if after = page.Next; after == nil {
			return q.joined(group)
		}
	}
}

// joined reports whether somebody who could decide may join the group alone.
func (q *quorum) joined(group guid.ID) (bool, error) {
	joining, err := q.tx.MayJoin(group)
	if err != nil {
		return false, err
	}
	for id := range joining {
		if q.other(id) {
			return true, nil
		}
	}
	return false, nil
}

// decides reports whether somebody in a group of the board's could decide: groups in groups
// count as deep as when they do.
func (q *quorum) decides(id guid.ID) bool {
	return q.other(id) && q.tx.Snap().Among(id, q.board, q.tx.now)
}

// manager is the requester's manager so many levels up; the zero id when there is none.
func (q *quorum) manager(level int) (guid.ID, error) {
	if id, known := q.managers[level]; known {
		return id, nil
	}
	of := q.request.By.User
	if level > 1 {
		var err error
		if of, err = q.manager(level - 1); err != nil {
			return guid.ID{}, err
		}
	}
	id, _, err := q.tx.Manager(of)
	q.managers[level] = id
	return id, err
}
