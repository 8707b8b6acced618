package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"ephor/internal/fault"
)

// Lengths that Graph gives for users and groups, in characters (R:user, R:group).
var userLengths = map[string]struct {
	most  int
	value func(*User) string
}{
	"displayName":       {256, func(u *User) string { return u.DisplayName }},
	"mailNickname":      {64, func(u *User) string { return u.MailNickname }},
	"userPrincipalName": {113, func(u *User) string { return u.UPN }},
	"givenName":         {64, func(u *User) string { return u.Profile.GivenName }},
	"surname":           {64, func(u *User) string { return u.Profile.Surname }},
	"jobTitle":          {128, func(u *User) string { return u.Profile.JobTitle }},
	"department":        {64, func(u *User) string { return u.Profile.Department }},
	"companyName":       {64, func(u *User) string { return u.Profile.CompanyName }},
	"employeeId":        {16, func(u *User) string { return u.Profile.EmployeeID }},
	"mobilePhone":       {64, func(u *User) string { return u.Profile.MobilePhone }},
	"officeLocation":    {128, func(u *User) string { return u.Profile.OfficeLocation }},
	"streetAddress":     {1024, func(u *User) string { return u.Profile.StreetAddress }},
	"city":              {128, func(u *User) string { return u.Profile.City }},
	"state":             {128, func(u *User) string { return u.Profile.State }},
	"postalCode":        {40, func(u *User) string { return u.Profile.PostalCode }},
	"country":           {128, func(u *User) string { return u.Profile.Country }},
	"usageLocation":     {2, func(u *User) string { return u.Profile.UsageLocation }},
	"preferredLanguage": {20, func(u *User) string { return u.Profile.PreferredLanguage }},
}

// invalid is the directory's 400 for a value that no object may have.
func invalid(property, hint string) *fault.Fault {
	return fault.BadRequest(property, "One or more properties contains invalid values.").
		With(fault.Detail{Code: "InvalidValue", Message: hint, Target: property})
}

// CheckUser judges the named properties of u by their form alone. Its error is a 400 that
// names the first that no user may have.
func CheckUser(u *User, names []string) error {
	for _, name := range names {
		if limit, ok := userLengths[name]; ok {
			if err := checkText(name, limit.value(u), limit.most); err != nil {
				return err
			}
		}
		switch name {
		case "userPrincipalName":
			if !validUPN(u.UPN) {
				return invalid(name, "A user principal name is name@domain, the name of letters, digits and ' . - _ ! # ^ ~ only.")
			}
		case "mailNickname":
			if strings.ContainsAny(u.MailNickname, `@()\[]";:<>, `) || u.MailNickname == "" {
				return invalid(name, `A mailNickname has none of @ ( ) \ [ ] " ; : < > , and no blanks.`)
			}
		case "displayName":
			if strings.TrimSpace(u.DisplayName) == "" {
				return invalid(name, "A displayName must not be empty.")
			}
		case "userType":
			if err := canonicalType(u); err != nil {
				return err
			}
		case "mail":
			if u.Profile.Mail != "" && !plausibleAddress(u.Profile.Mail) {
				return invalid(name, "This is not a mail address.")
			}
		}
	}
	return nil
}

// canonicalType gives userType its own casing.
func canonicalType(u *User) error {
	for _, t := range []string{"Member", "Guest"} {
		if strings.EqualFold(u.Type, t) {
			u.Type = t
			return nil
		}
	}
	return invalid("userType", "A userType is Member or Guest.")
}

// checkText refuses text that is too long or holds characters that do not print.
func checkText(name, s string, most int) error {
	if utf8.RuneCountInString(s) > most {
		return invalid(name, "The value is too long.")
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		return invalid(name, "The value holds control characters.")
	}
	return nil
}

// validUPN is the form that Graph documents for userPrincipalName: name@domain.
func validUPN(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" || len(name) > 64 || !ValidDomain(domain) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
		return false
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("'.-_!#^~", r) {
			return false
		}
	}
	return true
}

