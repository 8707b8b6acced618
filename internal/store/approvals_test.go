package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/when"
)

// midday is noon as the store holds it.
var midday = when.Of(noon)

// requires makes the desk's role one whose activation asks for approval, by so many stages
// of one list of approvers each.
func (d *desk) requires(t *testing.T, stages ...[]pim.Approver) {
	t.Helper()
	p := Policy{Policy: pim.DefaultRolePolicy(), Modified: midday}
	p.Approval.Required = true
	first := p.Approval.Stages[0]
	p.Approval.Stages = nil
	for _, list := range stages {
		first.Approvers = list
		p.Approval.Stages = append(p.Approval.Stages, first)
	}
	if len(stages) > 1 {
		p.Approval.Mode = "Serial"
	}
	commit(t, d.tenant, func(tx *WriteTx) error {
		tx.PutPolicy(pim.Target{Role: d.role}, p)
		var errs []error
		for _, id := range p.Approval.Named() {
			errs = append(errs, tx.MarkApprover(id, true))
		}
		return errors.Join(errs...)
	})
}

// asks is the member's activation, which waits.
func (d *desk) asks(t *testing.T) pim.Request {
	t.Helper()
	v, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT5H"))
	if err != nil || v.Request.Status != pim.PendingApproval {
		t.Fatal(v.Request.Status, err)
	}
	return v.Request
}

// says is a user's word on a stage of a request.
func (d *desk) says(id guid.ID, stage int, result pim.Result, user guid.ID) (v pim.Verdict, err error) {
	err = try(d.tenant, func(tx *WriteTx) error {
		r, _, err := tx.Request(id)
		if err != nil {
			return err
		}
		a, _, err := tx.Approval(id)
		if err != nil {
			return err
		}
		facts, err := tx.PIMFacts(r)
		if err != nil {
			return err
		}
		c, err := tx.Circle(user, r, a.Rules(facts.Policy))
		if err != nil {
			return err
		}
		if v, err = pim.Review(r, a, pim.Say{Stage: a.StageID(stage), Result: result, Why: "fine"}, c, facts, tx.Now()); err != nil {
			return err
		}
		return tx.Apply(v)
	})
	return v, err
}

// inbox is what a user finds to decide.
func (d *desk) inbox(t *testing.T, user guid.ID) (ids []guid.ID) {
	t.Helper()
	read(t, d.tenant, func(tx *ReadTx) error {
		page, err := List(tx, RoleAssignmentInbox, ListQuery{Rows: []Condition{Is(RoleAssignmentInbox.Column("candidate"), tx.Inbox(user)...)}, Limit: 10})
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		return err
	})
	return ids
}

func (d *desk) request(t *testing.T, id guid.ID) (r pim.Request, a pim.Approval) {
	t.Helper()
	read(t, d.tenant, func(tx *ReadTx) (err error) {
		if r, _, err = tx.Request(id); err != nil {
			return err
		}
		a, _, err = tx.Approval(id)
		return err
	})
	return r, a
}

// people adds users to the desk.
func (d *desk) people(t *testing.T, names ...string) []guid.ID {
	t.Helper()
	ids := newIDs(d.store, len(names))
	commit(t, d.tenant, func(tx *WriteTx) error {
		var errs []error
		for i, n := range names {
			errs = append(errs, tx.InsertUser(person(ids[i], n)))
		}
		return errors.Join(errs...)
	})
	return ids
}

func eligibleDesk(t *testing.T, open opener) *desk {
	t.Helper()
	d := newDesk(t, open)
	if _, err := d.ask(pim.AdminAssign, pim.Eligibility, d.group, lasting("P30D")); err != nil {
		t.Fatal(err)
	}
	return d
}

func userApprover(id guid.ID) pim.Approver  { return pim.Approver{Kind: pim.ApproverUser, ID: id} }
func groupApprover(id guid.ID) pim.Approver { return pim.Approver{Kind: pim.ApproverGroup, ID: id} }

