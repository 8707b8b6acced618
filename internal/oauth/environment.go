package oauth

import (
	"net/http"
	"strings"
)

// environment is the document by which infrastructure tools (the Azure provider of
// Terraform, go-azure-sdk) find a cloud's addresses: GET /metadata/endpoints.
func (s *Server) environment(w http.ResponseWriter, _ *http.Request, _ string) {
	type authentication struct {
		Login     string   `json:"loginEndpoint"` // without a slash at the end
		Audiences []string `json:"audiences"`
		Tenant    string   `json:"tenant"`
		Provider  string   `json:"identityProvider"`
	}
	type suffixes struct {
		Vault string `json:"keyVaultDns"`
	}
	url := s.set.PublicURL
	s.publish(w, struct {
		Name            string         `json:"name"`
		Portal          string         `json:"portal"`
		Authentication  authentication `json:"authentication"`
		ResourceManager string         `json:"resourceManager"`
		Graph           string         `json:"graph"`
		GraphAudience   string         `json:"graphAudience"`
		MicrosoftGraph  string         `json:"microsoftGraphResourceId"`
		Suffixes        suffixes       `json:"suffixes"`
	}{
		"Ephor", url, authentication{url, []string{url}, "common", "AAD"}, url + "/", url + "/", url + "/", url, suffixes{},
	})
}

// userRealm tells MSAL Go's password grant that a name is managed here. It tells every name
// the same, so that nobody learns which there are.
func (s *Server) userRealm(w http.ResponseWriter, r *http.Request, _ string) {
	name := r.URL.Path[strings.LastIndexByte(strings.TrimRight(r.URL.Path, "/"), '/')+1:]
	_, domain, _ := strings.Cut(plain(strings.TrimRight(name, "/")), "@")
	if domain == "" {
		domain = s.set.host()
	}
	s.answer(w, http.StatusOK, private, struct {
		Version  string `json:"ver"`
		Type     string `json:"account_type"`
		Domain   string `json:"domain_name"`
		Cloud    string `json:"cloud_instance_name"`
		Audience string `json:"cloud_audience_urn"`
	}{"1.0", "Managed", strings.ToLower(domain), s.set.host(), "urn:federation:MicrosoftOnline"})
}
