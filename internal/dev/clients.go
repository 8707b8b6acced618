package dev

import (
	"strconv"
	"strings"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

func (p *plan) addApplications(s *Seed) error {
	for i := range *s.Applications {
		if err := p.addApplication(&(*s.Applications)[i], i); err != nil {
			return within(at("applications", i), err)
		}
	}
	return nil
}

// addApplication adds a client's registration, its service principal, and what is consented
// to for it.
func (p *plan) addApplication(a *Application, i int) error {
	if strings.TrimSpace(a.DisplayName) == "" || len(a.DisplayName) > 256 {
		return fault.BadRequest("displayName", "A displayName of 1 to 256 bytes is needed.")
	}
	key := []string{strconv.Itoa(i), a.DisplayName}
	named := func(kind string, given guid.ID) guid.ID { return or(given, idFor(append([]string{kind}, key...)...)) }
	a.ID, a.AppID, a.ServicePrincipalID = named("application", a.ID), named("appId", a.AppID), named("principal", a.ServicePrincipalID)
	app, err := a.complete()
	if err != nil {
		return err
	}
	if err := p.claim(app.ID, directory.KindApplication, "id"); err != nil {
		return err
	}
	p.apps = append(p.apps, app)
	sp := directory.ServicePrincipal{Object: made(a.ServicePrincipalID, directory.KindServicePrincipal, a.DisplayName), AppID: a.AppID, Enabled: true, Type: "Application"}
	if err := p.addPrincipal(sp, "appId"); err != nil {
		return err
	}
	return p.consent(a)
}

// complete is the registration that a describes.
func (a *Application) complete() (directory.Application, error) {
	out := directory.Application{
		Object: made(a.ID, directory.KindApplication, a.DisplayName), AppID: a.AppID, Audience: or(a.SignInAudience, "AzureADMyOrg"),
		WebRedirects: a.Web.RedirectURIs, SPARedirects: a.SPA.RedirectURIs, PublicURIs: a.PublicClient.RedirectURIs, Public: a.IsFallbackPublicClient,
	}
	if err := directory.CheckApplication(&out); err != nil {
		return out, err
	}
	for i, c := range a.PasswordCredentials {
		if c.SecretText == "" || len(c.SecretText) > signin.MaxSecret {
			return out, fault.BadRequest(at("passwordCredentials", i)+"/secretText", "A seed says a secret's text, of 1 to %d bytes.", signin.MaxSecret)
		}
		out.Secrets = append(out.Secrets, directory.Secret{
			KeyID: or(c.KeyID, idFor("secret", a.AppID.String(), strconv.Itoa(i))), Name: c.DisplayName,
			Hint: signin.SecretHint(c.SecretText), Hash: signin.HashSecret(c.SecretText), Start: Beginning, End: when.Never,
		})
	}
	return out, nil
}

// consent adds what an administrator has consented to for a, on Microsoft Graph.
func (p *plan) consent(a *Application) error {
	for _, list := range []struct {
		name  string
		names []string
	}{{"delegatedPermissions", a.DelegatedPermissions}, {"applicationPermissions", a.ApplicationPermissions}} {
		if _, unknown := authz.ParseScopes(list.names); len(unknown) > 0 {
			return fault.BadRequest(list.name, "These are no permissions of Microsoft Graph that Ephor knows: %s.", strings.Join(unknown, ", "))
		}
	}
	graph := p.principals[0].ID
	if len(a.DelegatedPermissions) > 0 {
		p.consents = append(p.consents, directory.Consent{
			ID: idFor("consent", a.ServicePrincipalID.String()), Client: a.ServicePrincipalID, Resource: graph, Scopes: a.DelegatedPermissions,
		})
	}
	for _, name := range a.ApplicationPermissions {
		p.grants = append(p.grants, directory.RoleGrant{
			ID: idFor("roleGrant", a.ServicePrincipalID.String(), name), Principal: a.ServicePrincipalID, Resource: graph, Permission: name, Created: Beginning,
		})
	}
	return nil
}
