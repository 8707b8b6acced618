package oauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ephor/internal/audit"
	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/roledata"
	"ephor/internal/store"
	"ephor/internal/when"
)

// A Consent is what a person would have to allow a client before a flow can be finished.
type Consent struct {
	// At is what the API is called whose permissions they are, "" for Microsoft Graph.
	At string
	// Missing are the permissions that the client asks for and does not have, by name. A
	// page shows them; OpenID's own are among them where nothing was ever allowed.
	Missing []string
	// Permissions are the application permissions that an administrator is asked for beside
	// them, by name.
	Permissions []string
	// Alone reports that the person may allow them for themselves, All that they may for
	// everybody in the tenant. Neither: an administrator has to.
	Alone, All bool
}

// Settled reports whether there is nothing to ask.
func (c Consent) Settled() bool { return len(c.Missing) == 0 && len(c.Permissions) == 0 }

// ErrConsent is the answer to a consent that the person may not give.
var ErrConsent = errors.New("the person may not consent to this")

// MissingConsent is what user would have to allow the flow's client. A flow without a client
// lacks nothing.
func (s *Server) MissingConsent(ctx context.Context, t *store.Tenant, f Flow, user guid.ID) (c Consent, err error) {
	err = t.Read(ctx, func(tx *store.ReadTx) error {
		c, err = missingConsent(tx, f, user)
		return err
	})
	return c, err
}

func missingConsent(tx *store.ReadTx, f Flow, user guid.ID) (Consent, error) {
	if f.Client.IsZero() {
		return Consent{}, nil
	}
	if f.Kind == AdminFlow {
		return adminConsent(tx, f, user)
	}
	c := f.asking(user)
	missing, err := c.missing(tx, f.Prompt == promptConsent && !f.Consented)
	if err != nil || len(missing) == 0 {
		return Consent{}, err
	}
	alone := authz.UserConsentable().Names()
	if !f.Asked.API.IsZero() {
		alone = standing
	}
	at, offered, err := c.offers(tx, missing)
	return Consent{
		At: at, Missing: missing, Alone: within(missing, alone),
		All: offered && mayConsentForAll(tx.Snap(), user, f.Principal, missing, tx.Now()),
	}, err
}

// An asking is a client that asks for something on behalf of a user.
type asking struct {
	client, principal guid.ID // application id, service principal
	user              guid.ID
	asked             Asked
}

func (f *Flow) asking(user guid.ID) asking { return asking{f.Client, f.Principal, user, f.Asked} }

// given is all that the client may do for the user at the resource that it asks for, sorted.
func (c asking) given(tx *store.ReadTx) ([]string, error) {
	if c.asked.API.IsZero() {
		return tx.Snap().Permissions(c.principal, c.user, authz.AllScopes(), false).Names(), nil
	}
	api, a, err := c.api(tx)
	if err != nil || api.IsZero() {
		return nil, err
	}
	published := a.Manifest.Published()
	if c.asked.API == c.client {
		return sorted(published), nil // nobody has to allow a client to call itself
	}
	names := a.Manifest.PreAuthorized(c.client)
	for _, who := range []guid.ID{{}, c.user} {
		k, _, err := tx.ConsentOf(c.principal, api, who)
		if err != nil {
			return nil, err
		}
		for _, name := range k.Scopes {
			// What the API no longer publishes is nobody's to use.
			if slices.Contains(published, name) || slices.Contains(standing, name) {
				names = append(names, name)
			}
		}
	}
	return sorted(names), nil
}

// api is the service principal of the API that is asked for, and its registration: nothing
// where the tenant has no such API, or has disabled it.
func (c asking) api(tx *store.ReadTx) (principal guid.ID, a directory.Application, err error) {
	a, found, err := tx.ApplicationByAppID(c.asked.API)
	if err != nil || !found {
		return guid.ID{}, directory.Application{}, err
	}
	principal, able := ableAPI(tx.Snap(), c.asked.API)
	if !able {
		return guid.ID{}, directory.Application{}, nil
	}
	return principal, a, nil
}

// ableAPI is the service principal of an API, unless it is gone or disabled.
func ableAPI(snap *authz.Snapshot, app guid.ID) (principal guid.ID, able bool) {
	principal, served := snap.Client(app)
	facts, _ := snap.Object(principal)
	return principal, served && stands(snap, principal, directory.KindServicePrincipal, int64(facts.Generation))
}

