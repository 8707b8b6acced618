package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ephor/internal/directory"
	"ephor/internal/when"
)

// A secret serves whoever signs in with it until its end on the tenant's clock, so that is
// how long it counts as a way back in.
func TestSecretIsACredentialUntilItsEndOnTheTenantsClock(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		d := dialAt(noon)
		s := open(t, d.set)
		tenant := create(t, s, "secret")
		ids, end := newIDs(s, 4), when.Of(noon)+when.Day
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(
				tx.InsertApplication(directory.Application{Object: named(ids[0], directory.KindApplication, "Robot"), AppID: ids[1], Secrets: []directory.Secret{{KeyID: ids[2], Start: 1, End: end}}}),
				tx.InsertServicePrincipal(directory.ServicePrincipal{Object: named(ids[3], directory.KindServicePrincipal, "Robot"), AppID: ids[1], Enabled: true}),
			)
		})
		for _, row := range []struct {
			now  when.Instant
			want bool
		}{{end - when.Tick, true}, {end, false}, {end - when.Hour, true}} {
			if err := tenant.SetClock(t.Context(), Clock{Now: row.now, Frozen: true}, record("clock")); err != nil {
				t.Fatal(err)
			}
			read(t, tenant, func(tx *ReadTx) error {
				if got := len(tx.credentialTimes(ids[3])) > 0; got != row.want {
					t.Errorf("at %s: %v", row.now, got)
				}
				return tx.err
			})
		}
	})
}

func TestApplicationsAndTheirRightsGoRound(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		s := open(t)
		tenant := create(t, s, "apps")
		ids := newIDs(s, 8)
		app := directory.Application{
			Object: named(ids[0], directory.KindApplication, "Robot"), AppID: ids[1], Audience: "AzureADMyOrg", Public: true,
			SPARedirects: []string{"https://localhost/spa"},
			Secrets:      []directory.Secret{{KeyID: ids[2], Name: "first", Hint: "abc", Hash: "$argon2id$…", Start: 1, End: when.Never - 1}},
			Keys:         []directory.Key{{KeyID: ids[2], Name: "laptop", Thumbprint: "AAEC", Certificate: []byte{0, 1, 2}, Start: 1, End: when.Never - 1}},
		}
		sp := directory.ServicePrincipal{Object: named(ids[3], directory.KindServicePrincipal, "Robot"), AppID: ids[1], Enabled: true, Type: "Application", Generation: 4}
		consent := directory.Consent{ID: ids[4], Client: ids[3], Resource: ids[5], Scopes: []string{"User.Read", "openid"}}
		grant := directory.RoleGrant{ID: ids[6], Principal: ids[3], Resource: ids[5], Permission: "User.Read.All", Created: 3}
		commit(t, tenant, func(tx *WriteTx) error {
			return errors.Join(tx.InsertApplication(app), tx.InsertServicePrincipal(sp), tx.InsertConsent(consent), tx.InsertRoleGrant(grant))
		})
		sp.Registration = directory.Registration{ID: app.ID, Name: app.DisplayName, Audience: app.Audience, Redirects: app.SPARedirects} // is read with it
		read(t, tenant, func(tx *ReadTx) error {
			gotApp, _, err := tx.ApplicationByAppID(app.AppID)
			gotSP, _, err2 := tx.ServicePrincipalByAppID(app.AppID)
			gotConsent, _, err3 := tx.Consent(consent.ID)
			gotGrant, _, err4 := tx.RoleGrant(grant.ID)
			for _, d := range []string{cmp.Diff(app, gotApp), cmp.Diff(sp, gotSP), cmp.Diff(consent, gotConsent), cmp.Diff(grant, gotGrant)} {
				if d != "" {
					t.Error(d)
				}
			}
			if got, _ := tx.Snap().Client(app.AppID); got != sp.ID {
				t.Errorf("the snapshot's client is %v", got)
			}
			if len(tx.credentialTimes(sp.ID)) == 0 || len(tx.credentialTimes(ids[7])) != 0 {
				t.Error("who has a secret is not told from who has none")
			}
			return errors.Join(err, err2, err3, err4)
		})
		for _, left := range []struct {
			take func(*WriteTx)
			want bool
		}{
			{func(tx *WriteTx) { tx.DeleteSecret(app.ID, ids[2]) }, true}, // a certificate is one too
			{func(tx *WriteTx) { tx.DeleteKey(app.ID, ids[2]) }, false},
		} {
			commit(t, tenant, func(tx *WriteTx) error { left.take(tx); return nil })
			read(t, tenant, func(tx *ReadTx) error {
				if len(tx.credentialTimes(sp.ID)) > 0 != left.want {
					t.Errorf("who has a credential is %v, want %v", !left.want, left.want)
				}
				return tx.err
			})
		}
		second := app
		second.ID = ids[7]
		again, twice := consent, grant
		again.ID, twice.ID = ids[7], ids[7]
		if f := refusal(t, try(tenant, func(tx *WriteTx) error { return tx.InsertApplication(second) })); f.Details[0].Target != "appId" {
			t.Error(f)
		}
		for _, write := range []func(*WriteTx) error{
			func(tx *WriteTx) error { return tx.InsertConsent(again) },
			func(tx *WriteTx) error { return tx.InsertRoleGrant(twice) },
		} {
			if f := refusal(t, try(tenant, write)); f.Status != 409 || f.Code != "Request_MultipleObjectsWithSameKeyValue" {
				t.Error(f)
			}
		}
		commit(t, tenant, func(tx *WriteTx) error { return tx.DeleteServicePrincipal(sp.ID, 9) })
		commit(t, tenant, func(tx *WriteTx) error { return tx.PurgeServicePrincipal(sp.ID) })
		read(t, tenant, func(tx *ReadTx) error {
			_, consented, err := tx.Consent(consent.ID)
			_, granted, err2 := tx.RoleGrant(grant.ID)
			_, client := tx.Snap().Client(app.AppID)
			if consented || granted || client {
				t.Error("a purged service principal left rights behind")
			}
			return errors.Join(err, err2)
		})
	})
}
