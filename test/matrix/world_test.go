package matrix

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"ephor/internal/authz"
	"ephor/internal/dev"
	"ephor/internal/directory"
	"ephor/internal/env"
	"ephor/internal/fault"
	"ephor/internal/login"
	"ephor/internal/op"
	"ephor/internal/pim"
	"ephor/internal/rest"
	"ephor/internal/store"
	"ephor/internal/when"
	"ephor/test/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// holders are the roles of which one target each has one: every row of the tables that
// behaves differently, and roles that have none.
var holders = []string{
	"Directory Readers", "Password Administrator", "Helpdesk Administrator", "Authentication Administrator", "User Administrator",
	"Groups Administrator", "Privileged Authentication Administrator", "Privileged Role Administrator", globalAdministrator,
	"Application Administrator", "Global Reader",
}

// unactivated is the role that nobody was ever given by a request: its holder has it by a
// row in the database, and when that is gone the role is none of the directory roles.
const unactivated = "Attribute Assignment Administrator"

// A world is a tenant with somebody for every role and something of every kind of target.
type world struct {
	*harness.House
	t           testing.TB
	actors      []*actor
	text        map[string]string // of names in braces, besides ids
	ga, auditor *harness.Caller
}

const ga = "r.global-administrator"

// nameOf is what the holder of a role is called.
func nameOf(prefix, role string) string {
	return prefix + strings.Trim(unnameable.ReplaceAllString(strings.ToLower(role), "-"), "-")
}

var unnameable = regexp.MustCompile(`[^a-z0-9]+`)

// seed is the world's; the deleted are deleted once it is there.
func seed() (s harness.Seed, actors []*actor) {
	person := func(name string, roles ...string) {
		s.People = append(s.People, harness.Person{Name: name, Roles: roles})
	}
	for _, r := range expected().assignable() {
		actors = append(actors, &actor{name: nameOf("r.", r.DisplayName), role: r})
		if r.DisplayName == unactivated {
			person(nameOf("r.", r.DisplayName))
			continue
		}
		person(nameOf("r.", r.DisplayName), r.DisplayName)
	}
	for _, name := range []string{"none", "owner", "plain", "spare", "placed", "booked", "mem", "inside", "outside", "own-open", "scoped"} {
		person(name)
	}
	s.People = append(s.People, harness.Person{Name: "guest", Guest: true}, harness.Person{Name: "eligible", Eligible: []string{globalAdministrator}})
	actors = append(actors, &actor{name: "none"}, &actor{name: "owner"}, &actor{name: "guest", guest: true}, &actor{name: "eligible"}, &actor{name: "booked", role: expected().byName["Groups Administrator"]})
	for _, r := range holders {
		person(nameOf("t.", r), r)
		person(nameOf("d.", r), r)
	}
	person("d.plain")
	s.Groups = []harness.Group{
		{Name: "open", Owners: []string{"owner", "own-open"}, Members: []string{"mem", "plain"}},
		{Name: "vault", Assignable: true, Owners: []string{"owner", "outside"}, Members: []string{"inside"}},
		{Name: "pooled"},
		{Name: "d.open", Owners: []string{"own-open"}},
		{Name: "d.vault", Assignable: true, Owners: []string{"outside"}},
	}
	s.Clients = []harness.Client{
		{Name: "app", Permissions: []string{"Group.Read.All", "User.Read.All", "Domain.Read.All"}},
		{Name: "fresh"},
		{Name: "bare"},
		{Name: "d.app"},
		{Name: "armed", Permissions: []string{"Group.Read.All", "User.Read.All", "Domain.Read.All"}, Roles: []string{"Global Reader"}},
		{Name: "armedfresh", Roles: []string{"Global Reader"}},
		{Name: "d.armed", Roles: []string{"Global Reader"}},
		{Name: "robot", Permissions: authz.AllScopes().Names()},
	}
	return s, actors
}

// open makes a world.
func open(t testing.TB) *world {
	t.Helper()
	s, actors := seed()
	w := &world{House: harness.Open(t, s), t: t, actors: actors, text: map[string]string{}}
	w.ga, w.auditor = w.As(ga), w.As(nameOf("r.", "Security Reader"), "AuditLog.Read.All")
	w.remove()
	w.furnish()
	w.learn()
	return w
}

