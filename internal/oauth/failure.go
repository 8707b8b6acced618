package oauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ephor/internal/guid"
)

// A failure is a refusal of the token endpoint: an OAuth error (RFC 6749, section 5.2)
// under one of Entra's numbers. Clients match both; people read Text.
type failure struct {
	Status int    // HTTP
	Error  string // of RFC 6749
	Code   int    // AADSTS number
	Text   string
	// Suberror is what MSAL decides by beside Error, "" for none.
	Suberror string
	// Claims is what the client has to send back in claims to get what it asked for.
	Claims string
}

// refuses is a failure with a text of its own.
func refuses(status int, name string, code int, format string, args ...any) *failure {
	return &failure{Status: status, Error: name, Code: code, Text: fmt.Sprintf(format, args...)}
}

// badSecret is the refusal of a wrong secret and of an unknown client alike, so that the
// endpoint does not tell which clients there are; Entra answers 700016 to the second.
func badSecret(client guid.ID) *failure {
	return refuses(http.StatusUnauthorized, "invalid_client", 7000215,
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
			"not the client secret ID, for a secret added to app '%s'.", client)
}

func noSecret() *failure {
	return refuses(http.StatusUnauthorized, "invalid_client", 7000218,
		"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

// badAssertion is the refusal of any assertion that is not good, so that it does not tell
// which certificates there are.
func badAssertion() *failure {
	return refuses(http.StatusUnauthorized, "invalid_client", 700027,
		"The certificate with identifier used to sign the client assertion is not registered on application, or the assertion failed signature or time validation.")
}

func unknownClient(client string, tenant guid.ID) *failure {
	return refuses(http.StatusBadRequest, "unauthorized_client", 700016,
		"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant.", plain(client), tenant)
}

func lacking(parameter string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 900144,
		"The request body must contain the following parameter: '%s'.", parameter)
}

func malformed(why string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 9002313, "Invalid request. Request is malformed or invalid. %s", why)
}

func tooLarge() *failure {
	f := malformed("The request body is too large.")
	f.Status = http.StatusRequestEntityTooLarge
	return f
}

func wrongMethod(methods string) *failure {
	return refuses(http.StatusMethodNotAllowed, "invalid_request", 900561, "The endpoint only accepts %s requests.", methods)
}

func repeated(parameter string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 9000411,
		"The request is not properly formatted. The parameter '%s' is duplicated.", plain(parameter))
}

func unsupportedGrant(grant string) *failure {
	return refuses(http.StatusBadRequest, "unsupported_grant_type", 70003,
		"The app requested an unsupported grant type '%s'.", plain(grant))
}

func badScope(scope string) *failure {
	return refuses(http.StatusBadRequest, "invalid_scope", 1002012,
		"The provided value for scope %s is not valid. Client credential flows must have a scope value "+
			"with /.default suffixed to the resource identifier (application ID URI).", plain(scope))
}

func unknownResource(resource string, tenant guid.ID) *failure {
	return refuses(http.StatusBadRequest, "invalid_resource", 500011,
		"The resource principal named %s was not found in the tenant named %s.", plain(resource), tenant)
}

func manyResources() *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 28000,
		"Provided value for the input parameter scope is not valid because it contains more than one resource.")
}

func mixedDefault(scope string) *failure {
	return refuses(http.StatusBadRequest, "invalid_scope", 70011,
		"The provided value for the input parameter 'scope' is not valid. The scope %s is not valid: .default scope can't be combined with resource-specific scopes.", plain(scope))
}

func unknownScope(name string, resource guid.ID) *failure {
	return refuses(http.StatusBadRequest, "invalid_client", 650053,
		"The application asked for scope '%s' that doesn't exist on the resource '%s'.", plain(name), resource)
}

func badGrant() *failure {
	return refuses(http.StatusBadRequest, "invalid_grant", 70000, "Provided grant is invalid or malformed.")
}

func usedCode() *failure {
	return refuses(http.StatusBadRequest, "invalid_grant", 54005,
		"OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.")
}

func expiredGrant() *failure {
	f := refuses(http.StatusBadRequest, "invalid_grant", 70008, "The provided authorization code or refresh token has expired. Send a new interactive authorization request for this user and resource.")
	f.Suberror = "token_expired"
	return f
}

