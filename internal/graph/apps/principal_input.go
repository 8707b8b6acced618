package apps

import (
	"slices"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/when"
)

// A principalBody is what a create or update says of a service principal.
type principalBody struct {
	body   edm.Value
	given  []string
	says   principal // the body, read into a service principal that is otherwise empty
	owners []face.Reference
}

// readPrincipal decodes a service principal's body for the given use.
func readPrincipal(use edm.Uses) func(edm.Value) (any, error) {
	var extra []string
	if use == edm.OnCreate {
		extra = []string{"owners@odata.bind"}
	}
	return func(body edm.Value) (any, error) {
		b := &principalBody{body: body}
		b.says.Enabled, b.says.DisplayName = true, "-"
		var err error
		if b.given, err = principalEntity.Apply(&b.says, body, use|edm.Ahead, extra...); err != nil {
			return nil, err
		}
		if len(b.given) == 0 {
			return nil, fault.BadRequest("", "The request body names no property that can be set.")
		}
		if v, given := body.Get("owners@odata.bind"); given {
			if b.owners, err = face.ReadReferences(v, mostBound); err != nil {
				return nil, err
			}
		}
		return b, directory.CheckPrincipal(&b.says)
	}
}

// apply puts the body's properties into p.
func (b *principalBody) apply(p *principal, use edm.Uses) error {
	if _, err := principalEntity.Apply(p, b.body, use, "owners@odata.bind"); err != nil {
		return err
	}
	return directory.CheckPrincipal(p)
}

// locateRegistration finds the registration that a new service principal is for.
func locateRegistration(c *op.Call) (authz.Object, error) {
	o := authz.Object{Ref: directory.Ref{Kind: directory.KindApplication}}
	a, found, err := c.Tx.ApplicationByAppID(op.Body[*principalBody](c).says.AppID)
	if err != nil || !found {
		return o, err // createPrincipal has the words for it
	}
	o.ID = a.ID
	return withOwner(c, o, nil)
}

// createPrincipal makes the service principal of a registration of this tenant. One has one.
func createPrincipal(c *op.Call) (op.Answer, error) {
	b := op.Body[*principalBody](c)
	a, found, err := c.Tx.ApplicationByAppID(b.says.AppID)
	if err != nil {
		return op.Answer{}, err
	}
	if !found {
		return op.Answer{}, fault.BadRequest("appId", "The appId '%s' is of no application registered in this tenant.", b.says.AppID)
	}
	p := principal{
		Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindServicePrincipal, DisplayName: a.DisplayName, Created: c.Now, Deleted: when.Never},
		AppID:  a.AppID, Enabled: true, Type: "Application", Names: a.IdentifierURIs, Registration: registrationFor(c, &a),
	}
	if err := b.apply(&p, edm.OnCreate); err != nil {
		return op.Answer{}, err
	}
	p.Tags = append(p.Tags, added(p.Tags, a.Tags)...)
	if err := c.W.InsertServicePrincipal(p); err != nil {
		return op.Answer{}, err
	}
	if err := b.own(c, &p); err != nil {
		return op.Answer{}, err
	}
	c.Target(clientTarget(&p))
	return principals.Made(c, &p)
}

// own gives a new service principal its owners: those that are named, and whoever made it and
// owns its registration.
func (b *principalBody) own(c *op.Call, p *principal) error {
	named := false
	for _, r := range b.owners {
		ref, err := r.Resolve(c)
		if err != nil {
			return err
		}
		if err := addOwner(c, p.ID, ref); err != nil {
			return err
		}
		named = named || ref.ID == c.Caller.Principal.ID
	}
	if named || !c.Object.Owner {
		return nil
	}
	return addOwner(c, p.ID, c.Caller.Principal)
}

