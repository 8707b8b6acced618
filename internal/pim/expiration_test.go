package pim

import (
	"testing"

	"ephor/internal/fault"
	"ephor/internal/when"
)

// behaviour.md §5 and §2, 4: what a schedule comes to at noon.
func TestResolve(t *testing.T) {
	t.Parallel()
	permanent := when.Window{Start: noon, End: when.Never}
	for _, x := range []struct {
		name  string
		asked *Asked
		want  when.Window
		echo  Expiration
	}{
		{"none", nil, permanent, forever()},
		{"notSpecified", &Asked{Start: noon, Expiration: Expiration{End: when.Never}}, permanent, forever()},
		{"noExpiration", &Asked{Start: when.Never, Expiration: forever()}, permanent, forever()},
		{"noExpiration with a duration, as some clients send", &Asked{Start: noon, Expiration: Expiration{Type: NoExpiration, End: when.Never, Duration: "P365D"}}, permanent, forever()},
		{"past start, end kept", &Asked{Start: noon - when.Day, Expiration: until(noon + 1)}, when.Window{Start: noon, End: noon + 1}, until(noon + 1)},
		{"past start, duration from now", &Asked{Start: noon - when.Day, Expiration: lasting("PT1H")}, when.Window{Start: noon, End: noon + when.Hour}, lasting("PT1H")},
		{"future start, duration from it", &Asked{Start: noon + 1, Expiration: lasting("PT1H45M")}, when.Window{Start: noon + 1, End: noon + 1 + 105*when.Minute}, lasting("PT1H45M")},
		{"a year by the calendar", &Asked{Start: at("2024-01-01T00:00:00Z"), Expiration: lasting("P1Y")}, when.Window{Start: at("2024-01-01T00:00:00Z"), End: at("2025-01-01T00:00:00Z")}, lasting("P1Y")},
		{"a month by the calendar", &Asked{Start: at("2022-02-01T00:00:00Z"), Expiration: lasting("P1M")}, when.Window{Start: at("2022-02-01T00:00:00Z"), End: at("2022-03-01T00:00:00Z")}, lasting("P1M")},
	} {
		echo, w, err := resolve(x.asked, forever(), noon)
		if err != nil || w != x.want || echo.Expiration != x.echo || echo.Start != w.Start {
			t.Errorf("%s: %v, echo %+v, %v", x.name, w, echo, err)
		}
	}
}

func TestSenselessSchedulesAreBodyFaults(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]Asked{
		"end past":                     {Start: noon - when.Day, Expiration: until(noon - 1)},
		"end now":                      {Start: noon - when.Day, Expiration: until(noon)},
		"end before start":             {Start: noon + when.Day, Expiration: until(noon + when.Hour)},
		"end at start":                 {Start: noon + when.Day, Expiration: until(noon + when.Day)},
		"afterDateTime without end":    {Start: noon, Expiration: Expiration{Type: AfterDateTime, End: when.Never}},
		"afterDateTime with duration":  {Start: noon, Expiration: Expiration{Type: AfterDateTime, End: noon + 1, Duration: "PT1H"}},
		"afterDuration with end":       {Start: noon, Expiration: Expiration{Type: AfterDuration, End: noon + 1, Duration: "PT1H"}},
		"afterDuration without any":    {Start: noon, Expiration: lasting("")},
		"no length":                    {Start: noon, Expiration: lasting("PT0S")},
		"negative":                     {Start: noon, Expiration: lasting("-PT1H")},
		"no duration":                  {Start: noon, Expiration: lasting("5 hours")},
		"beyond a hundred years":       {Start: noon, Expiration: lasting("P101Y")},
		"untyped end":                  {Start: noon, Expiration: Expiration{End: noon + 1}},
		"untyped duration":             {Start: noon, Expiration: Expiration{End: when.Never, Duration: "PT1H"}},
		"unknown type":                 {Start: noon, Expiration: Expiration{Type: 4, End: when.Never}},
		"start beyond the wire":        {Start: latest + 1, Expiration: forever()},
		"end beyond the wire":          {Start: noon, Expiration: until(latest + 1)},
		"duration that runs beyond it": {Start: latest - 1, Expiration: lasting("P1D")},
	} {
		_, _, err := resolve(&a, forever(), noon)
		fa, ok := fault.As(err)
		if !ok || fa.Status != 400 || fa.Code != "InvalidRoleAssignmentRequest" || len(fa.Details) != 1 || fa.Details[0].Message == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is asked, the window is refused or lies ahead and can be written.
func FuzzResolve(f *testing.F) {
	f.Add(int64(noon), int64(when.Never), "PT5H", byte(AfterDuration), int64(noon))
	f.Add(int64(when.Never), int64(noon+1), "", byte(AfterDateTime), int64(noon))
	f.Add(int64(-1<<63), int64(-1<<63), "P100Y1200M5300W", byte(9), int64(0))
	f.Add(int64(latest), int64(when.Never), "PT1S", byte(AfterDuration), int64(latest))
	f.Add(int64(noon), int64(when.Never), "P5300W36600DT878400H", byte(AfterDuration), int64(noon))
	f.Fuzz(func(t *testing.T, start, end int64, duration string, kind byte, clock int64) {
		now := min(max(when.Instant(clock), earliest), latest)
		asked := &Asked{Start: when.Instant(start), Expiration: Expiration{Type: ExpirationType(kind), End: when.Instant(end), Duration: duration}}
		echo, w, err := resolve(asked, forever(), now)
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		if w.Empty() || w.Start < now || w.Start > latest || (w.End > latest && w.End != when.Never) {
			t.Fatalf("window %v at %v", w, now)
		}
		// What is echoed asks for the same again.
		if _, again, err := resolve(&echo, forever(), now); err != nil || again != w {
			t.Fatalf("echo %+v comes to %v, %v; want %v", echo, again, err, w)
		}
	})
}
