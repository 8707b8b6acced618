package store

import (
	"errors"
	"fmt"
	"testing"

	"ephor/internal/guid"
	"ephor/internal/odata"
)

// wordly is a filter for users with a word that begins so.
func wordly(begins string) odata.Node {
	return odata.Any{Path: odata.Path{Names: []string{"display_name words"}}, Var: "w", Body: odata.Match{Func: odata.StartsWith, Path: odata.Path{Var: "w"}, Arg: begins}}
}

func usersWith(t *testing.T, tenant *Tenant, n odata.Node, limit int) (names []string, pages int) {
	t.Helper()
	q := ListQuery{Filter: n, Columns: Users.Columns, Limit: limit}
	read(t, tenant, func(tx *ReadTx) error {
		for {
			page, err := List(tx, Users, q)
			if err != nil {
				return err
			}
			pages++
			for _, u := range page.Rows {
				names = append(names, u.DisplayName)
			}
			if q.After = page.Next; q.After == nil {
				return nil
			}
		}
	})
	return names, pages
}

func TestWordsOfAnOlderProgramAreCutOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "older")
		commit(t, tenant, func(tx *WriteTx) error {
			for i := range 1100 { // more than are read at once
				name := fmt.Sprintf("Number%d Person", i)
				if err := tx.InsertUser(person(guid.Must(fmt.Sprintf("00000000-0000-4000-8000-%012d", i+1)), name)); err != nil {
					return err
				}
			}
			tx.exec("DELETE FROM object_value WHERE property = 'user displayName'")
			return nil
		})
		link, err := tenant.engine().begin(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.spell(t.Context(), link), link.commit(t.Context(), nil)); err != nil {
			t.Fatal(err)
		}
		if names, _ := usersWith(t, tenant, wordly("number1099"), 10); len(names) != 1 || names[0] != "Number1099 Person" {
			t.Errorf("one: %v", names)
		}
		if names, _ := usersWith(t, tenant, wordly("109"), 3); len(names) != 11 { // 109 and 1090 to 1099
			t.Errorf("eleven in pages: %v", names)
		}
		// More than are looked up at once are judged row by row, and found all the same.
		if names, _ := usersWith(t, tenant, wordly("pers"), 500); len(names) != 1100 {
			t.Errorf("all: %d", len(names))
		}
		both := odata.Or{Terms: []odata.Node{wordly("number7"), wordly("number1099")}}
		if names, _ := usersWith(t, tenant, both, 500); len(names) != 112 { // 7, 70-79, 700-799, 1099
			t.Errorf("either: %d", len(names))
		}
		if names, _ := usersWith(t, tenant, odata.And{Terms: []odata.Node{wordly("pers"), wordly("number42")}}, 500); len(names) != 11 {
			t.Errorf("both: %d", len(names))
		}
		commit(t, tenant, func(tx *WriteTx) error {
			u, _, err := tx.User(guid.Must("00000000-0000-4000-8000-000000000001"))
			u.DisplayName = "Somebody Else"
			return errors.Join(err, tx.UpdateUser(u))
		})
		if names, _ := usersWith(t, tenant, wordly("number0"), 10); len(names) != 0 {
			t.Errorf("by an old name: %v", names)
		}
	})
}

// What the program does after a step of the schema is tied to it by the step's number.
func TestStepsThatTheProgramFollowsAreThose(t *testing.T) {
	t.Parallel()
	all, err := steps("tenant")
	if err != nil {
		t.Fatal(err)
	}
	for number, name := range map[int64]string{wordsStep: "words", proofStep: "grant_proof"} {
		if got := all[number-1].name; got != fmt.Sprintf("%04d_%s.sql", number, name) {
			t.Errorf("step %d is %s, want %s", number, got, name)
		}
	}
}