// makePrincipal is the rule of making a service principal; newOwners that of naming its owners in the
// same breath: they may add secrets to its registration, so it takes what adding them afterwards
// takes.
var (
	makePrincipal = face.Writes(armAppsUser, armOwnApps, face.InDirectory("servicePrincipals/create"), authz.OnOwned("microsoft.directory/applications/basic/update"))
	newOwners     = face.Arms(face.AsUser(addOwners), addOwnOwners, owned("servicePrincipals/owners/update")...)
)

// newPrincipalDemands are the rules that a create must meet: the operation's own, and that of
// owners where they are named.
func newPrincipalDemands(c *op.Call) []*authz.Rule {
	if b, ok := c.In.(*principalBody); !ok || len(b.owners) == 0 {
		return nil
	}
	return []*authz.Rule{makePrincipal, newOwners}
}

// registrationFor is what a new service principal shows of its registration.
func registrationFor(c *op.Call, a *application) directory.Registration {
	return directory.Registration{
		ID: a.ID, Name: a.DisplayName, Audience: a.Audience, LogoutURL: a.LogoutURL, Manifest: a.Manifest,
		Redirects: slices.Concat(a.WebRedirects, a.SPARedirects, a.PublicURIs), Secrets: a.Secrets, Keys: shownKeys(c, a.Keys),
	}
}

// Who may change what of a service principal. Switched on, whatever it holds works again.
var (
	enablePrincipal   = face.Arms(armAppsUser, armOwnApps, owned("servicePrincipals/enable")...)
	signInOfPrincipal = face.Arms(armAppsUser, armOwnApps, owned("servicePrincipals/authentication/update")...)
	disablePrincipal  = changePrincipal("disable")
	basicOfPrincipal  = changePrincipal("basic/update")
	principalDemand   = map[string]*authz.Rule{
		"loginUrl":                  signInOfPrincipal,
		"logoutUrl":                 signInOfPrincipal,
		"preferredSingleSignOnMode": signInOfPrincipal,
		"samlSingleSignOnSettings":  signInOfPrincipal,
		"notes":                     changePrincipal("notes/update"),
		"tags":                      changePrincipal("tag/update"),
	}
)

// changePrincipal is the rule of changing one sort of properties.
func changePrincipal(sort string) *authz.Rule {
	return face.Writes(armAppsUser, armOwnApps, owned("servicePrincipals/"+sort)...)
}

// principalDemands are the rules that a change must meet, each once.
func principalDemands(c *op.Call) []*authz.Rule {
	b, ok := c.In.(*principalBody)
	if !ok {
		return []*authz.Rule{enablePrincipal}
	}
	var rules []*authz.Rule
	for _, name := range b.given {
		rule := principalDemand[name]
		switch {
		case name == "accountEnabled" && b.says.Enabled:
			rule = enablePrincipal
		case name == "accountEnabled":
			rule = disablePrincipal
		case rule == nil:
			rule = basicOfPrincipal
		}
		rules = face.AppendNew(rules, rule)
	}
	return rules
}

func updatePrincipal(c *op.Call) (op.Answer, error) {
	b := op.Body[*principalBody](c)
	p, ok, err := showPrincipal(c) // with all that it shows, which the body may repeat
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before := p
	if err := b.apply(&p, edm.OnUpdate); err != nil {
		return op.Answer{}, err
	}
	if before.Enabled && !p.Enabled {
		p.Generation++ // its tokens stay void when it is enabled again
	}
	if err := face.GuardLastAdministrator(c, func() error { return c.W.UpdateServicePrincipal(p) }); err != nil {
		return op.Answer{}, err
	}
	target := clientTarget(&p)
	target.Modified = face.Modified(principalEntity, b.given, &before, &p)
	c.Target(target)
	return op.Answer{Status: c.Op.Success}, nil
}

func deletePrincipal(c *op.Call) (op.Answer, error) {
	p, ok, err := loadPrincipal(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	if err := face.GuardLastAdministrator(c, func() error { return c.W.DeleteServicePrincipal(p.ID, c.Now) }); err != nil {
		return op.Answer{}, err
	}
	c.Target(clientTarget(&p))
	return op.Answer{Status: c.Op.Success}, nil
}
