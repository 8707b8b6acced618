package model

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"ephor/internal/env"
	"ephor/internal/guid"
	"ephor/internal/store"
	"ephor/internal/timekeeper"
	"ephor/internal/when"
	"ephor/test/harness"
)

// A power is what one of the roles is for: a question to the decision API, and a real call
// that succeeds with it alone.
type power struct {
	role               guid.ID
	question           harness.Question
	method, path, body string
	success            int
}

var powers = [roles]power{
	{
		harness.Role("Helpdesk Administrator"),
		harness.Question{Action: "users/invalidateAllRefreshTokens", Kind: "user", Resource: "bystander"},
		"POST", "/users/{bystander}/revokeSignInSessions", "", 200,
	},
	{
		harness.Role("Groups Administrator"),
		harness.Question{Action: "groups/basic/update", Kind: "group", Resource: "plain"},
		"PATCH", "/groups/{plain}", `{"description":"d"}`, 204,
	},
	{
		harness.Role("Global Reader"),
		harness.Question{Action: "privilegedIdentityManagement/allProperties/read"},
		"GET", "/roleManagement/directory/roleEligibilityScheduleInstances?$top=1", "", 200,
	},
}

// seed is who is there at the beginning, and has nothing.
func seed() harness.Seed {
	s := harness.Seed{
		People: []harness.Person{{Name: "ada", Roles: []string{"Global Administrator"}}, {Name: "bystander"}},
		Groups: []harness.Group{{Name: "plain"}},
	}
	for who := range principals {
		if who < people {
			s.People = append(s.People, harness.Person{Name: name(who)})
		} else {
			s.Groups = append(s.Groups, harness.Group{Name: name(who), Assignable: true})
		}
	}
	return s
}

// name is what a principal is called.
func name(who int) string {
	if who < people {
		return fmt.Sprintf("person%d", who)
	}
	return fmt.Sprintf("group%d", who-people)
}

// A both is the server and the model of it, taken through the same history.
type both struct {
	*rapid.T
	house *harness.House
	ref   *reference
	admin *harness.Caller
	// callers are tokens that hold, by person and whether a second factor was given;
	// former are tokens that must not hold any more.
	callers map[[2]int]*harness.Caller
	former  map[int]*harness.Caller
}

// beginning is the instant at which each history begins.
var beginning = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newBoth(t *rapid.T, house *harness.House) *both {
	b := &both{T: t, house: house, ref: newReference(beginning), callers: map[[2]int]*harness.Caller{}, former: map[int]*harness.Caller{}}
	b.turn(beginning)
	bounds(house)
	govern(house)
	// Something to activate from the first step on: one's own, and a group's.
	for _, of := range []pair{{0, 0}, {people, 1}, {people + 1, 0}, {people, governed}} {
		a := asking{who: of.who, role: of.role}
		want, from, to := b.ref.assign(eligible, a)
		id, _ := b.ask(b.admin, eligible, "adminAssign", a, want, from)
		b.ref.given(id, eligible, a, from, to)
	}
	for _, p := range []int{0, 1} {
		b.take(people, p)
	}
	return b
}

// turn sets the server's clock. Back, it ends all tokens.
func (b *both) turn(to time.Time) {
	b.house.SetClock(when.Of(to))
	if to.Before(b.ref.now) || b.admin == nil {
		for p := range people {
			b.void(p)
		}
		b.admin = b.house.As("ada")
	}
	b.ref.now = to
}

// void notes that a person's tokens hold no more.
func (b *both) void(person int) {
	for _, factor := range []int{0, 1} {
		if c := b.callers[[2]int{person, factor}]; c != nil {
			b.former[person] = c
			delete(b.callers, [2]int{person, factor})
		}
	}
}

// as is the person with a token that holds; for one who cannot act, with the last one that
// did, and nil if there never was one.
func (b *both) as(person int, alone bool) *harness.Caller {
	if !b.ref.acts(person) {
		return b.former[person]
	}
	key := [2]int{person, 0}
	if alone {
		key[1] = 1
	}
	if b.callers[key] == nil {
		if alone {
			b.callers[key] = b.house.By(name(person), harness.Password)
		} else {
			b.callers[key] = b.house.As(name(person))
		}
	}
	return b.callers[key]
}

