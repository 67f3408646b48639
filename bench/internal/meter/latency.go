package meter

import (
	"fmt"
	"time"
)

// Latency is how late results came, in ns.
type Latency struct {
	P50, P99, P9999, Max int64
}

// take keeps the worst of several subtasks.
func (l *Latency) take(fields map[string]uint64) {
	l.P50 = max(l.P50, int64(fields["p50"]))
	l.P99 = max(l.P99, int64(fields["p99"]))
	l.P9999 = max(l.P9999, int64(fields["p9999"]))
	l.Max = max(l.Max, int64(fields["max"]))
}

// A Histogram counts durations in steps of 20 µs, up to one second and beyond. It is one goroutine's.
type Histogram struct {
	steps   [50_001]int64
	n       int64
	longest time.Duration
}

const step = 20 * time.Microsecond

// Add takes in a duration.
func (h *Histogram) Add(d time.Duration) {
	h.n++
	h.longest = max(h.longest, d)
	h.steps[min(max(int(d/step), 0), len(h.steps)-1)]++
}

// at is the upper end of the step below which the share of all durations lies.
func (h *Histogram) at(share float64) time.Duration {
	left := int64(share * float64(h.n))
	for i, n := range h.steps {
		if left -= n; left < 0 {
			return time.Duration(i+1) * step
		}
	}
	return h.longest
}

func (h *Histogram) fields() string {
	return fmt.Sprintf(" p50=%d p99=%d p9999=%d max=%d", h.at(0.5), h.at(0.99), h.at(0.9999), h.longest)
}
