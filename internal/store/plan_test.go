//go:build !race

package store

import (
	"context"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/pim"
	"ephor/internal/when"
)

// rowsOfPlans is how many rows the tables have whose plans are looked at, and
// rowsOfPrivilege those that hold who may have what: as many, unless EPHOR_PLAN_ROWS says
// otherwise, which `make plans` sets to a million.
const rowsOfPlans = 50_000

var rowsOfPrivilege = sync.OnceValue(func() int {
	s := os.Getenv("EPHOR_PLAN_ROWS")
	if s == "" {
		return rowsOfPlans
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < rowsOfPlans {
		panic(fmt.Sprintf("EPHOR_PLAN_ROWS=%s: want a number from %d", s, rowsOfPlans))
	}
	return n
})

var (
	createTable  = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
	createIndex  = regexp.MustCompile(`CREATE INDEX (\w+) ON (\w+) [^;]*`)
	createColumn = regexp.MustCompile(`(?m)^    ([a-z_]+) +(TEXT|BIGINT|BYTEA)`)
)

// schemaText is all that makes a tenant's tables.
func schemaText(t *testing.T) string {
	t.Helper()
	all, err := steps("tenant")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.sql)
	}
	return b.String()
}

// columnsOf are the columns of a tenant's table and what an empty one holds.
func columnsOf(t *testing.T, table string) (names, empty []string) {
	t.Helper()
	for _, m := range createTable.FindAllStringSubmatch(schemaText(t), -1) {
		for _, c := range createColumn.FindAllStringSubmatch(m[2], -1) {
			if m[1] == table {
				names, empty = append(names, c[1]), append(empty, map[string]string{"TEXT": "''", "BIGINT": "0", "BYTEA": "NULL"}[c[2]])
			}
		}
	}
	if len(names) == 0 {
		t.Fatalf("no table %s", table)
	}
	return names, empty
}

// indexesOf are the statements that make a table's indexes, by name: of those made anew the
// last.
func indexesOf(t *testing.T, table string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, m := range createIndex.FindAllStringSubmatch(schemaText(t), -1) {
		if m[2] == table {
			all[m[1]] = m[0]
		}
	}
	return all
}

// numberedID is SQL for an id that ends with a number.
func numberedID(n string) string {
	return "substr('00000000-0000-4000-8000-000000000000', 1, 36 - length(CAST(" + n + " AS TEXT))) || CAST(" + n + " AS TEXT)"
}

// slow is how long no page takes, on a machine that does other things too.
func slow() time.Duration {
	if rowsOfPrivilege() > rowsOfPlans {
		return 20 * time.Second
	}
	return 2 * time.Second
}

// fillTable gives a table its rows.
func fillTable(t *testing.T, tenant *Tenant, table string, with map[string]string) {
	t.Helper()
	fillRows(t, tenant, table, rowsOfPlans, with)
}

// fillRows gives a table so many rows; columns that are not named are empty. Expressions may
// use i, the row's number. The table's indexes are made anew over all rows, which takes a
// fraction of adding to them row by row.
func fillRows(t *testing.T, tenant *Tenant, table string, count int, with map[string]string) {
	t.Helper()
	names, exprs := columnsOf(t, table)
	for i, name := range names {
		if e, ok := with[name]; ok {
			exprs[i] = e
		}
	}
	commit(t, tenant, func(tx *WriteTx) error {
		indexes := indexesOf(t, table)
		for name := range indexes {
			tx.exec("DROP INDEX " + name)
		}
		tx.exec(fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO %s (%s) SELECT %s FROM n",
			count, table, strings.Join(names, ", "), strings.Join(exprs, ", ")))
		for _, sql := range indexes {
			tx.exec(sql)
		}
		return nil
	})
}

