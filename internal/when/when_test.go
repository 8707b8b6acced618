package when

import (
	"testing"
	"time"
)

func TestTimestampsAreWrittenAsGraphWritesThem(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ in, out string }{
		{"2021-09-03T20:45:28.3848182Z", "2021-09-03T20:45:28.3848182Z"},
		{"2021-09-04T15:13:00.000Z", "2021-09-04T15:13:00Z"},
		{"2022-04-12T14:44:50.287Z", "2022-04-12T14:44:50.287Z"},
		{"2021-09-03T22:45:28+02:00", "2021-09-03T20:45:28Z"},
		{"1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.9999999Z"},
		{"2021-09-03T20:45:28.38481829Z", "2021-09-03T20:45:28.3848182Z"},
		{"2024-11-04T06:10Z", "2024-11-04T06:10:00Z"}, // OData: the seconds may be left out
		{"2024-11-04T06:10+01:00", "2024-11-04T05:10:00Z"},
	} {
		i, ok := Parse(row.in)
		if !ok || i.String() != row.out {
			t.Errorf("Parse(%q).String() = %q, %v; want %q", row.in, i, ok, row.out)
		}
	}
	for _, bad := range []string{"", "2021-09-03", "2021-09-03T20:45:28", "2021-09-03 20:45:28Z", "2021-02-30T00:00:00Z", "tomorrow", "2024-11-04T06:10", "2024-11-04T06Z", "2024-11-04T06:10:Z", "2024-11-04T6:10Z"} {
		if i, ok := Parse(bad); ok {
			t.Errorf("Parse(%q) = %v, want refusal", bad, i)
		}
	}
}

func TestAWindowIsHalfOpen(t *testing.T) {
	t.Parallel()
	w := Window{Start: 100, End: 200}
	for at, want := range map[Instant]bool{99: false, 100: true, 199: true, 200: false, Never: false} {
		if w.Covers(at) != want {
			t.Errorf("Covers(%d) = %v", at, !want)
		}
	}
	if w.Overlaps(Window{Start: 200, End: 300}) || !w.Overlaps(Window{Start: 199, End: 300}) {
		t.Error("windows that meet do not overlap; windows that share a tick do")
	}
}

func TestDurationsAreCalendarOrLength(t *testing.T) {
	t.Parallel()
	start, _ := Parse("2024-01-31T00:00:00Z")
	for _, row := range []struct{ text, end string }{
		{"PT8H", "2024-01-31T08:00:00Z"},
		{"PT5H", "2024-01-31T05:00:00Z"},
		{"P365D", "2025-01-30T00:00:00Z"},
		{"P1Y", "2025-01-31T00:00:00Z"},
		{"PT30S", "2024-01-31T00:00:30Z"},
		{"PT1H45M", "2024-01-31T01:45:00Z"},
		{"P1DT12H", "2024-02-01T12:00:00Z"},
		{"PT0.5S", "2024-01-31T00:00:00.5Z"},
		{"P2W", "2024-02-14T00:00:00Z"},
	} {
		end, ok := ParseDuration(row.text, start)
		if !ok || end.String() != row.end {
			t.Errorf("ParseDuration(%q) = %v, %v; want %s", row.text, end, ok, row.end)
		}
	}
	for _, bad := range []string{"", "P", "PT", "P1DT", "5H", "-PT5H", "PT-5H", "PT5", "PT8H1H", "PP1D", "PT8.2H", "P1M1Y", "P101Y", "P5300W36600DT878400H", "PT9999999999999H", "pt5h", "PT5H "} {
		if end, ok := ParseDuration(bad, start); ok {
			t.Errorf("ParseDuration(%q) = %v, want refusal", bad, end)
		}
	}
}

func TestDurationsAreWrittenAsGraphWritesThem(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		8 * time.Hour: "PT8H", time.Hour + 45*time.Minute: "PT1H45M", 365 * 24 * time.Hour: "P365D", 30 * time.Second: "PT30S", 0: "PT0S",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%v) = %q, want %q", d, got, want)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"PT5H", "P1Y2M3DT4H5M6.7S", "P5300W36600DT878400H", "PT0.0000001S"} {
		f.Add(s)
	}
	start, _ := Parse("2021-09-03T20:45:28Z")
	f.Fuzz(func(t *testing.T, s string) {
		end, ok := ParseDuration(s, start)
		if ok && (end < start || end.Sub(start) < 0 || end.Sub(start) > 210*366*24*time.Hour) {
			t.Fatalf("ParseDuration(%q) = %v", s, end)
		}
	})
}
