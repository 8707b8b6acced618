package tutorial

import (
	"fmt"
	"strings"
)

// The refusals, in the envelopes of errors.md §0. What code and message are is fixed there;
// what error.details adds for the caller is checked for its shape and for what it names.

// anyDetails is a list of details of which nothing further is asked.
const anyDetails = `{"${among}": []}`

// refusal is envelope E1. The caller sent no client-request-id, so it is the request-id.
func refusal(code, message, details string) string {
	key := "details"
	if details == "" {
		key, details = "details?", anyDetails
	}
	return fmt.Sprintf(`{
    "error": {
        "code": %s,
        "message": %s,
        "target?": "${text}",
        "%s": %s,
        "innerError": {"date": "${date}", "request-id": "${request}", "client-request-id": "${request}"}
    }
}`, text(code), text(message), key, details)
}

// naming is a list of details among which each of the targets is named.
func naming(targets ...string) string {
	var rows []string
	for _, t := range targets {
		rows = append(rows, fmt.Sprintf(`{"code": "${text}", "message": "${text}", "target": %s}`, text(t)))
	}
	return `{"${among}": [` + strings.Join(rows, ", ") + `]}`
}

// denied is the directory's refusal, whose details name each of the targets.
func denied(targets ...string) string {
	details := naming(targets...)
	if len(targets) == 0 { // that there is a reason, whichever it is
		details = `{"${among}": [{"code": "${text}", "message": "${text}", "target?": "${text}"}]}`
	}
	return refusal("Authorization_RequestDenied", "Insufficient privileges to complete the operation.", details)
}

// scopeMissing is PIM's refusal for want of a permission: envelope E2, a JSON text within
// the message. The details name each permission that would do, and nothing else.
func scopeMissing(scopes ...string) string {
	inner := fmt.Sprintf(`{"errorCode":"PermissionScopeNotGranted","message":"Authorization failed due to missing permission scope %s.","instanceAnnotations":[]}`, strings.Join(scopes, ","))
	details := strings.Replace(naming(scopes...), "${among}", "${set}", 1)
	return refusal("UnknownError", inner, details)
}

// rulesFailed is PIM's refusal by policy. The details are of these rules and no others.
func rulesFailed(rules ...string) string {
	var names, rows []string
	for _, r := range rules {
		names = append(names, text(r))
		rows = append(rows, fmt.Sprintf(`{"code": %s, "message": "${text}", "target?": "${text}"}`, text(r)))
	}
	return refusal("RoleAssignmentRequestPolicyValidationFailed", "The following policy rules failed: ["+strings.Join(names, ",")+"]",
		`{"${set}": [`+strings.Join(rows, ", ")+`]}`)
}

// The refusals that several steps want.
var (
	// noRole is what somebody without the role is told: the action that would do.
	noRole = denied("microsoft.directory/users/invalidateAllRefreshTokens")
	// outOfReach is what is said of a target whose own privilege is too high.
	outOfReach = denied()
	// notAdministrator is PIM's own authorizer's: the scope is there, the role is not.
	notAdministrator = refusal("UnauthorizedAccessException", "Attempted to perform an unauthorized operation.", "")
	alreadyExists    = refusal("RoleAssignmentExists", "The Role assignment already exists.", "")
	doesNotExist     = refusal("RoleAssignmentDoesNotExist", "The Role assignment does not exist.", "")
	notEligible      = rulesFailed("EligibilityRule")
)

// notFound is the directory's refusal for an id that names nothing.
func notFound(id string) string {
	return refusal("Request_ResourceNotFound", "Resource '"+id+"' does not exist or one of its queried reference-property objects are not present.", "")
}
