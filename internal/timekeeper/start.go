package timekeeper

import (
	"ephor/internal/audit"
	"ephor/internal/guid"
	"ephor/internal/pim"
	"ephor/internal/store"
	"ephor/internal/when"
)

// nextStart is when the first grant begins that was asked for in advance.
func nextStart(tx *store.ReadTx) (when.Instant, error) {
	first, err := tx.Begun(when.Never-1, 1)
	if err != nil || len(first) == 0 {
		return when.Never, err
	}
	return first[0].Completed, nil
}

// recordStarts completes requests whose grants have begun, each with its record, also if
// they have been taken away since. Whoever takes a grant away before cancels its request;
// should one be left all the same, its time cancels it.
func recordStarts(tx *store.WriteTx, most int) (int, error) {
	begun, err := tx.Begun(tx.Now(), most)
	if err != nil || len(begun) == 0 {
		return 0, err
	}
	ids := make([]guid.ID, len(begun))
	for i, r := range begun {
		ids[i] = r.Scheduled
	}
	found, err := tx.SchedulesOf(ids)
	if err != nil {
		return 0, err
	}
	made := map[guid.ID]pim.Schedule{}
	for _, s := range found {
		made[s.ID] = s
	}
	gone, err := tx.OverSince(ids)
	if err != nil {
		return 0, err
	}
	n, err := namesOfRequests(&tx.ReadTx, begun)
	if err != nil {
		return 0, err
	}
	var provisioned, canceled []guid.ID
	for _, r := range begun {
		s, there := made[r.Scheduled]
		record := n.begun(r, s)
		if at, over := gone[r.ID]; there || over && at >= r.Completed {
			provisioned = append(provisioned, r.ID)
		} else {
			canceled = append(canceled, r.ID)
			record.Result, record.Reason = audit.Failure, "The grant was taken away before it began."
		}
		tx.Record(record)
	}
	tx.ProvisionRequests(provisioned)
	tx.CancelRequests(canceled)
	return len(begun), nil
}

// begun is the record that a request's time has come.
func (n *names) begun(r pim.Request, s pim.Schedule) audit.Record {
	record := n.record(r.Target, "beginSchedule", "Assign", startActivity(r))
	record.Correlation = r.ID
	record.Targets = n.targets(r.Target, r.Principal)
	record.Details = about(r.Target, r.ID)
	for _, d := range []struct {
		key   string
		value *string
	}{{"justification", r.Justification}, {"ticketNumber", r.Ticket.Number}, {"ticketSystem", r.Ticket.System}} {
		if d.value != nil && *d.value != "" {
			record.Details = append(record.Details, audit.Detail{Key: d.key, Value: *d.value})
		}
	}
	if !s.ID.IsZero() {
		record.Details = append(record.Details, window(s.Window)...)
	}
	return record
}

// startActivity is the name under which the log knows that a request is done: the same as
// of one that is done at once.
func startActivity(r pim.Request) string {
	permanent := r.Schedule == nil || r.Schedule.Expiration.Type == pim.NoExpiration
	return r.Activity(pim.StepCompleted, permanent)
}

// window is a grant's time as details of its record.
func window(w when.Window) []audit.Detail {
	details := []audit.Detail{{Key: "startTime", Value: w.Start.String()}}
	if w.End != when.Never {
		details = append(details, audit.Detail{Key: "expirationTime", Value: w.End.String()})
	}
	return details
}
