package authz

import (
	"slices"

	"ephor/internal/directory"
	"ephor/internal/guid"
)

// graph is the appId of the API that this server is: only permissions on it count here.
var graph = guid.Must("00000003-0000-0000-c000-000000000000")

// PutClient says which service principal acts for the application with this appId.
func (e *Edit) PutClient(appID, principal guid.ID) { e.snap.clients.set(appID, principal, e.maker) }

// DropClient says that no service principal acts for the application any more.
func (e *Edit) DropClient(appID guid.ID) { e.snap.clients.drop(appID, e.maker) }

// PutApplication says which appId an application object has: whoever may change the
// object can act as the appId's service principal.
func (e *Edit) PutApplication(id, appID guid.ID) { e.snap.apps.set(id, appID, e.maker) }

// PutEnded says that a session was ended, DropEnded that nothing of it can be about any more.
func (e *Edit) PutEnded(session guid.ID) { e.snap.ended.set(session, true, e.maker) }

// DropEnded forgets a session that was ended.
func (e *Edit) DropEnded(session guid.ID) { e.snap.ended.drop(session, e.maker) }

// PutConsent adds a consent, or replaces the one with its id. Scopes whose names mean
// nothing here are left out.
func (e *Edit) PutConsent(c directory.Consent) {
	e.DropConsent(c.ID)
	scopes, _ := ParseScopes(c.Scopes)
	key := pair(c.Client, c.Principal)
	given, _ := e.snap.consents.get(key)
	given = append(slices.Clone(given), consent{c.ID, c.Client, c.Resource, c.Principal, scopes})
	e.snap.consents.set(key, given, e.maker)
	e.snap.consentKeys.set(c.ID, key, e.maker)
}

// DropConsent takes a consent back, if it is there.
func (e *Edit) DropConsent(id guid.ID) {
	key, found := e.snap.consentKeys.get(id)
	if !found {
		return
	}
	given, _ := e.snap.consents.get(key)
	given = slices.DeleteFunc(slices.Clone(given), func(c consent) bool { return c.id == id })
	e.snap.consentKeys.drop(id, e.maker)
	if len(given) > 0 {
		e.snap.consents.set(key, given, e.maker)
	} else {
		e.snap.consents.drop(key, e.maker)
	}
}

// pair is the key of what principal has consented to for client, so that a client with a
// million users is not a list of a million. Other pairs may have the same key.
func pair(client, principal guid.ID) guid.ID {
	for i := range client {
		client[i] ^= principal[len(principal)-1-i]
	}
	return client
}

// consented is what principal, or everyone if it is zero, lets client do on api.
func (s *Snapshot) consented(client, principal, api guid.ID) (given Scopes) {
	all, _ := s.consents.get(pair(client, principal))
	for i := range all {
		if c := &all[i]; c.client == client && c.principal == principal && c.resource == api {
			given = given.Or(c.scopes)
		}
	}
	return given
}

// PutRoleGrant gives a service principal an application permission.
func (e *Edit) PutRoleGrant(g directory.RoleGrant) {
	e.DropRoleGrant(g)
	if g.Permission == "" { // which gives nothing
		return
	}
	scopes, _ := ParseScopes([]string{g.Permission})
	l := e.links(g.Principal).extend()
	l.rights = append(l.rights, right{g.ID, g.Resource, scopes})
}

// DropRoleGrant takes an application permission back, if it is there.
func (e *Edit) DropRoleGrant(g directory.RoleGrant) {
	if l := e.tied(g.Principal); l != nil {
		l.extend().rights = slices.DeleteFunc(l.extend().rights, func(r right) bool { return r.id == g.ID })
	}
}

// Permissions is what of the asked permissions a client has now. In an app-only call they
// are the application permissions of its service principal; in a delegated one, the
// scopes consented to for everyone or for this user. A client or user that is not there,
// deleted or disabled has none.
func (s *Snapshot) Permissions(client, user guid.ID, asked Scopes, appOnly bool) Scopes {
	c := s.object(client)
	if c.Kind != directory.KindServicePrincipal || !c.able() {
		return Scopes{}
	}
	api, found := s.clients.get(graph)
	if !found {
		return Scopes{}
	}
	if appOnly {
		return asked.And(s.links(c).application(api))
	}
	u := s.object(user)
	if u.Kind != directory.KindUser || !u.able() {
		return Scopes{}
	}
	return asked.And(s.consented(client, guid.ID{}, api).Or(s.consented(client, user, api)))
}

// application is the application permissions that a service principal has on api.
func (l *links) application(api guid.ID) (given Scopes) {
	for i := range l.rest().rights {
		if r := &l.rest().rights[i]; r.resource == api {
			given = given.Or(r.scopes)
		}
	}
	return given
}
