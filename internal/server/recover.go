package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ephor/internal/audit"
	"ephor/internal/directory"
	"ephor/internal/guid"
	"ephor/internal/oauth"
	"ephor/internal/pim"
	"ephor/internal/roledata"
	"ephor/internal/signin"
	"ephor/internal/store"
	"ephor/internal/when"
)

const never = when.Never

// A Key is a confidential client with a secret that is told once.
type Key struct {
	AppID              guid.ID      `json:"appId"`
	ServicePrincipalID guid.ID      `json:"servicePrincipalId"`
	Secret             string       `json:"secret"`
	Until              when.Instant `json:"-"`
	Ends               string       `json:"endDateTime"` // of the secret
	Permissions        []string     `json:"permissions"`
}

// Recovered is the operator's way back into a tenant.
type Recovered struct {
	TenantID guid.ID `json:"tenantId"`
	Admin    *Admin  `json:"admin"` // null when none was named
	Client   Key     `json:"client"`
}

// operatorPermissions are what the operator's client may do: roles, and the directory.
var operatorPermissions = []string{"RoleManagement.ReadWrite.Directory", "User.ReadWrite.All", "Group.ReadWrite.All", "Directory.Read.All"}

// secretLife is how long the operator's client can be used. `ephor admin recover` makes
// another.
const secretLife = 90 * 24 * time.Hour

// Recover makes a fresh client for the operator and, if admin names an account, makes it, or
// takes from it all that it was signed in to with, assigns it Global Administrator for good,
// and answers with the link by which its holder enrols. Clients made before are left
// alone: whoever has got hold of one must not be helped.
func (o *Operator) Recover(ctx context.Context, tenant, admin string) (out Recovered, err error) {
	st, err := o.open(ctx, false)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	t, err := only(ctx, st, tenant)
	if err != nil {
		return out, err
	}
	err = t.Write(ctx, func(tx *store.WriteTx) (err error) {
		out = Recovered{TenantID: t.ID()}
		if admin != "" {
			a, err := o.administrator(tx, admin)
			if err != nil {
				return err
			}
			out.Admin = &a
		}
		out.Client, err = o.client(tx, "Ephor operator "+tx.Now().Time().Format(time.DateOnly))
		return err
	})
	return out, err
}

// administrator sees to it that the account of that name is there and is Global
// Administrator for good. The account is closed, whatever it was, until its holder has set a
// password and a second factor by the link that is answered: so the role takes effect for
// nobody else.
func (o *Operator) administrator(tx *store.WriteTx, upn string) (Admin, error) {
	u, found, err := tx.UserByUPN(upn)
	if err != nil {
		return Admin{}, err
	}
	if !found {
		u, err = o.account(tx, upn)
	} else {
		err = o.shut(tx, &u)
	}
	if err != nil {
		return Admin{}, err
	}
	return Admin{ID: u.ID, UserPrincipalName: u.UPN, Enabled: u.Enabled, Enrol: o.invite(tx, u.ID)}, o.assign(tx, &u)
}

// shut takes from an account all that anybody could sign in to it with.
func (o *Operator) shut(tx *store.WriteTx, u *directory.User) error {
	methods, err := tx.Methods(u.ID)
	if err != nil {
		return err
	}
	for _, m := range methods {
		tx.DropMethod(m)
	}
	passes, err := tx.Passes(u.ID)
	if err != nil {
		return err
	}
	for _, p := range passes {
		tx.DropPass(p.ID)
	}
	u.Enabled, u.Generation, u.SessionsFrom = false, u.Generation+1, tx.Now()
	u.Password = directory.Password{ForceChange: true, Changed: tx.Now()}
	o.record(tx, "Reset account for enrolment", "UserManagement", "Update", []audit.Target{userTarget(u)})
	return tx.UpdateUser(*u)
}

// enrolLife is how long an enrolment link may wait for its holder.
const enrolLife = time.Hour

// invite is the path of a fresh enrolment link of an account, which waits for it. It is
// stored hashed, and used once.
func (o *Operator) invite(tx *store.WriteTx, user guid.ID) string {
	random := make([]byte, signin.SecretSize)
	_, _ = o.Env.Read(random)
	secret, err := signin.SecretText(random)
	if err != nil {
		panic("server: " + err.Error()) // only for another number of bytes
	}
	body, err := json.Marshal(store.Enrolment{User: user})
	if err != nil {
		panic("server: " + err.Error())
	}
	tx.PutWaiting(user, true)
	now := tx.Machine()
	tx.PutTicket(store.Ticket{ID: signin.HashSecret(secret), Kind: store.EnrolTicket, Key: user.String(), Body: body, Created: now, End: now.Add(enrolLife), Spent: never})
	return "/" + tx.Tenant().ID().String() + "/enrol?code=" + secret
}