// populate makes a tenant in which every list is long.
func populate(t *testing.T, tenant *Tenant) {
	t.Helper()
	many := rowsOfPrivilege()
	id, word := numberedID("i"), "'w' || CAST(i % 5000 AS TEXT)"
	one, user := "'"+firstID.String()+"'", fmt.Sprint(int(directory.KindUser))
	fillRows(t, tenant, "object", many, map[string]string{"id": id, "kind": user, "enabled": "1", "deleted_at": never})
	fillTable(t, tenant, "directory_user", map[string]string{
		"id": id, "upn_key": id, "display_name_key": word, "mail_key": id, "mail_nickname_key": id, "employee_id_key": id, "given_name_key": word, "surname_key": word,
		"department_key": "'d' || CAST(i % 7 AS TEXT)", "city_key": "CASE WHEN i = 49998 THEN 'far' ELSE 'c' || CAST(i % 7 AS TEXT) END", "profile": "'{}'", "created_at": "i",
		"deleted_at": "CASE WHEN i % 2 = 0 THEN " + never + " ELSE i END",
	})
	fillTable(t, tenant, "object_value", map[string]string{"object_id": id, "property": "'otherMails'", "value_key": "'m' || CAST(i % 2000 AS TEXT)"})
	fillTable(t, tenant, "directory_group", map[string]string{"id": id, "display_name_key": word, "mail_nickname_key": word, "types": "'[]'", "created_at": "i", "deleted_at": never})
	fillRows(t, tenant, "membership", many, map[string]string{"id": id, "group_id": one, "member_id": id, "member_kind": user})
	fillTable(t, tenant, "unit_member", map[string]string{"unit_id": one, "member_id": id, "member_kind": user})
	fillTable(t, tenant, "manager", map[string]string{"user_id": id, "manager_id": one})
	fillTable(t, tenant, "application", map[string]string{"web_redirects": "'[]'", "spa_redirects": "'[]'", "public_redirects": "'[]'", "id": id, "app_id": id, "display_name_key": word, "created_at": "i", "deleted_at": never})
	fillTable(t, tenant, "service_principal", map[string]string{"id": id, "app_id": id, "display_name_key": word, "created_at": "i", "deleted_at": never})
	fillTable(t, tenant, "consent", map[string]string{"id": id, "client_id": id, "principal_id": id})
	fillTable(t, tenant, "role_grant", map[string]string{"id": id, "principal_id": id, "resource_id": one})
	fillRows(t, tenant, "schedule", many, map[string]string{
		"id": id, "kind": "i % 3", "principal_id": id, "role_id": "CASE WHEN i % 5 = 0 THEN '' ELSE " + one + " END", "group_id": "CASE WHEN i % 50 = 0 THEN " + one + " WHEN i % 5 = 0 THEN " + numberedID("i % 400") + " ELSE '' END",
		"directory_scope": "CASE WHEN i % 5 = 0 THEN '' ELSE '/' END", "end_at": never, "modified_at": never, "expiration_end": never, "open": "1",
		"via_eligibility": "CASE WHEN i % 3 = 2 THEN " + numberedID("i - 2") + " ELSE '' END",
	})
	fillRows(t, tenant, "request", many, map[string]string{
		"id": id, "side": "i % 2", "principal_id": numberedID("i % 500"), "role_id": one, "user_id": numberedID("i % 500"), "created_at": "i", "completed_at": "i", "body": "'{}'",
		"status": "CASE WHEN i % 5000 = 0 THEN 'PendingApproval' WHEN i % 5000 = 1 THEN 'Denied' WHEN i % 3 = 0 THEN 'Revoked' ELSE 'Provisioned' END", "due_at": never,
		"open": "CASE WHEN i % 5000 = 0 THEN 1 ELSE 0 END", "action": "CASE WHEN i % 5000 > 1 AND i % 3 = 0 THEN 7 WHEN i % 5000 = 2 THEN 8 ELSE 6 END", "over_at": never,
	})
	fillRows(t, tenant, "approval", many, map[string]string{"request_id": id, "next_at": "i", "closed_at": never, "body": "'{}'"})
	fillRows(t, tenant, "approval_candidate", many, map[string]string{"request_id": id, "principal_id": numberedID("i % 500"), "open": "1"})
	fillTable(t, tenant, "audit", map[string]string{
		"idx": "i + 1000000", "id": id, "at": "i", "activity_key": "'a' || CAST(i % 9 AS TEXT)", "correlation": id, "actor_user": numberedID("i % 500"),
		"actor_app": numberedID("i % 500"), "body": "(SELECT body FROM audit ORDER BY idx LIMIT 1)", "leaf": "(SELECT leaf FROM audit ORDER BY idx LIMIT 1)",
	})
	fillTable(t, tenant, "audit_target", map[string]string{"idx": "i + 1000000", "at": "i", "record_id": id, "target_id": "'t' || CAST(i % 9 AS TEXT)"})
	fillTable(t, tenant, "sign_in", map[string]string{
		"id": id, "at": "i", "user_id": numberedID("i % 500"), "upn_key": "'u' || CAST(i % 500 AS TEXT)", "app_id": one, "address": "'a' || CAST(i % 99 AS TEXT)", "body": "'{}'",
	})
}

