package dev

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ephor/internal/directory"
	"ephor/internal/fault"
	"ephor/internal/guid"
	"ephor/internal/signin"
	"ephor/internal/when"
)

// graphAppID is the application id of Microsoft Graph, on which every consent is.
var graphAppID = guid.Must("00000003-0000-0000-c000-000000000000")

// A plan is a seed made complete: what is written, in the order in which it is.
type plan struct {
	key         string   // of the seed's text
	domains     []string // verified, the default first
	users       []directory.User
	groups      []directory.Group
	memberships []directory.Membership
	apps        []directory.Application
	principals  []directory.ServicePrincipal // Graph's own first
	consents    []directory.Consent
	grants      []directory.RoleGrant
	requests    []request
	element     Element

	kinds map[guid.ID]directory.Kind // of every object
}

// PasswordCost is of development's passwords: the cheapest that may be stored. They are written
// in a file that everybody reads, so there is nothing to protect.
var PasswordCost = signin.Cost{Memory: 8 * 1024, Time: 1, Threads: 1}

// compile makes a seed's text into a plan. A refusal is a fault that names the member.
func compile(text string) (*plan, error) {
	s, err := parse(text)
	if err != nil {
		return nil, err
	}
	p := &plan{key: digest(text), kinds: map[guid.ID]directory.Kind{}}
	graph := directory.ServicePrincipal{
		Object: made(idFor("principal", graphAppID.String()), directory.KindServicePrincipal, "Microsoft Graph"),
		AppID:  graphAppID, Enabled: true, Type: "Application",
	}
	if err := p.addPrincipal(graph, "applications"); err != nil {
		return nil, err
	}
	for _, step := range []func(*Seed) error{p.addUsers, p.addGroups, p.addApplications, p.addMemberships, p.addGrants} {
		if err := step(&s); err != nil {
			return nil, err
		}
	}
	if len(p.domains) == 0 {
		p.domains = []string{"contoso.com"}
	}
	p.describe(&s)
	return p, nil
}

// made is an object of a seed.
func made(id guid.ID, kind directory.Kind, name string) directory.Object {
	return directory.Object{ID: id, Kind: kind, DisplayName: name, Created: Beginning, Deleted: when.Never}
}

// or is a unless that is zero, else b.
func or[T comparable](a, b T) T {
	var zero T
	if a == zero {
		return b
	}
	return a
}

// at is the place of the i-th of a seed's list, for messages.
func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// within puts the place of a refusal in front of its target. Whatever it was, it is the
// seed's mistake: a 400.
func within(place string, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	where := strings.TrimSuffix(place+"/"+f.Target, "/")
	g := f.About(where)
	g.Status = http.StatusBadRequest
	g.Message = where + ": " + g.Message
	for _, d := range f.Details {
		g.Message += " " + d.Message
	}
	return g
}

// claim notes that id is an object of the seed. An id names one object.
func (p *plan) claim(id guid.ID, kind directory.Kind, place string) error {
	if other, taken := p.kinds[id]; taken {
		return fault.BadRequest(place, "%s: the id %s is given to a %s already.", place, id, other)
	}
	p.kinds[id] = kind
	return nil
}

func (p *plan) addUsers(s *Seed) error {
	for i := range s.Users {
		place := at("users", i)
		u, err := s.Users[i].complete()
		if err != nil {
			return within(place, err)
		}
		if err := p.claim(u.ID, directory.KindUser, place); err != nil {
			return err
		}
		if d := directory.Domain(u.UPN); !slices.Contains(p.domains, d) {
			p.domains = append(p.domains, d)
		}
		p.users = append(p.users, u)
	}
	return nil
}

// complete is the user that u describes.
func (u *User) complete() (directory.User, error) {
	local, _, _ := strings.Cut(u.UserPrincipalName, "@")
	out := directory.User{
		Object: made(or(u.ID, idFor("user", strings.ToLower(u.UserPrincipalName))), directory.KindUser, or(u.DisplayName, local)),
		UPN:    u.UserPrincipalName, MailNickname: or(u.MailNickname, local), Type: or(u.UserType, "Member"),
		Enabled: u.AccountEnabled == nil || *u.AccountEnabled, SessionsFrom: Beginning,
		Profile: directory.Profile{
			GivenName: u.GivenName, Surname: u.Surname, JobTitle: u.JobTitle, Department: u.Department, CompanyName: u.CompanyName,
			EmployeeID: u.EmployeeID, Mail: u.Mail, MobilePhone: u.MobilePhone, BusinessPhones: u.BusinessPhones,
			OfficeLocation: u.OfficeLocation, City: u.City, Country: u.Country, UsageLocation: u.UsageLocation, PreferredLanguage: u.PreferredLanguage,
		},
	}
	err := directory.CheckUser(&out, []string{
		"userPrincipalName", "displayName", "mailNickname", "userType", "givenName", "surname", "jobTitle", "department", "companyName",
		"employeeId", "mail", "mobilePhone", "officeLocation", "city", "country", "usageLocation", "preferredLanguage",
	})
	if err != nil {
		return out, err
	}
	out.Password, err = u.PasswordProfile.hashed(&out)
	return out, err
}

