package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"ephor/internal/guid"
)

// demanding changes a rule of each kind that an activation is judged by, so that the policy
// is stored, read and asked.
const demanding = `{"rules":[
	{"@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyExpirationRule","id":"Expiration_EndUser_Assignment","isExpirationRequired":true,"maximumDuration":"PT2H"},
	{"@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyEnablementRule","id":"Enablement_EndUser_Assignment","enabledRules":["MultiFactorAuthentication","Justification","Ticketing"]},
	{"@odata.type":"#microsoft.graph.unifiedRoleManagementPolicyNotificationRule","id":"Notification_Admin_EndUser_Assignment","notificationLevel":"Critical","notificationRecipients":["a@contoso.com","b@contoso.com","c@contoso.com"]}]}`

// demand gives a role a policy of its own.
func (h *house) demand(ctx context.Context, role guid.ID) error {
	path := "/v1.0/policies/roleManagementPolicies/DirectoryRole_" + h.tenant + "_" + role.String()
	body := strings.Join(strings.Fields(demanding), " ")
	if _, err := ask(ctx, h.addr, request("PATCH", h.host, path, h.admin, []byte(body)), http.StatusOK); err != nil {
		return fmt.Errorf("change the policy of %s: %w", role, err)
	}
	return nil
}

// measurePolicies compares activations that a policy of the role's own is asked about with
// those under the default.
func measurePolicies(ctx context.Context, b *bench) error {
	houses, err := b.both(ctx)
	if err != nil {
		return err
	}
	h := houses[0]
	own, rest := activated[:rolesEach/2], activated[rolesEach/2:]
	for _, role := range own {
		if err := h.demand(ctx, role); err != nil {
			return err
		}
	}
	judged, err := h.activationsUnder(ctx, b.activations/2, own, &ticket{"7", "bench"})
	if err != nil {
		return err
	}
	plain, err := h.activationsUnder(ctx, b.activations/2, rest, nil)
	if err != nil {
		return err
	}
	each := len(plain.left) / b.rounds
	samples, err := contest(b.rounds, h.some(ctx, plain, 1, each), h.some(ctx, judged, 1, each))
	if err != nil {
		return err
	}
	b.sheet.add(fmt.Sprintf("selfActivate under a policy of the role's own, %s users: p50 to one under the default", count(b.small.users)),
		atMost(1.5), ratio(samples[1], samples[0], p50),
		fmt.Sprintf("(%s to %s µs)", short(alone(samples[1], micros).median), short(alone(samples[0], micros).median)))
	return nil
}