// remove deletes what is to be found among the deleted.
func (w *world) remove() {
	for _, r := range append([]string{"plain"}, holders...) {
		w.ga.Want(204, "DELETE", "/users/{"+nameOf("d.", r)+"}", "")
	}
	w.ga.Want(204, "DELETE", "/groups/{d.open}", "")
	w.ga.Want(204, "DELETE", "/groups/{d.vault}", "")
	unit := directory.Unit{Object: directory.Object{ID: harness.ID("d.unit"), Kind: directory.KindUnit, DisplayName: "d.unit", Deleted: when.Never}}
	w.Name("d.unit", unit.ID.String())
	w.Write(func(tx *store.WriteTx) error {
		for _, name := range []string{"d.app", "d.armed"} {
			if err := tx.DeleteServicePrincipal(w.ID(name), tx.Now()); err != nil {
				return err
			}
			if err := tx.DeleteApplication(w.ID(name+".app"), tx.Now()); err != nil {
				return err
			}
		}
		if err := tx.DeleteServicePrincipal(w.ID("bare"), tx.Now()); err != nil {
			return err
		}
		return tx.InsertUnit(unit)
	})
	w.Write(func(tx *store.WriteTx) error { return tx.PurgeServicePrincipal(w.ID("bare")) })
	w.Write(func(tx *store.WriteTx) error { return tx.DeleteUnit(unit.ID, tx.Now()) })
}

// furnish makes units and custom roles, and lets somebody have a role in a unit.
func (w *world) furnish() {
	w.Name("unit", w.ga.Want(201, "POST", au, `{"displayName": "unit"}`).Str("id"))
	w.Name("hidden", w.ga.Want(201, "POST", au, `{"displayName": "hidden", "visibility": "HiddenMembership"}`).Str("id"))
	for _, name := range []string{"mem", "open"} {
		w.ga.Want(204, "POST", au+"/{unit}/members/$ref", `{"@odata.id": "`+objects+`{`+name+`}"}`)
	}
	w.text["directoryrole"] = w.ga.Want(200, "GET", "/directoryRoles(roleTemplateId='fdd7a751-b60b-444a-984c-02652fe8fa1c')", "").Str("id")
	w.text["attributes"] = harness.Role(unactivated).String()
	w.Write(func(tx *store.WriteTx) error {
		return tx.PutSchedule(pim.Schedule{
			ID: harness.ID("unactivated"), Kind: pim.Assigned, Principal: w.ID(nameOf("r.", unactivated)), Target: pim.Target{Role: harness.Role(unactivated)},
			Window: when.Window{Start: tx.Now(), End: when.Never}, Created: tx.Now(), Modified: when.Never,
		})
	})
	w.text["scopedmember"] = w.ga.Want(201, "POST", au+"/{unit}/scopedRoleMembers", `{"roleId": "fdd7a751-b60b-444a-984c-02652fe8fa1c", "roleMemberInfo": {"id": "{scoped}"}}`).Str("id")
	for _, name := range []string{"custom", "customheld"} {
		w.Name(name, w.ga.Want(201, "POST", rm+"roleDefinitions", `{"displayName": "`+name+`", "isEnabled": true, "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}]}`).Str("id"))
	}
	w.ga.Want(201, "POST", rm+"roleAssignments", `{"principalId": "{scoped}", "roleDefinitionId": "{customheld}", "directoryScopeId": "/"}`)
}

