package model

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ephor/test/harness"
)

// The activation of one role waits for approval (behaviour.md §8): by a person, or by the
// members of a group, within a day.
const (
	governed  = 2
	judge     = people - 1
	panel     = people + 1
	decidable = 24 * time.Hour

	unapproved = "PendingApproval"
	timedOut   = "TimedOut"
)

var (
	decidedAlready = refusal{409, "Conflict"}
	decidedByMe    = refusal{400, "RoleAssignmentRequestAlreadyApproved"}
)

// govern has the policy ask for approval, as an administrator does it: the model has no part in
// the server's own idea of a policy.
func govern(house *harness.House) {
	ada := house.As("ada")
	role := powers[governed].role.String()
	policy, _ := ada.Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '"+role+"'", "").Values()[0]["policyId"].(string)
	ada.Want(204, "PATCH", "/policies/roleManagementPolicies/"+policy+"/rules/Approval_EndUser_Assignment", `{
		"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyApprovalRule", "id": "Approval_EndUser_Assignment",
		"setting": {"isApprovalRequired": true, "approvalStages": [{"approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": false, "primaryApprovers": [
			{"@odata.type": "#microsoft.graph.singleUser", "userId": "{`+name(judge)+`}"}, {"@odata.type": "#microsoft.graph.groupMembers", "groupId": "{`+name(panel)+`}"}]}]}}`)
}

// unapproved tells whether an activation waits for approval.
func (r *reference) unapproved(who, role int) bool {
	for _, q := range r.requests {
		if q.who == who && q.role == role && r.status(q) == unapproved {
			return true
		}
	}
	return false
}

// recorded notes that time's decisions are on record: they stay when the clock is set back.
func (r *reference) recorded() {
	for _, q := range r.requests {
		if r.status(q) == timedOut {
			q.state, q.made = timedOut, ""
		}
	}
}

// decides tells whether a person is an approver of a request: not of their own.
func (r *reference) decides(person int, q *request) bool {
	inPanel := !r.beings[panel].deleted && r.beings[panel].seats[person] != 0
	return r.acts(person) && person != q.who && (person == judge || inPanel)
}

// approvable tells whether anybody at all could approve what must be approved.
func (r *reference) approvable() bool {
	for p := range people {
		if inPanel := !r.beings[panel].deleted && r.beings[panel].seats[p] != 0; r.acts(p) && (p == judge || inPanel) {
			return true
		}
	}
	return false
}

// keeps refuses a change that would leave nobody who could approve, where somebody could.
// What it does to the beings is undone: whether it is done is for the server to say.
func (r *reference) keeps(j *judgement, change func()) {
	before := r.beings
	for g := people; g < principals; g++ {
		r.beings[g].seats = maps.Clone(before[g].seats)
	}
	could := r.approvable()
	change()
	if could && !r.approvable() {
		j.refuse(conflict)
	}
	r.beings = before
}

// needApproval is an activation that should have to wait.
func (b *both) needApproval(t *rapid.T) {
	var likely []pair
	for _, p := range b.able() {
		if p.role == governed {
			likely = append(likely, p)
		}
	}
	if len(likely) == 0 {
		t.Skip("nobody may activate it")
	}
	of := rapid.SampledFrom(likely).Draw(t, "pair")
	a := asking{who: of.who, role: of.role, length: rapid.SampledFrom([]time.Duration{time.Hour, longest, shortest}).Draw(t, "length")}
	if rapid.IntRange(0, 2).Draw(t, "later") == 0 {
		at := b.instant(t)
		a.start = &at
	}
	b.activateFor(t, a)
}

// decide has somebody approve or deny a request: mostly one that waits, and who may.
func (b *both) decide(t *rapid.T) {
	var all, open []*request
	for _, id := range slices.Sorted(maps.Keys(b.ref.requests)) {
		q := b.ref.requests[id]
		if q.kind == assigned && q.role == governed && !q.at.IsZero() {
			all = append(all, q)
			if b.ref.status(q) == unapproved {
				open = append(open, q)
			}
		}
	}
	if len(open) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		all = open
	}
	if len(all) == 0 {
		t.Skip("nothing waited")
	}
	q := rapid.SampledFrom(all).Draw(t, "request")
	p := judge
	if rapid.IntRange(0, 2).Draw(t, "another") == 0 {
		p = rapid.IntRange(0, people-1).Draw(t, "person")
	}
	c := b.as(p, false)
	if c == nil {
		t.Skip("who cannot act never could")
	}
	result := rapid.SampledFrom([]string{"Approve", "Approve", "Deny"}).Draw(t, "result")
	want, made := b.ref.review(p, q, result)
	path := "/roleManagement/directory/roleAssignmentApprovals/" + q.id + "/stages/"
	stages := b.admin.Want(200, "GET", path[:len(path)-1], "").Values()
	if _, taken := b.call(c, "PATCH", path+stages[0]["id"].(string), `{"reviewResult":"`+result+`"}`, want, 204); !taken {
		return
	}
	q.judge = p
	if result == "Deny" {
		q.state, q.made = denied, ""
		return
	}
	q.state, q.from = "", made.from
	b.ref.activatedAs(q.id, made)
}

// review judges a word on a request, and what an approval would give.
func (r *reference) review(person int, q *request, result string) (j judgement, made grant) {
	switch {
	case !r.acts(person):
		j.refuse(noToken)
	case !r.decides(person, q):
		j.refuse(forbidden)
	case q.judge == person:
		j.refuse(decidedByMe)
	case r.status(q) != unapproved:
		j.refuse(decidedAlready)
	case result == "Approve":
		return r.activation(q.asked)
	}
	return j, made
}

// inboxes compares what waits for each person's word.
func (b *both) inboxes() {
	b.Helper()
	for p := range people {
		if !b.ref.acts(p) {
			continue
		}
		var want []string
		for id, q := range b.ref.requests {
			if b.ref.status(q) == unapproved && b.ref.decides(p, q) {
				want = append(want, id)
			}
		}
		var got []string
		for _, row := range b.as(p, false).Want(200, "GET", directoryPath+"roleAssignmentScheduleRequests/filterByCurrentUser(on='approver')?$top=500", "").Values() {
			got = append(got, row["id"].(string))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			b.Fatalf("at %s %v wait for %s, want %v", wire(b.ref.now), got, name(p), want)
		}
	}
}
