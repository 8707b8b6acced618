package people

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
	"ephor/internal/when"
)

// mostRestricted is how many restricted management units a tenant has
// (sensitive-actions.json, restrictedManagementAdministrativeUnit).
const mostRestricted = 100

var units = &face.Resource[unit]{
	Entity: unitEntity, Set: "directory/administrativeUnits", Table: store.Units, Directory: true,
	ID: func(u *unit) string { return u.ID.String() }, Navs: unitNavs(),
}

func init() {
	face.Shows(directory.KindUnit, unitEntity, (*store.ReadTx).UnitsOf, func(u *unit) guid.ID { return u.ID })
}

// Scopes of administrative units (operations.md 5c).
var (
	readUnits       = []string{"AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	changeUnits     = []string{"AdministrativeUnit.ReadWrite.All"}
	joinUnits       = []string{"AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All", "Group.ReadWrite.All"}
	readHiddenUnits = []string{"AdministrativeUnit.ReadWrite.All", "Directory.ReadWrite.All"}
)

// managesUnits is the rule of changing units. A role that is held in a unit reaches its
// members, not the unit: whoever has one cannot put anybody into it.
func managesUnits(scopes []string) *authz.Rule {
	return authz.Rule{
		Delegated: face.AsUser(scopes), Application: scopes, TenantOnly: true,
		Ways: []authz.Way{face.InDirectory("administrativeUnits/allProperties/allTasks")},
	}.Compile()
}

func unitActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "AdministrativeUnit", Type: kind, Service: "Core Directory"}
}

// unitOperations are the operations on units themselves (operations.md 5c).
func unitOperations() op.Operations {
	read := face.Reads(face.AsUser(readUnits), readUnits, authz.Member, face.InDirectory("administrativeUnits/standard/read"))
	change := managesUnits(changeUnits)
	list := op.Operations{
		{
			Name: "listAdministrativeUnits", Summary: "List the administrative units.",
			Method: "GET", Path: "/directory/administrativeUnits", Versions: op.Both, Success: 200, Entity: "administrativeUnit", Collection: true,
			Rule: read, Query: face.SearchOptions, Do: units.List(nil),
		},
		{
			Name: "createAdministrativeUnit", Summary: "Create an administrative unit.",
			Method: "POST", Path: "/directory/administrativeUnits", Versions: op.Both, Success: 201, Entity: "administrativeUnit",
			Rule: change, Decode: readUnit(edm.OnCreate), Do: createUnit,
			Writes: true, Activity: unitActivity("Add administrative unit", "Add"),
		},
		{
			Name: "getAdministrativeUnit", Summary: "Read one administrative unit.",
			Method: "GET", Path: "/directory/administrativeUnits/{id}", Versions: op.Both, Success: 200, Entity: "administrativeUnit",
			Rule: read, Locate: locateUnit, Query: op.SingleOptions, Do: units.Get(loadUnit),
		},
		{
			Name: "updateAdministrativeUnit", Summary: "Change properties of an administrative unit.",
			Method: "PATCH", Path: "/directory/administrativeUnits/{id}", Versions: op.Both, Success: 204,
			Rule: change, Locate: locateUnit, Decode: readUnit(edm.OnUpdate), Do: updateUnit,
			Writes: true, Activity: unitActivity("Update administrative unit", "Update"),
		},
		{
			Name: "deleteAdministrativeUnit", Summary: "Delete an administrative unit; it can be restored for 30 days.",
			Method: "DELETE", Path: "/directory/administrativeUnits/{id}", Versions: op.Both, Success: 204,
			Rule: change, Locate: locateUnit, Do: deleteUnit,
			Writes: true, Activity: unitActivity("Delete administrative unit", "Delete"),
		},
	}
	return append(list, units.CountOperation(list, "listAdministrativeUnits"))
}

func locateUnit(c *op.Call) (authz.Object, error) {
	return face.LocateKind(c, "id", directory.KindUnit)
}

func loadUnit(c *op.Call) (unit, bool, error) { return c.Tx.Unit(c.Object.ID) }

// A unitBody is what a create or update says of a unit.
type unitBody struct {
	body  edm.Value
	use   edm.Uses
	given []string
}

func readUnit(use edm.Uses) func(edm.Value) (any, error) {
	return func(body edm.Value) (any, error) {
		b := &unitBody{body: body, use: use | edm.Ahead}
		err := b.apply(&unit{Object: directory.Object{DisplayName: "-"}})
		b.use = use
		return b, err
	}
}

// apply reads the body into u, and judges what u is then.
func (b *unitBody) apply(u *unit) (err error) {
	if b.given, err = unitEntity.Apply(u, b.body, b.use); err != nil {
		return err
	}
	if len(b.given) == 0 {
		return fault.BadRequest("", "The request body names no property that can be set.")
	}
	return directory.CheckUnit(u)
}

func createUnit(c *op.Call) (op.Answer, error) {
	b := op.Body[*unitBody](c)
	u := unit{Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindUnit, Created: c.Now, Deleted: when.Never}}
	if err := b.apply(&u); err != nil {
		return op.Answer{}, err
	}
	if err := fewRestricted(c, &u); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.InsertUnit(u); err != nil {
		return op.Answer{}, err
	}
	c.Target(unitTarget(&u, b.given, nil))
	return units.Made(c, &u)
}

// fewRestricted holds restricted units to their number.
func fewRestricted(c *op.Call, u *unit) error {
	if u.Restricted && c.Snap.RestrictedUnits() >= mostRestricted {
		return fault.Quota(fault.Tenant, "A tenant has at most %d restricted management administrative units.", mostRestricted)
	}
	return nil
}

func updateUnit(c *op.Call) (op.Answer, error) {
	b := op.Body[*unitBody](c)
	u, ok, err := loadUnit(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before := u
	if err := b.apply(&u); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.UpdateUnit(u); err != nil {
		return op.Answer{}, err
	}
	c.Target(unitTarget(&u, b.given, &before))
	return op.Answer{Status: c.Op.Success}, nil
}

func deleteUnit(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUnit(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := c.W.DeleteUnit(u.ID, c.Now); err != nil {
		return op.Answer{}, err
	}
	c.Target(unitTarget(&u, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

func unitTarget(u *unit, given []string, before *unit) audit.Target {
	return audit.Target{ID: u.ID.String(), Kind: audit.KindOther, Name: u.DisplayName, Modified: face.Modified(unitEntity, given, before, u)}
}
