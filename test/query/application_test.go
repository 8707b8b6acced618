package query

import (
	"net/url"
	"strings"
	"testing"

	"ephor/test/harness"
)

func filter(f string) string { return "$filter=" + url.QueryEscape(f) }

func TestApplicationKeepsWhatItSaysOfItself(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada").With("ConsistencyLevel", "eventual")
		const need = `[{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d","type":"Scope"},{"id":"df021288-bdef-4463-88db-98f22de89214","type":"Role"}]}]`
		made := ada.Want(201, "POST", "/applications", `{"displayName": "Files", "identifierUris": ["api://Files", "https://files.house.example/api"], "tags": ["one", "two"], "requiredResourceAccess": `+need+`,
			"web": {"logoutUrl": "https://files.house.example/out", "redirectUris": ["https://files.house.example/in"]}}`)
		id, _ := made.Get("id").(string)
		appID, _ := made.Get("appId").(string)
		for _, want := range []string{`"identifierUris":["api://Files","https://files.house.example/api"]`, `"tags":["one","two"]`, `"logoutUrl":"https://files.house.example/out"`} {
			if !strings.Contains(made.Text, want) {
				t.Errorf("%s lacks %s", made.Text, want)
			}
		}
		got := ada.Want(200, "GET", "/applications/"+id+"?$select=requiredResourceAccess", "")
		for _, want := range []string{`"resourceAppId":"00000003-0000-0000-c000-000000000000"`, `{"id":"e1fe6dd8-ba31-4d61-89e7-88639da4683d","type":"Scope"},{"id":"df021288-bdef-4463-88db-98f22de89214","type":"Role"}`} {
			if !strings.Contains(got.Text, want) {
				t.Errorf("%s lacks %s", got.Text, want)
			}
		}
		// Its service principal has the names, and the tags beside its own.
		sp := ada.Want(201, "POST", "/servicePrincipals", `{"appId": "`+appID+`", "tags": ["own"]}`)
		spID, _ := sp.Get("id").(string)
		ada.Want(204, "PATCH", "/applications/"+id, `{"identifierUris": ["api://files"], "tags": ["two", "three"]}`)
		sp = ada.Want(200, "GET", "/servicePrincipals/"+spID, "")
		if !strings.Contains(sp.Text, `"servicePrincipalNames":["`+appID+`","api://files"]`) || !strings.Contains(sp.Text, `"tags":["own","two","three"]`) {
			t.Errorf("the service principal is %s", sp.Text)
		}
		for query, want := range map[string]string{
			"/applications?" + filter("identifierUris/any(u:u eq 'API://FILES')"):                     id,
			"/applications?" + filter("identifierUris/any(u:startswith(u,'api://fi'))"):               id,
			"/applications?" + filter("identifierUris/any(u:u eq 'https://files.house.example/api')"): "",
			"/applications?" + filter("tags/any(t:t eq 'three')"):                                     id,
			"/servicePrincipals?" + filter("tags/any(t:t eq 'own')"):                                  spID,
			"/servicePrincipals?" + filter("tags/any(t:t eq 'one')"):                                  "",
		} {
			rows := ada.Want(200, "GET", query, "").Values()
			if (len(rows) > 0) != (want != "") || want != "" && rows[0]["id"] != want {
				t.Errorf("%s: %v, want %q", query, rows, want)
			}
		}
	})
}

// What an application is called is given to one only: whoever had another's name would be
// given the tokens that people mean for it.
func TestAttackNameOfAnotherApplication(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		first := ada.Want(201, "POST", "/applications", `{"displayName": "First", "identifierUris": ["api://first"]}`)
		id, _ := first.Get("id").(string)
		appID, _ := first.Get("appId").(string)
		second, _ := ada.Want(201, "POST", "/applications", `{"displayName": "Second"}`).Get("id").(string)
		for name, uri := range map[string]string{
			"the same":                      "api://first",
			"the same in another case":      "API://FIRST",
			"another's appId":               "api://" + appID,
			"another's appId, and more":     "api://" + appID + "/x",
			"a domain that is not ours":     "https://graph.microsoft.com",
			"a domain that looks like ours": "https://nothouse.example/x",
			"ours as a user":                "https://house.example@evil.example/x",
			"plain HTTP":                    "http://house.example/x",
			"a slash behind it":             "api://first/",
			"a script":                      "javascript:x",
			"no name":                       "api://",
		} {
			a := ada.Refused(400, "PATCH", "/applications/"+second, `{"identifierUris": ["`+uri+`"]}`)
			if strings.HasPrefix(name, "the same") && (!strings.Contains(a.Text, "Another object with the same value for property identifierUris already exists.") || !strings.Contains(a.Text, "ObjectConflict")) {
				t.Errorf("%s: %s", name, a.Text)
			}
			ada.Refused(400, "POST", "/applications", `{"displayName": "Third", "identifierUris": ["`+uri+`"]}`)
		}
		ada.Want(204, "PATCH", "/applications/"+id, `{"identifierUris": ["api://first", "api://`+appID+`/read"]}`)
		ada.Want(204, "DELETE", "/applications/"+id, "")
		ada.Want(204, "PATCH", "/applications/"+second, `{"identifierUris": ["api://first"]}`)
		ada.Refused(400, "POST", "/directory/deletedItems/"+id+"/restore", "")
	})
}

func TestBadNeedsAndTagsAreRefused(t *testing.T) {
	house(t, func(t *testing.T, h *harness.House) {
		ada := h.As("ada")
		for _, body := range []string{
			`{"requiredResourceAccess": [{"resourceAppId": "x", "resourceAccess": []}]}`,
			`{"requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000"}]}`,
			`{"requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [{"id": "x", "type": "Scope"}]}]}`,
			`{"requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Other"}]}]}`,
			`{"requiredResourceAccess": [{"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": []}, {"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": []}]}`,
			`{"requiredResourceAccess": null}`,
			`{"tags": [""]}`, `{"tags": null}`, `{"tags": ["a\nb"]}`,
			`{"web": {"logoutUrl": "http://other.example/"}}`, `{"web": {"logoutUrl": "https://a;frame-src/"}}`,
		} {
			ada.Refused(400, "PATCH", "/applications/{tool.app}", body)
		}
	})
}