// A spy notes the queries that go through a link.
type spy struct {
	link
	mu   *sync.Mutex
	seen *[]statement
}

func (s spy) query(ctx context.Context, pending []statement, asked ...question) error {
	s.mu.Lock()
	for _, q := range asked {
		*s.seen = append(*s.seen, q.statement)
	}
	s.mu.Unlock()
	return s.link.query(ctx, pending, asked...)
}

// A planned query is a list whose plan is looked at: list runs one page and says where the
// next begins.
type planned struct {
	name string
	by   string // the index that leads to the rows, "" for whichever
	list func(tx *ReadTx, after *Position) (*Position, error)
}

func plan[T any](name string, table *Table[T], q ListQuery, filter ...string) planned {
	return planned{name, "", func(tx *ReadTx, after *Position) (*Position, error) {
		if len(filter) > 0 {
			var err error
			if q.Filter, err = odata.ParseFilter(filter[0], odata.Limits{}); err != nil {
				return nil, err
			}
		}
		if q.Columns == nil {
			q.Columns = table.Columns
		}
		q.Limit, q.After = 3, after
		page, err := List(tx, table, q)
		return page.Next, err
	}}
}

func places(name string, list func(tx *ReadTx, after *Position) (Page[Place], error)) planned {
	return planned{name, "", func(tx *ReadTx, after *Position) (*Position, error) {
		page, err := list(tx, after)
		return page.Next, err
	}}
}

// goingBy is p, which must go by that index.
func goingBy(index string, p planned) planned { p.by = index; return p }

// nearestPlan is a query that has one page.
func nearestPlan(name string, list func(tx *ReadTx) error) planned {
	return planned{name, "", func(tx *ReadTx, _ *Position) (*Position, error) { return nil, list(tx) }}
}

// askRound asks what a full group of activations is judged by.
func askRound(tx *ReadTx) error {
	var all []*gathering
	for n := range groupSize {
		id := guid.Must(fmt.Sprintf("00000000-0000-4000-8000-%012d", 1000+17*n))
		r := pim.Request{Principal: id, Action: pim.SelfActivate, Side: pim.Assignment, Target: pim.Target{Role: firstID}, By: pim.Actor{User: id}}
		all = append(all, &gathering{tx: tx, request: r})
	}
	return tx.ask(newRound(tx, all...).questions()...)
}

