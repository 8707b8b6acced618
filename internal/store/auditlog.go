package store

import (
	"fmt"

	"ephor/internal/audit"
	"ephor/internal/edm"
	"ephor/internal/guid"
	"ephor/internal/odata"
)

// scanRecord reads a record from its canonical bytes: the other columns only find it.
func scanRecord(scan func(dest ...any) error) (audit.Record, error) {
	var body []byte
	if err := scan(&body); err != nil {
		return audit.Record{}, err
	}
	return audit.Decode(body)
}

// AuditRecord is the audit record with that id.
func (tx *ReadTx) AuditRecord(id guid.ID) (r audit.Record, found bool, err error) {
	err = tx.query("SELECT body FROM audit WHERE id = $1", []any{id}, func(scan func(dest ...any) error) (err error) {
		found = true
		r, err = scanRecord(scan)
		return err
	})
	if err != nil {
		return audit.Record{}, false, fmt.Errorf("load audit record %s: %w", id, err)
	}
	return r, found, nil
}

// lowered is a column of text that its writer has put in lower case.
func lowered(sql string, ops edm.Ops) Column {
	return Column{SQL: sql, Kind: odata.KindText, Folded: true, Nullable: true, Ops: ops}
}

// recorded is when a record was made: the order of the log, newest first.
func recorded() Column {
	return Column{SQL: "a.at", Kind: odata.KindInstant, Ops: edm.Ranged, Indexed: true}
}

// AuditRecords are the records of the log, the newest first.
var AuditRecords = &Table[audit.Record]{
	From: "audit a", ID: "a.id", Order: Order{Column: recorded(), Desc: true}, Row: scanRecord, Select: "a.body",
	Columns: map[string]Column{
		"id":          selective(required(idOf("a.id"))),
		"at":          recorded(),
		"activity":    indexed(required(lowered("a.activity_key", edm.Equal|edm.StartsWith))),
		"category":    required(lowered("a.category_key", edm.Equal)),
		"service":     required(lowered("a.service_key", edm.Equal)),
		"result":      spelled("a.result", string(audit.Success), string(audit.Failure), string(audit.Timeout)),
		"correlation": indexed(idOf("a.correlation")),
		"user":        filled(indexed(idOf("a.actor_user"))),
		"user_upn":    lowered("a.actor_upn_key", edm.Equal|edm.StartsWith),
		"user_name":   lowered("a.actor_name_key", edm.Equal),
		"app":         filled(indexed(lowered("a.actor_app", edm.Equal))),
		"app_name":    lowered("a.actor_app_key", edm.Equal),
		"targets": {Ops: edm.Eq, Many: &Elements{
			// All that any index of it holds, so that whichever a planner without statistics takes
			// leads to the one record.
			From: "audit_target t", On: "t.idx = a.idx AND t.at = a.at AND t.record_id = a.id", Key: "t.at", ID: "t.record_id",
			Columns: map[string]Column{
				"id":          indexed(lowered("t.target_id", edm.Equal)),
				"displayName": indexed(lowered("t.name_key", edm.Equal|edm.StartsWith)),
			},
		}},
	},
}
