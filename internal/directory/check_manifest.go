package directory

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ephor/internal/guid"
)

// Limits of manifests (E:reference-app-manifest; those of a manifest as a whole are ours).
const (
	mostManifest   = 256 << 10 // bytes of one object's manifest
	longestValue   = 120       // characters of a role's or scope's value
	longestRemark  = 1024      // characters of description and notes
	mostNames      = 100       // alternativeNames
	mostRecipients = 5         // notificationEmailAddresses
)

// CheckManifest judges what an object says of itself. Its error is a 400 that names the first
// that nothing may say.
func CheckManifest(m Manifest) error {
	size := 0
	for name, raw := range m {
		size += len(name) + len(raw)
	}
	if size > mostManifest {
		return invalid("", "The object says more of itself than "+strconv.Itoa(mostManifest>>10)+" KiB.")
	}
	for _, check := range []func(Manifest) error{
		checkRoles, checkScopes, checkRemarks, checkNames, checkLinks,
	} {
		if err := check(m); err != nil {
			return err
		}
	}
	return nil
}

// checkValues judges what roles or scopes are called: ids and values are given once.
func checkValues(property string, n int, each func(i int) (id guid.ID, value string)) error {
	ids, values := map[guid.ID]bool{}, map[string]bool{}
	for i := range n {
		id, value := each(i)
		at := property + "[" + strconv.Itoa(i) + "]"
		switch {
		case id.IsZero() || ids[id]:
			return invalid(at+"/id", "An id is a GUID of its own.")
		case value != "" && values[value]:
			return invalid(at+"/value", "A value is given once.")
		case len([]rune(value)) > longestValue || strings.HasPrefix(value, ".") || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"\,`, r) }):
			return invalid(at+"/value", "A value has at most "+strconv.Itoa(longestValue)+" printable characters, no blanks, and does not begin with a dot.")
		}
		ids[id], values[value] = true, true
	}
	return nil
}

func checkRoles(m Manifest) error {
	roles := m.AppRoles()
	for i := range roles {
		at := appRoles + "[" + strconv.Itoa(i) + "]"
		if len(roles[i].Members) == 0 {
			return invalid(at+"/allowedMemberTypes", "An app role is for User, Application, or both.")
		}
		for _, member := range roles[i].Members {
			if member != "User" && member != "Application" {
				return invalid(at+"/allowedMemberTypes", "An app role is for User, Application, or both.")
			}
		}
		if strings.TrimSpace(roles[i].Name) == "" {
			return invalid(at+"/displayName", "An app role has a displayName.")
		}
	}
	return checkValues(appRoles, len(roles), func(i int) (guid.ID, string) { return roles[i].ID, roles[i].Value })
}

func checkScopes(m Manifest) error {
	said := m.API()
	for i, s := range said.Scopes {
		if s.Type != "" && s.Type != "User" && s.Type != "Admin" {
			return invalid("api/oauth2PermissionScopes["+strconv.Itoa(i)+"]/type", "A scope's type is User or Admin.")
		}
		if s.Value == "" && s.Enabled {
			return invalid("api/oauth2PermissionScopes["+strconv.Itoa(i)+"]/value", "A scope that is enabled has a value.")
		}
	}
	if v := said.Version; v != nil && *v != 1 && *v != 2 {
		return invalid("api/requestedAccessTokenVersion", "A requestedAccessTokenVersion is 1, 2 or null.")
	}
	for i, p := range said.PreAuthorized {
		if _, ok := guid.Parse(p.AppID); !ok {
			return invalid("api/preAuthorizedApplications["+strconv.Itoa(i)+"]/appId", "An appId is a GUID.")
		}
	}
	return checkValues("api/oauth2PermissionScopes", len(said.Scopes), func(i int) (guid.ID, string) { return said.Scopes[i].ID, said.Scopes[i].Value })
}

func checkRemarks(m Manifest) error {
	for _, name := range []string{"description", "notes", "serviceManagementReference"} {
		if len([]rune(read[string](m, name))) > longestRemark {
			return invalid(name, "The value is too long.")
		}
	}
	for claim := range strings.SplitSeq(read[string](m, "groupMembershipClaims"), ",") {
		if !slices.Contains([]string{"", "None", "SecurityGroup", "DirectoryRole", "ApplicationGroup", "All"}, strings.TrimSpace(claim)) {
			return invalid("groupMembershipClaims", "groupMembershipClaims are None, SecurityGroup, DirectoryRole, ApplicationGroup or All, with commas between.")
		}
	}
	if len(read[[]string](m, "notificationEmailAddresses")) > mostRecipients {
		return invalid("notificationEmailAddresses", "There are too many addresses.")
	}
	for _, address := range read[[]string](m, "notificationEmailAddresses") {
		if !plausibleAddress(address) {
			return invalid("notificationEmailAddresses", "This is not a mail address.")
		}
	}
	return nil
}

func checkNames(m Manifest) error {
	names := read[[]string](m, "alternativeNames")
	if len(names) > mostNames {
		return invalid("alternativeNames", "There are too many values.")
	}
	for i, text := range names {
		if text == "" || slices.Contains(names[:i], text) {
			return invalid("alternativeNames", "Values are not empty, and each is given once.")
		}
		if err := checkText("alternativeNames", text, longestTag); err != nil {
			return err
		}
	}
	return nil
}

// checkLinks judges the addresses that others follow.
func checkLinks(m Manifest) error {
	type links struct {
		Marketing string `json:"marketingUrl"`
		Privacy   string `json:"privacyStatementUrl"`
		Support   string `json:"supportUrl"`
		Terms     string `json:"termsOfServiceUrl"`
		Home      string `json:"homePageUrl"`
	}
	info, web := read[links](m, "info"), read[links](m, "web")
	for _, l := range []struct{ at, link string }{
		{"info/marketingUrl", info.Marketing},
		{"info/privacyStatementUrl", info.Privacy},
		{"info/supportUrl", info.Support},
		{"info/termsOfServiceUrl", info.Terms},
		{"web/homePageUrl", web.Home},
		{"homepage", read[string](m, "homepage")},
		{"loginUrl", read[string](m, "loginUrl")},
		{"logoutUrl", read[string](m, "logoutUrl")},
	} {
		u, err := url.Parse(l.link)
		if l.link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(l.link) > longestRedirect*8) {
			return invalid(l.at, "This is an address that begins with https:// or http://.")
		}
	}
	return nil
}
