package server

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// heapFloor is how many bytes of garbage may lie about, in a process that holds little. Go
// collects when the heap has doubled: of a small heap many times a second, and a quarter of
// the processor goes into that.
const heapFloor = 64 << 20

// calmHeap lets the heap grow by at least heapFloor between two collections, unless the
// operator has said by GOGC or GOMEMLIMIT what is wanted. A heap that is larger than that
// doubles, as ever.
var calmHeap = sync.OnceFunc(func() {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	pace()
})

// pace sets the next collection, and runs again after it.
func pace() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return
	}
	debug.SetGCPercent(pacing(live[0].Value.Uint64()))
	// What nobody holds is cleaned up after the next collection.
	runtime.AddCleanup(new(*int), func(int) { pace() }, 0)
}

// pacing is the growth in percent that a heap of so many bytes is given.
func pacing(live uint64) int {
	const least = 1 << 20
	return int(max(100, heapFloor*100/max(live, least)))
}
