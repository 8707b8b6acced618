package model

import (
	"pgregory.net/rapid"
)

// place draws a group and a person: mostly a place that is taken, if that is wanted.
func (b *both) place(t *rapid.T, taken bool) (group, person int) {
	var seats []pair
	for g := people; taken && g < principals; g++ {
		for p := range people {
			if b.ref.beings[g].seats[p] != 0 {
				seats = append(seats, pair{p, g})
			}
		}
	}
	if len(seats) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		s := rapid.SampledFrom(seats).Draw(t, "place")
		return s.role, s.who
	}
	return rapid.IntRange(people, principals-1).Draw(t, "group"), rapid.IntRange(0, people-1).Draw(t, "person")
}

func (b *both) join(t *rapid.T) {
	b.take(b.place(t, false))
}

// take gives a person a place in a group.
func (b *both) take(g, p int) {
	var want judgement
	if b.ref.beings[g].deleted || b.ref.beings[p].deleted {
		want.refuse(notFound)
	} else if b.ref.beings[g].seats[p] != 0 {
		want.refuse(conflict)
	}
	body := `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/{` + name(p) + `}"}`
	if _, done := b.call(b.admin, "POST", "/groups/{"+name(g)+"}/members/$ref", body, want, 204); done {
		b.ref.taken++
		b.ref.beings[g].seats[p] = b.ref.taken
	}
}

func (b *both) leave(t *rapid.T) {
	g, p := b.place(t, true)
	if b.ref.beings[p].deleted {
		t.Skip("whether a deleted member is one is not on record")
	}
	var want judgement
	if b.ref.beings[g].deleted || b.ref.beings[g].seats[p] == 0 {
		want.refuse(notFound)
	}
	if want.granted() {
		b.ref.keeps(&want, func() { delete(b.ref.beings[g].seats, p) })
	}
	if _, done := b.call(b.admin, "DELETE", "/groups/{"+name(g)+"}/members/{"+name(p)+"}/$ref", "", want, 204); done {
		delete(b.ref.beings[g].seats, p)
	}
}

// enable sets whether somebody, or a role, is enabled: mostly so.
func (b *both) enable(t *rapid.T) {
	on := rapid.IntRange(0, 2).Draw(t, "off") > 0
	p := rapid.IntRange(0, people-1).Draw(t, "person")
	var want judgement
	if b.ref.beings[p].deleted {
		want.refuse(notFound)
	}
	if want.granted() {
		b.ref.keeps(&want, func() { b.ref.beings[p].disabled = !on })
	}
	body := `{"accountEnabled":false}`
	if on {
		body = `{"accountEnabled":true}`
	}
	if _, done := b.call(b.admin, "PATCH", "/users/{"+name(p)+"}", body, want, 204); done {
		if !on {
			b.void(p)
		}
		b.ref.beings[p].disabled = !on
	}
}

func (b *both) enableRole(t *rapid.T) {
	b.disableRole(rapid.IntRange(0, roles-1).Draw(t, "role"), rapid.IntRange(0, 2).Draw(t, "off") == 0)
}

// path is where a principal is.
func path(who int) string {
	if who < people {
		return "/users/{" + name(who) + "}"
	}
	return "/groups/{" + name(who) + "}"
}

// whom draws a principal: mostly one of those that are deleted, or are not.
func (b *both) whom(t *rapid.T, deleted bool) int {
	var likely []int
	for who := range principals {
		if b.ref.beings[who].deleted == deleted {
			likely = append(likely, who)
		}
	}
	if len(likely) > 0 && rapid.IntRange(0, 3).Draw(t, "likely") > 0 {
		return rapid.SampledFrom(likely).Draw(t, "whom")
	}
	return rapid.IntRange(0, principals-1).Draw(t, "who")
}

func (b *both) destroy(t *rapid.T) {
	who := b.whom(t, false)
	var want judgement
	if b.ref.beings[who].deleted {
		want.refuse(notFound)
	}
	if want.granted() {
		b.ref.keeps(&want, func() { b.ref.beings[who].deleted = true })
	}
	if _, done := b.call(b.admin, "DELETE", path(who), "", want, 204); done {
		b.void(who)
		b.ref.beings[who].deleted, b.ref.beings[who].since = true, b.ref.now
	}
}

func (b *both) restore(t *rapid.T) {
	who := b.whom(t, true)
	var want judgement
	if being := b.ref.beings[who]; !being.deleted || !b.ref.now.Before(being.since.Add(restorable)) {
		want.refuse(notFound)
	}
	if _, done := b.call(b.admin, "POST", "/directory/deletedItems/{"+name(who)+"}/restore", "", want, 200); done {
		b.ref.beings[who].deleted = false
	}
}

func (b *both) revoke(t *rapid.T) {
	p := rapid.IntRange(0, people-1).Draw(t, "person")
	var want judgement
	if b.ref.beings[p].deleted {
		want.refuse(notFound)
	}
	if _, done := b.call(b.admin, "POST", path(p)+"/revokeSignInSessions", "", want, 200); done {
		b.void(p)
	}
}
