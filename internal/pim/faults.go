package pim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"ephor/internal/fault"
)

// The faults of this room carry the statuses, codes and messages on record for Graph
// (errors.md §1a, grades A and B). What Graph leaves to be guessed stands in the details.

// invalid is the fault of a request that no policy could allow.
func invalid(target, why string) *fault.Fault {
	return fault.Bad(invalidRequest, "The role assignment request is invalid.").About(target).
		With(fault.Detail{Code: invalidRequest, Message: why, Target: target})
}

const invalidRequest = "InvalidRoleAssignmentRequest"

// worded is a refusal of r in the words of the door that it came through: those of the
// directory have its one code for a body that cannot be carried out (errors.md §2).
func (r Request) worded(err error) error {
	f, refused := fault.As(err)
	if !r.OutsidePIM || !refused || f.Code != invalidRequest || len(f.Details) != 1 {
		return err
	}
	return fault.BadRequest(f.Target, "%s", f.Details[0].Message)
}

// exists is the fault of asking for what is held already. A plain role assignment has
// the directory's own.
func exists(r Request) *fault.Fault {
	if r.OutsidePIM {
		return fault.BadRequest("", "A conflicting object with one or more of the specified property values is present in the directory.")
	}
	return fault.Bad("RoleAssignmentExists", "The Role assignment already exists.")
}

// missing is the fault of changing or ending what is not held.
func missing(r Request) *fault.Fault {
	if r.OutsidePIM {
		return fault.NotFound(RoleAssignmentID(r.Target.Role, r.Principal, r.Target.Scope))
	}
	return fault.Bad("RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
}

// pending is the fault of asking again before the first request is decided. Graph's
// wording is not on record.
func pending() *fault.Fault {
	return fault.Bad("PendingRoleAssignmentRequest", "A pending request for this role assignment already exists.")
}

// decided is the fault of a word that comes when somebody else has decided, or time, or the
// requester who withdrew (behaviour.md §12). Graph's wording is not on record.
func decided() *fault.Fault {
	return &fault.Fault{Status: 409, Code: "Conflict", Message: "This stage of the approval is not to be decided: it is over, or its turn has not come."}
}

// alreadyApproved is the fault of a second word by the same approver in one stage.
func alreadyApproved() *fault.Fault {
	return fault.Bad("RoleAssignmentRequestAlreadyApproved", "You have decided this request already.")
}

// notApprover is the fault of deciding what one is no approver of, one's own request
// included.
func notApprover() *fault.Fault {
	return &fault.Fault{Status: 403, Code: "UnauthorizedAccessException", Message: "Attempted to perform an unauthorized operation."}
}

// unknown is the 404 for an id in the body that names nothing. Clients wait and repeat
// on the codes of PIM's door.
func unknown(r Request, code, message, property, id string) *fault.Fault {
	if r.OutsidePIM {
		return fault.NotFound(id).About(property)
	}
	return (&fault.Fault{Status: 404, Code: code, Message: message}).About(property)
}

// tooShort is the fault of ending a grant that has only just begun. Clients match the
// misspelling.
func tooShort(wait time.Duration) *fault.Fault {
	minutes := (wait + time.Minute - 1) / time.Minute
	return fault.Bad("ActiveDurationTooShort", "The Active duration is too short. Miniumum Required is %d minutes.", int64(minutes))
}

// needsContext is the fault of an authentication context that the sign-in lacks. Clients
// cut the claims out of the message, sign in again with them and repeat the request.
func needsContext(claim string) *fault.Fault {
	value, err := json.Marshal(claim)
	if err != nil {
		value = []byte(`""`) // no text is beyond JSON
	}
	claims := fmt.Sprintf(`{"access_token":{"acrs":{"essential":true, "value":%s}}}`, value)
	escaped := strings.ReplaceAll(url.QueryEscape(claims), "+", "%20")
	return fault.Bad("RoleAssignmentRequestAcrsValidationFailed", "&claims=%s", escaped)
}

// failures are the policy rules that refuse a request, at most one detail a rule.
type failures []fault.Detail

// ruleOrder is the order in which Graph names rules in one message.
var ruleOrder = [...]string{"EligibilityRule", "ExpirationRule", "JustificationRule", "TicketingRule", "MfaRule"}

func (x *failures) add(rule, target, why string) {
	for _, d := range *x {
		if d.Code == rule {
			return
		}
	}
	*x = append(*x, fault.Detail{Code: rule, Message: why, Target: target})
}

// fault is the one refusal that names every rule, nil when none refuses.
func (x failures) fault() error {
	if len(x) == 0 {
		return nil
	}
	var details []fault.Detail
	var names []string
	for _, rule := range ruleOrder {
		for _, d := range x {
			if d.Code == rule {
				details, names = append(details, d), append(names, `"`+rule+`"`)
			}
		}
	}
	f := fault.Bad("RoleAssignmentRequestPolicyValidationFailed", "The following policy rules failed: [%s]", strings.Join(names, ","))
	f.Details = details
	return f
}
