package graph

import (
	"ephor/internal/authz"
	"ephor/internal/edm"
	"ephor/internal/graph/face"
	"ephor/internal/guid"
	"ephor/internal/op"
	"ephor/internal/store"
)

// audits is the log of what was done. Pages are large, as A:directoryaudit-list's are.
var audits = &face.Resource[record]{
	Entity: auditEntity, Set: "auditLogs/directoryAudits", Table: store.AuditRecords,
	Page: 1000, Most: 1000, ID: func(r *record) string { return r.ID.String() },
	More: map[string]face.Path{
		"initiatedBy/user/id":                {Column: "user", Ops: edm.Eq},
		"initiatedBy/user/displayName":       {Column: "user_name", Ops: edm.Eq},
		"initiatedBy/user/userPrincipalName": {Column: "user_upn", Ops: edm.Eq | edm.StartsWith},
		"initiatedBy/app/appId":              {Column: "app", Ops: edm.Eq},
		"initiatedBy/app/displayName":        {Column: "app_name", Ops: edm.Eq},
		"targetResources":                    {Column: "targets", Ops: edm.Eq},
	},
}

var readAudits = []string{"AuditLog.Read.All", "Directory.Read.All"}

// auditOperations are the reads of the audit log (operations.md §6).
func auditOperations() op.Operations {
	rule := face.Reads(readAudits, readAudits, authz.Role("microsoft.directory/auditLogs/allProperties/read"))
	return op.Operations{
		{
			Name: "listDirectoryAudits", Summary: "List the audit log, newest first.",
			Method: "GET", Path: "/auditLogs/directoryAudits", Versions: op.Both, Success: 200, Entity: "directoryAudit", Collection: true,
			Rule: rule, Query: op.ListOptions, Do: audits.List(nil), Sensitive: true,
		},
		{
			Name: "getDirectoryAudit", Summary: "Read one audit record.",
			Method: "GET", Path: "/auditLogs/directoryAudits/{id}", Versions: op.Both, Success: 200, Entity: "directoryAudit",
			Rule: rule, Query: op.SingleOptions, Do: audits.Get(loadAudit), Sensitive: true,
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