// plans are the lists there are, each by every index that it has, and by none.
func plans() []planned {
	users, in := ListQuery{Columns: userColumnsOf()}, func(t *Table[directory.Ref]) ListQuery {
		return ListQuery{Rows: []Condition{Is(t.Column("unit"), firstID)}}
	}
	all := []planned{
		plan("users", Users, users),
		plan("users by name", Users, by(Users, "display_name", false)),
		plan("users by name, backwards", Users, by(Users, "display_name", true)),
		plan("users by birth", Users, by(Users, "created", true)),
		plan("users of a name", Users, users, "displayName eq 'w4'"),
		plan("users of a department", Users, users, "department eq 'd2'"),
		plan("users of a prefix", Users, users, "startswith(displayName,'w1')"),
		plan("users of a city", Users, users, "city eq 'c2'"),
		plan("users that contain", Users, users, "contains(displayName,'w1')"),
		plan("users since", Users, users, "createdDateTime ge 1970-01-01T00:00:00.0001Z"),
		plan("users of a mail", Users, users, "otherMails/any(m:m eq 'm4')"),
		plan("users of mails that begin so, few", Users, users, "otherMails/any(m:startswith(m,'m1999'))"),
		plan("users of mails that begin so, many", Users, users, "otherMails/any(m:startswith(m,'m4'))"),
		plan("users without a mail", Users, users, "not (otherMails/any(m:m eq 'm4'))"),
		plan("users of a department and city", Users, users, "department eq 'd2' and city eq 'c2' and accountEnabled eq false"),
		plan("deleted users", DeletedUsers, ListQuery{}),
		plan("deleted users by deletion", DeletedUsers, by(DeletedUsers, "deleted", true)),
		plan("groups", Groups, ListQuery{}),
		plan("groups by name", Groups, by(Groups, "display_name", false)),
		places("members", func(tx *ReadTx, after *Position) (Page[Place], error) {
			return tx.Members(firstID, directory.Member, nil, 3, after)
		}),
		places("groups of a member", func(tx *ReadTx, after *Position) (Page[Place], error) {
			return tx.Around(firstID, directory.Owner, 3, after)
		}),
		nearestPlan("first members", func(tx *ReadTx) error {
			_, err := tx.FirstMembers([]guid.ID{firstID, secondID}, directory.Member, 20)
			return err
		}),
		nearestPlan("first groups of members", func(tx *ReadTx) error {
			_, err := tx.FirstAround([]guid.ID{firstID, secondID}, directory.Owner, 20)
			return err
		}),
		plan("unit members", UnitMembers, in(UnitMembers)),
		plan("users in a unit", UnitUsers, ListQuery{Values: map[string]any{"unit": firstID.String()}}),
		plan("users in a unit of a city", UnitUsers, ListQuery{Columns: userColumnsIn(UnitUsers), Values: map[string]any{"unit": firstID.String()}}, "city eq 'c2'"),
		plan("units of a member", UnitsOfMember, ListQuery{Rows: []Condition{Is(UnitsOfMember.Column("member"), firstID)}}),
		plan("reports", Reports, ListQuery{Rows: []Condition{Is(Reports.Column("manager"), firstID)}}),
		plan("directory roles", DirectoryRoles, ListQuery{}),
		plan("applications", Applications, ListQuery{}),
		plan("applications by name", Applications, by(Applications, "display_name", false)),
		plan("service principals", ServicePrincipals, ListQuery{}),
		plan("consents", Consents, ListQuery{}),
		plan("role grants of an API", RoleGrants, ListQuery{Rows: []Condition{Is(RoleGrants.Column("resource"), firstID)}}),
		plan("role eligibilities", RoleEligibilities, ListQuery{}),
		plan("role eligibilities of a role", RoleEligibilities, ListQuery{}, "role eq '"+firstID.String()+"'"),
		plan("role assignments now", RoleAssignmentsNow, ListQuery{}),
		plan("group assignments now", GroupAssignmentsNow, ListQuery{}),
		plan("what somebody holds", Holdings, ListQuery{Rows: []Condition{Is(Holdings.Column("principal"), firstID)}}),
		plan("what somebody may activate", Holdings, ListQuery{Rows: []Condition{Is(Holdings.Column("principal"), firstID)}}, "state eq 'eligible'"),
		plan("places that somebody has", HeldPlaces, ListQuery{Rows: []Condition{Is(HeldPlaces.Column("principal"), firstID)}}),
		plan("standing places of a group", GroupPlaces, ListQuery{}, "group eq '"+firstID.String()+"'"),
		plan("standing places of somebody", GroupPlaces, ListQuery{}, "principal eq '"+firstID.String()+"'"),
		goingBy("schedule_by_group", plan("group assignments of a group", GroupAssignments, ListQuery{}, "group eq '"+firstID.String()+"'")),
		goingBy("schedule_by_scope", plan("role assignments scoped to an object", RoleAssignmentsNow, ListQuery{Rows: []Condition{Is(RoleAssignmentsNow.Column("scope"), firstID)}})),
		goingBy("request_by_group", plan("requests for a group", GroupAssignmentRequests, ListQuery{}, "group eq '"+firstID.String()+"'")),
		goingBy("schedule_by_eligibility", nearestPlan("what stands on an eligibility", func(tx *ReadTx) error { _, err := tx.StandsOn(firstID); return err })),
		plan("requests", RoleAssignmentRequests, ListQuery{}),
		plan("requests of a person", RoleAssignmentRequests, ListQuery{}, "principal eq '00000000-0000-4000-8000-000000000007'"),
		plan("requests by somebody", RoleAssignmentRequests, ListQuery{}, "user eq '00000000-0000-4000-8000-000000000007'"),
		plan("requests of a status", RoleAssignmentRequests, ListQuery{}, "status eq 'Provisioned'"),
		plan("requests before", RoleAssignmentRequests, ListQuery{}, "created le 1970-01-01T00:00:00.002Z"),
		plan("what waits for somebody", RoleAssignmentInbox, ListQuery{Rows: []Condition{Is(RoleAssignmentInbox.Column("candidate"), firstID, secondID)}}),
		plan("what waits for somebody, of a status", RoleInbox, ListQuery{Rows: []Condition{Is(RoleInbox.Column("candidate"), firstID, secondID)}}, "status eq 'PendingApproval'"),
		nearestPlan("approvals that have come due", func(tx *ReadTx) error {
			_, err := tx.ApprovalsDue(when.Of(noon), 3)
			return err
		}),
		nearestPlan("the next approval", func(tx *ReadTx) error { _, err := tx.NextApproval(); return err }),
		nearestPlan("what a group's requests are judged by", askRound),
		nearestPlan("the next event", func(tx *ReadTx) error { _, err := tx.NextEvent(0); return err }),
		nearestPlan("the first that begins", func(tx *ReadTx) error { _, err := tx.Begun(when.Never-1, 1); return err }),
		plan("records", AuditRecords, ListQuery{}),
		plan("records of an activity", AuditRecords, ListQuery{}, "activity eq 'a3'"),
		plan("records of a target", AuditRecords, ListQuery{}, "targets/any(t:t/id eq 't3')"),
		plan("records of a request", AuditRecords, ListQuery{}, "correlation eq '"+firstID.String()+"'"),
		goingBy("audit_by_user", plan("records by a user", AuditRecords, ListQuery{}, "user eq '"+firstID.String()+"'")),
		goingBy("audit_by_user", plan("records by one of one user", AuditRecords, ListQuery{}, "user in ('"+firstID.String()+"')")),
		goingBy("audit_by_app", plan("records by an application", AuditRecords, ListQuery{}, "app eq 'x'")),
		plan("records since", AuditRecords, ListQuery{}, "at ge 1970-01-01T00:00:00.002Z and at le 1970-01-01T00:00:00.003Z"),
		plan("sign-ins", SignIns, ListQuery{}),
		plan("sign-ins of a user", SignIns, ListQuery{}, "user eq '00000000-0000-4000-8000-000000000007'"),
		plan("sign-ins of a name", SignIns, ListQuery{}, "upn eq 'u7'"),
		plan("sign-ins from an address", SignIns, ListQuery{}, "address eq 'a7'"),
		plan("sign-ins to an application", SignIns, ListQuery{}, "startswith(app_name,'x') and app eq '"+firstID.String()+"'"),
		plan("failed sign-ins since", SignIns, ListQuery{}, "at ge 1970-01-01T00:00:00.002Z and code ne 0"),
	}
	return all
}

