package main

import (
	"fmt"
	"slices"
	"time"
)

// A sample is what one contestant did in one round.
type sample struct {
	rate     float64 // answers a second
	p50, p99 time.Duration
	work     time.Duration // of the server's processor, for each answer; 0 if it is not known
}

// sampled is a sample of these times, which took so long altogether.
func sampled(times []time.Duration, took time.Duration) sample {
	if len(times) == 0 {
		return sample{}
	}
	slices.Sort(times)
	return sample{rate: float64(len(times)) / took.Seconds(), p50: times[len(times)/2], p99: times[len(times)*99/100]}
}

// A contestant does the same as others in its own way.
type contestant func() (sample, error)

// contest lets all contestants run in each round, in one order and the next time in the
// other, and gives each one's samples.
func contest(rounds int, all ...contestant) ([][]sample, error) {
	samples := make([][]sample, len(all))
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	for round := range rounds {
		for _, i := range order {
			s, err := all[i]()
			if err != nil {
				return nil, fmt.Errorf("round %d: %w", round+1, err)
			}
			samples[i] = append(samples[i], s)
		}
		slices.Reverse(order)
	}
	return samples, nil
}

// A figure is the median of some rounds, and how far they lie apart.
type figure struct{ median, low, high float64 }

func figureOf(values []float64) figure {
	v := slices.Clone(values)
	slices.Sort(v)
	return figure{v[len(v)/2], v[0], v[len(v)-1]}
}

// exactly is the figure of what was measured once.
func exactly(v float64) figure { return figure{v, v, v} }

// ratio compares two contestants round by round.
func ratio(a, b []sample, of func(sample) float64) figure {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = of(a[i]) / of(b[i])
	}
	return figureOf(ratios)
}

// alone is a figure of one contestant.
func alone(a []sample, of func(sample) float64) figure {
	values := make([]float64, len(a))
	for i := range a {
		values[i] = of(a[i])
	}
	return figureOf(values)
}

func rate(s sample) float64   { return s.rate }
func p50(s sample) float64    { return s.p50.Seconds() }
func micros(s sample) float64 { return s.p50.Seconds() * 1e6 }
func work(s sample) float64   { return s.work.Seconds() * 1e6 }

// works are what an answer of two contestants costs their servers' processors: of the three
// figures of a contest that which a busy machine changes least.
func works(a, b []sample) string {
	return fmt.Sprintf("processor %.0f to %.0f µs", alone(a, work).median, alone(b, work).median)
}