func TestActivationWaitsForItsApprovers(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		people := d.people(t, "Vera", "Wim")
		vera, wim := people[0], people[1]
		d.requires(t, []pim.Approver{userApprover(vera)}, []pim.Approver{userApprover(wim)})
		r := d.asks(t)
		if len(d.active(t)) != 0 {
			t.Fatal("it did not wait")
		}
		got, a := d.request(t, r.ID)
		if diff := cmp.Diff(r, got); diff != "" || a.Request != r.ID || len(a.Stages) != 2 || a.Closed != when.Never {
			t.Error(diff, a)
		}
		if _, err := d.ask(pim.SelfActivate, pim.Assignment, d.member, lasting("PT1H")); refusal(t, err).Code != "PendingRoleAssignmentRequest" {
			t.Error(err)
		}
		want := func(first, second []guid.ID) {
			t.Helper()
			if got := d.inbox(t, vera); !slices.Equal(got, first) {
				t.Errorf("Vera has %v to decide, want %v", got, first)
			}
			if got := d.inbox(t, wim); !slices.Equal(got, second) {
				t.Errorf("Wim has %v to decide, want %v", got, second)
			}
		}
		want([]guid.ID{r.ID}, nil)
		if _, err := d.says(r.ID, 0, pim.ResultApprove, vera); err != nil {
			t.Fatal(err)
		}
		want(nil, []guid.ID{r.ID})
		v, err := d.says(r.ID, 1, pim.ResultApprove, wim)
		if err != nil || v.Request.Status != pim.Provisioned {
			t.Fatal(v.Request.Status, err)
		}
		want(nil, nil)
		if got := d.active(t); !slices.Equal(got, []guid.ID{d.member}) {
			t.Errorf("active: %v", got)
		}
		got, a = d.request(t, r.ID)
		if diff := cmp.Diff(v.Request, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(v.Approval, &a); diff != "" || a.Closed != midday {
			t.Error(diff)
		}
	})
}

func TestWhatNobodyDecidesIsTimedOutOnTheTick(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		vera := d.people(t, "Vera")[0]
		d.requires(t, []pim.Approver{userApprover(vera)})
		r := d.asks(t)
		d.clock.ticks.Store(int64(midday) + when.Day - 1)
		if got, _ := d.request(t, r.ID); got.Status != pim.PendingApproval {
			t.Errorf("a tick before: %s", got.Status)
		}
		d.clock.ticks.Add(1)
		got, _ := d.request(t, r.ID)
		if got.Status != pim.TimedOut || got.Completed != midday+when.Day || !got.Scheduled.IsZero() {
			t.Errorf("on the tick: %+v", got)
		}
		if _, err := d.says(r.ID, 0, pim.ResultApprove, vera); refusal(t, err).Status != 409 {
			t.Error(err)
		}
		// Nothing has to be recorded before one may ask again.
		again := d.asks(t)
		read(t, d.tenant, func(tx *ReadTx) error {
			next, err := tx.NextApproval()
			event, err2 := tx.NextEvent(tx.Now())
			if next != midday+when.Day || event != tx.Now()+when.Day {
				t.Errorf("next: %s, event %s", next, event)
			}
			return errors.Join(err, err2)
		})
		commit(t, d.tenant, func(tx *WriteTx) error {
			due, err := tx.ApprovalsDue(tx.Now(), 10)
			if err != nil || len(due) != 1 || due[0].Request.ID != r.ID {
				t.Errorf("due: %v %v", due, err)
				return err
			}
			v, changed, err := pim.Lapse(due[0].Request, due[0].Approval, tx.Now())
			if err != nil || !changed {
				t.Error("nothing lapsed")
				return err
			}
			return tx.Apply(v)
		})
		if got := d.inbox(t, vera); !slices.Equal(got, []guid.ID{again.ID}) {
			t.Errorf("to decide: %v", got)
		}
		if got, a := d.request(t, r.ID); got.Status != pim.TimedOut || a.Closed != midday+when.Day {
			t.Errorf("recorded: %s, closed %s", got.Status, a.Closed)
		}
	})
}

// Whatever ends the request's waiting, nobody finds it to be decided.
func TestApprovalEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		vera := d.people(t, "Vera")[0]
		d.requires(t, []pim.Approver{userApprover(vera)})
		r := d.asks(t)
		err := try(d.tenant, func(tx *WriteTx) error {
			facts, err := tx.PIMFacts(r)
			if err != nil {
				return err
			}
			v, err := pim.CallOff(r, facts, tx.Now())
			if err != nil {
				return err
			}
			return tx.Apply(v)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.inbox(t, vera); len(got) != 0 {
			t.Errorf("to decide: %v", got)
		}
		if _, a := d.request(t, r.ID); a.Closed != midday {
			t.Errorf("closed %s", a.Closed)
		}
		if _, err := d.says(r.ID, 0, pim.ResultApprove, vera); refusal(t, err).Status != 409 {
			t.Error(err)
		}
		d.clock.ticks.Store(int64(midday) + 31*when.Day)
		commit(t, d.tenant, func(tx *WriteTx) error { _, err := tx.ForgetRequests(tx.Now(), 10); return err })
		read(t, d.tenant, func(tx *ReadTx) error {
			_, found, err := tx.Approval(r.ID)
			if found {
				t.Error("the approval of a forgotten request is left")
			}
			return err
		})
	})
}

