package apps

import (
	"net/url"
	"slices"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/edm"
	"ephor/internal/fault"
	"ephor/internal/graph/face"
	"ephor/internal/op"
	"ephor/internal/when"
)

// mostBound is how many owners can be given in one request (behaviour.md §11).
const mostBound = 20

// ordinary is the audience of a registration that names none: the tenant's own people, who
// are all that there are here.
const ordinary = "AzureADMyOrg"

// An applicationBody is what a create or update says of a registration.
type applicationBody struct {
	body   edm.Value
	given  []string
	keys   []keyBody
	owners []face.Reference
}

// readApplication decodes a registration's body for the given use.
func readApplication(use edm.Uses) func(edm.Value) (any, error) {
	var extra []string
	if use == edm.OnCreate {
		extra = []string{"owners@odata.bind"}
	}
	return func(body edm.Value) (any, error) {
		b := &applicationBody{body: body}
		scratch := application{Audience: ordinary}
		scratch.DisplayName = "unnamed"
		var err error
		if b.given, err = applicationEntity.Apply(&scratch, body, use|edm.Ahead, extra...); err != nil {
			return nil, err
		}
		if len(b.given) == 0 {
			return nil, fault.BadRequest("", "The request body names no property that can be set.")
		}
		if err := directory.CheckApplication(&scratch); err != nil {
			return nil, err
		}
		if v, given := body.Get("keyCredentials"); given {
			if b.keys, err = readKeys(v); err != nil {
				return nil, err
			}
		}
		if v, given := body.Get("owners@odata.bind"); given {
			b.owners, err = face.ReadReferences(v, mostBound)
		}
		return b, err
	}
}

// apply puts the body's properties into a, but for its keys.
func (b *applicationBody) apply(a *application, use edm.Uses) error {
	if _, err := applicationEntity.Apply(a, b.body, use, "owners@odata.bind"); err != nil {
		return err
	}
	if a.Audience == "" {
		a.Audience = ordinary
	}
	return directory.CheckApplication(a)
}

// Who may change what of a registration. Redirect URIs and keys are as good as acting as the
// application (design, Who may touch whom).
var (
	basicOfApplication = changeApplication("basic")
	applicationDemand  = map[string]*authz.Rule{
		"signInAudience":         face.Arms(face.AsUser(changeApps), changeOwnApps, owned("applications/audience/update")...),
		"isFallbackPublicClient": armsSignIn,
		"defaultRedirectUri":     armsSignIn,
		"appRoles":               changeApplication("appRoles"),
		"api":                    changeApplication("permissions"),
		"notes":                  changeApplication("notes"),
		"web":                    armsSignIn,
		"spa":                    armsSignIn,
		"publicClient":           armsSignIn,
		"identifierUris":         armsSignIn, // whoever is called so is given the tokens that people mean for it
		"requiredResourceAccess": changeApplication("permissions"),
		"tags":                   changeApplication("tag"),
		"keyCredentials":         face.Arms(face.AsUser(changeApps), changeOwnApps, owned("applications/credentials/update")...),
	}
	armsSignIn = face.Arms(face.AsUser(changeApps), changeOwnApps, owned("applications/authentication/update")...)
)

// changeApplication is the rule of changing one sort of properties.
func changeApplication(sort string) *authz.Rule {
	return face.Writes(face.AsUser(changeApps), changeOwnApps, owned("applications/"+sort+"/update")...)
}

// applicationDemands are the rules that a change must meet, each once.
func applicationDemands(c *op.Call) []*authz.Rule {
	b, ok := c.In.(*applicationBody)
	if !ok {
		return nil
	}
	var rules []*authz.Rule
	for _, name := range b.given {
		rule := applicationDemand[name]
		if rule == nil {
			rule = basicOfApplication
		}
		rules = face.AppendNew(rules, rule)
	}
	return rules
}