// offers reports whether all of names can be allowed at the resource that is asked for, and
// what that is called, "" for Microsoft Graph.
func (c asking) offers(tx *store.ReadTx, names []string) (at string, all bool, err error) {
	if c.asked.API.IsZero() {
		return "", true, nil
	}
	_, a, err := c.api(tx)
	if a.DisplayName == "" {
		a.DisplayName = c.asked.API.String()
	}
	return a.DisplayName, within(names, append(a.Manifest.Published(), standing...)), err
}

// sorted are names in order, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// granted is what of it a token carries.
func (c asking) granted(tx *store.ReadTx) ([]string, error) {
	given, err := c.given(tx)
	if err != nil || c.asked.Default {
		return given, err
	}
	wanted := slices.Concat(c.asked.Names, c.asked.Standing)
	return slices.DeleteFunc(given, func(name string) bool { return !slices.Contains(wanted, name) }), nil
}

// missing is what the client is not yet allowed of what it asks for; all of it, if the
// person is to be asked again, but for what the API's owner has said that nobody need be asked
// for. Who has allowed a client anything has also allowed it to know who they are; and so has
// the owner of an API who lets a client have tokens that say it.
func (c asking) missing(tx *store.ReadTx, again bool) ([]string, error) {
	given, err := c.given(tx)
	if err != nil {
		return nil, err
	}
	needed := slices.Clone(c.asked.Names)
	own := !c.asked.API.IsZero() && c.asked.API == c.client
	if c.asked.Default && (len(given) == 0 || again) && !own {
		if needed, err = c.static(tx); err != nil {
			return nil, err
		}
	}
	if (len(given) == 0 || again) && !own {
		needed = append(needed, c.asked.Standing...)
	}
	if again && !own {
		if given, err = c.free(tx); err != nil {
			return nil, err
		}
	}
	return sorted(slices.DeleteFunc(needed, func(name string) bool { return slices.Contains(given, name) })), nil
}

// free are the scopes that nobody is asked for (preAuthorizedApplications).
func (c asking) free(tx *store.ReadTx) ([]string, error) {
	if c.asked.API.IsZero() {
		return nil, nil
	}
	_, a, err := c.api(tx)
	return a.Manifest.PreAuthorized(c.client), err
}

// static is what .default stands for where a client has still to be allowed anything: what
// its registration says that it needs of the API, or else the least that is of any use.
func (c asking) static(tx *store.ReadTx) ([]string, error) {
	a, _, err := tx.ApplicationByAppID(c.client)
	if err != nil {
		return nil, err
	}
	if c.asked.API.IsZero() {
		if scopes, _ := needed(&a); len(scopes) > 0 {
			return scopes, nil
		}
		return []string{"User.Read"}, nil
	}
	_, api, err := c.api(tx)
	if err != nil {
		return nil, err
	}
	if scopes := api.Manifest.Scopes(neededAt(&a, c.asked.API)); len(scopes) > 0 {
		return scopes, nil
	}
	return []string{"user_impersonation"}, nil
}

// neededAt are the ids of the scopes of an API that a registration says it needs.
func neededAt(a *directory.Application, api guid.ID) (ids []guid.ID) {
	for _, n := range a.Needs {
		if n.Resource != api {
			continue
		}
		for _, access := range n.Access {
			if !access.Role {
				ids = append(ids, access.ID)
			}
		}
	}
	return ids
}

// needed are the permissions of Microsoft Graph that a registration says it needs, by name:
// delegated ones, and the application's own. Ids that mean nothing here are passed over.
func needed(a *directory.Application) (scopes, permissions []string) {
	for _, n := range a.Needs {
		if n.Resource != GraphAppID {
			continue
		}
		for _, access := range n.Access {
			if p, known := authz.RoleWithID(access.ID); known && access.Role {
				permissions = append(permissions, p.Name)
			} else if p, known := authz.ScopeWithID(access.ID); known && !access.Role {
				scopes = append(scopes, p.Name)
			}
		}
	}
	return sorted(scopes), sorted(permissions)
}

func within(names, allowed []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(allowed, name) })
}

