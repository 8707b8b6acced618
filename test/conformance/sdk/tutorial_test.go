package sdk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	auth "github.com/microsoft/kiota-authentication-azure-go"
	kiota "github.com/microsoft/kiota-http-go"
	graph "github.com/microsoftgraph/msgraph-sdk-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"
	"github.com/microsoftgraph/msgraph-sdk-go/rolemanagement"

	"ephor/conformance/house"
)

func TestMain(m *testing.M) { os.Exit(house.Run(m)) }

// The people and the role of the tutorial.
const (
	admin, adminPassword = "admin@contoso.com", "Development-Only-1"
	aline, firstPassword = "AlineD@Contoso.com", "xWwvJ]6NMw+bWH-d"
	userAdministrator    = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	whyInvalidate        = "Need to invalidate all app refresh tokens for Contoso users."
)

// A world is the tenant on the tutorial's day, and what its steps hand on.
type world struct {
	t  *testing.T
	at *house.Tenant

	admin, aline             *graph.GraphServiceClient
	adminID, alineID, someID string
	group, now, later        string
}

// TestTheTutorial is the tutorial (S:000) from its first step to its last, each body as its
// Go tab has it, on the day on which it was written. Both people sign in as people do: with
// azidentity and a device code.
func TestTheTutorial(t *testing.T) {
	t.Parallel()
	w := &world{t: t, at: house.NewTenant(t)}
	w.clock("2021-09-03T20:45:28.3848182Z")
	w.admin, w.aline = w.client(admin, adminPassword), w.client(aline, firstPassword)
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"step 1: create a test user", w.createUser},
		{"step 2: create a group that can be assigned a role", w.createGroup},
		{"step 3: make the group eligible", w.assign},
		{"step 4: the user has no role", w.noRole},
		{"step 5: the user signs in", w.signIn},
		{"step 5: activate for tomorrow", w.activateLater},
		{"step 5: activate now", w.activateNow},
		{"step 5: confirm", w.confirm},
		{"step 5: use the role, until it ends", w.use},
		{"step 6: revoke the eligibility", w.revoke},
		{"step 6: delete the group and the user", w.delete},
	} {
		if !t.Run(step.name, func(t *testing.T) { w.t = t; step.do() }) {
			return
		}
	}
}

// clock stops the tenant's clock at that time.
func (w *world) clock(now string) {
	w.t.Helper()
	house.Call(w.t, http.MethodPut, "/_ephor/dev/tenants/"+w.at.TenantID+"/clock", "", map[string]any{"now": now, "frozen": true}, http.StatusOK, nil)
}

// client is the SDK as that person uses it, who signs in at its first call. Its middlewares
// are those that it has by itself, over a transport that trusts the server.
func (w *world) client(upn, password string) *graph.GraphServiceClient {
	w.t.Helper()
	app, _ := w.at.ClientOf("public")
	browser := house.NewBrowser(w.t)
	cred, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: house.BaseURL}, Transport: house.Client},
		TenantID:      w.at.TenantID, ClientID: app, DisableInstanceDiscovery: true,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			browser.TypeCode(m.VerificationURL, m.UserCode, upn, password)
			return nil
		},
	})
	w.good(err)
	base, err := url.Parse(house.BaseURL)
	w.good(err)
	provider, err := auth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(cred, []string{house.GraphScope}, []string{base.Hostname()})
	w.good(err)
	options := graph.GetDefaultClientOptions()
	transport := kiota.NewCustomTransportWithParentTransport(house.Client.Transport.(*http.Transport), core.GetDefaultMiddlewaresWithOptions(&options)...)
	adapter, err := graph.NewGraphRequestAdapterWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(provider, nil, nil, &http.Client{Transport: transport})
	w.good(err)
	adapter.SetBaseUrl(house.BaseURL + "/v1.0")
	return graph.NewGraphServiceClient(adapter)
}