func createApplication(c *op.Call) (op.Answer, error) {
	b := op.Body[*applicationBody](c)
	a := application{Object: directory.Object{ID: c.Env.NewID(), Kind: directory.KindApplication, Created: c.Now, Deleted: when.Never}, AppID: c.Env.NewID()}
	if err := b.apply(&a, edm.OnCreate); err != nil {
		return op.Answer{}, err
	}
	if err := hostsOurs(c, a.IdentifierURIs); err != nil {
		return op.Answer{}, err
	}
	if err := face.RoomToOwn(c, createsAny); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.InsertApplication(a); err != nil {
		return op.Answer{}, err
	}
	if _, err := changeKeys(c, &a, b.keys); err != nil {
		return op.Answer{}, err
	}
	if err := b.own(c, &a); err != nil {
		return op.Answer{}, err
	}
	c.Target(changedApplication(&a, b.given, nil))
	a.Keys = shownKeys(c, a.Keys)
	return applications.Made(c, &a)
}

// own gives a new registration its owners: those that are named, and whoever made it without
// being an administrator of all registrations. What an administrator may do ends with the
// role, so the role leaves no ownership behind.
func (b *applicationBody) own(c *op.Call, a *application) error {
	for _, r := range b.owners {
		ref, err := r.Resolve(c)
		if err != nil {
			return err
		}
		if err := addOwner(c, a.ID, ref); err != nil {
			return err
		}
	}
	if c.Snap.Require(c.Caller, createsAny, c.Object, c.Now) == nil {
		return nil
	}
	if _, there, err := c.Tx.Membership(a.ID, directory.Owner, c.Caller.Principal.ID); err != nil || there {
		return err
	}
	return addOwner(c, a.ID, c.Caller.Principal)
}

// createsAny is met by who administers all registrations.
var createsAny = face.Writes(face.AsUser(makeApps), changeApps, face.InDirectory("applications/create"))

func updateApplication(c *op.Call) (op.Answer, error) {
	b := op.Body[*applicationBody](c)
	a, ok, err := loadApplication(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	before := a
	if err := b.apply(&a, edm.OnUpdate); err != nil {
		return op.Answer{}, err
	}
	if err := hostsOurs(c, added(before.IdentifierURIs, a.IdentifierURIs)); err != nil {
		return op.Answer{}, err
	}
	if err := c.W.UpdateApplication(a); err != nil {
		return op.Answer{}, err
	}
	if err := b.changeKeys(c, &a); err != nil {
		return op.Answer{}, err
	}
	if err := dropPublished(c, &before, &a); err != nil {
		return op.Answer{}, err
	}
	if err := follow(c, &before, &a); err != nil {
		return op.Answer{}, err
	}
	c.Target(changedApplication(&a, b.given, &before))
	return op.Answer{Status: c.Op.Success}, nil
}

// changeKeys is changeKeys for a body that gives them. Tokens that a key which goes was
// exchanged for are void with it.
func (b *applicationBody) changeKeys(c *op.Call, a *application) error {
	if _, given := b.body.Get("keyCredentials"); !given {
		return nil
	}
	return face.GuardLastAdministrator(c, func() error {
		gone, err := changeKeys(c, a, b.keys)
		if err != nil || !gone {
			return err
		}
		return voidTokens(c, a)
	})
}

// dropPublished takes what an API no longer publishes from who has it: an app role from who is
// assigned to it, a scope from what was consented to. One that is published again under the
// same id or name is not theirs by that.
func dropPublished(c *op.Call, before, after *application) error {
	api, served := c.Snap.Client(after.AppID)
	if !served {
		return nil
	}
	for _, r := range before.Manifest.AppRoles() {
		if _, stays := after.Manifest.AppRole(r.ID); stays {
			continue
		}
		if err := c.W.DropAppRole(api, r.ID.String()); err != nil {
			return err
		}
	}
	// Consents are by name, so a name that is given to another scope is consented to anew.
	if gone := after.Manifest.Unpublished(before.Manifest); len(gone) > 0 {
		return c.W.DropScopes(api, gone)
	}
	return nil
}

// follow gives the service principal what it has of its registration: the name, the names as
// a resource, and the tags that were added or taken away there (R:application).
func follow(c *op.Call, before, a *application) error {
	if a.DisplayName == before.DisplayName && slices.Equal(a.IdentifierURIs, before.IdentifierURIs) && slices.Equal(a.Tags, before.Tags) {
		return nil
	}
	p, ok, err := c.Tx.ServicePrincipalByAppID(a.AppID)
	if err != nil || !ok {
		return err
	}
	gone := added(a.Tags, before.Tags)
	if p.Names = a.IdentifierURIs; a.DisplayName != before.DisplayName {
		p.DisplayName = a.DisplayName
	}
	p.Tags = slices.DeleteFunc(p.Tags, func(tag string) bool { return slices.Contains(gone, tag) })
	p.Tags = append(p.Tags, added(p.Tags, a.Tags)...)
	return c.W.UpdateServicePrincipal(p)
}

// added are the texts of after that before lacks.
func added(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(s string) bool { return slices.Contains(before, s) })
}

