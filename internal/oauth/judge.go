package oauth

import (
	"fmt"

	"ephor/internal/authz"
	"ephor/internal/directory"
	"ephor/internal/guid"
)

// judge checks all of v that can be taken away, on a snapshot that is fit for a decision
// now: the tenant's incarnation, the client, the user, and that neither has been revoked
// since the token was made. It answers with the client's service principal and with what
// the token may be used for: what it was given for, as far as the consent to it stands.
func judge(v *verified, snap *authz.Snapshot) (client guid.ID, scopes authz.Scopes, err error) {
	if err := v.stands(snap); err != nil {
		return client, scopes, err
	}
	client, _ = snap.Client(v.AppID)
	app := v.Type == AppToken
	if app && v.Object != client {
		return client, scopes, fmt.Errorf("%w: the client has another service principal", errVoid)
	}
	return client, snap.Permissions(client, v.Object, v.asked, app), nil
}

// stands reports whether the object is there, of that kind, enabled, and not revoked since
// generation.
func stands(snap *authz.Snapshot, id guid.ID, kind directory.Kind, generation int64) bool {
	f, found := snap.Object(id)
	return found && f.Kind == kind && f.Live() && !f.Flags.Has(authz.Disabled) && int64(f.Generation) == generation
}
