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
	// Missing are the permissions that the client asks for and does not have, by name. A
	// page shows them; OpenID's own are among them where nothing was ever allowed.
	Missing []string
	// Alone reports that the person may allow them for themselves, All that they may for
	// everybody in the tenant. Neither: an administrator has to.
	Alone, All bool
}

// Settled reports whether there is nothing to ask.
func (c Consent) Settled() bool { return len(c.Missing) == 0 }

// ErrConsent is the answer to a consent that the person may not give.
var ErrConsent = errors.New("the person may not consent to this")

// MissingConsent is what user would have to allow the flow's client. A flow without a client
// lacks nothing.
func (s *Server) MissingConsent(ctx context.Context, t *store.Tenant, f Flow, user guid.ID) (c Consent, err error) {
	snap, now, err := t.Snapshot(ctx)
	if err != nil {
		return c, err
	}
	return missingConsent(snap, f, user, now), nil
}

func missingConsent(snap *authz.Snapshot, f Flow, user guid.ID, now when.Instant) Consent {
	if f.Client.IsZero() {
		return Consent{}
	}
	missing := lacks(snap, f.Principal, user, f.Asked)
	if f.Prompt == promptConsent && !f.Consented {
		missing = f.Asked.wants().And(consentable(f.Asked))
	}
	return Consent{
		Missing: missing.Names(), Alone: missing.Minus(authz.UserConsentable()).Empty(),
		All: mayConsentForAll(snap, user, f.Principal, missing, now),
	}
}

// lacks is what a client is not yet allowed of what it asks for. Who has allowed a client
// anything has also allowed it to know who they are.
func lacks(snap *authz.Snapshot, client, user guid.ID, a Asked) authz.Scopes {
	given := snap.Permissions(client, user, authz.AllScopes(), false)
	basic, _ := authz.ParseScopes(standing)
	if given.Minus(basic).Empty() && (a.Default || given.Empty()) {
		return consentable(a).Minus(given)
	}
	if a.Default {
		return authz.Scopes{}
	}
	return a.wants().Minus(given)
}

// consentable is what a request asks for as a consent holds it; .default of a client that
// nothing was allowed stands for the least that is of any use.
func consentable(a Asked) authz.Scopes {
	wanted := a.wants()
	if a.Default {
		wanted, _ = authz.ParseScopes([]string{"User.Read"})
	}
	basic, _ := authz.ParseScopes(a.Standing)
	return wanted.Or(basic)
}

// consentAction is what a role must hold to allow a client something for everybody.
const consentAction = "microsoft.directory/oAuth2PermissionGrants/create"

// mayConsentForAll reports whether user may allow the client missing for everybody: as with
// POST /oauth2PermissionGrants, a role that may consent, and for what leads to roles one
// that could grant them.
func mayConsentForAll(snap *authz.Snapshot, user, client guid.ID, missing authz.Scopes, now when.Instant) bool {
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
	return t.Write(ctx, func(tx *store.WriteTx) error {
		f, err := readFlow(&tx.ReadTx, f.ID, tx.Machine())
		if err != nil {
			return err
		}
		c := missingConsent(tx.Snap(), f, user, tx.Now())
		if all && !c.All || !all && !c.Alone {
			return ErrConsent
		}
		if err := allow(tx, s.env.NewID(), f, user, c.Missing, all); err != nil {
			return err
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
	api, served := tx.Snap().Client(GraphAppID)
	if !served {
		return errors.New("the tenant has no Microsoft Graph")
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
	return audit.Record{
		Activity: "Consent to application", Category: "ApplicationManagement", Service: "Core Directory", Type: "Assign",
		Operation: "consentToApplication", Result: audit.Success, Correlation: f.Correlation,
		Actor: audit.Actor{User: audit.User{ID: person.ID, UPN: person.UPN, Name: person.DisplayName}},
		Targets: []audit.Target{{ID: k.Client.String(), Kind: audit.KindServicePrincipal, Name: f.ClientName, Modified: []audit.Property{
			{Name: "DelegatedPermissionGrant.Scope", Old: strings.Join(before, " "), New: strings.Join(k.Scopes, " ")},
			{Name: "DelegatedPermissionGrant.ConsentType", New: kind},
		}}},
	}
}