// hashed is what is stored of a password. Its salt is made of the account, so that the same
// seed makes the same bytes.
func (p PasswordProfile) hashed(u *directory.User) (directory.Password, error) {
	out := directory.Password{ForceChange: p.ForceChangePasswordNextSignIn, ForceChangeMFA: p.ForceChangePasswordNextSignInWithMFA, Changed: Beginning}
	if p.Password == "" {
		return out, nil
	}
	if f := signin.DefaultRules.Judge(p.Password, u.UPN); f != nil {
		return out, f
	}
	salt := idFor("salt", u.ID.String())
	var err error
	out.Hash, err = signin.Hash(p.Password, PasswordCost, salt[:])
	return out, err
}

func (p *plan) addGroups(s *Seed) error {
	for i := range s.Groups {
		place, g := at("groups", i), &s.Groups[i]
		out := directory.Group{
			Object:      made(or(g.ID, idFor("group", strconv.Itoa(i), g.DisplayName)), directory.KindGroup, g.DisplayName),
			Description: g.Description, MailNickname: or(g.MailNickname, "group"+strconv.Itoa(i+1)), MailEnabled: g.MailEnabled,
			SecurityEnabled: g.SecurityEnabled == nil || *g.SecurityEnabled, Types: g.GroupTypes, RoleAssignable: g.IsAssignableToRole,
			Visibility: g.Visibility, Renewed: Beginning,
		}
		if out.RoleAssignable && out.Visibility == "" {
			out.Visibility = "Private"
		}
		if err := directory.CheckGroup(&out); err != nil {
			return within(place, err)
		}
		if err := p.claim(out.ID, directory.KindGroup, place); err != nil {
			return err
		}
		p.groups = append(p.groups, out)
	}
	return nil
}

func (p *plan) addMemberships(s *Seed) error {
	for i := range s.Groups {
		for _, list := range []struct {
			name     string
			relation directory.Relation
			bound    []string
		}{{"owners@odata.bind", directory.Owner, s.Groups[i].Owners}, {"members@odata.bind", directory.Member, s.Groups[i].Members}} {
			for j, address := range list.bound {
				if err := p.addMembership(p.groups[i], list.relation, address); err != nil {
					return within(at("groups", i)+"/"+at(list.name, j), err)
				}
			}
		}
	}
	return nil
}

// addMembership puts the object whose id ends address into a group.
func (p *plan) addMembership(g directory.Group, relation directory.Relation, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fault.BadRequest("", "It is not an address that ends in an object's id.")
	}
	id, _ := guid.Parse(u.Path[strings.LastIndex(u.Path, "/")+1:])
	kind := p.kinds[id]
	switch {
	case kind == directory.KindNone:
		return fault.BadRequest("", "The seed has no object with the id at the end of it.")
	case relation == directory.Owner && kind != directory.KindUser && kind != directory.KindServicePrincipal:
		return fault.BadRequest("", "A %s cannot own a group.", kind)
	case kind == directory.KindApplication:
		return fault.BadRequest("", "An application cannot be in a group; its service principal can.")
	case kind == directory.KindGroup && (g.RoleAssignable || id == g.ID):
		return fault.BadRequest("", "A group cannot be in itself, nor in a role-assignable group.")
	}
	p.memberships = append(p.memberships, directory.Membership{
		ID: idFor("membership", g.ID.String(), relation.String(), id.String()), Group: g.ID, Relation: relation,
		Member: directory.Ref{ID: id, Kind: kind}, Since: Beginning,
	})
	return nil
}

// addPrincipal adds a service principal.
func (p *plan) addPrincipal(sp directory.ServicePrincipal, place string) error {
	if err := p.claim(sp.ID, directory.KindServicePrincipal, place); err != nil {
		return err
	}
	for _, other := range p.principals {
		if other.AppID == sp.AppID {
			return fault.BadRequest(place, "%s: the appId %s is given twice, or is Microsoft Graph's.", place, sp.AppID)
		}
	}
	p.principals = append(p.principals, sp)
	return nil
}

// String names the plan in messages.
func (p *plan) String() string { return fmt.Sprintf("seed %.12s", p.key) }
