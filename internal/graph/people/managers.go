package people

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/op"
	"ephor/internal/store"
)

// Scopes of managers (A:user-list-manager, A:user-post-manager, A:user-list-directreports).
var (
	readManagers   = []string{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	readReports    = append([]string{"User.Read"}, face.AsUser(readManagers)...)
	changeManagers = []string{"User.ReadWrite.All", "Directory.ReadWrite.All"}
)

// settleManager is the rule of changing who somebody's manager is. A manager may be whom a
// policy asks for approval, so it is for those who could grant what the user may come to.
var settleManager = authz.Rule{
	Delegated: face.AsUser(changeManagers), Application: changeManagers, Decides: true,
	Ways: []authz.Way{face.InDirectory("users/manager/update")},
}.Compile()

// managerOperations are the operations on who manages whom.
func managerOperations() op.Operations {
	var list op.Operations
	for _, of := range []struct {
		name, path string
		locate     func(*op.Call) (authz.Object, error)
		app        []string
	}{
		{"User", "/users/{id}", locateUser, readManagers},
		{"My", "/me", locateMe, nil},
	} {
		list = append(list,
			&op.Operation{
				Name: "get" + of.name + "Manager", Summary: "Read a user's manager.",
				Method: "GET", Path: of.path + "/manager", Versions: op.Both, Me: of.path == "/me", Success: 200, Entity: "directoryObject",
				Rule:   face.Reads(face.AsUser(readManagers), of.app, authz.Member, authz.Self, face.InDirectory("users/manager/read")),
				Locate: of.locate, Query: odata.Select | odata.Format, Do: getManager,
			},
			&op.Operation{
				Name: "list" + of.name + "DirectReports", Summary: "List the users whose manager a user is.",
				Method: "GET", Path: of.path + "/directReports", Versions: op.Both, Me: of.path == "/me", Success: 200, Entity: "directoryObject", Collection: true,
				Rule:   face.Reads(readReports, of.app, authz.Member, authz.Self, face.InDirectory("users/directReports/read")),
				Locate: of.locate, Query: face.PlaceOptions, Do: listReports,
			},
		)
	}
	return append(list,
		&op.Operation{
			Name: "setUserManager", Summary: "Make a user somebody's manager, by reference.",
			Method: "PUT", Path: "/users/{id}/manager/$ref", Versions: op.Both, Success: 204,
			Rule: settleManager, Locate: locateUser, Decode: face.ReadRefBody, Do: setManager,
			Writes: true, Activity: userActivity("Update user", "Update"),
		},
		&op.Operation{
			Name: "removeUserManager", Summary: "Leave a user without a manager.",
			Method: "DELETE", Path: "/users/{id}/manager/$ref", Versions: op.Both, Success: 204,
			Rule: settleManager, Locate: locateUser, Do: removeManager,
			Writes: true, Activity: userActivity("Update user", "Update"),
		},
	)
}

// managerNav is the relation manager of users.
func managerNav() face.Nav[user] {
	rule := face.Reads(face.AsUser(readManagers), readManagers, authz.Anyone)
	return face.Nav[user]{Name: "manager", Rule: rule, Load: func(c *op.Call, rows []user, q odata.Query) (func(w *edm.Writer, row int), error) {
		of, err := c.Tx.ManagersOf(face.Wanted(rows, func(u *user) guid.ID { return u.ID }))
		if err != nil {
			return nil, err
		}
		return face.ObjectsOf(func(u *user) guid.ID { return of[u.ID] })(c, rows, q)
	}}
}

func getManager(c *op.Call) (op.Answer, error) {
	manager, found, err := c.Tx.Manager(c.Object.ID)
	if err != nil {
		return op.Answer{}, err
	}
	if !found {
		return op.Answer{}, c.NotFound("manager")
	}
	return oneObject(c, manager)
}

func listReports(c *op.Call) (op.Answer, error) {
	q, err := face.PlaceQuery(c)
	if err != nil {
		return op.Answer{}, err
	}
	q.Rows = []store.Condition{store.Is(store.Reports.Column("manager"), c.Object.ID)}
	page, err := store.List(c.Tx, store.Reports, q)
	if err != nil {
		return op.Answer{}, err
	}
	return face.WriteObjects(c, face.Wanted(page.Rows, func(r *directory.Ref) guid.ID { return r.ID }), page.Next)
}

func setManager(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	ref, err := op.Body[face.Reference](c).Resolve(c)
	if err != nil {
		return op.Answer{}, err
	}
	switch {
	case ref.Kind != directory.KindUser:
		return op.Answer{}, fault.BadRequest("manager", "A manager is a user.")
	case ref.ID == u.ID:
		return op.Answer{}, fault.BadRequest("manager", "Nobody is their own manager.")
	}
	before, _, err := c.Tx.Manager(u.ID)
	if err != nil {
		return op.Answer{}, err
	}
	c.Target(managerTarget(&u, before, ref.ID))
	return op.Answer{Status: c.Op.Success}, c.W.PutManager(u.ID, ref.ID)
}

func removeManager(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before, found, err := c.Tx.Manager(u.ID)
	if err != nil {
		return op.Answer{}, err
	}
	if !found {
		return op.Answer{}, c.NotFound("manager")
	}
	c.Target(managerTarget(&u, before, guid.ID{}))
	return op.Answer{Status: c.Op.Success}, c.W.DropManager(u.ID)
}

// managerTarget is a user in the audit log whose manager has changed.
func managerTarget(u *user, before, after guid.ID) audit.Target {
	t := userTarget(u, nil, nil)
	change := audit.Property{Name: "manager"}
	for _, side := range []struct {
		id   guid.ID
		text *string
	}{{before, &change.Old}, {after, &change.New}} {
		if !side.id.IsZero() {
			*side.text = side.id.String()
		}
	}
	t.Modified = []audit.Property{change}
	return t
}