func TestApproversAreFoundInGroupsInGroups(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		people := d.people(t, "Vera", "Wim", "Xia")
		ids := newIDs(d.store, 9)
		board, inner, late := ids[0], ids[1], ids[2]
		place := func(n int, group, member guid.ID, kind directory.Kind) directory.Membership {
			return directory.Membership{ID: ids[n], Group: group, Member: directory.Ref{ID: member, Kind: kind}}
		}
		commit(t, d.tenant, func(tx *WriteTx) error {
			return errors.Join(
				tx.InsertGroup(team(board, "Board", false)), tx.InsertGroup(team(inner, "Crew", false)), tx.InsertGroup(team(late, "Late", false)),
				tx.InsertMembership(place(3, board, inner, directory.KindGroup)),
				tx.InsertMembership(place(4, inner, people[0], directory.KindUser)),
				tx.InsertMembership(place(5, late, people[1], directory.KindUser)),
			)
		})
		d.requires(t, []pim.Approver{groupApprover(board)})
		r := d.asks(t)
		if got := d.inbox(t, people[0]); !slices.Equal(got, []guid.ID{r.ID}) {
			t.Errorf("the member of a group in the board has %v", got)
		}
		if _, err := d.says(r.ID, 0, pim.ResultApprove, people[1]); refusal(t, err).Status != 403 {
			t.Error(err)
		}
		// A group that comes into one in the board brings its members along.
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.InsertMembership(place(6, inner, late, directory.KindGroup)) })
		if got := d.inbox(t, people[1]); !slices.Equal(got, []guid.ID{r.ID}) {
			t.Errorf("the member of a group that came in has %v", got)
		}
		// Whoever leaves has no say from then on.
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DeleteMembership(inner, directory.Member, people[0]) })
		if _, err := d.says(r.ID, 0, pim.ResultApprove, people[0]); refusal(t, err).Status != 403 {
			t.Error(err)
		}
		if got := d.inbox(t, people[0]); len(got) != 0 {
			t.Errorf("who left has %v", got)
		}
		// A start from the disk knows the same.
		read(t, d.tenant, func(tx *ReadTx) error {
			fresh, err := load(crew{tx})
			if err == nil && (!fresh.snap.Among(people[1], board, midday) || fresh.snap.Among(people[0], board, midday)) {
				t.Error("the board has other members after a start")
			}
			return err
		})
		if v, err := d.says(r.ID, 0, pim.ResultApprove, people[1]); err != nil || v.Request.Status != pim.Provisioned {
			t.Error(v.Request.Status, err)
		}
	})
}

func TestManagerApproves(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		people := d.people(t, "Mona", "Nils", "Olaf")
		d.requires(t, []pim.Approver{{Kind: pim.ApproverManager, Level: 2}})
		r := d.asks(t)
		decides := func(who ...guid.ID) {
			t.Helper()
			for _, id := range people {
				got, want := d.inbox(t, id), []guid.ID(nil)
				if slices.Contains(who, id) {
					want = []guid.ID{r.ID}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s has %v, want %v", id, got, want)
				}
			}
		}
		decides()
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.PutManager(d.member, people[0]) })
		decides()
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.PutManager(people[0], people[1]) })
		decides(people[1])
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.PutManager(people[0], people[2]) })
		decides(people[2])
		if _, err := d.says(r.ID, 0, pim.ResultApprove, people[1]); refusal(t, err).Status != 403 {
			t.Error(err)
		}
		commit(t, d.tenant, func(tx *WriteTx) error { return tx.DropManager(d.member) })
		decides()
		if _, err := d.says(r.ID, 0, pim.ResultApprove, people[2]); refusal(t, err).Status != 403 {
			t.Error(err)
		}
	})
}

func TestAdministratorsApproveWhereNobodyIsNamed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		vera := d.people(t, "Vera")[0]
		d.requires(t, []pim.Approver{})
		r := d.asks(t)
		if got := d.inbox(t, vera); len(got) != 0 {
			t.Errorf("a stranger has %v", got)
		}
		id := d.store.env.NextID()
		commit(t, d.tenant, func(tx *WriteTx) error {
			return tx.PutSchedule(pim.Schedule{
				ID: id, Kind: pim.Assigned, Principal: vera, Target: pim.Target{Role: roledata.PrivilegedRoleAdministrator},
				Window: when.Window{Start: midday, End: when.Never}, Modified: when.Never, Expiration: pim.Expiration{Type: pim.NoExpiration, End: when.Never},
			})
		})
		if got := d.inbox(t, vera); !slices.Equal(got, []guid.ID{r.ID}) {
			t.Errorf("who manages roles has %v", got)
		}
		if v, err := d.says(r.ID, 0, pim.ResultApprove, vera); err != nil || v.Request.Status != pim.Provisioned {
			t.Error(v.Request.Status, err)
		}
	})
}

