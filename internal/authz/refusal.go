package authz

import (
	"strings"

	"ephor/internal/fault"
)

// noScope refuses for want of a permission, and names each that would do.
func (r *Rule) noScope(c *Caller, enough Scopes) *fault.Fault {
	names := r.spelt(enough.Or(r.scopes.also))
	var details []fault.Detail
	for _, name := range names {
		d := fault.Detail{Code: "missingScope", Target: name, Message: "A token with the delegated scope " + name + ", consented to, would do."}
		switch {
		case r.scopes.also.Has(name):
			d.Message = "The permission " + name + " is needed as well."
		case c.AppOnly:
			d.Code, d.Message = "missingPermission", "The application permission "+name+", granted to the client, would do."
		}
		details = append(details, d)
	}
	if len(details) == 0 {
		details = []fault.Detail{{Code: "notSupported", Message: "This operation is not served for this kind of token."}}
	}
	switch {
	case r.Family == Directory:
		return fault.Denied(details...)
	case len(names) == 0:
		return unauthorized(details)
	}
	return &fault.Fault{
		Status: 403, Code: "PermissionScopeNotGranted", Wrapped: true, Details: details,
		Message: "Authorization failed due to missing permission scope " + strings.Join(names, ",") + ".",
	}
}

// noRole refuses what permissions do not decide, and names what is missing: the actions
// that a role would need, on an object that roles stand behind or on any other, or why
// those held do not reach. A discreet refusal does not tell what it knows of others'
// privilege.
func (r *Rule) noRole(reason Reason, roles, discreet bool) *fault.Fault {
	var details []fault.Detail
	switch {
	case reason >= TargetPrivileged && discreet:
		details = append(details, fault.Detail{Code: "outOfReach", Message: "The object is out of reach of what the caller holds."})
	case reason > NoRole || reason == SubjectDisabled:
		details = append(details, fault.Detail{Code: reason.String(), Message: reason.Text()})
	}
	if reason < TargetPrivileged && reason != SubjectDisabled {
		details = append(details, r.lacking(roles)...)
	}
	if r.Family == Directory {
		return fault.Denied(details...)
	}
	return unauthorized(details)
}

// unauthorized is the refusal of PIM's own authorizer (errors.md 1a).
func unauthorized(details []fault.Detail) *fault.Fault {
	return &fault.Fault{
		Status: 403, Code: "UnauthorizedAccessException",
		Message: "Attempted to perform an unauthorized operation.", Details: details,
	}
}

// lacking names the actions of which one, held through a role, would admit.
func (r *Rule) lacking(roles bool) (details []fault.Detail) {
	for i := range r.Ways {
		for _, name := range r.Ways[i].names {
			if roles && !r.Reads {
				name = assignableFor(name)
			}
			details = append(details, fault.Detail{
				Code: "missingAction", Target: name,
				Message: "A role with the action " + name + ", at a scope that covers the object, would do.",
			})
		}
	}
	return details
}