// explain is how the engine would answer, one step a line; PostgreSQL answers, and tells how
// many rows each step had.
func explain(tx *ReadTx, s statement) (string, error) {
	var lines []string
	if tx.tenant.store.pool != nil {
		err := tx.query("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) "+s.sql, s.args, func(scan func(dest ...any) error) error {
			var line string
			err := scan(&line)
			lines = append(lines, line)
			return err
		})
		return strings.Join(lines, "\n"), err
	}
	err := tx.query("EXPLAIN QUERY PLAN "+s.sql, s.args, func(scan func(dest ...any) error) error {
		var line string
		err := scan(new(int64), new(int64), new(int64), &line)
		lines = append(lines, line)
		return err
	})
	return strings.Join(lines, "\n"), err
}

var (
	// What SQLite calls a walk through a whole table: SCAN, but of what a part of the query
	// has already bounded, and on a first page of the index that has the order.
	tableScan = regexp.MustCompile(`(?m)^SCAN \w+$`)
	anyScan   = regexp.MustCompile(`(?m)^SCAN `)
	partial   = regexp.MustCompile(`(?m)^SCAN (chunk|p|\(subquery-\d+\)|\(join-\d+\))$`)
	seqScan   = regexp.MustCompile(`Seq Scan on (\w+)`)
	// What PostgreSQL tells of a step, and of what it has looked at in vain.
	actualRows  = regexp.MustCompile(`actual rows=([0-9.]+) loops=([0-9]+)`)
	removedRows = regexp.MustCompile(`Rows Removed by .*: ([0-9]+)`)
)