// hostsOurs is a fault unless every https address among uris is of a domain of the tenant, so
// that nobody is called by the name of somebody else's service.
func hostsOurs(c *op.Call, uris []string) error {
	if !slices.ContainsFunc(uris, overHTTPS) {
		return nil
	}
	org, err := c.Tx.Organization()
	if err != nil {
		return err
	}
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || overHTTPS(uri) && !slices.ContainsFunc(org.Domains, func(d string) bool { return within(u.Hostname(), d) }) {
			return fault.BadRequest("identifierUris", "Values of identifierUris property must use a verified domain of the organization or its subdomain: '%s'", uri)
		}
	}
	return nil
}

func overHTTPS(uri string) bool { return strings.HasPrefix(strings.ToLower(uri), "https:") }

// within reports whether host is domain or below it.
func within(host, domain string) bool {
	host, domain = strings.ToLower(host), strings.ToLower(domain)
	return host == domain || strings.HasSuffix(host, "."+domain)
}

// deleteApplication takes the service principal along (A:application-delete).
func deleteApplication(c *op.Call) (op.Answer, error) {
	a, ok, err := loadApplication(c)
	if err != nil || !ok {
		return op.Answer{}, face.Gone(c, err)
	}
	p, served, err := c.Tx.ServicePrincipalByAppID(a.AppID)
	if err != nil {
		return op.Answer{}, err
	}
	err = face.GuardLastAdministrator(c, func() error {
		if served {
			if err := c.W.DeleteServicePrincipal(p.ID, c.Now); err != nil {
				return err
			}
		}
		return c.W.DeleteApplication(a.ID, c.Now)
	})
	if err != nil {
		return op.Answer{}, err
	}
	c.Target(applicationTarget(&a))
	if served {
		c.Target(clientTarget(&p))
	}
	return op.Answer{Status: c.Op.Success}, nil
}

// changedApplication is a as an audit target, with what changed. Certificates are named, not
// shown.
func changedApplication(a *application, given []string, before *application) audit.Target {
	after, was := *a, before
	after.Keys = nil
	if before != nil {
		old := *before
		old.Keys, was = nil, &old
	}
	t := applicationTarget(a, face.Modified(applicationEntity, given, was, &after)...)
	for i := range t.Modified {
		if t.Modified[i].Name == "keyCredentials" {
			t.Modified = append(t.Modified[:i], t.Modified[i+1:]...)
			break
		}
	}
	var keys []directory.Key
	if before != nil {
		keys = before.Keys
	}
	if old, now := describedKeys(keys), describedKeys(a.Keys); old != now {
		t.Modified = append(t.Modified, audit.Property{Name: "keyCredentials", Old: old, New: now})
	}
	return t
}
