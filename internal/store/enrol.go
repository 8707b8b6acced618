package store

import "ephor/internal/guid"

// EnrolTicket is the kind of ticket that an enrolment link is: good for an hour, used once.
const EnrolTicket = "enrol"

// An Enrolment is what is kept in one: whose it is.
type Enrolment struct {
	User guid.ID `json:"user"`
}
