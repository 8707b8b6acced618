package tutorial

import (
	"fmt"
	"regexp"
	"time"

	"ephor/internal/when"
)

// A step is one request of the scenario and what must come of it. All its texts may have
// references (see hole.go); every date in them moves with a shifted run.
type step struct {
	chapter string // heading, when it differs from the step before
	name    string // what is done
	at      string // the instant that the tenant's clock shows from here on, "" for as before
	as      string // who asks: a key of callers
	renew   bool   // with a new token: the last one was taken away
	method  string
	path    string // with its query, unescaped as the documents print it
	body    string
	status  int
	want    string // template of the whole body, "" for none
	keep    string // the name under which later steps know this answer's request-id
	proves  string
}

// A caller is whose token a step bears.
type caller struct {
	user   string   // user principal name; "" for the confidential client itself
	scopes []string // all consented ones when nil
	client string   // with which application, by id; "" for the seed's public one
	amr    []string // how the user has signed in
	lives  bool     // signs in as a person does, for the first time with the initial password
}

// timestamp finds the date in front of each time in a step's texts.
var timestamp = regexp.MustCompile(`\b(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2})`)

// shift moves every date in text on by so many days. Times of day stay, so that a shifted
// run reads like the documents.
func shift(text string, days int) string {
	if days == 0 {
		return text
	}
	return timestamp.ReplaceAllStringFunc(text, func(found string) string {
		day, err := time.Parse(time.DateOnly, found[:len(time.DateOnly)])
		if err != nil {
			return found
		}
		return day.AddDate(0, 0, days).Format(time.DateOnly) + found[len(time.DateOnly):]
	})
}

// shifted is the step with its dates moved on by so many days.
func (s step) shifted(days int) step {
	s.at, s.path, s.body, s.want = shift(s.at, days), shift(s.path, days), shift(s.body, days), shift(s.want, days)
	return s
}

// firstDay is the day on which the tutorial's own answers begin.
const firstDay = "2021-09-03"

// daysUntil is how far a run shifts to begin on the day of today, in UTC.
func daysUntil(today when.Instant) int {
	first, err := time.Parse(time.DateOnly, firstDay)
	if err != nil {
		panic(fmt.Sprintf("tutorial: %s is no day: %v", firstDay, err))
	}
	return int(today.Time().Truncate(24*time.Hour).Sub(first).Hours() / 24)
}
