package query

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"ephor/test/harness"
)

// What a registration says of itself, as infrastructure tools send it.
const (
	readers = `{"id":"7a1d0b1c-0000-4000-8000-000000000001","displayName":"Readers","description":"read","value":"Data.Read","allowedMemberTypes":["User","Application"],"isEnabled":true}`
	people  = `{"id":"7a1d0b1c-0000-4000-8000-000000000002","displayName":"People","description":"p","value":"People","allowedMemberTypes":["User"],"isEnabled":true}`
	retired = `{"id":"7a1d0b1c-0000-4000-8000-000000000003","displayName":"Retired","description":"r","value":"Retired","allowedMemberTypes":["User","Application"],"isEnabled":false}`
	apiText = `{"requestedAccessTokenVersion":2,"knownClientApplications":["7a1d0b1c-0000-4000-8000-00000000000a"],"oauth2PermissionScopes":[{"id":"7a1d0b1c-0000-4000-8000-000000000004","value":"use","type":"User","isEnabled":true,"adminConsentDisplayName":"Use","adminConsentDescription":"Use it"}]}`
)

// same reports whether got has all that want, which is JSON text, has.
func same(t *testing.T, got any, want string) bool {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	return has(got, w)
}

func has(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for name := range w {
			ok = ok && has(g[name], w[name])
		}
		return ok
	case []any:
		g, ok := got.([]any)
		ok = ok && len(g) == len(w)
		for i := range w {
			ok = ok && has(g[i], w[i])
		}
		return ok
	}
	return reflect.DeepEqual(got, want)
}

func TestWhatIsSaidIsKeptAndReadBack(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		said := map[string]string{
			"appRoles": "[" + readers + "," + retired + "]", "api": apiText, "description": `"what it is for"`, "notes": `"kept"`, "groupMembershipClaims": `"SecurityGroup,ApplicationGroup"`,
			"optionalClaims":            `{"idToken":[{"name":"email","essential":true,"additionalProperties":["x"]}],"accessToken":[],"saml2Token":[]}`,
			"info":                      `{"marketingUrl":"https://house.example/m","supportUrl":"https://house.example/s"}`,
			"web":                       `{"homePageUrl":"https://house.example/","implicitGrantSettings":{"enableIdTokenIssuance":true,"enableAccessTokenIssuance":false}}`,
			"addIns":                    `[{"id":"7a1d0b1c-0000-4000-8000-000000000009","type":"t","properties":[{"key":"k","value":"v"}]}]`,
			"isDeviceOnlyAuthSupported": "true", "oauth2RequirePostResponse": "true", "serviceManagementReference": `"CMDB 7"`,
			"parentalControlSettings": `{"countriesBlockedForMinors":["DE"],"legalAgeGroupRule":"RequireConsentForMinors"}`,
		}
		var members []string
		for name, text := range said {
			members = append(members, `"`+name+`":`+text)
		}
		made := ada.Want(201, "POST", "/applications", `{"displayName":"all",`+strings.Join(members, ",")+`}`)
		h.Name("all.app", made.Str("id"))
		h.Name("all.appId", made.Str("appId"))
		read := ada.Want(200, "GET", "/applications/{all.app}", "")
		for name, text := range said {
			if !same(t, made.Get(name), text) || !same(t, read.Get(name), text) {
				t.Errorf("%s was %s, and is %v", name, text, read.Get(name))
			}
		}
		sp := ada.Want(201, "POST", "/servicePrincipals", `{"appId":"{all.appId}","displayName":"all, here","accountEnabled":true,"appRoleAssignmentRequired":true,"notes":"n","loginUrl":"https://house.example/login",
			"preferredSingleSignOnMode":"saml","notificationEmailAddresses":["a@house.example"],"alternativeNames":["x"],"description":"d","tags":["HideApp"],"samlSingleSignOnSettings":{"relayState":"r"}}`)
		h.Name("all", sp.Str("id"))
		sp = ada.Want(200, "GET", "/servicePrincipals/{all}", "")
		for name, text := range map[string]string{
			"displayName": `"all, here"`, "appDisplayName": `"all"`, "appRoleAssignmentRequired": "true", "notes": `"n"`, "loginUrl": `"https://house.example/login"`, "preferredSingleSignOnMode": `"saml"`,
			"notificationEmailAddresses": `["a@house.example"]`, "alternativeNames": `["x"]`, "description": `"d"`, "tags": `["HideApp"]`, "samlSingleSignOnSettings": `{"relayState":"r"}`,
			"appRoles": said["appRoles"], "homepage": `"https://house.example/"`, "info": said["info"], "appDescription": said["description"],
			"oauth2PermissionScopes": `[{"value":"use","isEnabled":true}]`, "signInAudience": `"AzureADMyOrg"`,
		} {
			if !same(t, sp.Get(name), text) {
				t.Errorf("the service principal's %s is %v, want %s", name, sp.Get(name), text)
			}
		}
		// What an update leaves out of an object stays, a list is given whole, null is the default.
		ada.Want(204, "PATCH", "/applications/{all.app}", `{"api":{"knownClientApplications":[]},"info":{"supportUrl":null},"optionalClaims":null,"notes":null,"displayName":"another"}`)
		read = ada.Want(200, "GET", "/applications/{all.app}", "")
		for name, text := range map[string]string{
			"api":  `{"requestedAccessTokenVersion":2,"knownClientApplications":[],"oauth2PermissionScopes":[{"value":"use"}]}`,
			"info": `{"marketingUrl":"https://house.example/m","supportUrl":null}`, "optionalClaims": "null", "notes": "null",
		} {
			if !same(t, read.Get(name), text) {
				t.Errorf("after the update %s is %v, want %s", name, read.Get(name), text)
			}
		}
	})
}

