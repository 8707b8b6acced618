package store

import (
	"testing"

	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/odata"
	"ephor/internal/when"
)

// auditColumns are the filters that query.md §6 states, by their path on the wire.
func auditColumns() Columns {
	c := Columns{}
	for wire, name := range map[string]string{
		"id": "id", "activityDateTime": "at", "activityDisplayName": "activity", "correlationId": "correlation", "category": "category",
		"result": "result", "loggedByService": "service", "initiatedBy/user/id": "user", "initiatedBy/user/displayName": "user_name",
		"initiatedBy/user/userPrincipalName": "user_upn", "initiatedBy/app/appId": "app", "initiatedBy/app/displayName": "app_name", "targetResources": "targets",
	} {
		c[wire] = AuditRecords.Column(name)
	}
	return c
}

// found are filters and the records that they find, the newest first.
func found(ada, correlation guid.ID, ids []guid.ID) map[string][]int {
	return map[string][]int{
		"activityDisplayName eq 'add USER'":                                                     {0},
		"startswith(activityDisplayName,'Add')":                                                 {1, 0},
		"correlationId eq '" + correlation.String() + "'":                                       {2, 1, 0},
		"id eq '" + ids[1].String() + "'":                                                       {1},
		"activityDateTime ge 2026-03-01T12:01:00Z":                                              {2, 1},
		"activityDateTime ge 2026-03-01T12:00:00Z and activityDateTime le 2026-03-01T12:01:00Z": {1, 0},
		"activityDateTime eq 2026-03-01T12:01:00Z":                                              {1},
		"initiatedBy/user/id eq '" + ada.String() + "'":                                         {2, 0},
		"initiatedBy/user/displayName eq 'ada'":                                                 {2, 0},
		"startswith(initiatedBy/user/userPrincipalName,'ada@')":                                 {2, 0},
		"initiatedBy/app/appId eq '6BE4B305-0000-4000-8000-000000000000'":                       {1},
		"initiatedBy/app/displayName eq 'Robot'":                                                {1},
		"loggedByService eq 'PIM' and category eq 'RoleManagement' and result eq 'failure'":     {1},
		"targetResources/any(t:t/id eq 'A')":                                                    {2, 0},
		"targetResources/any(t: startswith(t/displayName,'target b'))":                          {1},
		"targetResources/any(t:t/id eq 'A') and result eq 'failure'":                            {},
		"not (targetResources/any(t:t/id eq 'A'))":                                              {1},
	}
}

func TestRecordsAreFoundByWhatTheySay(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, open opener) {
		clock := dialAt(noon)
		s := open(t, clock.set)
		tenant := create(t, s, "log")
		ada, correlation := s.env.NewID(), s.env.NewID()
		byUser := audit.Actor{User: audit.User{ID: ada, UPN: "Ada@Contoso.com", Name: "Ada"}}
		byApp := audit.Actor{App: audit.App{ID: "6be4b305-0000-4000-8000-000000000000", Name: "Robot"}}
		add := func(id guid.ID, activity string, result audit.Result, by audit.Actor, target string) {
			err := tenant.Write(t.Context(), func(tx *WriteTx) error {
				tx.PutSetting("x", 1)
				tx.Record(audit.Record{
					ID: id, Activity: activity, Category: "RoleManagement", Service: "PIM", Result: result, Actor: by, Correlation: correlation,
					Targets: []audit.Target{{ID: target, Kind: audit.KindUser, Name: "Target " + target}, {ID: target, Kind: audit.KindRole}},
				})
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			clock.ticks.Add(when.Minute)
		}
		ids := []guid.ID{s.env.NextID(), s.env.NextID(), s.env.NextID()}
		add(ids[0], "Add user", audit.Success, byUser, "A")
		add(ids[1], "Add member to role", audit.Failure, byApp, "B")
		add(ids[2], "Update user", audit.Success, byUser, "A")
		for filter, want := range found(ada, correlation, ids) {
			node, err := odata.ParseFilter(filter, odata.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for _, limit := range []int{1, 100} {
				got := walkAll(t, tenant, AuditRecords, ListQuery{Filter: node, Columns: auditColumns(), Limit: limit}, func() {})
				same := len(got) == len(want)
				for i := range got {
					same = same && got[i].ID == ids[want[i]]
				}
				if !same {
					t.Errorf("%s, %d a page: %d records, want %v", filter, limit, len(got), want)
				}
			}
		}
		read(t, tenant, func(tx *ReadTx) error {
			r, found, err := tx.AuditRecord(ids[0])
			if !found || r.Activity != "Add user" || r.Targets[0].ID != "A" {
				t.Errorf("%+v", r)
			}
			if _, found, _ := tx.AuditRecord(ada); found {
				t.Error("a record was found under another id")
			}
			return err
		})
	})
}
