package apps

import (
	"slices"
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
)

type consent = directory.Consent

// Everybody, or one person: whom a consent is for.
const (
	forAll = "AllPrincipals"
	forOne = "Principal"
)

var consentType = &edm.Enum{Name: "consentType", Members: []string{forAll, forOne}}

func consentTypeOf(k *consent) string {
	if k.Principal.IsZero() {
		return forAll
	}
	return forOne
}

// consentID is a consent's id on the wire.
func consentID(k *consent) string {
	if k.Principal.IsZero() {
		return joinIDs(k.Client, k.Resource)
	}
	return joinIDs(k.Client, k.Resource, k.Principal)
}

// consentEntity is microsoft.graph.oAuth2PermissionGrant, in the order of the examples.
var consentEntity = edm.Declare(edm.Entity[consent]{
	Name: "oAuth2PermissionGrant",
	Properties: []edm.Property[consent]{
		face.Filters(face.IDOf("clientId", "client", func(k *consent) guid.ID { return k.Client }), edm.Eq|edm.In, 0),
		face.Filters(edm.Property[consent]{Name: "consentType", Type: edm.String, Column: "type", Write: func(w *edm.Writer, k *consent) { w.Str(consentTypeOf(k)) }}, edm.Eq, 0),
		{Name: "id", Type: edm.String, Write: func(w *edm.Writer, k *consent) { w.Str(consentID(k)) }},
		face.Filters(face.IDOf("principalId", "principal", func(k *consent) guid.ID { return k.Principal }), edm.Eq|edm.In|edm.Null, 0),
		face.Filters(face.IDOf("resourceId", "resource", func(k *consent) guid.ID { return k.Resource }), edm.Eq|edm.In, 0),
		{Name: "scope", Type: edm.String, Write: func(w *edm.Writer, k *consent) { w.Str(strings.Join(k.Scopes, " ")) }},
	},
})

var consents = &face.Resource[consent]{
	Entity: consentEntity, Set: "oauth2PermissionGrants", Table: store.Consents, Directory: true, ID: consentID,
}

// Bounds of one consent's scopes.
const (
	mostScopes   = 100
	longestScope = 128 // bytes of a scope's name
)

