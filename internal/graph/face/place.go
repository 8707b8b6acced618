package face

import (
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// ListPlaces lists who is in a group, or who owns an application, by relation: standing
// places and those that PIM gave for a time, each as an object of its own type. Kinds limits
// the list to some, as a cast does; none is all.
func ListPlaces(relation directory.Relation, kinds ...directory.Kind) Handler {
	return func(c *op.Call) (op.Answer, error) {
		q, err := PlaceQuery(c)
		if err != nil {
			return op.Answer{}, err
		}
		page, err := c.Tx.Members(c.Object.ID, relation, kinds, q.Limit, q.After)
		if err != nil {
			return op.Answer{}, err
		}
		return WriteObjects(c, Wanted(page.Rows, func(p *store.Place) guid.ID { return p.Member.ID }), page.Next)
	}
}

// PlaceQuery is the page that a list of members asks for.
func PlaceQuery(c *op.Call) (q store.ListQuery, err error) {
	if q.Limit, err = ObjectLimit(c); err == nil && c.Query.SkipToken != "" {
		q.After, err = OpenPosition(c)
	}
	return q, err
}

// FirstPlaces are the first members or owners of each group or application, for ManyOf.
func FirstPlaces(relation directory.Relation) func(*op.Call, []guid.ID) (map[guid.ID][]guid.ID, error) {
	return func(c *op.Call, of []guid.ID) (map[guid.ID][]guid.ID, error) {
		return c.Tx.FirstMembers(of, relation, MostExpanded)
	}
}