// learn asks the server for the ids that it has made.
func (w *world) learn() {
	for _, name := range []string{"plain", ga} {
		w.ga.Want(204, "PUT", "/users/{"+name+"}/manager/$ref", `{"@odata.id": "`+objects+`{mem}"}`)
	}
	w.text["tenant"] = w.Tenant.ID().String()
	w.ga.Want(204, "POST", "/applications/{bare.app}/owners/$ref", `{"@odata.id": "`+objects+`{owner}"}`)
	for _, c := range []string{"app", "armed"} {
		for _, path := range []string{"/applications/{" + c + ".app}", "/servicePrincipals/{" + c + "}"} {
			for _, owner := range []string{"owner", "own-open"} {
				w.ga.Want(204, "POST", path+"/owners/$ref", `{"@odata.id": "`+objects+`{`+owner+`}"}`)
			}
		}
	}
	first := w.first
	of := "?$filter=principalId eq '{t.helpdesk-administrator}'"
	first("assignment", rm+"roleAssignments"+of)
	later := `"scheduleInfo": {"startDateTime": "2999-01-01T00:00:00Z", "expiration": {"type": "afterDuration", "duration": "PT1H"}}`
	w.text["waitingEligibility"] = w.ga.Want(201, "POST", rm+"roleEligibilityScheduleRequests", `{"action": "adminAssign", "principalId": "{spare}", `+assigns+`, `+later+`, `+because+`}`).Str("id")
	w.text["waitingActivation"] = w.As("eligible").Want(201, "POST", rm+"roleAssignmentScheduleRequests", `{"action": "selfActivate", "principalId": "{eligible}", "roleDefinitionId": "62e90394-69f5-4237-9190-012177145e10", "directoryScopeId": "/", `+later+`, `+because+`}`).Str("id")
	w.ga.Want(201, "POST", rm+"roleAssignmentScheduleRequests", `{"action": "adminAssign", "principalId": "{booked}", `+assigns+`, `+forever+`, `+because+`}`)
	first("assignmentRequest", rm+"roleAssignmentScheduleRequests")
	of = "?$filter=principalId eq '{booked}'"
	first("assignmentSchedule", rm+"roleAssignmentSchedules"+of)
	first("assignmentInstance", rm+"roleAssignmentScheduleInstances"+of)
	of = "?$filter=principalId eq '{eligible}'"
	first("eligibilityRequest", rm+"roleEligibilityScheduleRequests"+of)
	first("eligibilitySchedule", rm+"roleEligibilitySchedules"+of)
	first("eligibilityInstance", rm+"roleEligibilityScheduleInstances"+of)
	w.learnPolicies()
	w.learnPlaces()
	first("audit", "/auditLogs/directoryAudits?$top=1")
	w.learnGrants()
	for _, c := range []string{"app", "armed"} {
		w.text["key."+c] = w.ga.Want(200, "POST", "/applications/{"+c+".app}/addPassword", `{}`).Str("keyId")
		w.text["key2."+c] = w.ga.Want(200, "POST", "/applications/{"+c+".app}/addPassword", `{}`).Str("keyId")
		w.text["consent."+c] = w.ga.Want(201, "POST", "/oauth2PermissionGrants", `{"clientId": "{`+c+`}", "consentType": "AllPrincipals", "resourceId": "{graph}", "scope": "User.Read"}`).Str("id")
	}
	for who, set := range map[string]string{"plain": "users", "open": "groups"} {
		w.text["assigned."+who] = w.ga.Want(201, "POST", "/"+set+"/{"+who+"}/appRoleAssignments", `{"principalId": "{`+who+`}", "resourceId": "{app}", "appRoleId": "00000000-0000-0000-0000-000000000000"}`).Str("id")
	}
	roles, _ := w.ga.Want(200, "GET", "/servicePrincipals/{graph}?$select=appRoles", "").Get("appRoles").([]any)
	for _, r := range roles {
		r, _ := r.(map[string]any)
		value, _ := r["value"].(string)
		w.text["role:"+value], _ = r["id"].(string)
	}
	w.learnApprovals()
	w.learnMethods()
}

// first lets name stand for the id of the first row of a list.
func (w *world) first(name, path string) {
	w.t.Helper()
	rows := w.ga.Want(200, "GET", path, "").Values()
	if len(rows) == 0 {
		w.t.Fatalf("GET %s lists nothing", path)
	}
	w.text[name], _ = rows[0]["id"].(string)
}

// learnPolicies asks for the policies of a role and of the members of the groups.
func (w *world) learnPolicies() {
	for name, filter := range map[string]string{
		"policy":       "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq 'fdd7a751-b60b-444a-984c-02652fe8fa1c'",
		"policy.other": "scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '" + harness.Role("Reports Reader").String() + "'",
		"policy.open":  "scopeId eq '{open}' and scopeType eq 'Group' and roleDefinitionId eq 'member'",
		"policy.vault": "scopeId eq '{vault}' and scopeType eq 'Group' and roleDefinitionId eq 'member'",
	} {
		row := w.ga.Want(200, "GET", "/policies/roleManagementPolicyAssignments?$filter="+filter, "").Values()[0]
		w.text[name], _ = row["policyId"].(string)
	}
}