func revokedGrant() *failure {
	f := refuses(http.StatusBadRequest, "invalid_grant", 50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed.")
	f.Suberror = "bad_token"
	return f
}

func wrongRedirect() *failure {
	return refuses(http.StatusBadRequest, "invalid_grant", 500112, "The reply address does not match the reply address provided when requesting Authorization code.")
}

func wrongVerifier() *failure {
	return refuses(http.StatusBadRequest, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
}

func foreignOrigin() *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 9002326, "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.")
}

func unknownRedirect(uri string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 50011,
		"The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application.", plain(uri))
}

func tooLong(parameter string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 90015, "The parameter '%s' is too long.", parameter)
}

func badUserAssertion() *failure {
	return refuses(http.StatusBadRequest, "invalid_grant", 500131, "Assertion audience does not match the Client app presenting the assertion, or the assertion is not good any more.")
}

func badDevice() *failure {
	return refuses(http.StatusBadRequest, "bad_verification_code", 70018, "The provided value for the input parameter 'device_code' is not valid. This device code is not valid.")
}

func lateDevice() *failure {
	return refuses(http.StatusBadRequest, "expired_token", 70020, "The provided value for the input parameter 'device_code' is not valid. This device code has expired.")
}

func pendingDevice() *failure {
	return refuses(http.StatusBadRequest, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
}

func declinedDevice() *failure {
	return refuses(http.StatusBadRequest, "authorization_declined", 65004, "User declined to consent to access the app.")
}

func unknownTenant(name string) *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 90002,
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID.", plain(name))
}

func whichTenant() *failure {
	return refuses(http.StatusBadRequest, "invalid_request", 50059,
		"No tenant-identifying information found in either the request or implied by any provided credentials.")
}

func unavailable() *failure {
	return refuses(http.StatusServiceUnavailable, "temporarily_unavailable", 90033,
		"The service is temporarily unavailable. Please retry your request.")
}

// maxEcho bounds, in bytes, what an answer repeats of a request.
const maxEcho = 256

// plain is what of a caller's text is put into an answer: printable ASCII without quotes,
// at most maxEcho bytes of it.
func plain(s string) string {
	s = s[:min(len(s), maxEcho)]
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"'<>&\`, r) {
			return -1
		}
		return r
	}, s)
}

// failureBody is a failure on the wire, as clients take it apart.
type failureBody struct {
	Error       string  `json:"error"`
	Description string  `json:"error_description"`
	Codes       []int   `json:"error_codes"`
	Timestamp   string  `json:"timestamp"`
	Trace       guid.ID `json:"trace_id"`
	Correlation guid.ID `json:"correlation_id"`
	Suberror    string  `json:"suberror,omitempty"`
	Claims      string  `json:"claims,omitempty"`
}

// describe is f as it is told now, and logs it.
func (s *Server) describe(r *http.Request, f *failure) failureBody {
	trace, at := s.env.NewID(), s.env.Now().Time().Format(time.DateTime)+"Z"
	correlation := correlationOf(r, trace)
	s.log.InfoContext(r.Context(), "token refused", "error", f.Error, "code", f.Code, "trace_id", trace, "correlation_id", correlation)
	return failureBody{
		Error: f.Error, Codes: []int{f.Code}, Timestamp: at, Trace: trace, Correlation: correlation, Suberror: f.Suberror, Claims: f.Claims,
		Description: fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", f.Code, f.Text, trace, correlation, at),
	}
}

// refuse answers with f. There is never a WWW-Authenticate header, also not beside 401:
// with it, OpenID clients report a challenge and hide the body (clients.md).
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, f *failure) {
	s.answer(w, f.Status, private, s.describe(r, f))
}

// correlationOf is the caller's own id of the request, which clients print and search
// logs for, or trace if there is none.
func correlationOf(r *http.Request, trace guid.ID) guid.ID {
	if id, ok := guid.Parse(r.Header.Get("Client-Request-Id")); ok {
		return id
	}
	return trace
}

// private is the Cache-Control of what only the caller may have (RFC 6749, section 5.1).
const private = "no-store"

// answer writes body as JSON.
func (s *Server) answer(w http.ResponseWriter, status int, cache string, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic("oauth: an answer of our own types is not JSON: " + err.Error())
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", cache)
	if cache == private {
		h.Set("Pragma", "no-cache")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
