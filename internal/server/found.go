package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/client"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/roledata"
	"ephor/internal/store"
)

// A Founding is what a production tenant begins with.
type Founding struct {
	Domain string // the verified domain
	Admin  string // the first administrator's user principal name, in that domain
	Name   string // what the tenant is called; the domain unless given
}

// Founded is a new production tenant. The client's secret is told here and nowhere else.
type Founded struct {
	TenantID guid.ID `json:"tenantId"`
	Name     string  `json:"name"`
	Domain   string  `json:"domain"`
	KeyFile  string  `json:"keyFile"`
	Admin    Admin   `json:"admin"`
	Client   Key     `json:"client"`
}

// An Admin is an account that is Global Administrator for good.
type Admin struct {
	ID                guid.ID `json:"id"`
	UserPrincipalName string  `json:"userPrincipalName"`
	// Enabled is false: the role takes effect when the account's holder has set a password and
	// a second factor.
	Enabled bool `json:"accountEnabled"`
	// Enrol is the path, below the public address, by which the holder does so: good for an
	// hour, once, and told here and nowhere else.
	Enrol string `json:"enrolmentPath"`
}

// check refuses a founding that no tenant can have.
func (f *Founding) check() error {
	if !directory.ValidDomain(f.Domain) {
		return fmt.Errorf("--domain %q is not a domain name such as contoso.com", f.Domain)
	}
	if !strings.EqualFold(directory.Domain(f.Admin), f.Domain) {
		return fmt.Errorf("--admin %q must be a name at --domain %s, such as ada@%s", f.Admin, f.Domain, f.Domain)
	}
	if f.Name == "" {
		f.Name = f.Domain
	}
	return nil
}

// Init makes the production tenant of an installation, and the installation if there is
// none. It refuses one that has a tenant.
func (o *Operator) Init(ctx context.Context, f Founding) (out Founded, err error) {
	if err := errors.Join(o.check(), f.check()); err != nil {
		return out, err
	}
	fresh := !o.exists() || o.Database != ""
	made := false
	if fresh {
		if made, err = o.makeKey(); err != nil {
			return out, err
		}
	}
	out, err = o.found(ctx, f)
	if err != nil && made {
		err = errors.Join(err, os.Remove(o.KeyFile)) // it has sealed nothing that is kept
	}
	return out, err
}

// found opens the installation and makes the tenant.
func (o *Operator) found(ctx context.Context, f Founding) (out Founded, err error) {
	st, err := store.Open(ctx, o.config(false))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.List(ctx)
	if err != nil {
		return out, err
	}
	if len(all) > 0 {
		return out, fmt.Errorf("tenant %q (%s) is there already; if its administrators are locked out, use `ephor admin recover`", all[0].Name, all[0].ID)
	}
	out = Founded{TenantID: o.Env.NewID(), Name: f.Name, Domain: strings.ToLower(f.Domain), KeyFile: o.KeyFile}
	spec := store.Spec{ID: out.TenantID, Name: f.Name, Domains: []string{out.Domain}, Kind: store.Production}
	_, err = st.CreateFrom(ctx, spec, store.Seed{Finish: func(tx *store.WriteTx) (err error) {
		out.Admin, out.Client, err = o.furnish(tx, spec, f.Admin)
		return err
	}})
	return out, err
}

// furnish writes a new tenant: its organization, the roles, Microsoft Graph, the first
// administrator and the operator's client.
func (o *Operator) furnish(tx *store.WriteTx, spec store.Spec, admin string) (a Admin, k Key, err error) {
	tx.PutOrganization(directory.Organization{Object: o.object(tx, spec.ID, directory.KindTenant, spec.Name), Domains: spec.Domains})
	tx.PutGuestRole(roledata.GuestUser)
	if _, err := tx.PutBuiltInRoles(); err != nil {
		return a, k, err
	}
	graph := directory.ServicePrincipal{
		Object: o.object(tx, o.Env.NewID(), directory.KindServicePrincipal, "Microsoft Graph"), AppID: oauth.GraphAppID, Enabled: true, Type: "Application",
	}
	if err := tx.InsertServicePrincipal(graph); err != nil {
		return a, k, err
	}
	o.record(tx, "Create tenant", "DirectoryManagement", "Add", []audit.Target{{ID: spec.ID.String(), Kind: audit.KindDirectory, Name: spec.Name}})
	if a, err = o.administrator(tx, admin); err != nil {
		return a, k, err
	}
	if err := o.commandLine(tx, graph.ID); err != nil {
		return a, k, err
	}
	k, err = o.client(tx, "Ephor operator")
	return a, k, err
}

// commandLine registers Ephor's own command line, through which people use what rights they
// have. Consent is for what its commands do, and gives nobody a right.
func (o *Operator) commandLine(tx *store.WriteTx, graph guid.ID) error {
	const name = "Ephor command line"
	app := directory.Application{
		Object: o.object(tx, o.Env.NewID(), directory.KindApplication, name), AppID: client.CommandLine, Audience: "AzureADMyOrg",
		PublicURIs: []string{"http://localhost"}, Public: true,
	}
	if err := tx.InsertApplication(app); err != nil {
		return err
	}
	sp := directory.ServicePrincipal{Object: o.object(tx, o.Env.NewID(), directory.KindServicePrincipal, name), AppID: app.AppID, Enabled: true, Type: "Application"}
	if err := tx.InsertServicePrincipal(sp); err != nil {
		return err
	}
	o.record(tx, "Add service principal", "ApplicationManagement", "Add", []audit.Target{
		{ID: app.ID.String(), Kind: audit.KindApplication, Name: name}, {ID: sp.ID.String(), Kind: audit.KindServicePrincipal, Name: name},
	}, audit.Detail{Key: "permissions", Value: strings.Join(client.Permissions, " ")})
	return tx.InsertConsent(directory.Consent{ID: o.Env.NewID(), Client: sp.ID, Resource: graph, Scopes: client.Permissions})
}
