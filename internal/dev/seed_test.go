package dev

import (
	"reflect"
	"strings"
	"testing"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/pim"
)

func compiled(t *testing.T, text string) *plan {
	t.Helper()
	p, err := compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSameSeedMakesTheSamePlan(t *testing.T) {
	t.Parallel()
	for _, text := range []string{Contoso, Empty, `{"users":[{"userPrincipalName":"a@b.example","passwordProfile":{"password":"Development-Only-1"}}],
		"groups":[{"displayName":"g"}],"applications":[{"displayName":"app","passwordCredentials":[{"secretText":"s"}]}]}`} {
		if a, b := compiled(t, text), compiled(t, text); !reflect.DeepEqual(a, b) {
			t.Errorf("%.20s: two plans of one seed differ", text)
		}
	}
}

// The constants of the reference pages and of this project's promise: clients' ids and
// secrets are written into scripts, and must never change.
func TestContosoKeepsItsConstants(t *testing.T) {
	t.Parallel()
	e := compiled(t, Contoso).element
	var got []string
	for _, u := range e.Users {
		got = append(got, u.ID.String()+" "+u.UserPrincipalName+" "+strings.Join(u.Roles, ","))
	}
	for _, c := range e.Clients {
		got = append(got, c.AppID.String()+" "+c.Kind)
	}
	want := []string{
		"1ed8ac56-4827-4733-8f80-86adc2e67db5 admin@contoso.com Global Administrator",
		"3fbd929d-8c56-4462-851e-0eb9a7b3a2a5 iris@contoso.com Privileged Role Administrator",
		"071cc716-8147-4397-a5ba-b2105951cc0b sam@contoso.com ",
		"f3d10f5c-47f5-4855-b59d-23f19cfef8b8 robin@contoso.com ",
		"93ff68cd-c8f3-419a-9458-d11bd9c63f13 confidential",
		"25b53456-e532-4cd8-9a42-66cde2c9efb6 public",
		"c0767588-920b-4de5-a301-142248c34943 spa",
		"7be3a1c4-5d0b-4f6e-8f57-93d2a6b1c0e8 public",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("contoso is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if secret := e.Clients[0].Secret; secret == nil || *secret != "contoso-development-secret" {
		t.Errorf("the confidential client's secret is %v", secret)
	}
}

func TestContosoHasTheTutorialsPermissions(t *testing.T) {
	t.Parallel()
	p := compiled(t, Contoso)
	delegated := []string{
		"openid", "profile", "email", "offline_access", "User.Read", // what every sign-in asks for
		// tutorial.md, Prerequisites
		"User.ReadWrite.All", "Group.ReadWrite.All", "Directory.Read.All", "RoleEligibilitySchedule.ReadWrite.Directory",
		"RoleAssignmentSchedule.ReadWrite.Directory", "RoleManagement.ReadWrite.Directory",
	}
	for _, c := range p.consents[:2] {
		if !reflect.DeepEqual(c.Scopes, delegated) || !c.Principal.IsZero() {
			t.Errorf("consent to %v for %s, want the tutorial's six and a sign-in's five for everyone", c.Scopes, c.Principal)
		}
	}
	if len(p.consents) != 3 || len(p.grants) != 7 {
		t.Errorf("%d consents and %d application permissions, want 3 (the third is Ephor's own command line's) and 7", len(p.consents), len(p.grants))
	}
}

func TestGivenIDsAreKept(t *testing.T) {
	t.Parallel()
	const user, group, app, appID, sp, grant = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003",
		"00000000-0000-4000-8000-000000000004", "00000000-0000-4000-8000-000000000005", "00000000-0000-4000-8000-000000000006"
	p := compiled(t, `{"users":[{"id":"`+user+`","userPrincipalName":"a@b.example"}],
		"groups":[{"id":"`+group+`","displayName":"g","owners@odata.bind":["https://any.example/v1.0/users/`+user+`"],"members@odata.bind":["https://any.example/v1.0/directoryObjects/`+sp+`"]}],
		"applications":[{"id":"`+app+`","appId":"`+appID+`","servicePrincipalId":"`+sp+`","displayName":"app"}],
		"eligibilities":[{"id":"`+grant+`","principalId":"`+user+`","roleDefinitionId":"fe930be7-5e62-47db-91af-98c3a49a38b1"}]}`)
	got := []string{p.users[0].ID.String(), p.groups[0].ID.String(), p.apps[0].ID.String(), p.apps[0].AppID.String(), p.principals[1].ID.String(), p.requests[0].ask.ID.String()}
	if want := []string{user, group, app, appID, sp, grant}; !reflect.DeepEqual(got, want) {
		t.Errorf("ids are %v, want %v", got, want)
	}
	if m := p.memberships; len(m) != 2 || m[0].Relation != directory.Owner || m[0].Member.ID.String() != user || m[1].Member.Kind != directory.KindServicePrincipal {
		t.Errorf("memberships are %+v", m)
	}
	if r := p.requests[0].ask; r.Side != pim.Eligibility || r.Action != pim.AdminAssign || r.OutsidePIM {
		t.Errorf("the eligibility is asked for as %+v", r)
	}
}

func TestBrokenSeedsAreRefusedByName(t *testing.T) {
	t.Parallel()
	const user = `{"id":"00000000-0000-4000-8000-000000000001","userPrincipalName":"a@b.example"}`
	for name, row := range map[string]struct{ seed, target string }{
		"another word":            {`contosso`, "seed"},
		"an array":                {`[]`, "seed"},
		"not JSON":                {`{"users":`, ""},
		"text behind":             {`{"users":[]} {}`, ""},
		"unknown list":            {`{"people":[]}`, "people"},
		"unknown member":          {`{"users":[{"upn":"a@b.example"}]}`, "upn"},
		"wrong type":              {`{"users":[{"accountEnabled":"yes"}]}`, "users.accountEnabled"},
		"a broken id":             {`{"users":[{"id":"1"}]}`, ""},
		"no name":                 {`{"users":[{}]}`, "users[0]/userPrincipalName"},
		"a password too weak":     {`{"users":[{"userPrincipalName":"a@b.example","passwordProfile":{"password":"short"}}]}`, "users[0]/passwordProfile.password"},
		"an id twice":             {`{"users":[` + user + `,` + user + `]}`, "users[1]"},
		"group without name":      {`{"groups":[{}]}`, "groups[0]/displayName"},
		"unknown member of group": {`{"groups":[{"displayName":"g","members@odata.bind":["https://x/users/00000000-0000-4000-8000-000000000009"]}]}`, "groups[0]/members@odata.bind[0]"},
		"a member that is no id":  {`{"groups":[{"displayName":"g","members@odata.bind":["ada"]}]}`, "groups[0]/members@odata.bind[0]"},
		"group that owns": {`{"groups":[{"id":"00000000-0000-4000-8000-000000000009","displayName":"g"},
			{"displayName":"h","owners@odata.bind":["https://x/groups/00000000-0000-4000-8000-000000000009"]}]}`, "groups[1]/owners@odata.bind[0]"},
		"group in a role-assignable group": {`{"groups":[{"id":"00000000-0000-4000-8000-000000000009","displayName":"g"},
			{"displayName":"h","isAssignableToRole":true,"members@odata.bind":["https://x/groups/00000000-0000-4000-8000-000000000009"]}]}`, "groups[1]/members@odata.bind[0]"},
		"client without name":         {`{"applications":[{}]}`, "applications[0]/displayName"},
		"secret without text":         {`{"applications":[{"displayName":"a","passwordCredentials":[{}]}]}`, "applications[0]/passwordCredentials[0]/secretText"},
		"relative redirect":           {`{"applications":[{"displayName":"a","web":{"redirectUris":["/back"]}}]}`, "applications[0]/web/redirectUris[0]"},
		"unknown permission":          {`{"applications":[{"displayName":"a","delegatedPermissions":["User.Fly"]}]}`, "applications[0]/delegatedPermissions"},
		"Microsoft Graph's appId":     {`{"applications":[{"displayName":"a","appId":"00000003-0000-0000-c000-000000000000"}]}`, "applications[0]/appId"},
		"grant to nobody":             {`{"roleAssignments":[{"principalId":"00000000-0000-4000-8000-000000000001"}]}`, "roleAssignments[0]/principalId"},
		"grant at no scope":           {`{"users":[` + user + `],"eligibilities":[{"principalId":"00000000-0000-4000-8000-000000000001","directoryScopeId":"all"}]}`, "eligibilities[0]/directoryScopeId"},
		"a duration from nowhere":     {`{"users":[` + user + `],"eligibilities":[{"principalId":"00000000-0000-4000-8000-000000000001","scheduleInfo":{"expiration":{"type":"afterDuration","duration":"PT1H"}}}]}`, "eligibilities[0]/scheduleInfo/startDateTime"},
		"a start that is none":        {`{"users":[` + user + `],"eligibilities":[{"principalId":"00000000-0000-4000-8000-000000000001","scheduleInfo":{"startDateTime":"soon"}}]}`, "eligibilities[0]/scheduleInfo/startDateTime"},
		"an expiration of other type": {`{"users":[` + user + `],"eligibilities":[{"principalId":"00000000-0000-4000-8000-000000000001","scheduleInfo":{"expiration":{"type":"later"}}}]}`, "eligibilities[0]/scheduleInfo/expiration/type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(row.seed)
			f, ok := fault.As(err)
			if !ok || f.Status != 400 || f.Target != row.target {
				t.Errorf("got %v at %q, want a 400 at %q", err, target(f), row.target)
			}
		})
	}
}

func target(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	return f.Target
}

func TestSeedWithoutApplicationsGetsContososClients(t *testing.T) {
	t.Parallel()
	if n := len(compiled(t, `{"users":[]}`).apps); n != 4 {
		t.Errorf("%d clients, want 4", n)
	}
	if n := len(compiled(t, `{"applications":[]}`).apps); n != 0 {
		t.Errorf("%d clients, want none", n)
	}
}

func TestDomainsAreThoseOfTheUsers(t *testing.T) {
	t.Parallel()
	p := compiled(t, `{"users":[{"userPrincipalName":"a@B.example"},{"userPrincipalName":"b@c.example"},{"userPrincipalName":"c@b.example"}]}`)
	if want := []string{"b.example", "c.example"}; !reflect.DeepEqual(p.domains, want) {
		t.Errorf("domains are %v, want %v", p.domains, want)
	}
}

func FuzzSeedsNeverPanic(f *testing.F) {
	f.Add(Contoso)
	f.Add(`{"users":[{"userPrincipalName":"a@b.example"}],"groups":[{"displayName":"g","members@odata.bind":["x"]}]}`)
	f.Add(strings.ReplaceAll(string(contosoJSON), `"passwordProfile": {"password": "Development-Only-1"}`, `"accountEnabled": true`))
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "password\"") > 1 {
			return // each one is hashed, which takes long
		}
		p, err := compile(text)
		if _, known := fault.As(err); err != nil && !known {
			t.Errorf("the error is not a refusal: %v", err)
		}
		if (p == nil) != (err != nil) {
			t.Error("neither a plan nor a refusal, or both")
		}
	})
}
