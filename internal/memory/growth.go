package memory

import (
	"runtime/debug"
	"time"
)

// Between two collections the heap grows by what is garbage by then. A fraction
// of what is live, as Go has it, is too little where little is live: streaming
// makes garbage all the same. And it is too much where much is live: a gigabyte
// of state would be given gigabytes of garbage, though a collection costs little
// there: state has few pointers to follow. The container's limit takes over when
// that fills up.
const (
	mostPercent = 400       // of what is live, at most
	leastGrowth = 128 << 20 // bytes, unless that is more than mostPercent
	growthShare = 4         // the growth is this part of what is live, if that is more than leastGrowth

	followEvery = time.Second // how often what is live is looked at
)

// percent returns by how much of what is live the heap is to grow, in percent.
func percent(live int64) int {
	growth := max(leastGrowth, live/growthShare)
	return int(min(mostPercent, 100*growth/max(live, 1)))
}

// follow has the growth follow what is live, at each tick.
func follow(ticks <-chan time.Time) {
	now := mostPercent
	for range ticks {
		live, _, _ := Live()
		if next := percent(live); 8*max(next-now, now-next) > now { // setting it stops all goroutines for a moment
			debug.SetGCPercent(next)
			now = next
		}
	}
}
