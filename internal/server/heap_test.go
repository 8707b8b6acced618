package server

import "testing"

func TestASmallHeapIsGivenRoomAndALargeOneDoubles(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		live    uint64
		percent int
	}{
		{0, 6400},
		{1 << 20, 6400},
		{16 << 20, 400},
		{64 << 20, 100},
		{1 << 30, 100},
	} {
		if got := pacing(row.live); got != row.percent {
			t.Errorf("a heap of %d bytes grows by %d %%, want %d", row.live, got, row.percent)
		}
	}
}
