package pages

import (
	"errors"
	"net/http"
	"slices"

	"ephor/internal/directory"
	"ephor/internal/oauth"
	"ephor/internal/signin"
)

// A wish is a permission that an application asks for, in words.
type wish struct{ Name, Text string }

// wishes are the permissions that people are asked for most, in words; any other is shown by
// its name.
var wishes = map[string]string{
	"openid": "Sign you in", "profile": "Read your name", "email": "Read your mail address", "offline_access": "Stay signed in when you are away",
	"User.Read": "Read your profile", "User.Read.All": "Read everybody's profile", "User.ReadWrite.All": "Change everybody's profile",
	"Group.Read.All": "Read all groups", "Group.ReadWrite.All": "Change all groups", "Directory.Read.All": "Read the directory",
	"Directory.ReadWrite.All": "Change the directory", "AuditLog.Read.All": "Read the audit and sign-in logs",
	"RoleManagement.Read.Directory": "Read who has which role", "RoleManagement.ReadWrite.Directory": "Change who has which role",
	"RoleAssignmentSchedule.ReadWrite.Directory": "Activate and assign roles", "RoleEligibilitySchedule.ReadWrite.Directory": "Change who may activate roles",
	"Application.ReadWrite.All": "Change all applications",
}

// A consentView is what the consent page shows.
type consentView struct {
	Wishes []wish
	// Own are what the application would be allowed without a person.
	Own        []wish
	Alone, All bool
}

// showConsent asks the person to allow the client what it asks for.
func (s *Server) showConsent(v *visit, st *stand, c oauth.Consent, wrong string) error {
	d := st.view("consent", "Permissions requested", wrong)
	data := consentView{Alone: c.Alone, All: c.All}
	for _, name := range c.Missing {
		// Another API may give its scopes the names of Graph's; OpenID's are the same everywhere.
		if text := wishes[name]; c.At == "" || slices.Contains(directory.OpenID, name) {
			data.Wishes = append(data.Wishes, wish{name, text})
		} else {
			data.Wishes = append(data.Wishes, wish{Name: name, Text: name + " at " + c.At})
		}
	}
	for _, name := range c.Permissions {
		data.Own = append(data.Own, wish{name, wishes[name]})
	}
	if !c.Alone && !c.All {
		d.Page, d.Title = "needadmin", "An administrator has to allow this"
	}
	d.Data = data
	return s.render(v, d)
}

func (s *Server) doConsent(v *visit, st *stand) error    { return s.consent(v, st, false) }
func (s *Server) doConsentAll(v *visit, st *stand) error { return s.consent(v, st, true) }

func (s *Server) consent(v *visit, st *stand, all bool) error {
	if st.step != signin.Complete || st.session.ID.IsZero() {
		return redirect(v, st.again(v))
	}
	err := s.Tokens.GrantConsent(v.ctx(), v.tenant, st.flow, st.user.ID, all)
	if errors.Is(err, oauth.ErrConsent) {
		return &problem{http.StatusForbidden, "You may not allow this application what it asks for."}
	}
	if err != nil {
		return err
	}
	return redirect(v, st.again(v))
}