// examined is the most rows that any step of PostgreSQL's answer has looked at.
func examined(plan string) (most int) {
	var rows, loops float64
	note := func(n float64) { most = max(most, int(n)) }
	for line := range strings.Lines(plan) {
		if m := actualRows.FindStringSubmatch(line); m != nil {
			rows, _ = strconv.ParseFloat(m[1], 64)
			loops, _ = strconv.ParseFloat(m[2], 64)
			note(rows * loops)
		} else if m := removedRows.FindStringSubmatch(line); m != nil {
			removed, _ := strconv.ParseFloat(m[1], 64)
			note((rows + removed) * loops)
		}
	}
	return most
}

// small are tables that do not grow with the tenant, or have no rows here.
var small = map[string]bool{"role_definition": true, "unit": true, "policy": true, "setting": true}

// bounded are the ends at which a query of first places stops reading.
var bounded = regexp.MustCompile(`(member_id|group_id|principal_id)(<\?| <= )`)

// judgePlan says what is wrong with a plan.
func judgePlan(sqlite, later bool, plan string, most int) string {
	if sqlite {
		rest := partial.ReplaceAllString(plan, "")
		switch {
		case tableScan.MatchString(rest):
			return "scans a table"
		case later && anyScan.MatchString(rest):
			return "a later page scans"
		}
		return ""
	}
	for _, m := range seqScan.FindAllStringSubmatch(plan, -1) {
		if !small[m[1]] {
			return "scans " + m[1]
		}
	}
	if strings.Contains(plan, "One-Time Filter: false") {
		return "" // nothing can be found, and nothing is looked at
	}
	if later && !strings.Contains(plan, "Index Cond") {
		return "a later page has no Index Cond"
	}
	if n := examined(plan); n > most {
		return fmt.Sprintf("looks at %d rows", n)
	}
	return ""
}

