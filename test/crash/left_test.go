package crash

import (
	"log/slog"
	"maps"
	"slices"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
)

// A set is ids.
type set map[string]bool

// What a killed server has left, read from its database in one transaction.
type left struct {
	users, members, schedules set
	requests                  map[string]pim.Request
	// From the log: who was made, and who was put into the group; and how many records each
	// request has.
	recordedUsers, recordedMembers set
	recordedRequests               map[string]int
}

// look opens what the server left, and reads all of it.
func (s *site) look(group string) *left {
	s.t.Helper()
	st, err := store.Open(s.t.Context(), store.Config{Dir: s.dir, Database: s.database, Env: env.System(), Dev: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatalf("open what is left: %v", err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			s.t.Error(err)
		}
	}()
	specs, err := st.List(s.t.Context())
	if err != nil || len(specs) != 1 {
		s.t.Fatalf("there are %d tenants, want 1: %v", len(specs), err)
	}
	tenant, err := st.Tenant(s.t.Context(), specs[0].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &left{
		users: set{}, members: set{}, schedules: set{}, requests: map[string]pim.Request{},
		recordedUsers: set{}, recordedMembers: set{}, recordedRequests: map[string]int{},
	}
	if err := tenant.Read(s.t.Context(), func(tx *store.ReadTx) error { return l.read(tx, group) }); err != nil {
		s.t.Fatal(err)
	}
	return l
}

// each gives every row of a table to do.
func each[T any](tx *store.ReadTx, table *store.Table[T], do func(T)) error {
	var after *store.Position
	for {
		page, err := store.List(tx, table, store.ListQuery{Limit: 1000, After: after})
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			do(row)
		}
		if after = page.Next; after == nil {
			return nil
		}
	}
}

func (l *left) read(tx *store.ReadTx, group string) error {
	if err := each(tx, store.Users, func(u directory.User) { l.users[u.ID.String()] = true }); err != nil {
		return err
	}
	for _, table := range []*store.Table[pim.Request]{store.RoleEligibilityRequests, store.RoleAssignmentRequests} {
		if err := each(tx, table, func(r pim.Request) { l.requests[r.ID.String()] = r }); err != nil {
			return err
		}
	}
	for _, table := range []*store.Table[pim.Schedule]{store.RoleEligibilities, store.RoleAssignments} {
		err := each(tx, table, func(s pim.Schedule) {
			if !s.OutsidePIM() {
				l.schedules[s.ID.String()] = true
			}
		})
		if err != nil {
			return err
		}
	}
	if err := each(tx, store.AuditRecords, l.record); err != nil {
		return err
	}
	id, _ := guid.Parse(group)
	var after *store.Position
	for {
		page, err := tx.Members(id, directory.Member, nil, 1000, after)
		if err != nil {
			return err
		}
		for _, p := range page.Rows {
			l.members[p.Member.ID.String()] = true
		}
		if after = page.Next; after == nil {
			return nil
		}
	}
}

// record notes what one record of the log is about.
func (l *left) record(r audit.Record) {
	switch r.Operation {
	case "createUser":
		l.recordedUsers[r.Targets[0].ID] = true
	case "addGroupMember":
		l.recordedMembers[r.Targets[0].ID] = true
	}
	for _, d := range r.Details {
		if d.Key == "requestId" {
			l.recordedRequests[d.Value]++
		}
	}
}

// whole fails unless all that was answered is there, and nothing is half there. Those who
// were there from the beginning are in no record.
func (s *site) whole(l *left, book *ledger, first set) {
	s.t.Helper()
	s.contains("user", l.users, book.users)
	s.contains("member", l.members, book.members)
	made := maps.Clone(l.users)
	for id := range first {
		delete(made, id)
	}
	s.equal("users", made, "records of users", l.recordedUsers)
	s.equal("members", l.members, "records of members", l.recordedMembers)
	s.equal("schedules", l.schedules, "requests that should have one", l.standing())
	for id, want := range book.requests {
		if _, found := l.requests[id]; !found {
			s.t.Errorf("request %s was answered and is gone", id)
		}
		if want != leaving && l.schedules[id] != (want == there) {
			s.t.Errorf("schedule %s is there: %v, want %v", id, l.schedules[id], want == there)
		}
	}
	for id, r := range l.requests {
		if n := l.recordedRequests[id]; n != 2 { // that it was asked for, and that it was done
			s.t.Errorf("request %s (%s, %s) has %d records, want 2", id, r.Action, r.Status, n)
		}
	}
	for id := range l.recordedRequests {
		if _, found := l.requests[id]; !found {
			s.t.Errorf("the log knows request %s, and nobody else does", id)
		}
	}
}

// standing are the requests whose schedules should be there: those that gave something
// that no other has taken away.
func (l *left) standing() set {
	type held struct {
		who, role guid.ID
		side      pim.Side
	}
	taken, stand := map[held]bool{}, set{}
	for _, r := range l.requests {
		if r.Action == pim.AdminRemove {
			taken[held{r.Principal, r.Target.Role, r.Side}] = true
		}
	}
	for id, r := range l.requests {
		if r.Action != pim.AdminRemove && !taken[held{r.Principal, r.Target.Role, r.Side}] {
			stand[id] = true
		}
	}
	return stand
}

// contains fails for whatever was answered and is gone.
func (s *site) contains(what string, there set, answered map[string]bool) {
	s.t.Helper()
	for id := range answered {
		if !there[id] {
			s.t.Errorf("%s %s was answered and is gone", what, id)
		}
	}
}

// equal fails for whatever is in one set and not in the other.
func (s *site) equal(these string, a set, those string, b set) {
	s.t.Helper()
	for _, id := range slices.Sorted(maps.Keys(a)) {
		if !b[id] {
			s.t.Errorf("%s is among the %s and not among the %s", id, these, those)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b)) {
		if !a[id] {
			s.t.Errorf("%s is among the %s and not among the %s", id, those, these)
		}
	}
}
