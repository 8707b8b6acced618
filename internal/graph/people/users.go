package people

import (
	"strings"

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

var users = &face.Resource[user]{
	Entity: userEntity, Set: "users", Table: store.Users, Directory: true,
	ID:   func(u *user) string { return u.ID.String() },
	Navs: userNavs(),
}

func init() {
	face.Narrows("user", basicProfile)
	face.Shows(directory.KindUser, userEntity, (*store.ReadTx).UsersOf, func(u *user) guid.ID { return u.ID })
}

// wholeProfile has the permissions that open all of a user.
var wholeProfile = face.Reads(face.AsUser(readProfiles), readProfiles, authz.Anyone)

// basicProfile reports whether the caller may read the basic profile only of the user: what
// User.ReadBasic.All opens of others. One's own profile is read whole.
func basicProfile(c *op.Call, of guid.ID) bool {
	self := of == c.Caller.Principal.ID && !c.Caller.AppOnly
	return !self && c.Snap.RequireScopes(c.Caller, wholeProfile) != nil
}

// userActivity is an audit activity on users.
func userActivity(name, kind string) op.Activity {
	return op.Activity{Name: name, Category: "UserManagement", Type: kind, Service: "Core Directory"}
}

// userOperations are the operations on people (operations.md §5a).
func userOperations() op.Operations {
	return op.Operations{
		{
			Name: "listUsers", Summary: "List the users of the tenant.",
			Method: "GET", Path: "/users", Versions: op.Both, Success: 200, Entity: "user", Collection: true,
			Rule:  face.Reads(readUsersUser, readUsers, authz.Member),
			Query: face.SearchOptions, Do: users.List(nil),
		},
		{
			Name: "createUser", Summary: "Create a user.",
			Method: "POST", Path: "/users", Versions: op.Both, Success: 201, Entity: "user",
			Rule:   face.Writes(writeUsersUser, writeUsers, authz.Role("microsoft.directory/users/create")),
			Decode: readUser(edm.OnCreate), Prepare: hashPassword, Do: createUser,
			Writes: true, Activity: userActivity("Add user", "Add"),
		},
		{
			Name: "getUser", Summary: "Read one user, by id or user principal name.",
			Method: "GET", Path: "/users/{id}", Versions: op.Both, Success: 200, Entity: "user",
			Rule:   face.Reads(readSelfToo, readUsers, authz.Member, authz.Self),
			Locate: locateUser, Query: op.SingleOptions, Do: users.Get(loadUser),
		},
		{
			Name: "getMe", Summary: "Read the signed-in user.",
			Method: "GET", Path: "/me", Versions: op.Both, Me: true, Success: 200, Entity: "user",
			Rule:   face.Reads(readSelfToo, nil, authz.Self),
			Locate: locateMe, Query: op.SingleOptions, Do: users.Get(loadUser),
		},
		{
			Name: "updateUser", Summary: "Change properties of a user.",
			Method: "PATCH", Path: "/users/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Writes(changeUsersUser, changeUsers, authz.Anyone),
			Locate: locateUser, Decode: readUser(edm.OnUpdate), Demands: updateDemands, Prepare: hashPassword, Do: updateUser,
			Writes: true, Activity: userActivity("Update user", "Update"),
		},
		{
			Name: "updateMe", Summary: "Change properties of the signed-in user.",
			Method: "PATCH", Path: "/me", Versions: op.Both, Me: true, Success: 204,
			Rule:   face.Writes(changeUsersUser, nil, authz.Self),
			Locate: locateMe, Decode: readUser(edm.OnUpdate), Demands: updateDemands, Prepare: hashPassword, Do: updateUser,
			Writes: true, Activity: userActivity("Update user", "Update"),
		},
		{
			Name: "deleteUser", Summary: "Delete a user; it can be restored for 30 days.",
			Method: "DELETE", Path: "/users/{id}", Versions: op.Both, Success: 204,
			Rule:   face.Reaches(sensitiveTable, deleteUsersUser, deleteUsers, authz.Role("microsoft.directory/users/delete")),
			Locate: locateUser, Do: deleteUser,
			Writes: true, Activity: userActivity("Delete user", "Delete"),
		},
		revocation("revokeSignInSessions", "/users/{id}/revokeSignInSessions", locateUser),
		revocation("revokeMySignInSessions", "/me/revokeSignInSessions", locateMe),
		// The same under the name that beta had first; here in both versions.
		revocation("invalidateAllRefreshTokens", "/users/{id}/invalidateAllRefreshTokens", locateUser),
		revocation("invalidateAllMyRefreshTokens", "/me/invalidateAllRefreshTokens", locateMe),
	}
}

// revocation declares revokeSignInSessions, of somebody or of oneself.
func revocation(name, path string, locate func(*op.Call) (authz.Object, error)) *op.Operation {
	application := revokeSessions
	if strings.HasPrefix(path, "/me") {
		application = nil
	}
	return &op.Operation{
		Name: name, Summary: "End all sign-in sessions of a user and void their tokens.",
		Method: "POST", Path: path, Versions: op.Both, Me: strings.HasPrefix(path, "/me"), Success: 200, Action: true,
		Rule:   face.Reaches(passwordTable, revokeUserTokens, application, authz.Role("microsoft.directory/users/invalidateAllRefreshTokens"), authz.Self),
		Locate: locate, Do: revokeSignInSessions,
		Writes: true, Activity: userActivity("Update StsRefreshTokenValidFrom Timestamp", "Update"),
	}
}

// locateUser finds the user that the path names by id or user principal name.
func locateUser(c *op.Call) (authz.Object, error) { return face.UserObject(c, c.Param("id")) }

// locateMe is the caller.
func locateMe(c *op.Call) (authz.Object, error) {
	return authz.Object{Ref: c.Caller.Principal}, nil
}

func loadUser(c *op.Call) (user, bool, error) { return c.Tx.User(c.Object.ID) }

func createUser(c *op.Call) (op.Answer, error) {
	b := op.Body[*userBody](c)
	u := user{
		Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindUser, Created: c.Now, Deleted: when.Never},
		Type:   "Member", SessionsFrom: c.Now,
	}
	if err := b.apply(&u, edm.OnCreate, c.Now); err != nil {
		return op.Answer{}, err
	}
	if err := verifiedDomain(c, u.UPN); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.InsertUser(u); err != nil {
		return op.Answer{}, err
	}
	c.Target(userTarget(&u, b.given, nil))
	return users.Made(c, &u)
}

