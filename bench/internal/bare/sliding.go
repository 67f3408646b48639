package bare

import (
	"time"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
)

// Sliding is what J2 must come to in windows that slide; size is a multiple of slide. It is no yardstick of speed: it
// keeps a running sum for each key, adds each pane's counts when they are whole, and takes them out a window later.
func Sliding(count int64, events work.Events, size, slide time.Duration) meter.Tally {
	ring, sums, tally := make([][]int32, size/slide), make([]int64, events.Keys), meter.Tally{}
	for i := range ring {
		ring[i] = make([]int32, events.Keys)
	}
	span := slide.Milliseconds()
	begins := func(pane int64) int64 { // index of its first event; panes count from 1970
		return min(max((pane*span-work.Epoch)*events.PerMs, 0), count)
	}
	first, last := work.Epoch/span, events.At(count-1).Time/span
	for pane := first; pane < last+int64(len(ring)); pane++ { // each is the last one of a window
		newest := ring[pane%int64(len(ring))]
		for key, n := range newest {
			sums[key] -= int64(n)
		}
		clear(newest)
		for index := begins(pane); index < begins(pane+1); index++ {
			newest[events.At(index).Key]++
		}
		for key, n := range newest {
			if sums[key] += int64(n); sums[key] > 0 {
				tally.Add(work.WindowCount{Key: int64(key), End: (pane + 1) * span, Count: sums[key]}.Weigh())
			}
		}
	}
	return tally
}
