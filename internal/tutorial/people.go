package tutorial

// roles are the built-in roles of the scenario by the names that its steps use: template
// ids of Microsoft's own list.
var roles = map[string]string{
	"globalAdministrator": "62e90394-69f5-4237-9190-012177145e10",
	"userAdministrator":   "fe930be7-5e62-47db-91af-98c3a49a38b1",
	"groupsAdministrator": "fdd7a751-b60b-444a-984c-02652fe8fa1c",
	"attributeAdmin":      "8424c6f0-a189-499e-bbd0-26c1753c96d4",
	"globalReader":        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
	"securityReader":      "5d6b6bb7-de71-4623-b4af-96380a352509",
	"securityOperator":    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
	"securityAdmin":       "194ae4cb-b126-40b2-bd5b-6091b380977d",
}

// people are who of create-eligibility-request.md's ids the seed must have: the page's
// creator, who is a Privileged Role Administrator, and its principal.
var people = map[string]string{
	"3fbd929d-8c56-4462-851e-0eb9a7b3a2a5": "creator",
	"071cc716-8147-4397-a5ba-b2105951cc0b": "restricted",
}

// commandLine is the application id of Ephor's own command line, which may change how
// people sign in.
const commandLine = "7be3a1c4-5d0b-4f6e-8f57-93d2a6b1c0e8"

// The callers. Every user has signed in with a second factor unless the name says so.
const (
	nobody           = "nobody"
	admin            = "the Global Administrator"
	authenticator    = "the Global Administrator, at Ephor's command line"
	aline            = "Aline"
	alinePassword    = "Aline, signed in by password alone"
	alineUsersOnly   = "Aline, with User.ReadWrite.All alone"
	alineActivations = "Aline, with RoleAssignmentSchedule.ReadWrite.Directory alone"
	pradeep          = "Pradeep"
	diego            = "Diego"
	creator          = "the Privileged Role Administrator, with RoleEligibilitySchedule.ReadWrite.Directory alone"
	reader           = "Pradeep, with RoleEligibilitySchedule.ReadWrite.Directory alone"
	application      = "the confidential client"
)

var (
	strong = []string{"pwd", "mfa"}

	callers = map[string]caller{
		admin:            {user: "${admin.upn}", amr: strong},
		authenticator:    {user: "${admin.upn}", amr: strong, client: commandLine},
		aline:            {user: "AlineD@Contoso.com", amr: strong, lives: true},
		alinePassword:    {user: "AlineD@Contoso.com", amr: []string{"pwd"}},
		alineUsersOnly:   {user: "AlineD@Contoso.com", amr: strong, scopes: []string{"User.ReadWrite.All"}},
		alineActivations: {user: "AlineD@Contoso.com", amr: strong, scopes: []string{"RoleAssignmentSchedule.ReadWrite.Directory"}},
		pradeep:          {user: "PradeepG@Contoso.com", amr: strong},
		diego:            {user: "DiegoS@Contoso.com", amr: strong},
		creator:          {user: "${creator.upn}", amr: strong, scopes: []string{"RoleEligibilitySchedule.ReadWrite.Directory"}},
		reader:           {user: "PradeepG@Contoso.com", amr: strong, scopes: []string{"RoleEligibilitySchedule.ReadWrite.Directory"}},
		application:      {},
	}
)

// The paths of the steps.
const (
	users               = "/v1.0/users"
	groups              = "/v1.0/groups"
	management          = "/v1.0/roleManagement/directory/"
	eligibilityRequests = management + "roleEligibilityScheduleRequests"
	assignmentRequests  = management + "roleAssignmentScheduleRequests"
	ownRequests         = assignmentRequests + "/filterByCurrentUser(on='principal')"
	ownEligibilities    = management + "roleEligibilityScheduleInstances/filterByCurrentUser(on='principal')"
	assignmentsOfAline  = management + "roleAssignments?$filter=principalId eq '${aline}'"
	instancesOfAline    = management + "roleAssignmentScheduleInstances?$filter=principalId eq '${aline}'"
	assignmentsOfDiego  = management + "roleAssignments?$filter=principalId eq '${diego}'"
)