// consentAction is what a role must hold to allow a client something for everybody.
const consentAction = "microsoft.directory/oAuth2PermissionGrants/create"

// mayConsentForAll reports whether user may allow the client missing for everybody: as with
// POST /oauth2PermissionGrants, a role that may consent, and for what leads to roles one
// that could grant them.
func mayConsentForAll(snap *authz.Snapshot, user, client guid.ID, names []string, now when.Instant) bool {
	missing, _ := authz.ParseScopes(names)
	to := directory.Ref{ID: client, Kind: directory.KindServicePrincipal}
	action, known := roledata.ActionOf(consentAction)
	if !known || !snap.Can(user, action, to, now).Allowed {
		return false
	}
	return authz.LeadToRoles(missing).Empty() || snap.CouldGrantRoles(user, now)
}

// GrantConsent allows the flow's client what it lacks, for user alone or for everybody, and
// notes in the flow that consent was given. What may be allowed is judged again. ErrConsent
// and ErrNoFlow are refusals. The record names who allowed what from where.
func (s *Server) GrantConsent(ctx context.Context, t *store.Tenant, f Flow, user guid.ID, all bool) error {
	return t.WriteAs(ctx, signInShare, func(tx *store.WriteTx) error {
		f, err := readFlow(&tx.ReadTx, f.ID, tx.Machine())
		if err != nil {
			return err
		}
		c, err := missingConsent(&tx.ReadTx, f, user)
		if err != nil {
			return err
		}
		if all && !c.All || !all && !c.Alone {
			return ErrConsent
		}
		if len(c.Missing) > 0 {
			if err := allow(tx, s.env.NewID(), f, user, c.Missing, all); err != nil {
				return err
			}
		}
		for _, name := range c.Permissions {
			if err := s.permit(tx, f, user, name); err != nil {
				return err
			}
		}
		f.Consented = true
		return putFlow(tx, f, when.Never)
	})
}

// allow stores the consent, with what was consented to before, and its record.
func allow(tx *store.WriteTx, id guid.ID, f Flow, user guid.ID, names []string, all bool) error {
	person, found, err := tx.User(user)
	if err != nil || !found {
		return errors.Join(err, ErrNoUser)
	}
	resource := GraphAppID
	if !f.Asked.API.IsZero() {
		resource = f.Asked.API
	}
	api, served := tx.Snap().Client(resource)
	if !served {
		return ErrConsent
	}
	k := directory.Consent{ID: id, Client: f.Principal, Resource: api, Principal: user, Scopes: names}
	if all {
		k.Principal = guid.ID{}
	}
	before, found, err := tx.ConsentOf(k.Client, k.Resource, k.Principal)
	if err != nil {
		return err
	}
	if found {
		k.Scopes = slices.Clone(before.Scopes)
		for _, name := range names {
			k.Scopes = appendNew(k.Scopes, name)
		}
		err = tx.UpdateConsent(before.ID, k.Scopes)
	} else {
		err = tx.InsertConsent(k)
	}
	if err == nil {
		tx.Record(consentRecord(person, f, before.Scopes, k, all))
	}
	return err
}

func consentRecord(person directory.User, f Flow, before []string, k directory.Consent, all bool) audit.Record {
	kind := "Principal"
	if all {
		kind = "AllPrincipals"
	}
	return consentedRecord(person, f, []audit.Property{
		{Name: "DelegatedPermissionGrant.Scope", Old: strings.Join(before, " "), New: strings.Join(k.Scopes, " ")},
		{Name: "DelegatedPermissionGrant.ConsentType", New: kind},
	})
}

// consentedRecord is the record of something that a person has allowed the flow's client.
func consentedRecord(person directory.User, f Flow, changes []audit.Property) audit.Record {
	return audit.Record{
		Activity: "Consent to application", Category: "ApplicationManagement", Service: "Core Directory", Type: "Assign",
		Operation: "consentToApplication", Result: audit.Success, Correlation: f.Correlation,
		Actor:   audit.Actor{User: audit.User{ID: person.ID, UPN: person.UPN, Name: person.DisplayName}},
		Targets: []audit.Target{{ID: f.Principal.String(), Kind: audit.KindServicePrincipal, Name: f.ClientName, Modified: changes}},
	}
}
