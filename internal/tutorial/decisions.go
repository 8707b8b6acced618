package tutorial

import (
	"fmt"
	"strings"
)

// The decision API (OpenID AuthZEN, Authorization API 1.0) is beside Graph's paths and has
// neither Graph's headers nor its envelope.
const evaluation = "/access/v1/evaluation"

// besideGraph reports whether a path is none of Graph's.
func besideGraph(path string) bool { return strings.HasPrefix(path, "/access/") }

// mayAlineRevoke asks whether Aline may end Pradeep's sessions.
const mayAlineRevoke = `{
    "subject": {"type": "user", "id": "${aline}"},
    "action": {"name": "microsoft.directory/users/invalidateAllRefreshTokens"},
    "resource": {"type": "user", "id": "${pradeep}"}
}`

// decided is an evaluation's answer; until is the next instant at which it can change by
// time alone.
func decided(allowed bool, until string) string {
	return fmt.Sprintf(`{"decision": %t, "context": {"reason_code": "${text}", "reason": "${text}", "until": %q}}`, allowed, until)
}