// call makes a call and holds its answer against what the model expects.
func (b *both) call(c *harness.Caller, method, path, body string, want judgement, success int) (a harness.Answer, done bool) {
	b.Helper()
	a = c.Do(method, path, body)
	b.Logf("%s  %s %s %s = %d %s", wire(b.ref.now), method, path, body, a.Status, a.Code())
	if want.granted() {
		if a.Status != success {
			b.Fatalf("%s %s %s = %d %s, want %d", method, path, body, a.Status, a.Text, success)
		}
		return a, true
	}
	got := refusal{a.Status, a.Code()}
	if !slices.Contains(want.refusals, got) {
		b.Fatalf("%s %s %s = %d %s, want one of %v", method, path, body, a.Status, a.Text, want.refusals)
	}
	if got == againstRules {
		b.sameRules(a, want.rules)
	}
	return a, false
}

var ruleName = regexp.MustCompile(`[A-Z][a-zA-Z]*Rule\b`)

// sameRules compares the rules that a refusal names, in its message and in its details.
func (b *both) sameRules(a harness.Answer, want []string) {
	b.Helper()
	want = slices.Sorted(slices.Values(want))
	if got := slices.Sorted(slices.Values(ruleName.FindAllString(a.Str("error", "message"), -1))); !slices.Equal(got, want) {
		b.Fatalf("refused by %v, want %v", got, want)
	}
}

// wire is an instant as the wire writes it.
func wire(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.9999999Z") }

// schedule is the scheduleInfo of an asking, "" for none.
func (a asking) schedule() string {
	var parts []string
	if a.start != nil {
		parts = append(parts, fmt.Sprintf(`"startDateTime":%q`, wire(*a.start)))
	}
	switch {
	case a.until != nil:
		parts = append(parts, fmt.Sprintf(`"expiration":{"type":"afterDateTime","endDateTime":%q}`, wire(*a.until)))
	case a.length > 0:
		parts = append(parts, fmt.Sprintf(`"expiration":{"type":"afterDuration","duration":"PT%dS"}`, int(a.length.Seconds())))
	case a.unending:
		parts = append(parts, `"expiration":{"type":"noExpiration"}`)
	}
	if len(parts) == 0 {
		return ""
	}
	return `,"scheduleInfo":{` + strings.Join(parts, ",") + "}"
}

// body is the whole request.
func (b *both) body(action string, a asking) string {
	text := fmt.Sprintf(`{"action":%q,"principalId":"{%s}","roleDefinitionId":"%s","directoryScopeId":"/"`, action, name(a.who), powers[a.role].role)
	if !a.silent {
		text += `,"justification":"because"`
	}
	if a.dry {
		text += `,"isValidationOnly":true`
	}
	return text + a.schedule() + "}"
}

// ask posts a schedule request, and tells its id if it was granted and is no rehearsal.
func (b *both) ask(c *harness.Caller, kind, action string, a asking, want judgement, from time.Time) (id string, done bool) {
	b.Helper()
	path := "/roleManagement/directory/roleAssignmentScheduleRequests"
	if kind == eligible {
		path = "/roleManagement/directory/roleEligibilityScheduleRequests"
	}
	answer, done := b.call(c, "POST", path, b.body(action, a), want, 201)
	if !done {
		return "", false
	}
	status := "Provisioned"
	switch {
	case action == "selfExtend" || action == "selfRenew":
		status = pending
	case action == "selfActivate" && a.role == governed:
		status = unapproved
	case a.dry:
		status = "Granted"
	case action == "adminRemove" || action == "selfDeactivate":
		status = "Revoked"
	case from.After(b.ref.now):
		status = "Granted"
	}
	if got := answer.Str("status"); got != status {
		b.Fatalf("%s is %s, want %s", action, got, status)
	}
	id = answer.Str("id")
	if !a.dry {
		b.ref.requests[id] = noted(id, kind, action, a, status, from)
	}
	return id, !a.dry
}

// tick lets the timekeeper record what time has decided, which nobody may notice, unless the
// clock is set back.
func (b *both) tick() {
	k := timekeeper.New(b.house.Store(), env.System(), slog.New(slog.DiscardHandler))
	if _, err := k.Tick(context.Background()); err != nil {
		b.Fatalf("timekeeper: %v", err)
	}
	b.ref.recorded()
}

// disableRole does what no call does yet.
func (b *both) disableRole(role int, off bool) {
	b.house.Write(func(tx *store.WriteTx) error {
		r, _, err := tx.Role(powers[role].role)
		if err != nil {
			return err
		}
		r.Enabled = !off
		return tx.PutRole(r)
	})
	b.ref.off[role] = off
}

// whole fails unless the tenant's log is as it was written.
func (b *both) whole() {
	if _, err := b.house.Tenant.Verify(context.Background()); err != nil {
		b.Fatalf("%v", err)
	}
}