// learnPlaces gives somebody a place in each group, by each side of PIM, and somebody else
// one that is to begin.
func (w *world) learnPlaces() {
	const later = `"scheduleInfo": {"startDateTime": "2998-01-01T00:00:00Z", "expiration": {"type": "afterDuration", "duration": "PT1H"}}`
	for _, side := range []string{"eligibility", "assignment"} {
		path := groupPIM + side
		for _, group := range []string{"open", "vault"} {
			of := `, "groupId": "{` + group + `}", "accessId": "member", ` + because
			id := w.ga.Want(201, "POST", path+"ScheduleRequests", `{"action": "adminAssign", "principalId": "{placed}", `+anHour+of+`}`).Str("id")
			w.text[side+"ScheduleRequests."+group] = id
			w.text[side+"Later."+group] = w.ga.Want(201, "POST", path+"ScheduleRequests", `{"action": "adminAssign", "principalId": "{booked}", `+later+of+`}`).Str("id")
			filter := "?$filter=groupId eq '{" + group + "}' and principalId eq '{placed}'"
			w.first(side+"Schedules."+group, path+"Schedules"+filter)
			w.first(side+"ScheduleInstances."+group, path+"ScheduleInstances"+filter)
		}
	}
}

// learnGrants asks for an application permission of each client that has some.
func (w *world) learnGrants() {
	for _, c := range []string{"app", "armed"} {
		w.first("grant."+c, "/servicePrincipals/{"+c+"}/appRoleAssignments")
	}
}

var hole = regexp.MustCompile(`\{[a-z][A-Za-z0-9.:-]*\}`)

// fill puts ids in the place of names in braces: of the actor, of the target, of anything.
func (w *world) fill(text, self, target string) string {
	if target == "self" {
		target = self
	}
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		name := h[1 : len(h)-1]
		name = strings.ReplaceAll(name, "target", target)
		if name == "self" {
			name = self
		}
		if id, ok := w.text[name]; ok {
			return id
		}
		return w.ID(name).String()
	})
}

// A face is Graph's over a world, with callers that need no token and writes that are
// done in full and then rolled back, so that any number of them can be tried.
type face struct {
	*world
	http.Handler
	mu      sync.Mutex
	callers map[string]*authz.Caller
}

// undone is the answer of a write that was let in and would have succeeded.
const undone = 599

// face serves a list of operations.
func (w *world) face(list op.Operations) *face {
	f := &face{world: w, callers: map[string]*authz.Caller{}}
	var undoing op.Operations
	for _, o := range list {
		if o.Writes {
			o = rollingBack(o)
		}
		undoing = append(undoing, o)
	}
	e, log := env.System(), slog.New(slog.DiscardHandler)
	hasher, err := login.NewHasher(e, dev.PasswordCost)
	if err != nil {
		w.t.Fatal(err)
	}
	f.Handler = rest.New(rest.Config{
		Gate: &op.Gate{Env: e, Log: log, Passwords: hasher}, Operations: undoing, Env: e, Log: log, PublicURL: harness.URL,
		Address: func(r *http.Request) string { return r.RemoteAddr },
		Authenticate: func(_ context.Context, token string) (*store.Tenant, *authz.Caller, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			c := f.callers[token]
			if c == nil {
				return nil, nil, fmt.Errorf("no caller %s", token)
			}
			return w.Tenant, c, nil
		},
	})
	return f
}

// rollingBack is o with every write undone. New passwords are not hashed: nobody keeps them.
func rollingBack(o *op.Operation) *op.Operation {
	undone := *o
	if o.Name != "changeMyPassword" {
		undone.Prepare = nil
	}
	undone.Do = func(c *op.Call) (op.Answer, error) {
		a, err := o.Do(c)
		if err == nil && c.W != nil {
			err = errUndone
		}
		return a, err
	}
	return &undone
}

var errUndone = &fault.Fault{Status: undone, Code: "undone", Message: "What was asked would have been done."}