// good wants no error, and tells what Graph says of one.
func (w *world) good(err error) {
	w.t.Helper()
	var fault *odataerrors.ODataError
	if errors.As(err, &fault) && fault.GetErrorEscaped() != nil {
		w.t.Fatalf("%d %s: %s", fault.ResponseStatusCode, value(fault.GetErrorEscaped().GetCode()), value(fault.GetErrorEscaped().GetMessage()))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused wants Graph's error of that status and code.
func (w *world) refused(err error, status int, code string) {
	w.t.Helper()
	var fault *odataerrors.ODataError
	if !errors.As(err, &fault) || fault.GetErrorEscaped() == nil {
		w.t.Fatalf("%v, want %d %s", err, status, code)
	}
	if got := value(fault.GetErrorEscaped().GetCode()); fault.ResponseStatusCode != status || got != code {
		w.t.Errorf("%d %s, want %d %s", fault.ResponseStatusCode, got, status, code)
	}
}

// same wants what was answered to be what is said.
func same[T comparable](w *world, what string, got *T, want T) {
	w.t.Helper()
	if got == nil || *got != want {
		w.t.Errorf("%s = %v, want %v", what, value(got), want)
	}
}

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (w *world) createUser() {
	me, err := w.admin.Me().Get(w.t.Context(), nil)
	w.good(err)
	w.adminID = value(me.GetId())
	for _, u := range w.at.Users {
		if u.UserPrincipalName == "sam@contoso.com" {
			w.someID = u.ID
		}
	}

	profile := models.NewPasswordProfile()
	profile.SetForceChangePasswordNextSignIn(new(true))
	profile.SetPassword(new(firstPassword))
	body := models.NewUser()
	body.SetAccountEnabled(new(true))
	body.SetDisplayName(new("Aline Dupuy"))
	body.SetMailNickname(new("AlineD"))
	body.SetUserPrincipalName(new(aline))
	body.SetPasswordProfile(profile)
	user, err := w.admin.Users().Post(w.t.Context(), body, nil)
	w.good(err)
	same(w, "displayName", user.GetDisplayName(), "Aline Dupuy")
	same(w, "userPrincipalName", user.GetUserPrincipalName(), aline)
	w.alineID = value(user.GetId())
	house.Call(w.t, http.MethodPatch, "/v1.0/users/"+w.alineID+"/authentication/requirements", w.at.Token(w.t, admin),
		map[string]any{"perUserMfaState": "enabled"}, http.StatusNoContent, nil)
}

func (w *world) createGroup() {
	const users = "https://graph.microsoft.com/v1.0/users/"
	body := models.NewGroup()
	body.SetDescription(new("IT Helpdesk to support Contoso employees"))
	body.SetDisplayName(new("IT Helpdesk (User)"))
	body.SetMailEnabled(new(false))
	body.SetMailNickname(new("userHelpdesk"))
	body.SetSecurityEnabled(new(true))
	body.SetIsAssignableToRole(new(true))
	body.SetAdditionalData(map[string]any{
		"owners@odata.bind":  []string{users + w.adminID},
		"members@odata.bind": []string{users + w.adminID, users + w.alineID},
	})
	group, err := w.admin.Groups().Post(w.t.Context(), body, nil)
	w.good(err)
	same(w, "isAssignableToRole", group.GetIsAssignableToRole(), true)
	same(w, "mailEnabled", group.GetMailEnabled(), false)
	same(w, "visibility", group.GetVisibility(), "Private")
	w.group = value(group.GetId())

	owners, err := w.admin.Groups().ByGroupId(w.group).Owners().Get(w.t.Context(), nil)
	w.good(err)
	if all := owners.GetValue(); len(all) != 1 || value(all[0].GetId()) != w.adminID {
		w.t.Errorf("%d owners", len(all))
	}
	members, err := w.admin.Groups().ByGroupId(w.group).Members().Get(w.t.Context(), nil)
	w.good(err)
	var names []string
	for _, m := range members.GetValue() {
		user, ok := m.(models.Userable) // by its @odata.type
		if !ok {
			w.t.Fatalf("a member is a %T", m)
		}
		names = append(names, value(user.GetUserPrincipalName()))
	}
	slices.Sort(names)
	if want := []string{aline, admin}; !slices.Equal(names, want) {
		w.t.Errorf("members = %v, want %v", names, want)
	}
}

func (w *world) assign() {
	expiration := models.NewExpirationPattern()
	expiration.SetTypeEscaped(new(models.AFTERDATETIME_EXPIRATIONPATTERNTYPE))
	expiration.SetEndDateTime(new(at("2022-06-30T00:00:00Z")))
	schedule := models.NewRequestSchedule()
	schedule.SetStartDateTime(new(at("2021-07-01T00:00:00Z")))
	schedule.SetExpiration(expiration)
	body := models.NewUnifiedRoleEligibilityScheduleRequest()
	body.SetAction(new(models.ADMINASSIGN_UNIFIEDROLESCHEDULEREQUESTACTIONS))
	body.SetJustification(new("Assign User Admin eligibility to IT Helpdesk (User) group"))
	body.SetRoleDefinitionId(new(userAdministrator))
	body.SetDirectoryScopeId(new("/"))
	body.SetPrincipalId(new(w.group))
	body.SetScheduleInfo(schedule)
	asked, err := w.admin.RoleManagement().Directory().RoleEligibilityScheduleRequests().Post(w.t.Context(), body, nil)
	w.good(err)
	same(w, "status", asked.GetStatus(), "Provisioned")
	same(w, "action", asked.GetAction(), models.ADMINASSIGN_UNIFIEDROLESCHEDULEREQUESTACTIONS)
	same(w, "principalId", asked.GetPrincipalId(), w.group)
	same(w, "targetScheduleId", asked.GetTargetScheduleId(), value(asked.GetId()))
	same(w, "createdBy", asked.GetCreatedBy().GetUser().GetId(), w.adminID)
	w.time("createdDateTime", asked.GetCreatedDateTime(), "2021-09-03T20:45:28.3848182Z")
	until := asked.GetScheduleInfo().GetExpiration()
	same(w, "expiration/type", until.GetTypeEscaped(), models.AFTERDATETIME_EXPIRATIONPATTERNTYPE)
	w.time("expiration/endDateTime", until.GetEndDateTime(), "2022-06-30T00:00:00Z")
}

// at is a time that the tutorial writes.
func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

// time wants that time to the tick.
func (w *world) time(what string, got *time.Time, want string) {
	w.t.Helper()
	if got == nil || !got.Equal(at(want)) {
		w.t.Errorf("%s = %v, want %s", what, got, want)
	}
}

// roles are the role definitions that are assigned to Aline now.
func (w *world) roles() (all []string) {
	w.t.Helper()
	got, err := w.admin.RoleManagement().Directory().RoleAssignments().Get(w.t.Context(), &rolemanagement.DirectoryRoleAssignmentsRequestBuilderGetRequestConfiguration{
		QueryParameters: &rolemanagement.DirectoryRoleAssignmentsRequestBuilderGetQueryParameters{Filter: new("principalId eq '" + w.alineID + "'")},
	})
	w.good(err)
	for _, a := range got.GetValue() {
		all = append(all, value(a.GetRoleDefinitionId()))
	}
	return all
}

func (w *world) noRole() {
	if got := w.roles(); len(got) > 0 {
		w.t.Errorf("she has %v", got)
	}
}

func (w *world) signIn() {
	me, err := w.aline.Me().Get(w.t.Context(), nil)
	w.good(err)
	same(w, "id", me.GetId(), w.alineID)
	w.refused(w.end(), http.StatusForbidden, "Authorization_RequestDenied")
}

// end is what the role is for: Aline ends somebody's sessions.
func (w *world) end() error {
	done, err := w.aline.Users().ByUserId(w.someID).RevokeSignInSessions().PostAsRevokeSignInSessionsPostResponse(w.t.Context(), nil)
	if err == nil && !value(done.GetValue()) {
		err = errors.New("it is answered, and not done")
	}
	return err
}

// activate is the request of step 5 for that start.
func (w *world) activate(start string) models.UnifiedRoleAssignmentScheduleRequestable {
	w.t.Helper()
	hours, err := serialization.ParseISODuration("PT5H")
	w.good(err)
	expiration := models.NewExpirationPattern()
	expiration.SetTypeEscaped(new(models.AFTERDURATION_EXPIRATIONPATTERNTYPE))
	expiration.SetDuration(hours)
	schedule := models.NewRequestSchedule()
	schedule.SetStartDateTime(new(at(start)))
	schedule.SetExpiration(expiration)
	ticket := models.NewTicketInfo()
	ticket.SetTicketNumber(new("CONTOSO:Security-012345"))
	ticket.SetTicketSystem(new("Contoso ICM"))
	body := models.NewUnifiedRoleAssignmentScheduleRequest()
	body.SetAction(new(models.SELFACTIVATE_UNIFIEDROLESCHEDULEREQUESTACTIONS))
	body.SetPrincipalId(new(w.alineID))
	body.SetRoleDefinitionId(new(userAdministrator))
	body.SetDirectoryScopeId(new("/"))
	body.SetJustification(new(whyInvalidate))
	body.SetScheduleInfo(schedule)
	body.SetTicketInfo(ticket)
	asked, err := w.aline.RoleManagement().Directory().RoleAssignmentScheduleRequests().Post(w.t.Context(), body, nil)
	w.good(err)
	same(w, "action", asked.GetAction(), models.SELFACTIVATE_UNIFIEDROLESCHEDULEREQUESTACTIONS)
	same(w, "principalId", asked.GetPrincipalId(), w.alineID)
	same(w, "justification", asked.GetJustification(), whyInvalidate)
	same(w, "isValidationOnly", asked.GetIsValidationOnly(), false)
	same(w, "createdBy", asked.GetCreatedBy().GetUser().GetId(), w.alineID)
	same(w, "ticketNumber", asked.GetTicketInfo().GetTicketNumber(), "CONTOSO:Security-012345")
	same(w, "ticketSystem", asked.GetTicketInfo().GetTicketSystem(), "Contoso ICM")
	w.time("startDateTime", asked.GetScheduleInfo().GetStartDateTime(), start)
	until := asked.GetScheduleInfo().GetExpiration()
	same(w, "expiration/type", until.GetTypeEscaped(), models.AFTERDURATION_EXPIRATIONPATTERNTYPE)
	if d := until.GetDuration(); d == nil || d.String() != "PT5H" || until.GetEndDateTime() != nil {
		w.t.Errorf("expiration = %v until %v", d, until.GetEndDateTime())
	}
	return asked
}

func (w *world) activateLater() {
	w.clock("2021-09-03T21:10:49.6670479Z")
	asked := w.activate("2021-09-04T15:13:00Z")
	same(w, "status", asked.GetStatus(), "Granted")
	w.time("createdDateTime", asked.GetCreatedDateTime(), "2021-09-03T21:10:49.6670479Z")
	w.time("completedDateTime", asked.GetCompletedDateTime(), "2021-09-04T15:13:00Z")
	w.later = value(asked.GetId())
	w.refused(w.end(), http.StatusForbidden, "Authorization_RequestDenied")
}

func (w *world) activateNow() {
	w.clock("2021-09-03T21:15:00Z")
	asked := w.activate("2021-09-03T21:15:00Z")
	same(w, "status", asked.GetStatus(), "Provisioned")
	w.now = value(asked.GetId())
}

func (w *world) confirm() {
	all, err := w.aline.RoleManagement().Directory().RoleAssignmentScheduleRequests().FilterByCurrentUserWithOn(new("principal")).
		GetAsFilterByCurrentUserWithOnGetResponse(w.t.Context(), nil)
	w.good(err)
	var got []string
	for _, r := range all.GetValue() {
		got = append(got, value(r.GetId())+" "+value(r.GetStatus()))
	}
	if want := []string{w.now + " Provisioned", w.later + " Granted"}; !slices.Equal(got, want) {
		w.t.Errorf("her requests are %v, want %v", got, want)
	}
}

func (w *world) use() {
	w.good(w.end())
	if got := w.roles(); !slices.Equal(got, []string{userAdministrator}) {
		w.t.Errorf("she has %v", got)
	}
	w.clock("2021-09-04T02:15:00Z")
	w.refused(w.end(), http.StatusForbidden, "Authorization_RequestDenied")
	all, err := w.aline.RoleManagement().Directory().RoleEligibilityScheduleInstances().FilterByCurrentUserWithOn(new("principal")).
		GetAsFilterByCurrentUserWithOnGetResponse(w.t.Context(), nil)
	w.good(err)
	if v := all.GetValue(); len(v) != 1 || value(v[0].GetPrincipalId()) != w.group || value(v[0].GetMemberType()) != "Group" {
		w.t.Errorf("she is eligible in %d ways", len(v))
	}
}

func (w *world) revoke() {
	body := models.NewUnifiedRoleEligibilityScheduleRequest()
	body.SetAction(new(models.ADMINREMOVE_UNIFIEDROLESCHEDULEREQUESTACTIONS))
	body.SetPrincipalId(new(w.group))
	body.SetRoleDefinitionId(new(userAdministrator))
	body.SetDirectoryScopeId(new("/"))
	asked, err := w.admin.RoleManagement().Directory().RoleEligibilityScheduleRequests().Post(w.t.Context(), body, nil)
	w.good(err)
	same(w, "status", asked.GetStatus(), "Revoked")
	same(w, "action", asked.GetAction(), models.ADMINREMOVE_UNIFIEDROLESCHEDULEREQUESTACTIONS)
	w.clock("2021-09-04T15:13:00Z") // when what was granted would have begun
	w.refused(w.end(), http.StatusForbidden, "Authorization_RequestDenied")
}

func (w *world) delete() {
	w.good(w.admin.Groups().ByGroupId(w.group).Delete(w.t.Context(), nil))
	w.good(w.admin.Users().ByUserId(w.alineID).Delete(w.t.Context(), nil))
	_, err := w.admin.Groups().ByGroupId(w.group).Get(w.t.Context(), nil)
	w.refused(err, http.StatusNotFound, "Request_ResourceNotFound")
	_, err = w.admin.Users().ByUserId(w.alineID).Get(w.t.Context(), nil)
	w.refused(err, http.StatusNotFound, "Request_ResourceNotFound")
}
