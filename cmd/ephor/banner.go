package main

import (
	"fmt"
	"strings"

	"ephor/internal/server"
)

// banner says how to use a development server: addresses, names, and a first call that
// works as it is pasted.
func banner(s server.Started) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nEphor is ready, in development mode.\n\n")
	fmt.Fprintf(&b, "  Microsoft Graph   %s/v1.0\n", s.URL)
	for _, t := range s.Tenants {
		fmt.Fprintf(&b, "  tenant            %s (%s)\n", t.Name, t.TenantID)
	}
	if len(s.Tenants) > 0 {
		describe(&b, s)
	}
	if s.CAFile != "" {
		fmt.Fprintf(&b, "  trust             %s\n", s.CAFile)
	}
	fmt.Fprintf(&b, "  for scripts       %s\n", s.DevFile)
	if s.Admin != "" {
		fmt.Fprintf(&b, "  for operators     %s/metrics, %s/ready\n", s.Admin, s.Admin)
	}
	if len(s.Tenants) > 0 && len(s.Tenants[0].Users) > 0 {
		fmt.Fprintf(&b, "\nA first call:\n\n%s\n", firstCall(s))
	}
	return b.String()
}

// describe lists who can act in the first tenant.
func describe(b *strings.Builder, s server.Started) {
	t := s.Tenants[0]
	const most = 6
	for _, u := range t.Users[:min(len(t.Users), most)] {
		password := "no password"
		if u.Password != nil {
			password = *u.Password
		}
		fmt.Fprintf(b, "  user              %s  %s", u.UserPrincipalName, password)
		if len(u.Roles) > 0 {
			fmt.Fprintf(b, "  (%s)", strings.Join(u.Roles, ", "))
		}
		fmt.Fprintln(b)
	}
	for _, c := range t.Clients[:min(len(t.Clients), most)] {
		fmt.Fprintf(b, "  client            %s  %s (%s)\n", c.AppID, c.DisplayName, c.Kind)
	}
}

// firstCall is two lines for a shell: a token of the administrator's, and who that is.
func firstCall(s server.Started) string {
	curl := "curl -sS "
	if s.CAFile != "" {
		curl += "--cacert " + quote(s.CAFile) + " "
	}
	t := s.Tenants[0]
	key := ""
	if s.Remote() {
		key = " -H \"Authorization: Bearer $(sed -n 's/.*\"controlKey\": \"\\([^\"]*\\)\".*/\\1/p' " + quote(s.DevFile) + ")\""
	}
	return fmt.Sprintf("  TOKEN=$(%s%s/_ephor/dev/tenants/%s/token%s -H 'Content-Type: application/json' -d '{\"user\":\"%s\",\"amr\":[\"pwd\",\"mfa\"]}' | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n"+
		"  %s%s/v1.0/me -H \"Authorization: Bearer $TOKEN\"\n", curl, s.URL, t.TenantID, key, t.Users[0].UserPrincipalName, curl, s.URL)
}

// quote is s as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