func TestWhatNothingMaySayOfItself(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, body := range []string{
			`{"appRoles":[` + readers + `,` + readers + `]}`,
			`{"appRoles":[{"displayName":"no id","allowedMemberTypes":["User"]}]}`,
			`{"appRoles":[{"id":"7a1d0b1c-0000-4000-8000-000000000001","displayName":"x","allowedMemberTypes":["Robot"]}]}`,
			`{"appRoles":[{"id":"7a1d0b1c-0000-4000-8000-000000000001","displayName":"x","value":"two words","allowedMemberTypes":["User"]}]}`,
			`{"api":{"oauth2PermissionScopes":[{"id":"7a1d0b1c-0000-4000-8000-000000000004","type":"User","isEnabled":true}]}}`,
			`{"api":{"requestedAccessTokenVersion":3}}`,
			`{"api":{"preAuthorizedApplications":[{"appId":"nobody","delegatedPermissionIds":[]}]}}`,
			`{"info":{"supportUrl":"javascript:alert(1)"}}`,
			`{"info":{"logoUrl":"https://house.example/logo"}}`,
			`{"web":{"homePageUrl":"data:text/html,x"}}`,
			`{"groupMembershipClaims":"Everything"}`,
			`{"verifiedPublisher":{"displayName":"me"}}`,
			`{"notes":"` + strings.Repeat("x", 1025) + `"}`,
		} {
			ada.Refused(400, "PATCH", "/applications/{tool.app}", body)
		}
		for _, body := range []string{
			`{"loginUrl":"javascript:alert(1)"}`, `{"displayName":""}`, `{"notificationEmailAddresses":["nobody"]}`, `{"appRoles":[` + readers + `]}`, `{"alternativeNames":["x","x"]}`,
		} {
			ada.Refused(400, "PATCH", "/servicePrincipals/{tool}", body)
		}
	})
}

func TestAppRolesAreGivenToWhomTheyAreFor(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		ada.Want(204, "PATCH", "/applications/{tool.app}", `{"appRoles":[`+readers+`,`+people+`,`+retired+`]}`)
		give := func(status int, set, principal, role string) harness.Answer {
			t.Helper()
			return ada.Want(status, "POST", set, `{"principalId":"{`+principal+`}","resourceId":"{tool}","appRoleId":"7a1d0b1c-0000-4000-8000-00000000000`+role+`"}`)
		}
		given := give(201, "/users/{bob}/appRoleAssignments", "bob", "1")
		if given.Str("appRoleId") != "7a1d0b1c-0000-4000-8000-000000000001" || given.Str("principalType") != "User" || given.Str("resourceDisplayName") != "tool" {
			t.Errorf("the assignment is %s", given.Text)
		}
		give(201, "/groups/{inner}/appRoleAssignments", "inner", "2")
		give(201, "/servicePrincipals/{tool}/appRoleAssignedTo", "console", "1")
		give(409, "/users/{bob}/appRoleAssignments", "bob", "1")
		give(400, "/users/{bob}/appRoleAssignments", "bob", "3")                 // switched off
		give(400, "/users/{bob}/appRoleAssignments", "bob", "9")                 // not published
		give(400, "/servicePrincipals/{tool}/appRoleAssignedTo", "console", "2") // for people
		ada.Refused(400, "POST", "/users/{bob}/appRoleAssignments", `{"principalId":"{bob}","resourceId":"{tool}","appRoleId":"00000000-0000-0000-0000-000000000000"}`)
		if rows := ada.Want(200, "GET", "/servicePrincipals/{tool}/appRoleAssignedTo", "").Values(); len(rows) != 3 {
			t.Errorf("the API gives %d roles, want 3", len(rows))
		}
		// A role that goes is nobody's, and is nobody's when it is published again.
		ada.Want(204, "PATCH", "/applications/{tool.app}", `{"appRoles":[`+people+`]}`)
		ada.Want(204, "PATCH", "/applications/{tool.app}", `{"appRoles":[`+readers+`,`+people+`]}`)
		rows := ada.Want(200, "GET", "/servicePrincipals/{tool}/appRoleAssignedTo", "").Values()
		if len(rows) != 1 || rows[0]["principalType"] != "Group" {
			t.Errorf("the API gives %v, want the group's alone", rows)
		}
	})
}

func TestASecretOfAServicePrincipalIsItsRegistrations(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		key := ada.Want(200, "POST", "/servicePrincipals/{tool}/addPassword", `{"passwordCredential":{"displayName":"s"}}`).Str("keyId")
		for _, path := range []string{"/servicePrincipals/{tool}", "/applications/{tool.app}"} {
			if one := ada.Want(200, "GET", path, ""); !same(t, one.Get("passwordCredentials"), `[{"keyId":"`+key+`","displayName":"s","secretText":null}]`) {
				t.Errorf("passwordCredentials of %s are %v", path, one.Get("passwordCredentials"))
			}
		}
		h.As("bob").Refused(403, "POST", "/servicePrincipals/{tool}/removePassword", `{"keyId":"`+key+`"}`)
		ada.Want(204, "POST", "/servicePrincipals/{tool}/removePassword", `{"keyId":"`+key+`"}`)
		ada.Refused(400, "POST", "/servicePrincipals/{tool}/removePassword", `{"keyId":"`+key+`"}`)
	})
}