// verifiedDomain refuses a user principal name outside the tenant's domains.
func verifiedDomain(c *op.Call, upn string) error {
	org, err := c.Tx.Organization()
	if err != nil {
		return err
	}
	for _, d := range org.Domains {
		if strings.EqualFold(d, directory.Domain(upn)) {
			return nil
		}
	}
	return fault.BadRequest("userPrincipalName", "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.")
}

func updateUser(c *op.Call) (op.Answer, error) {
	b := op.Body[*userBody](c)
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before := u
	if err := b.apply(&u, edm.OnUpdate, c.Now); err != nil {
		return op.Answer{}, err
	}
	if u.UPN != before.UPN {
		if err := verifiedDomain(c, u.UPN); err != nil {
			return op.Answer{}, err
		}
	}
	if b.password != nil && b.password.set || before.Enabled && !u.Enabled {
		u.SessionsFrom, u.Generation = c.Now, u.Generation+1
	}
	if err := face.GuardLoss(c, u.ID, func() error { return c.W.UpdateUser(u) }); err != nil {
		return op.Answer{}, err
	}
	c.Target(userTarget(&u, b.given, &before))
	return op.Answer{Status: c.Op.Success}, nil
}

func deleteUser(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := face.GuardLoss(c, u.ID, func() error { return c.W.DeleteUser(u.ID, c.Now) }); err != nil {
		return op.Answer{}, err
	}
	c.Target(userTarget(&u, nil, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

func revokeSignInSessions(c *op.Call) (op.Answer, error) {
	u, ok, err := loadUser(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	u.SessionsFrom, u.Generation = c.Now, u.Generation+1
	if err := c.W.UpdateUser(u); err != nil {
		return op.Answer{}, err
	}
	c.Target(userTarget(&u, nil, nil))
	var w edm.Writer
	w.Begin()
	if c.Metadata != "none" {
		w.Name("@odata.context")
		w.Str(c.Root + "/$metadata#Edm.Boolean")
	}
	w.Name("value")
	w.Bool(true)
	w.End()
	return op.Answer{Status: c.Op.Success, Body: w.Bytes()}, nil
}

// userTarget is u as an audit target, with what changed of the given properties.
func userTarget(u *user, given []string, before *user) audit.Target {
	return audit.Target{
		ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN,
		Modified: face.Modified(userEntity, given, before, u),
	}
}
