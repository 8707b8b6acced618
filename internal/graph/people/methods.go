package people

import (
	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// The scopes of authentication methods (operations.md 5a). Those without All open the
// signed-in user alone.
var (
	readMethods    = []string{"UserAuthenticationMethod.Read.All", "UserAuthenticationMethod.ReadWrite.All"}
	readMethodsAny = append([]string{"UserAuthenticationMethod.Read", "UserAuthenticationMethod.ReadWrite"}, readMethods...)
	changeMethods  = []string{"UserAuthenticationMethod.ReadWrite.All"}
	changeRequired = append([]string{"Policy.ReadWrite.AuthenticationMethod"}, changeMethods...)

	readRequired    = append([]string{"Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"}, readMethods...)
	readRequiredOwn = append([]string{"Policy.Read.All", "Policy.ReadWrite.AuthenticationMethod"}, readMethodsAny...)
)

// seeMethods and its like are who may do what to another's methods. How somebody signs in is
// as protected as their password.
var (
	seeMethods     = face.Reads(readMethodsAny, readMethods, face.InDirectory("users/authenticationMethods/standard/read", "users/authenticationMethods/standard/restrictedRead"), authz.Self)
	seeOwnMethods  = face.Reads(readMethodsAny, nil, authz.Self)
	dropMethod     = face.Reaches(passwordTable, changeMethods, changeMethods, face.InDirectory("users/authenticationMethods/delete"))
	makePass       = face.Reaches(passwordTable, changeMethods, changeMethods, face.InDirectory("users/authenticationMethods/create"))
	seeRequired    = face.Reads(readRequired, readRequired, face.InDirectory("users/authenticationMethods/standard/read", "users/authenticationMethods/standard/restrictedRead"))
	seeOwnRequired = face.Reads(readRequiredOwn, nil, authz.Self)
	setRequired    = face.Reaches(passwordTable, changeRequired, changeRequired, face.InDirectory("users/authenticationMethods/basic/update"))
)

// A methodKind is one kind of authentication method, which has a collection of its own.
type methodKind struct {
	name       string // of operations: "Password"
	collection string // below authentication
	entity     *edm.Entity[factor]
	is         func(f *factor) bool
}

var methodKinds = []methodKind{
	{"Password", "passwordMethods", passwordMethod, func(f *factor) bool { return f.password }},
	{"SoftwareOath", "softwareOathMethods", softwareOathMethod, func(f *factor) bool { return f.method.Kind == signin.AppMethod }},
	{"Fido2", "fido2Methods", fido2Method, func(f *factor) bool { return f.method.Kind == signin.PasskeyMethod }},
	{"TemporaryAccessPass", "temporaryAccessPassMethods", temporaryAccessPassMethod, func(f *factor) bool { return !f.pass.ID.IsZero() }},
}

// methodActivity is an audit activity on how people sign in.
func methodActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "UserManagement", Type: kind, Service: "Authentication Methods"}
}

// methodOperations are the operations on how people sign in.
func methodOperations() op.Operations {
	var list op.Operations
	for _, of := range []struct {
		name, path string
		locate     func(*op.Call) (authz.Object, error)
		rule       *authz.Rule
	}{{"", "/users/{id}", locateUser, seeMethods}, {"My", "/me", locateMe, seeOwnMethods}} {
		me := of.path == "/me"
		path := of.path + "/authentication/"
		list = append(list, &op.Operation{
			Name: "list" + of.name + "AuthenticationMethods", Summary: "List how a user can sign in.",
			Method: "GET", Path: path + "methods", Versions: op.Both, Me: me, Success: 200, Entity: "authenticationMethod", Collection: true,
			Rule: of.rule, Locate: of.locate, Do: listMethods(nil), Sensitive: true,
		})
		for i := range methodKinds {
			k := &methodKinds[i]
			list = append(list,
				&op.Operation{
					Name: "list" + of.name + k.name + "Methods", Summary: "List a user's methods of one kind.",
					Method: "GET", Path: path + k.collection, Versions: op.Both, Me: me, Success: 200, Entity: k.entity.Name, Collection: true,
					Rule: of.rule, Locate: of.locate, Do: listMethods(k), Sensitive: true,
				},
				&op.Operation{
					Name: "get" + of.name + k.name + "Method", Summary: "Read one of a user's methods.",
					Method: "GET", Path: path + k.collection + "/{method}", Versions: op.Both, Me: me, Success: 200, Entity: k.entity.Name,
					Rule: of.rule, Locate: of.locate, Do: getMethod(k), Sensitive: true,
				})
		}
	}
	return append(list, methodChanges()...)
}

