package request

import "testing"

// The five-minute rules, and whatever else Graph has fixed, are the tenant's to set: by who
// manages privileged roles, within bounds, on record.
func TestBoundsAreSettings(t *testing.T) {
	each(t, func(d *desk) {
		const settings = "/roleManagement/ephor/settings"
		d.has(d.ada.Want(200, "GET", settings, ""), map[string]any{
			"shortestGrant": "PT5M", "deactivateWait": "PT5M", "removeWait": "PT0S", "extendWithin": "P14D", "renewWithin": "P30D", "forgetRequests": nil, "activateGroups": false,
		})
		d.As("p0").Refused(403, "PATCH", settings, `{"deactivateWait":"PT0S"}`)
		d.As("reader").Refused(403, "PATCH", settings, `{"deactivateWait":"PT0S"}`)
		for _, bad := range []string{`{}`, `{"deactivateWait":null}`, `{"deactivateWait":"P2D"}`, `{"renewWithin":"P31D"}`, `{"forgetRequests":"P29D"}`, `{"deactivateWait":"-PT5M"}`, `{"deactivateWait":5}`, `{"nonsense":"PT5M"}`} {
			d.ada.Refused(400, "PATCH", settings, bad)
		}
		d.entitle("p0", forever)
		d.activate("p0")
		d.As("p0").Refused(400, "POST", assignment, asked("selfDeactivate", "p0", ""))
		d.ada.Want(204, "PATCH", settings, `{"deactivateWait":"PT0S","forgetRequests":"P90D","activateGroups":true}`)
		d.has(d.ada.Want(200, "GET", settings, ""), map[string]any{"deactivateWait": "PT0S", "forgetRequests": "P90D", "activateGroups": true, "shortestGrant": "PT5M"})
		d.As("p0").Want(201, "POST", assignment, asked("selfDeactivate", "p0", ""))
		d.ada.Want(204, "PATCH", settings, `{"forgetRequests":null}`)
		d.has(d.ada.Want(200, "GET", settings, ""), map[string]any{"forgetRequests": nil})
		if rows := d.ada.Want(200, "GET", "/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Update PIM settings'", "").Values(); len(rows) != 2 {
			t.Errorf("recorded are %v", rows)
		}
	})
}