// Scopes of consents (operations.md 5g).
var (
	readConsents = []string{"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
	// Of one user's, operations.md 5a lists fewer.
	readUserConsents = []string{"Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All"}
	writeConsents    = []string{"DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All"}
)

var (
	consentForOthers = face.Arms(writeConsents, writeConsents, face.InDirectory("oAuth2PermissionGrants/create"))
	// An application developer may consent for themselves.
	consentForSelf = face.Arms(writeConsents, writeConsents, face.InDirectory("oAuth2PermissionGrants/create", "oAuth2PermissionGrants/createAsOwner"))
	changeConsent  = face.Arms(writeConsents, writeConsents, face.InDirectory("oAuth2PermissionGrants/basic/update"))
)

// consentOperations are the operations on delegated permission grants (operations.md 5g).
func consentOperations() op.Operations {
	read := face.Reads(readConsents, readConsents, face.InDirectory("oAuth2PermissionGrants/standard/read"))
	list := op.Operations{
		{
			Name: "listOauth2PermissionGrants", Summary: "List what clients may do on behalf of people.",
			Method: "GET", Path: "/oauth2PermissionGrants", Versions: op.Both, Success: 200, Entity: "oAuth2PermissionGrant", Collection: true,
			Rule: read, Query: op.ListOptions, Do: consents.List(nil),
		},
		{
			Name: "createOauth2PermissionGrant", Summary: "Let a client act on behalf of everybody, or of one person.",
			Method: "POST", Path: "/oauth2PermissionGrants", Versions: op.Both, Success: 201, Entity: "oAuth2PermissionGrant",
			Rule: consentForOthers, Decode: readConsent, Locate: locateConsenting, Demands: consentDemands, Do: createConsent,
			Writes: true, Activity: applicationActivity("Add delegated permission grant", "Assign"),
		},
		{
			Name: "getOauth2PermissionGrant", Summary: "Read one delegated permission grant.",
			Method: "GET", Path: "/oauth2PermissionGrants/{id}", Versions: op.Both, Success: 200, Entity: "oAuth2PermissionGrant",
			Rule: read, Locate: locateConsent, Query: op.SingleOptions, Do: consents.Get(findConsent),
		},
		{
			Name: "updateOauth2PermissionGrant", Summary: "Change the scopes of a delegated permission grant.",
			Method: "PATCH", Path: "/oauth2PermissionGrants/{id}", Versions: op.Both, Success: 204,
			Rule: changeConsent, Decode: readScopeChange, Locate: locateConsent, Do: updateConsent,
			Writes: true, Activity: applicationActivity("Update delegated permission grant", "Update"),
		},
		{
			Name: "deleteOauth2PermissionGrant", Summary: "Take back a delegated permission grant.",
			Method: "DELETE", Path: "/oauth2PermissionGrants/{id}", Versions: op.Both, Success: 204,
			Rule: changeConsent, Locate: locateConsent, Do: deleteConsent,
			Writes: true, Activity: applicationActivity("Remove delegated permission grant", "Unassign"),
		},
	}
	list = append(list, &op.Operation{
		Name: "listUserOauth2PermissionGrants", Summary: "List what clients may do on behalf of one user, who let them.",
		Method: "GET", Path: "/users/{id}/oauth2PermissionGrants", Versions: op.Both, Success: 200, Entity: "oAuth2PermissionGrant", Collection: true,
		Rule: face.Reads(readUserConsents, readUserConsents, face.InDirectory("oAuth2PermissionGrants/standard/read")), Locate: locateUser, Query: op.ListOptions,
		Do: consents.List(func(c *op.Call) (face.Limits, error) {
			return face.Limits{Conditions: []store.Condition{store.Is(store.Consents.Column("principal"), c.Object.ID)}}, nil
		}),
	})
	return append(list, keyed(op.Operations{{
		Name: "listServicePrincipalOauth2PermissionGrants", Summary: "List what a client may do on behalf of people.",
		Method: "GET", Path: "/servicePrincipals/{id}/oauth2PermissionGrants", Versions: op.Both, Success: 200, Entity: "oAuth2PermissionGrant", Collection: true,
		Rule: read, Locate: locatePrincipal, Query: op.ListOptions, Do: consents.List(func(c *op.Call) (face.Limits, error) {
			return face.Limits{Conditions: []store.Condition{store.Is(store.Consents.Column("client"), c.Object.ID)}}, nil
		}),
	}})...)
}

var consentFields = []edm.Field{
	{Name: "id", Type: edm.String}, // an old example sends one; it is not ours to take
	{Name: "clientId", Type: edm.String, Required: true},
	{Name: "consentType", Type: edm.String, Required: true},
	{Name: "principalId", Type: edm.String},
	{Name: "resourceId", Type: edm.String, Required: true},
	{Name: "scope", Type: edm.String, Required: true},
}

// readConsent decodes the body of a new consent.
func readConsent(body edm.Value) (any, error) {
	if err := body.Object(consentFields); err != nil {
		return nil, err
	}
	var k consent
	for _, f := range []struct {
		name string
		into *guid.ID
	}{{"clientId", &k.Client}, {"resourceId", &k.Resource}, {"principalId", &k.Principal}} {
		v, given := body.Get(f.name)
		if !given || v.IsNull() {
			continue
		}
		id, err := v.ID()
		if err != nil {
			return nil, err
		}
		*f.into = id
	}
	v, _ := body.Get("consentType")
	kind, err := v.Choice(consentType)
	if err != nil {
		return nil, err
	}
	if (kind == forOne) == k.Principal.IsZero() {
		return nil, fault.BadRequest("principalId", "principalId names the one person of consentType 'Principal', and is null for 'AllPrincipals'.")
	}
	k.Scopes, err = readScopes(body)
	return &k, err
}

// A scopeChange is the body of an update: the scopes, and what it repeats.
type scopeChange struct {
	body   edm.Value
	scopes []string
}

func readScopeChange(body edm.Value) (any, error) {
	if _, err := consentEntity.Apply(&consent{}, body, edm.OnUpdate|edm.Ahead, "scope"); err != nil {
		return nil, err
	}
	if _, given := body.Get("scope"); !given {
		return nil, fault.BadRequest("scope", "The property 'scope' is required.")
	}
	scopes, err := readScopes(body)
	return &scopeChange{body, scopes}, err
}

// readScopes reads the scopes of a body, each once.
func readScopes(body edm.Value) ([]string, error) {
	v, _ := body.Get("scope")
	text, err := v.Str()
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range strings.FieldsSeq(text) {
		if len(name) > longestScope || strings.ContainsFunc(name, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
			return nil, fault.BadRequest("scope", "A scope's name has at most %d printable characters.", longestScope)
		}
		names = face.AppendNew(names, name)
	}
	if len(names) > mostScopes {
		return nil, fault.BadRequest("scope", "At most %d scopes can be consented to at once.", mostScopes)
	}
	return names, nil
}

// locateConsenting finds the client that would be consented to.
func locateConsenting(c *op.Call) (authz.Object, error) {
	k := op.Body[*consent](c)
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindServicePrincipal}}
	if !face.IsLive(c, k.Client, directory.KindServicePrincipal) {
		return o, op.Unknown(k.Client.String())
	}
	o.ID = k.Client
	o.Grants = consented(k.Scopes)
	return o, nil
}

// consented are the permissions that scopes amount to. Whoever acts with
// Directory.AccessAsUser.All for an administrator sets other administrators' passwords, as
// with the scope that is made for it.
func consented(scopes []string) authz.Scopes {
	given, _ := authz.ParseScopes(scopes)
	if given.Has("Directory.AccessAsUser.All") {
		passwords, _ := authz.ParseScopes(face.SetPassword)
		given = given.Or(passwords)
	}
	return given
}

