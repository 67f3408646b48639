package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercentFollowsWhatIsLive(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		live    int64
		percent int
	}{
		{0, 400}, {5 * mib, 400}, {32 * mib, 400}, // what is small may grow fourfold
		{64 * mib, 200}, {128 * mib, 100}, {256 * mib, 50}, // then it is a fixed number of bytes
		{512 * mib, 25}, {4096 * mib, 25}, {1 << 50, 25}, // and at last a fourth
	} {
		if got := percent(c.live); got != c.percent {
			t.Errorf("%d MiB live: %d %%, want %d", c.live/mib, got, c.percent)
		}
	}
}

// TestHeapGrowsByAFixedAmount looks how far a heap with live data may grow before
// it is collected.
func TestHeapGrowsByAFixedAmount(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(mostPercent))
	live := make([]byte, 256<<20)
	runtime.GC()
	before := goalBytes()
	ticks := make(chan time.Time)
	done := make(chan struct{})
	go func() { follow(ticks); close(done) }()
	ticks <- time.Now()
	close(ticks)
	<-done
	runtime.GC()
	after := goalBytes()
	found, _, _ := Live()
	runtime.KeepAlive(live)
	if before < 5*int64(len(live)) {
		t.Fatalf("the heap would grow to %d MiB without: this test tests nothing", before>>20)
	}
	if want := found + leastGrowth; after > want+want/8 {
		t.Errorf("the heap may grow to %d MiB, want %d", after>>20, want>>20)
	}
}

func goalBytes() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
