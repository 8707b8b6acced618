package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/when"
)

// userColumnsOf are the properties that the tests filter by, as graph will name them.
func userColumnsOf() Columns { return userColumnsIn(Users) }

func userColumnsIn(t *Table[directory.User]) Columns {
	c := Columns{}
	for wire, name := range map[string]string{
		"id": "id", "displayName": "display_name", "userPrincipalName": "upn", "mail": "mail", "department": "department", "city": "city",
		"accountEnabled": "enabled", "createdDateTime": "created", "deletedDateTime": "deleted", "otherMails": "other_mails",
	} {
		c[wire] = t.Column(name)
	}
	return c
}

// userRow is a user as odata.Eval sees one: the oracle for what a filter selects.
func userRow(u *directory.User) odata.Row {
	folded := func(s string) odata.Value {
		if s == "" {
			return odata.Null()
		}
		return odata.Folded(s)
	}
	instant := func(i when.Instant) odata.Value {
		if i == when.Never {
			return odata.Null()
		}
		return odata.Instant(i)
	}
	mails := make([]odata.Value, len(u.Profile.OtherMails))
	for i, m := range u.Profile.OtherMails {
		mails[i] = odata.Folded(m)
	}
	all := map[string]odata.Value{
		"id": odata.ID(u.ID), "displayName": folded(u.DisplayName), "userPrincipalName": folded(u.UPN), "mail": folded(u.Profile.Mail),
		"department": folded(u.Profile.Department), "city": folded(u.Profile.City), "accountEnabled": odata.Bool(u.Enabled),
		"createdDateTime": instant(u.Created), "deletedDateTime": instant(u.Deleted), "otherMails": odata.List(mails...),
	}
	return func(path []string) (odata.Value, bool) {
		v, ok := all[strings.Join(path, "/")]
		return v, ok
	}
}

var words = []string{"", "a", "A", "ab", "aB", "b", "é", "É", "a'b", "a_b", "%", "\U0010FFFF", "ab\U0010FFFF", "\uD7FF"}

func crowd(s *Store, n int) []directory.User {
	users := make([]directory.User, n)
	for i := range users {
		pick := func(by int) string { return words[(i*by+i/7)%len(words)] }
		users[i] = directory.User{
			Object: named(s.env.NewID(), directory.KindUser, pick(1)), UPN: fmt.Sprintf("%s%d@x", pick(3), i), Enabled: i%3 > 0, Type: "Member",
			Profile: directory.Profile{Mail: pick(5), Department: pick(3), City: pick(11)},
		}
		users[i].Created = when.Instant(i % 5)
		for k := range i % 3 {
			users[i].Profile.OtherMails = append(users[i].Profile.OtherMails, words[(i+k)%(len(words)-1)+1])
		}
	}
	return users
}

// walkAll reads all pages, and fails if one has more rows than the limit or the walk does
// not end.
func walkAll[T any](t failer, tenant *Tenant, table *Table[T], q ListQuery, between func()) []T {
	t.Helper()
	var all []T
	for range 1000 {
		var page Page[T]
		read(t, tenant, func(tx *ReadTx) (err error) { page, err = List(tx, table, q); return err })
		if len(page.Rows) > q.Limit {
			t.Fatal("a page of", q.Limit, "rows has", len(page.Rows))
		}
		all = append(all, page.Rows...)
		if page.Next == nil {
			return all
		}
		q.After = page.Next
		between()
	}
	t.Fatal("the list does not end")
	return nil
}

func idsOf(users []directory.User) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID.String()
	}
	slices.Sort(ids)
	return ids
}

// drawFilter makes the text of a filter.
func drawFilter(t *rapid.T, depth int) string {
	quoted := func() string {
		return "'" + strings.ReplaceAll(rapid.SampledFrom(words).Draw(t, "word"), "'", "''") + "'"
	}
	property := rapid.SampledFrom([]string{"displayName", "mail", "department", "city", "userPrincipalName"}).Draw(t, "property")
	op := func() string { return rapid.SampledFrom([]string{"eq", "ne", "gt", "ge", "lt", "le"}).Draw(t, "op") }
	kinds := 10
	if depth == 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return property + " " + op() + " " + quoted()
	case 1:
		return property + " " + rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op") + " null"
	case 2:
		return property + " in (" + quoted() + "," + quoted() + ",null)"
	case 3:
		return rapid.SampledFrom([]string{"startswith", "endswith", "contains"}).Draw(t, "function") + "(" + property + "," + quoted() + ")"
	case 4:
		return "otherMails/any(m:" + rapid.SampledFrom([]string{"m eq ", "m ne "}).Draw(t, "op") + quoted() + ")"
	case 5:
		return "createdDateTime " + op() + " 1970-01-01T00:00:00.000000" + rapid.SampledFrom([]string{"0", "2", "4"}).Draw(t, "tick") + "Z"
	case 6:
		return "accountEnabled eq " + rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	case 7:
		return "not (" + drawFilter(t, depth-1) + ")"
	case 8:
		return "(" + drawFilter(t, depth-1) + ") and (" + drawFilter(t, depth-1) + ")"
	}
	return "(" + drawFilter(t, depth-1) + ") or (" + drawFilter(t, depth-1) + ")"
}