// Both tests need tables of 50,000 rows, which are filled once for each engine.
func TestLongLists(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fills tables of 50,000 rows")
	}
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t, func(c *Config) { c.Budget = time.Hour })
		var kind []func(*Spec)
		if s.pool == nil {
			kind = append(kind, inMemory) // nothing has to last
		}
		tenant := create(t, s, "plans", kind...)
		populate(t, tenant)
		// A tenant that has grown since it was last analysed, or never was, is served as well.
		t.Run("EveryOneHasAnIndexUnanalysed", func(t *testing.T) { eachHasAnIndex(t, s, tenant, plans(), math.MaxInt) })
		commit(t, tenant, func(tx *WriteTx) error { tx.exec("ANALYZE"); return nil })
		t.Run("EveryOneHasAnIndex", func(t *testing.T) { eachHasAnIndex(t, s, tenant, plans(), 2*examineMost) })
		for _, w := range walkedTables() {
			t.Run("EveryFilterHasAnIndex/"+w.name, func(t *testing.T) { eachHasAnIndex(t, s, tenant, w.filters, 2*examineMost) })
		}
		t.Run("FilterWithoutIndexIsBounded", func(t *testing.T) { filterWithoutIndexIsBounded(t, tenant) })
	})
}

// eachHasAnIndex looks at the plans of lists, no step of which may look at more than so many
// rows.
func eachHasAnIndex(t *testing.T, s *Store, tenant *Tenant, all []planned, most int) {
	t.Helper()
	var seen []statement
	var mu sync.Mutex
	s.wrap = func(_ *Tenant, l link, _ bool) link { return spy{l, &mu, &seen} }
	for _, p := range all {
		var after *Position
		for page := range 2 {
			var taken []statement
			began := time.Now()
			read(t, tenant, func(tx *ReadTx) (err error) {
				seen = nil
				after, err = p.list(tx, after)
				taken = seen
				return err
			})
			if d := time.Since(began); d > slow() {
				t.Errorf("%s, page %d takes %v", p.name, page+1, d)
			}
			read(t, tenant, func(tx *ReadTx) error {
				for _, st := range taken {
					steps, err := explain(tx, st)
					if err != nil {
						return err
					}
					wrong := judgePlan(s.pool == nil, page > 0, steps, most)
					if strings.Contains(st.sql, "LIMIT 1 OFFSET") && !bounded.MatchString(steps) && !strings.Contains(steps, "schedule_by_principal") {
						wrong = "reads beyond the first"
					}
					if s.pool == nil && page == 0 && !strings.Contains(steps, p.by) { // PostgreSQL tells how many rows it reads
						wrong = "does not go by " + p.by
					}
					if wrong != "" {
						t.Errorf("%s, page %d: %s\n%s\n%s", p.name, page+1, wrong, st.sql, steps)
					}
				}
				return nil
			})
			if after == nil {
				break
			}
		}
	}
}

// What no index answers examines a bounded part of a long list for each page.
func filterWithoutIndexIsBounded(t *testing.T, tenant *Tenant) {
	t.Helper()
	filter, err := odata.ParseFilter("city eq 'far'", odata.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	q := ListQuery{Filter: filter, Columns: userColumnsOf(), Limit: 100}
	pages, found := 0, 0
	read(t, tenant, func(tx *ReadTx) error {
		for {
			page, err := List(tx, Users, q)
			if err != nil {
				return err
			}
			pages, found = pages+1, found+len(page.Rows)
			if q.After = page.Next; q.After == nil {
				return nil
			}
		}
	})
	if live := rowsOfPlans / 2; found != 1 || pages < live/examineMost {
		t.Errorf("found %d in %d pages", found, pages)
	}
	read(t, tenant, func(tx *ReadTx) error {
		n, err := Count(tx, Users, q)
		if n != 1 {
			t.Errorf("counted %d", n)
		}
		return err
	})
}
