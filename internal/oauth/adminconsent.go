package oauth

import (
	"errors"
	"net/http"
	"net/url"
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

// adminConsents is where a client sends an administrator, to be allowed for everybody what it
// needs: the scopes that the request names, or with .default, or none, what its registration
// says, application permissions included. The administrator signs in and is asked.
func (s *Server) adminConsents(w http.ResponseWriter, r *http.Request, name string) {
	a, known := s.opened(w, r, name)
	if !known {
		return
	}
	a.flow.Kind = AdminFlow
	var f *failure
	scope := strings.TrimSpace(a.values.Get("scope"))
	if scope == "" {
		a.flow.Asked = Asked{Default: true, Audience: graphURL}
	} else if a.flow.Asked, f = s.readAsked(r.Context(), a.tenant, scope); f != nil {
		s.sendFailure(w, r, a.flow.Reply, f)
		return
	}
	s.toPages(w, r, a.tenant, a.flow, a.flow.Reply)
}

// adminConsent is what the flow's client is to be allowed for everybody. It is asked even
// where there is nothing new: who is sent here is to see what the client may do.
func adminConsent(tx *store.ReadTx, f Flow, user guid.ID) (Consent, error) {
	if f.Consented {
		return Consent{}, nil
	}
	ask := f.asking(user)
	c := Consent{Missing: slices.Clone(f.Asked.Names)}
	if f.Asked.Default {
		a, found, err := tx.ApplicationByAppID(f.Client)
		if err != nil || !found {
			return c, errors.Join(err, ErrNoClient)
		}
		if c.Missing, err = ask.static(tx); err != nil {
			return c, err
		}
		if f.Asked.API.IsZero() {
			_, c.Permissions = needed(&a)
		}
	}
	c.Missing = sorted(append(c.Missing, f.Asked.Standing...))
	at, offered, err := ask.offers(tx, c.Missing)
	if err != nil {
		return c, err
	}
	c.At = at
	c.All = offered && mayConsentForAll(tx.Snap(), user, f.Principal, c.Missing, tx.Now()) && mayPermit(tx.Snap(), user, f.Principal, c.Permissions, tx.Now())
	return c, nil
}

// permitAction is what a role must hold to give a client permissions of Microsoft Graph of its
// own.
const permitAction = "microsoft.directory/servicePrincipals/managePermissionGrantsForAll.microsoft-company-admin"

// mayPermit reports whether user may give the client application permissions: as with
// appRoleAssignments, and for what leads to roles only who could grant those.
func mayPermit(snap *authz.Snapshot, user, client guid.ID, names []string, now when.Instant) bool {
	if len(names) == 0 {
		return true
	}
	wanted, unknown := authz.ParseScopes(names)
	action, known := roledata.ActionOf(permitAction)
	to := directory.Ref{ID: client, Kind: directory.KindServicePrincipal}
	if len(unknown) > 0 || !known || !snap.Can(user, action, to, now).Allowed {
		return false
	}
	return authz.LeadToRoles(wanted).Empty() || snap.CouldGrantRoles(user, now)
}

// permit gives the flow's client, in tx, the application permission of that name, unless it
// has it.
func (s *Server) permit(tx *store.WriteTx, f Flow, user guid.ID, name string) error {
	one, _ := authz.ParseScopes([]string{name})
	if !tx.Snap().Permissions(f.Principal, guid.ID{}, one, true).Empty() {
		return nil
	}
	person, found, err := tx.User(user)
	if err != nil || !found {
		return errors.Join(err, ErrNoUser)
	}
	graph, served := tx.Snap().Client(GraphAppID)
	if !served {
		return ErrConsent
	}
	g := directory.RoleGrant{ID: s.env.NewID(), Principal: f.Principal, Resource: graph, Permission: name, Created: tx.Now()}
	if err := tx.InsertRoleGrant(g); err != nil {
		return err
	}
	tx.Record(consentedRecord(person, f, []audit.Property{{Name: "AppRole.Value", New: name}}))
	return nil
}

// consented is what the client is told when it was allowed what it needs.
func consented(f Flow) url.Values {
	v := url.Values{"admin_consent": {"True"}, "tenant": {f.Tenant.String()}}
	if len(f.Asked.Spelt) > 0 {
		v.Set("scope", strings.Join(f.Asked.Spelt, " "))
	}
	return v
}
