package face

import (
	"fmt"
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/op"
)

// A Handler answers a call.
type Handler = func(*op.Call) (op.Answer, error)

// Gone is the answer when what Locate found is not in the transaction, or could not be
// read.
func Gone(c *op.Call, err error) error {
	if err != nil {
		return err
	}
	return c.NotFound(c.Object.ID.String())
}

// LocateKind finds the live object of one kind that a path parameter names.
func LocateKind(c *op.Call, name string, kind directory.Kind) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: kind}}
	id, err := c.ID(name)
	if err != nil {
		return o, err
	}
	if f, known := c.Snap.Object(id); !known || !f.Live() || f.Kind != kind {
		return o, op.Unknown(c.Param(name))
	}
	o.ID = id
	return o, nil
}

// IsLive reports whether id is a live object of that kind.
func IsLive(c *op.Call, id guid.ID, kind directory.Kind) bool {
	f, known := c.Snap.Object(id)
	return known && f.Live() && f.Kind == kind
}

// AppendNew is list with those of the others that it does not have yet.
func AppendNew[T comparable](list []T, more ...T) []T {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func upperFirst(s string) string { return string(s[0]-'a'+'A') + s[1:] }

// RemovedNone is the directory's 404 for a reference in a property that is not there.
func RemovedNone(property, id string) error {
	f := fault.NotFound(id)
	f.Message = fmt.Sprintf("One or more removed object references do not exist for the following modified properties: '%s'.", property)
	return f
}