func TestFilterSelectsWhatODataSays(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "filter")
		users := crowd(s, 60)
		commit(t, tenant, func(tx *WriteTx) error {
			for _, u := range users {
				if err := tx.InsertUser(u); err != nil {
					return err
				}
			}
			return nil
		})
		rapid.Check(t, func(r *rapid.T) {
			text := drawFilter(r, 3)
			filter, err := odata.ParseFilter(text, odata.Limits{})
			if err != nil {
				r.Fatalf("%s: %v", text, err)
			}
			var want []directory.User
			for _, u := range users {
				if odata.Eval(filter, userRow(&u)) {
					want = append(want, u)
				}
			}
			q := ListQuery{Filter: filter, Columns: userColumnsOf(), Limit: rapid.SampledFrom([]int{1, 7, 100}).Draw(r, "limit")}
			if name := rapid.SampledFrom([]string{"", "display_name", "created"}).Draw(r, "order"); name != "" {
				q.Order = &Order{Column: Users.Column(name), Desc: rapid.Bool().Draw(r, "desc")}
			}
			got := walkAll(t, tenant, Users, q, func() {})
			if !slices.Equal(idsOf(got), idsOf(want)) {
				r.Fatalf("%s: %d users, want %d", text, len(got), len(want))
			}
			read(t, tenant, func(tx *ReadTx) error {
				n, err := Count(tx, Users, q)
				if n != int64(len(want)) {
					r.Fatalf("%s: counted %d, want %d", text, n, len(want))
				}
				return err
			})
		})
	})
}

func TestPagesAreInOrder(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "order")
		users := crowd(s, 50)
		commit(t, tenant, func(tx *WriteTx) error {
			for _, u := range users {
				if err := tx.InsertUser(u); err != nil {
					return err
				}
			}
			return nil
		})
		for _, desc := range []bool{false, true} {
			q := ListQuery{Limit: 7, Order: &Order{Column: Users.Column("display_name"), Desc: desc}}
			got := walkAll(t, tenant, Users, q, func() {})
			want := slices.Clone(users)
			slices.SortFunc(want, func(a, b directory.User) int {
				c := strings.Compare(fold(a.DisplayName)+"\x00"+a.ID.String(), fold(b.DisplayName)+"\x00"+b.ID.String())
				if desc {
					return -c
				}
				return c
			})
			if !slices.EqualFunc(got, want, func(a, b directory.User) bool { return a.ID == b.ID }) {
				t.Errorf("desc %v: the pages are not in order", desc)
			}
		}
	})
}

func TestPagesAreStableWhileOthersWrite(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "stable")
		users := crowd(s, 40)
		insert := func(users ...directory.User) {
			commit(t, tenant, func(tx *WriteTx) error {
				for _, u := range users {
					if err := tx.InsertUser(u); err != nil {
						return err
					}
				}
				return nil
			})
		}
		insert(users...)
		i := 0
		between := func() {
			i++
			late := crowd(s, i+1)[i]
			late.UPN = fmt.Sprintf("late%d@x", i)
			insert(late)
		}
		got := map[guid.ID]int{}
		for _, u := range walkAll(t, tenant, Users, ListQuery{Limit: 3}, between) {
			got[u.ID]++
		}
		for _, u := range users {
			if got[u.ID] != 1 {
				t.Errorf("%s came %d times", u.UPN, got[u.ID])
			}
		}
	})
}

func TestPositionIsForItsOwnOrderOnly(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "position")
		read(t, tenant, func(tx *ReadTx) error {
			_, err := List(tx, Users, ListQuery{Limit: 3, After: &Position{By: "u.upn_key", Text: "a", ID: "b"}})
			if f := refusal(t, err); f.Status != 400 || f.Code != "Directory_ExpiredPageToken" {
				t.Error(f)
			}
			return nil
		})
	})
}

func TestOrderWithoutAnIndexIsRefused(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "sort")
		read(t, tenant, func(tx *ReadTx) error {
			_, err := List(tx, Users, by(Users, "city", false))
			if f := refusal(t, err); f.Status != 400 || f.Code != "Request_UnsupportedQuery" || f.Message != "Sorting not supported for current query." {
				t.Error(f)
			}
			return nil
		})
	})
}

func TestRowsThatMayBeSeenBoundEveryFilter(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "rows")
		users := crowd(s, 20)
		commit(t, tenant, func(tx *WriteTx) error {
			for _, u := range users {
				if err := tx.InsertUser(u); err != nil {
					return err
				}
			}
			return nil
		})
		own := []Condition{Is(Users.Column("id"), users[3].ID)}
		for _, text := range []string{"displayName ne 'x' or accountEnabled eq true", "not (displayName eq 'zz')", "id eq '" + users[4].ID.String() + "' or displayName ne 'zz'"} {
			filter, err := odata.ParseFilter(text, odata.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got := walkAll(t, tenant, Users, ListQuery{Filter: filter, Columns: userColumnsOf(), Rows: own, Limit: 10}, func() {})
			if len(got) != 1 || got[0].ID != users[3].ID {
				t.Errorf("%s shows %d users", text, len(got))
			}
		}
		if got := walkAll(t, tenant, Users, ListQuery{Rows: []Condition{Is(Users.Column("id"))}, Limit: 10}, func() {}); len(got) != 0 {
			t.Errorf("no id allows %d users", len(got))
		}
	})
}

func by[T any](table *Table[T], column string, desc bool) ListQuery {
	return ListQuery{Order: &Order{Column: table.Column(column), Desc: desc}}
}
