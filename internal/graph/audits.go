package graph

import (
	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// audits is the log of what was done. Pages are large, as A:directoryaudit-list's are.
var audits = &resource[record]{
	entity: auditEntity, set: "auditLogs/directoryAudits", table: store.AuditRecords,
	page: 1000, most: 1000, id: func(r *record) string { return r.ID.String() },
	more: map[string]path{
		"initiatedBy/user/id":                {"user", edm.Eq},
		"initiatedBy/user/displayName":       {"user_name", edm.Eq},
		"initiatedBy/user/userPrincipalName": {"user_upn", edm.Eq | edm.StartsWith},
		"initiatedBy/app/appId":              {"app", edm.Eq},
		"initiatedBy/app/displayName":        {"app_name", edm.Eq},
		"targetResources":                    {"targets", edm.Eq},
	},
}

// auditOperations are the reads of the audit log (operations.md §6).
func auditOperations() op.Operations {
	rule := reads(readAudits, readAudits, authz.Role("microsoft.directory/auditLogs/allProperties/read"))
	return op.Operations{
		{
			Name: "listDirectoryAudits", Summary: "List the audit log, newest first.",
			Method: "GET", Path: "/auditLogs/directoryAudits", Versions: op.Both, Success: 200, Entity: "directoryAudit", Collection: true,
			Rule: rule, Query: op.ListOptions, Do: audits.list(nil), Sensitive: true,
		},
		{
			Name: "getDirectoryAudit", Summary: "Read one audit record.",
			Method: "GET", Path: "/auditLogs/directoryAudits/{id}", Versions: op.Both, Success: 200, Entity: "directoryAudit",
			Rule: rule, Query: op.SingleOptions, Do: audits.get(loadAudit), Sensitive: true,
		},
	}
}

func loadAudit(c *op.Call) (record, bool, error) {
	id, ok := guid.Parse(c.Param("id"))
	if !ok {
		return record{}, false, nil
	}
	return c.Tx.AuditRecord(id)
}