// account makes an account that cannot be used yet.
func (o *Operator) account(tx *store.WriteTx, upn string) (directory.User, error) {
	name, _, _ := strings.Cut(upn, "@")
	u := directory.User{
		Object: o.object(tx, o.Env.NewID(), directory.KindUser, name), UPN: upn, MailNickname: name, Type: "Member",
		Password: directory.Password{ForceChange: true, Changed: tx.Now()}, SessionsFrom: tx.Now(),
	}
	if err := directory.CheckUser(&u, []string{"userPrincipalName", "displayName", "mailNickname"}); err != nil {
		return u, fmt.Errorf("--admin %q: %w", upn, err)
	}
	org, err := tx.Organization()
	if err != nil {
		return u, err
	}
	if !hasDomain(org.Domains, directory.Domain(upn)) {
		return u, fmt.Errorf("--admin %q: the tenant's domains are %s", upn, strings.Join(org.Domains, ", "))
	}
	if err := tx.InsertUser(u); err != nil {
		return u, err
	}
	o.record(tx, "Add user", "UserManagement", "Add", []audit.Target{userTarget(&u)})
	return u, nil
}

func hasDomain(domains []string, domain string) bool {
	for _, d := range domains {
		if strings.EqualFold(d, domain) {
			return true
		}
	}
	return false
}

func userTarget(u *directory.User) audit.Target {
	return audit.Target{ID: u.ID.String(), Kind: audit.KindUser, Name: u.DisplayName, UPN: u.UPN}
}

// assign makes u Global Administrator without end, through Decide as at every door. Whom
// time would take the role from is given it for good.
func (o *Operator) assign(tx *store.WriteTx, u *directory.User) error {
	held, err := tx.Held(u.ID)
	if err != nil {
		return err
	}
	reason := "By the operator, on the server's machine."
	r := pim.Request{
		ID: o.Env.NextID(), Side: pim.Assignment, Action: pim.AdminAssign, Principal: u.ID, Target: pim.Target{Role: roledata.GlobalAdministrator},
		Justification: &reason, OutsidePIM: true, By: pim.Actor{AppName: "Ephor"},
	}
	for _, s := range held {
		if s.Kind != pim.Assigned || s.Target != r.Target || s.Window.End <= tx.Now() {
			continue
		}
		if s.Window.End == never && s.Window.Covers(tx.Now()) {
			return nil
		}
		r.Action, r.OutsidePIM = pim.AdminUpdate, false
		r.Schedule = &pim.Asked{Start: never, Expiration: pim.Expiration{Type: pim.NoExpiration, End: never}}
	}
	facts, err := tx.PIMFacts(r)
	if err != nil {
		return err
	}
	verdict, err := pim.Decide(r, facts, tx.Now())
	if err != nil {
		return err
	}
	o.record(tx, "Add member to role outside of PIM (permanent)", "RoleManagement", "Assign",
		[]audit.Target{{ID: roledata.GlobalAdministrator.String(), Kind: audit.KindRole, Name: "Global Administrator"}, userTarget(u)},
		audit.Detail{Key: "justification", Value: reason})
	return tx.Apply(verdict)
}

// client makes a confidential client with the operator's permissions.
func (o *Operator) client(tx *store.WriteTx, name string) (Key, error) {
	random := make([]byte, signin.SecretSize)
	_, _ = o.Env.Read(random)
	secret, err := signin.SecretText(random)
	if err != nil {
		return Key{}, err
	}
	k := Key{AppID: o.Env.NewID(), Secret: secret, Until: tx.Now().Add(secretLife), Permissions: operatorPermissions}
	k.Ends = k.Until.String()
	app := directory.Application{
		Object: o.object(tx, o.Env.NewID(), directory.KindApplication, name), AppID: k.AppID, Audience: "AzureADMyOrg",
		Secrets: []directory.Secret{{
			KeyID: o.Env.NewID(), Name: "ephor", Hint: signin.SecretHint(secret), Hash: signin.HashSecret(secret), Start: tx.Now(), End: k.Until,
		}},
	}
	if err := tx.InsertApplication(app); err != nil {
		return k, err
	}
	sp := directory.ServicePrincipal{Object: o.object(tx, o.Env.NewID(), directory.KindServicePrincipal, name), AppID: k.AppID, Enabled: true, Type: "Application"}
	k.ServicePrincipalID = sp.ID
	if err := tx.InsertServicePrincipal(sp); err != nil {
		return k, err
	}
	o.record(tx, "Add service principal", "ApplicationManagement", "Add", []audit.Target{
		{ID: app.ID.String(), Kind: audit.KindApplication, Name: name}, {ID: sp.ID.String(), Kind: audit.KindServicePrincipal, Name: name},
	}, audit.Detail{Key: "permissions", Value: strings.Join(operatorPermissions, " ")})
	return k, o.permit(tx, sp.ID)
}

// permit gives a service principal the operator's permissions on Microsoft Graph.
func (o *Operator) permit(tx *store.WriteTx, principal guid.ID) error {
	graph, found, err := tx.ServicePrincipalByAppID(oauth.GraphAppID)
	if err != nil {
		return err
	}
	if !found {
		return errors.New("the tenant has no service principal of Microsoft Graph: restore it first")
	}
	for _, name := range operatorPermissions {
		g := directory.RoleGrant{ID: o.Env.NewID(), Principal: principal, Resource: graph.ID, Permission: name, Created: tx.Now()}
		if err := tx.InsertRoleGrant(g); err != nil {
			return err
		}
	}
	return nil
}