func TestFallbackComesWithTheLastApproversEnd(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := eligibleDesk(t, open)
		people := d.people(t, "Vera", "Wim", "Fay")
		ids := newIDs(d.store, 5)
		board, crew := ids[0], ids[1]
		commit(t, d.tenant, func(tx *WriteTx) error {
			member := func(n int, group, member guid.ID, kind directory.Kind) error {
				return tx.InsertMembership(directory.Membership{ID: ids[n], Group: group, Member: directory.Ref{ID: member, Kind: kind}})
			}
			return errors.Join(tx.InsertGroup(team(board, "Board", false)), tx.InsertGroup(team(crew, "Crew", false)),
				member(2, board, crew, directory.KindGroup), member(3, crew, people[0], directory.KindUser),
				member(4, board, d.member, directory.KindUser)) // the requester does not count
		})
		p := Policy{Policy: pim.DefaultRolePolicy(), Modified: midday}
		p.Approval.Required = true
		p.Approval.Stages[0].Approvers = []pim.Approver{groupApprover(board), userApprover(people[1])}
		p.Approval.Stages[0].Fallback = []pim.Approver{userApprover(people[2])}
		commit(t, d.tenant, func(tx *WriteTx) error {
			tx.PutPolicy(pim.Target{Role: d.role}, p)
			return errors.Join(tx.MarkApprover(board, true), tx.MarkApprover(people[1], true))
		})
		r := d.asks(t)
		refused := func() {
			t.Helper()
			if _, err := d.says(r.ID, 0, pim.ResultApprove, people[2]); refusal(t, err).Status != 403 {
				t.Error(err)
			}
		}
		refused()
		disable := func(id guid.ID) {
			t.Helper()
			commit(t, d.tenant, func(tx *WriteTx) error {
				u, _, err := tx.User(id)
				u.Enabled = false
				return errors.Join(err, tx.UpdateUser(u))
			})
		}
		disable(people[1])
		refused()
		disable(people[0])
		if v, err := d.says(r.ID, 0, pim.ResultApprove, people[2]); err != nil || v.Request.Status != pim.Provisioned {
			t.Error(v.Request.Status, err)
		}
	})
}

// A role that is deleted takes with it what waits for it, and whom that and its policy name is
// an approver no longer. What nobody has decided in time was timed out before.
func TestRoleThatIsDeletedProtectsNobody(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		at, completed when.Instant
		status        pim.Status
	}{
		{midday + when.Day - 1, midday + when.Day - 1, pim.Canceled},
		{midday + when.Day, midday + when.Day, pim.TimedOut},
		{midday + 2*when.Day, midday + when.Day, pim.TimedOut},
	} {
		t.Run(string(x.status), func(t *testing.T) {
			eachEngine(t, func(t *testing.T, open opener) { deleteRoleThatIsWaitedFor(t, open, x.at, x.completed, x.status) })
		})
	}
}

func deleteRoleThatIsWaitedFor(t *testing.T, open opener, at, completed when.Instant, status pim.Status) {
	t.Helper()
	d := newDesk(t, open)
	users := d.people(t, "Vera", "Wim")
	custom := directory.RoleDefinition{
		Object: named(d.store.env.NewID(), directory.KindRole, "Ours"), Enabled: true, Version: "1", Actions: []string{"microsoft.directory/users/standard/read"},
	}
	commit(t, d.tenant, func(tx *WriteTx) error { return tx.PutRole(custom) })
	d.role = custom.ID
	d.requires(t, []pim.Approver{{Kind: pim.ApproverUser, ID: users[0]}})
	e := pim.Schedule{
		ID: d.store.env.NextID(), Kind: pim.Eligible, Principal: d.member, Target: pim.Target{Role: d.role},
		Window: when.Window{Start: midday, End: when.Never}, Expiration: pim.Expiration{End: when.Never}, Modified: when.Never,
	}
	commit(t, d.tenant, func(tx *WriteTx) error { return tx.PutSchedule(e) })
	waits := d.asks(t)
	d.requires(t, []pim.Approver{{Kind: pim.ApproverUser, ID: users[1]}}) // the request still names Vera
	flagged := func(want bool) {
		t.Helper()
		for _, id := range users {
			read(t, d.tenant, func(tx *ReadTx) error {
				if f, _ := tx.Snap().Object(id); f.Flags.Has(authz.Approver) != want {
					t.Errorf("%s is an approver: %v", id, !want)
				}
				return nil
			})
		}
	}
	flagged(true)
	d.clock.ticks.Store(int64(at))
	commit(t, d.tenant, func(tx *WriteTx) error { tx.DeleteSchedule(e); return tx.DeleteRole(d.role) })
	flagged(false)
	if r, _ := d.request(t, waits.ID); r.Status != status || r.Completed != completed {
		t.Errorf("what waited for it is %s since %s", r.Status, r.Completed)
	}
}