// Domain is the part of a user principal name behind the at sign, in lower case.
func Domain(upn string) string {
	_, domain, _ := strings.Cut(upn, "@")
	return strings.ToLower(domain)
}

// ValidDomain reports whether s is a domain name of at least two labels.
func ValidDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, r := range l {
			if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return true
}

func plausibleAddress(s string) bool {
	name, domain, ok := strings.Cut(s, "@")
	return ok && name != "" && ValidDomain(domain) && len(s) <= 254 && !strings.ContainsAny(s, " <>,;\"")
}

// CheckGroup judges a new group's properties by their form and against each other.
func CheckGroup(g *Group) error {
	for _, t := range []struct {
		name, value string
		most        int
	}{{"description", g.Description, 1024}, {"classification", g.Classification, 64}} {
		if err := checkText(t.name, t.value, t.most); err != nil {
			return err
		}
	}
	if err := CheckGroupNames(&g.DisplayName, &g.MailNickname); err != nil {
		return err
	}
	switch {
	case !g.SecurityEnabled && !g.Unified():
		return invalid("securityEnabled", "A group that is not a Microsoft 365 group must be securityEnabled.")
	case g.RoleAssignable && !g.SecurityEnabled:
		return invalid("isAssignableToRole", "A role-assignable group must be securityEnabled.")
	case g.MailEnabled && !g.Unified():
		return invalid("mailEnabled", "Only a Microsoft 365 group (groupTypes: Unified) can be mailEnabled here.")
	}
	return canonicalGroup(g)
}

// CheckGroupNames judges what a group is to be called, by its form; nil is not judged.
func CheckGroupNames(displayName, mailNickname *string) error {
	if displayName != nil {
		if err := checkText("displayName", *displayName, 256); err != nil {
			return err
		}
		if strings.TrimSpace(*displayName) == "" {
			return invalid("displayName", "A displayName must not be empty.")
		}
	}
	if mailNickname == nil {
		return nil
	}
	if err := checkText("mailNickname", *mailNickname, 64); err != nil {
		return err
	}
	if *mailNickname == "" || strings.ContainsAny(*mailNickname, `@()\[]";:<>, `) {
		return invalid("mailNickname", `A mailNickname has none of @ ( ) \ [ ] " ; : < > , and no blanks.`)
	}
	return nil
}

// canonicalGroup gives groupTypes and visibility their own casing. Dynamic membership is
// not had here; a role-assignable group could not have it anyway.
func canonicalGroup(g *Group) error {
	for i, t := range g.Types {
		if !strings.EqualFold(t, "Unified") {
			return invalid("groupTypes", "The only group type that is supported is Unified.")
		}
		g.Types[i] = "Unified"
	}
	if len(g.Types) > 1 {
		return invalid("groupTypes", "A group type is given once.")
	}
	if g.Visibility == "" {
		return nil
	}
	for _, v := range []string{"Private", "Public", "HiddenMembership"} {
		if strings.EqualFold(g.Visibility, v) {
			g.Visibility = v
			return nil
		}
	}
	return invalid("visibility", "A visibility is Private, Public or HiddenMembership.")
}

// Unified reports whether the group is a Microsoft 365 group.
func (g *Group) Unified() bool { return len(g.Types) > 0 }

// CheckOrganization judges what is to be stored of the tenant itself.
func CheckOrganization(o *Organization) error {
	for _, list := range []struct {
		name string
		of   []string
	}{{"marketingNotificationEmails", o.Marketing}, {"securityComplianceNotificationMails", o.Security}, {"technicalNotificationMails", o.Technical}} {
		for _, mail := range list.of {
			before, behind, _ := strings.Cut(mail, "@")
			if err := checkText(list.name, mail, 320); err != nil {
				return err
			}
			if before == "" || behind == "" || strings.ContainsAny(behind, "@") || strings.ContainsAny(mail, " <>,;\"") {
				return invalid(list.name, "Each of them is a mail address.")
			}
		}
	}
	return nil
}