// as is a caller who has signed in with a second factor and has these permissions; nil is
// all that there are. An application acts for itself.
func (f *face) as(name string, app bool, scopes []string) string {
	all := authz.AllScopes()
	token := fmt.Sprintf("%s %t all", name, app)
	if scopes != nil {
		all, _ = authz.ParseScopes(scopes)
		token = fmt.Sprintf("%s %t %s", name, app, strings.Join(scopes, " "))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.callers[token] == nil {
		c := &authz.Caller{
			Tenant: f.Tenant.ID(), Principal: directory.Ref{ID: f.ID(name), Kind: directory.KindUser},
			Client: f.ID("console"), AppID: f.ID("console.appId"), Scopes: all, Proof: pim.Proof{Methods: []string{"pwd", "mfa"}, MFA: true}, Fresh: true,
		}
		if app {
			c.Principal.Kind, c.AppOnly, c.Client, c.AppID, c.Proof = directory.KindServicePrincipal, true, f.ID(name), f.ID(name+".appId"), pim.Proof{}
		}
		f.callers[token] = c
	}
	return token
}

// ask sends an example as the bearer of a token.
func (f *face) ask(token, self string, o *op.Operation, x *example, t *target) *httptest.ResponseRecorder {
	path, query, _ := strings.Cut(f.fill(x.path, self, t.name), "?")
	address := (&url.URL{Path: "/v1.0" + path, RawQuery: strings.ReplaceAll(query, " ", "%20")}).RequestURI()
	body := f.fill(x.body, self, t.name)
	r := httptest.NewRequestWithContext(f.t.Context(), o.Method, address, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	for name, value := range x.head {
		r.Header.Set(name, value)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// targets are the things that an operation can be done to, by the word of a rule.
func (w *world) targets(word string) []*target {
	owned := []string{"owner"}
	two := func(kind, plain, armed string) []*target {
		return []*target{{kind: "plain " + kind, name: plain}, {kind: kind + " with a role", name: armed, armed: true}}
	}
	switch word {
	case "":
		return []*target{{kind: "-"}}
	case "approval":
		return []*target{{kind: "somebody's approval", owners: []string{"owner", ga}}}
	case "eligibility", "assignment", "waiting":
		return []*target{{kind: "somebody's " + word, owners: []string{map[string]string{"eligibility": "eligible", "assignment": "booked", "waiting": "eligible"}[word]}}}
	case "self":
		return []*target{{kind: "oneself", name: "self"}}
	case "user":
		list := []*target{
			{kind: "plain user", name: "plain"},
			{kind: "oneself", name: "self"},
			{kind: "eligible Global Administrator", name: "eligible", roles: []string{globalAdministrator}},
			{kind: "member of a role-assignable group", name: "inside", assignable: true},
			{kind: "owner of a role-assignable group", name: "outside", assignable: true},
		}
		for _, r := range holders {
			list = append(list, &target{kind: r, name: nameOf("t.", r), roles: []string{r}})
		}
		return list
	case "deleted user":
		list := []*target{{kind: "deleted plain user", name: "d.plain"}}
		for _, r := range holders {
			list = append(list, &target{kind: "deleted " + r, name: nameOf("d.", r), roles: []string{r}})
		}
		return list
	case "group":
		return []*target{{kind: "plain group", name: "open", owners: append(owned, "own-open")}}
	case "assignable":
		return []*target{{kind: "role-assignable group", name: "vault", owners: owned}}
	case "deleted group":
		return []*target{{kind: "deleted group", name: "d.open"}}
	case "deleted assignable":
		return []*target{{kind: "deleted role-assignable group", name: "d.vault"}}
	case "app":
		list := two("application", "app", "armed")
		list[0].owners, list[1].owners = owned, owned
		return list
	case "registration":
		return []*target{{kind: "registration without a service principal", name: "bare", owners: owned}}
	case "consented":
		return two("application", "app", "armed")
	case "client":
		return two("application", "fresh", "armedfresh")
	case "deleted application":
		return two("deleted application", "d.app.app", "d.armed.app")
	case "deleted servicePrincipal":
		return two("deleted service principal", "d.app", "d.armed")
	case "deleted administrativeUnit":
		return []*target{{kind: "deleted administrative unit", name: "d.unit"}}
	}
	w.t.Fatalf("no target is a %q", word)
	return nil
}