func consentDemands(c *op.Call) []*authz.Rule {
	if op.Body[*consent](c).Principal == c.Caller.Principal.ID {
		return []*authz.Rule{consentForSelf}
	}
	return []*authz.Rule{consentForOthers}
}

// locateConsent finds the client of the consent that the path names. What a change would
// leave in force counts as granted by it, and so does what was in force before.
func locateConsent(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindServicePrincipal}}
	k, found, err := findConsent(c)
	if err != nil {
		return o, err
	}
	if !found {
		return o, op.Unknown(c.Param("id"))
	}
	o.ID = k.Client
	if change, ok := c.In.(*scopeChange); ok {
		o.Grants = consented(slices.Concat(k.Scopes, change.scopes))
	}
	return o, nil
}

// findConsent is the consent that the path names.
func findConsent(c *op.Call) (consent, bool, error) {
	ids, ok := splitIDs(c.Param("id"))
	if !ok || len(ids) < 2 || len(ids) == 3 && ids[2].IsZero() {
		return consent{}, false, nil
	}
	column := store.Consents.Column
	page, err := store.List(c.Tx, store.Consents, store.ListQuery{Limit: 1, Rows: []store.Condition{
		store.Is(column("client"), ids[0]), store.Is(column("resource"), ids[1]), store.Is(column("principal"), append(ids, guid.ID{})[2]),
	}})
	if err != nil || len(page.Rows) == 0 {
		return consent{}, false, err
	}
	return page.Rows[0], true, nil
}

func createConsent(c *op.Call) (op.Answer, error) {
	k := *op.Body[*consent](c)
	if !face.IsLive(c, k.Resource, directory.KindServicePrincipal) {
		return op.Answer{}, c.NotFound(k.Resource.String())
	}
	if !k.Principal.IsZero() && !face.IsLive(c, k.Principal, directory.KindUser) {
		return op.Answer{}, c.NotFound(k.Principal.String())
	}
	if err := meaningful(c, k.Resource, k.Scopes); err != nil {
		return op.Answer{}, err
	}
	k.ID = c.Env.NewID()
	if err := c.W.InsertConsent(k); err != nil {
		return op.Answer{}, err
	}
	c.Target(consentTarget(&k, nil, k.Scopes))
	return consents.Made(c, &k)
}

// meaningful refuses scopes, among those that are to be added, that mean nothing at an API: of
// Microsoft Graph what is not known here, of another what its registration does not publish.
// One that came to mean something later would then be in force without anybody having judged
// it.
func meaningful(c *op.Call, resource guid.ID, scopes []string) error {
	if graph, ok := graphPrincipal(c); ok && resource == graph {
		if _, unknown := authz.ParseScopes(scopes); len(unknown) > 0 {
			return fault.BadRequest("scope", "These are no permissions of Microsoft Graph that are known here: %s.", strings.Join(unknown, ", "))
		}
		return nil
	}
	p, _, err := c.Tx.ServicePrincipal(resource)
	if err != nil {
		return err
	}
	a, _, err := c.Tx.ApplicationByAppID(p.AppID)
	if err != nil {
		return err
	}
	if unknown := added(append(a.Manifest.Published(), directory.OpenID...), scopes); len(unknown) > 0 {
		return fault.BadRequest("scope", "These are no scopes that the API publishes: %s. Its registration's oauth2PermissionScopes list those that it does.", strings.Join(unknown, ", "))
	}
	return nil
}

func updateConsent(c *op.Call) (op.Answer, error) {
	k, found, err := findConsent(c)
	if err != nil || !found {
		return op.Answer{}, face.Gone(c, err)
	}
	change := op.Body[*scopeChange](c)
	if _, err := consentEntity.Apply(&k, change.body, edm.OnUpdate, "scope"); err != nil {
		return op.Answer{}, err
	}
	scopes := change.scopes
	if err := meaningful(c, k.Resource, added(k.Scopes, scopes)); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.UpdateConsent(k.ID, scopes); err != nil {
		return op.Answer{}, err
	}
	c.Target(consentTarget(&k, k.Scopes, scopes))
	return op.Answer{Status: c.Op.Success}, nil
}

func deleteConsent(c *op.Call) (op.Answer, error) {
	k, found, err := findConsent(c)
	if err != nil || !found {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := c.W.DeleteConsent(k.ID); err != nil {
		return op.Answer{}, err
	}
	c.Target(consentTarget(&k, k.Scopes, nil))
	return op.Answer{Status: c.Op.Success}, nil
}

func consentTarget(k *consent, before, after []string) audit.Target {
	return audit.Target{ID: k.Client.String(), Kind: audit.KindServicePrincipal, Modified: []audit.Property{
		{Name: "DelegatedPermissionGrant.Scope", Old: strings.Join(before, " "), New: strings.Join(after, " ")},
		{Name: "DelegatedPermissionGrant.ConsentType", New: consentTypeOf(k)},
	}}
}
