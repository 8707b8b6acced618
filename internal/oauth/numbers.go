package oauth

import "net/http"

// numbers are refusals that have one text each, by their AADSTS number: those that end a
// person's sign-in. Error is what OpenID calls them (RFC 6749 4.1.2.1, OpenID Core 3.1.2.6).
var numbers = map[int]failure{
	16000:  {Error: "interaction_required", Text: "Select an account to continue signing in."},
	50034:  {Error: "invalid_grant", Text: "The user account does not exist in this directory. To sign into this application, the account must be added to the directory."},
	50053:  {Error: "invalid_grant", Text: "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."},
	50055:  {Error: "invalid_grant", Text: "The password is expired.", Suberror: "user_password_expired"},
	50057:  {Error: "invalid_grant", Text: "The user account is disabled."},
	50058:  {Error: "login_required", Text: "Session information is not sufficient for single-sign-on."},
	50072:  {Error: "interaction_required", Text: "The user must enrol a second factor to access this resource.", Suberror: "basic_action"},
	50074:  {Error: "interaction_required", Text: "Strong Authentication is required.", Suberror: "basic_action"},
	50076:  {Error: "interaction_required", Text: "You must use multi-factor authentication to access this resource.", Suberror: "basic_action"},
	50079:  {Error: "interaction_required", Text: "You must enrol in multi-factor authentication to access this resource.", Suberror: "basic_action"},
	50105:  {Error: "access_denied", Text: "The application serves only people who are assigned to it, and the user is not, neither directly nor through a group."},
	50126:  {Error: "invalid_grant", Text: "Error validating credentials due to invalid username or password."},
	50133:  {Error: "invalid_grant", Text: "The session is not valid due to password expiration or recent password change.", Suberror: "bad_token"},
	50144:  {Error: "invalid_grant", Text: "The user's password is expired.", Suberror: "user_password_expired"},
	50158:  {Error: "interaction_required", Text: "The resource asks for another proof of who the user is.", Suberror: "basic_action"},
	65001:  {Error: "consent_required", Text: "The user or administrator has not consented to use the application. Send an interactive authorization request for this user and resource.", Suberror: "consent_required"},
	65004:  {Error: "access_denied", Text: "User declined to consent to access the app.", Suberror: "cancel"},
	70044:  {Error: "interaction_required", Text: "The session has expired or is invalid.", Suberror: "basic_action"},
	90094:  {Error: "access_denied", Text: "An administrator of the organization has to consent to the permissions that the application asks for."},
	501051: {Error: "invalid_grant", Text: "The application that is asked for serves only applications that are assigned to one of its roles, and the client is not."},
	530003: {Error: "access_denied", Text: "The sign-in was refused."},
	900144: {Error: "invalid_request", Text: "The request is incomplete."},
}

// numbered is the refusal with that number, as a 400 where it is answered by itself. A number
// that has no text is told as a sign-in that was refused.
func numbered(number int) *failure {
	f, ok := numbers[number]
	if !ok {
		number, f = 530003, numbers[530003]
	}
	f.Code, f.Status = number, http.StatusBadRequest
	return &f
}

// grantError is numbered as the token endpoint tells it: whatever needs the person is an
// invalid grant there, but for what MSAL reads as interaction_required.
func grantError(number int) *failure {
	f := numbered(number)
	if f.Error != "interaction_required" {
		f.Error = "invalid_grant"
	}
	return f
}