// methodChanges are what administrators change of others.
func methodChanges() op.Operations {
	var list op.Operations
	for i := range methodKinds[1:] {
		k := &methodKinds[1+i]
		list = append(list, &op.Operation{
			Name: "delete" + k.name + "Method", Summary: "Take a way of signing in from a user, and end their sessions.",
			Method: "DELETE", Path: "/users/{id}/authentication/" + k.collection + "/{method}", Versions: op.Both, Success: 204,
			Rule: dropMethod, Locate: locateUser, Do: deleteMethod(k),
			Writes: true, Activity: methodActivity("Admin deleted security info", "Delete"),
		})
	}
	return append(list,
		&op.Operation{
			Name: "createTemporaryAccessPassMethod", Summary: "Make a Temporary Access Pass for a user, told this once.",
			Method: "POST", Path: "/users/{id}/authentication/temporaryAccessPassMethods", Versions: op.Both, Success: 201, Entity: temporaryAccessPassMethod.Name,
			Rule: makePass, Locate: locateUser, Decode: readPass, Do: createPass,
			Writes: true, Activity: methodActivity("Admin registered temporary access pass method for user", "Add"),
		},
		&op.Operation{
			Name: "getAuthenticationRequirements", Summary: "Read whether a user must use a second factor.",
			Method: "GET", Path: "/users/{id}/authentication/requirements", Versions: op.Both, Success: 200,
			Rule: seeRequired, Locate: locateUser, Do: getRequirements, Sensitive: true,
		},
		&op.Operation{
			Name: "getMyAuthenticationRequirements", Summary: "Read whether the caller must use a second factor.",
			Method: "GET", Path: "/me/authentication/requirements", Versions: op.Both, Me: true, Success: 200,
			Rule: seeOwnRequired, Locate: locateMe, Do: getRequirements, Sensitive: true,
		},
		&op.Operation{
			Name: "updateAuthenticationRequirements", Summary: "Make a user use a second factor, or not.",
			Method: "PATCH", Path: "/users/{id}/authentication/requirements", Versions: op.Both, Success: 204,
			Rule: setRequired, Locate: locateUser, Decode: readRequirements, Do: updateRequirements,
			Writes: true, Activity: op.Activity{Name: "Update per-user multifactor authentication state", Category: "UserManagement", Type: "Update", Service: "Core Directory"},
		})
}

// factors are all the ways in which the located user can sign in.
func factors(c *op.Call) ([]factor, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return nil, face.Gone(c, err)
	}
	var all []factor
	if u.Password.Hash != "" {
		all = append(all, factor{password: true, at: u.Password.Changed})
	}
	methods, err := c.Tx.Methods(u.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range methods {
		all = append(all, factor{method: m, at: m.Created})
	}
	passes, err := c.Tx.Passes(u.ID)
	for _, p := range passes {
		all = append(all, factor{pass: p, at: p.Created, machine: c.Tx.Machine()})
	}
	return all, err
}

// listMethods lists the located user's methods: of kind k, or all.
func listMethods(k *methodKind) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		all, err := factors(c)
		if err != nil {
			return op.Answer{}, err
		}
		set := "users('" + c.Object.ID.String() + "')/authentication/"
		if k == nil {
			set += "methods"
		} else {
			set += k.collection
		}
		return face.WritePage(c, set, nil, -1, func(w *edm.Writer) {
			for i := range all {
				if of := kindOf(&all[i]); k == nil || of == k {
					w.Begin()
					face.WriteType(c, w, "#microsoft.graph."+of.entity.Name)
					of.entity.WriteMembers(w, &all[i], of.entity.Default())
					w.End()
				}
			}
		})
	}
}

func kindOf(f *factor) *methodKind {
	for i := range methodKinds {
		if methodKinds[i].is(f) {
			return &methodKinds[i]
		}
	}
	panic("people: a method of no kind")
}

// methodNamed is the located user's method of kind k that the path names.
func methodNamed(c *op.Call, k *methodKind) (*factor, error) {
	all, err := factors(c)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if id, ok := guid.Parse(c.Param("method")); ok && k.is(&all[i]) && all[i].id() == id {
			return &all[i], nil
		}
	}
	return nil, c.NotFound(c.Param("method"))
}

func getMethod(k *methodKind) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		f, err := methodNamed(c, k)
		if err != nil {
			return op.Answer{}, err
		}
		return oneMethod(c, k, f, "")
	}
}

// oneMethod answers one method. secret is a pass's text, which is told once.
func oneMethod(c *op.Call, k *methodKind, f *factor, secret string) (op.Answer, error) {
	f.secret = secret
	var w edm.Writer
	w.Begin()
	face.WriteContext(c, &w, "users('"+c.Object.ID.String()+"')/authentication/"+k.collection, true)
	face.WriteType(c, &w, "#microsoft.graph."+k.entity.Name)
	k.entity.WriteMembers(&w, f, k.entity.Default())
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// deleteMethod takes a method away, unless with it goes the last who could become Global
// Administrator. Whoever had it may not be its owner, so that the user's sessions end with it.
func deleteMethod(k *methodKind) func(*op.Call) (op.Answer, error) {
	return func(c *op.Call) (op.Answer, error) {
		f, err := methodNamed(c, k)
		if err != nil {
			return op.Answer{}, err
		}
		err = face.GuardLoss(c, c.Object.ID, func() error {
			if f.pass.ID.IsZero() {
				c.W.DropMethod(f.method)
			} else {
				c.W.DropPass(f.pass.ID)
			}
			return nil
		})
		if err != nil {
			return op.Answer{}, err
		}
		return endSessions(c, audit.Detail{Key: "method", Value: k.entity.Name}, audit.Detail{Key: "methodId", Value: f.id().String()})
	}
}

// endSessions voids what the located user has signed in with, and completes the record.
func endSessions(c *op.Call, details ...audit.Detail) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	u.SessionsFrom, u.Generation = c.Now, u.Generation+1
	if err := c.W.UpdateUser(u); err != nil {
		return op.Answer{}, err
	}
	c.Target(userTarget(&u, nil, nil))
	c.Record().Details = append(c.Record().Details, details...)
	return op.Answer{Status: c.Op.Success}, nil
}

// A factor is one way in which somebody can sign in: a password, a method or a pass.
type factor struct {
	password bool
	method   signin.Method
	pass     signin.TemporaryPass
	at       when.Instant // when it was made
	machine  when.Instant // now, for a pass
	secret   string       // a pass's text, told once
}

// passwordMethodID is the id that every user's password has.
var passwordMethodID = guid.Must("28c10230-6103-485e-b985-444c60001490")

func (f *factor) id() guid.ID {
	switch {
	case f.password:
		return passwordMethodID
	case !f.pass.ID.IsZero():
		return f.pass.ID
	}
	return f.method.ID
}
