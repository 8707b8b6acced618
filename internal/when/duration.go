package when

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sosodev/duration"
)

// longest bounds a duration: nothing that Ephor grants or asks about is longer.
const longest = 100 * 366 * 24 * time.Hour

// ParseDuration reads an ISO 8601 duration such as PT5H, P365D or P1Y and answers the
// instant that lies so far behind start: years and months by the calendar, the rest by
// length. It reports false for what is not one, for negative ones and for more than 100
// years. A fraction is had in seconds only, where no clock can dispute its length.
func ParseDuration(s string, start Instant) (Instant, bool) {
	if !wellFormed(s) {
		return 0, false
	}
	d, err := duration.Parse(s)
	if err != nil || d.Years > 100 || d.Months > 1200 {
		return 0, false
	}
	hours := d.Weeks*7*24 + d.Days*24 + d.Hours + d.Minutes/60
	if hours > longest.Hours() || d.Seconds > longest.Seconds() {
		return 0, false
	}
	whole := time.Duration(d.Weeks)*7*24*time.Hour + time.Duration(d.Days)*24*time.Hour +
		time.Duration(d.Hours)*time.Hour + time.Duration(d.Minutes)*time.Minute
	rest := time.Duration(d.Seconds * float64(time.Second)).Round(100 * time.Nanosecond)
	end := start.Time().AddDate(int(d.Years), int(d.Months), 0)
	if whole+rest > longest || end.Year() > 9999 {
		return 0, false
	}
	return Of(end).Add(whole + rest), true
}

// form is ISO 8601's order of designators: each at most once, with digits before it. The
// parser behind it is laxer.
var form = regexp.MustCompile(`^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$`)

func wellFormed(s string) bool {
	return len(s) >= 3 && len(s) <= 32 && s[len(s)-1] != 'T' && form.MatchString(s)
}

// FormatDuration is d in ISO 8601, in the spelling that Graph uses: PT8H, PT1H45M, P365D.
// Whole days are written as days; d is cut to seconds, and less than one is PT0S.
func FormatDuration(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d <= 0 {
		return "PT0S"
	}
	if day := 24 * time.Hour; d%day == 0 {
		return "P" + strconv.FormatInt(int64(d/day), 10) + "D"
	}
	var out strings.Builder
	out.WriteString("PT")
	for _, unit := range []struct {
		length time.Duration
		letter string
	}{{time.Hour, "H"}, {time.Minute, "M"}, {time.Second, "S"}} {
		if n := d / unit.length; n > 0 {
			out.WriteString(strconv.FormatInt(int64(n), 10) + unit.letter)
			d %= unit.length
		}
	}
	return out.String()
}
