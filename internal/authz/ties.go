package authz

// A ties is a persistent array of objects' links. An object's facts name its place there, so
// that its links are found without another search: a decision looks at several objects, and
// most of those that it looks at have some. Place 0 is for all that have none.
//
// Like a tree, its copies are independent values, and a change copies one page.
type ties struct {
	pages []*page
	free  *vacancy // places that were given up
	next  uint32   // the first place that never was anybody's
	owner *token   // of pages
}

// A vacancy is a place that was given up, and those before it.
type vacancy struct {
	place uint32
	more  *vacancy
}

// pageSize is how many places a page has.
const pageSize = 256

type page struct {
	at    [pageSize]*links
	owner *token
}

// get is what stands at a place that put has given. It allocates nothing.
func (t *ties) get(place uint32) *links { return t.pages[place/pageSize].at[place%pageSize] }

// put gives l a place.
func (t *ties) put(l *links, owner *token) uint32 {
	place := max(t.next, 1)
	if t.free != nil {
		place, t.free = t.free.place, t.free.more
	} else {
		t.next = place + 1
	}
	t.set(place, l, owner)
	return place
}

// set replaces what stands at a place; nil leaves it as it is, to nobody.
func (t *ties) set(place uint32, l *links, owner *token) {
	t.own(owner)
	for int(place/pageSize) >= len(t.pages) {
		t.pages = append(t.pages, &page{owner: owner})
	}
	p := &t.pages[place/pageSize]
	if (*p).owner != owner {
		c := **p
		c.owner, *p = owner, &c
	}
	(*p).at[place%pageSize] = l
}

// drop gives up a place.
func (t *ties) drop(place uint32, owner *token) {
	t.set(place, nil, owner)
	t.free = &vacancy{place, t.free}
}

// own makes the list of pages the owner's, who may then change it in place.
func (t *ties) own(owner *token) {
	if t.owner == owner {
		return
	}
	t.pages = append(make([]*page, 0, len(t.pages)+1), t.pages...)
	t.owner = owner
}
