package container

import (
	"testing"
	"time"
)

// steps gives a flow so many batches back in each of n steps, and returns the credits that its sender got for them.
func steps(f *flow, now *time.Time, n int, each time.Duration, batches int32) (credits int32) {
	for range n {
		*now = now.Add(each)
		credits += f.credits(batches, *now)
	}
	return credits
}

func TestTheWindowOpensForAFastReceiverAndClosesBehindASlowOne(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFlow(now)
	on := int32(creditsPerChannel) // its way, or may be
	on += steps(&f, &now, 100, time.Millisecond, 6) - 600
	if want := int32(24); f.window != want || on != want { // 6 a millisecond, for 4 ms
		t.Errorf("window of %d, %d credits out: want %d", f.window, on, want)
	}
	on += steps(&f, &now, 100, time.Millisecond, 1000) - 100_000
	if f.window != flowWindow || on != flowWindow {
		t.Errorf("window of %d, %d credits out: want %d", f.window, on, flowWindow)
	}
	on += steps(&f, &now, 2, time.Second, 3) - 6
	if f.window != creditsPerChannel || on != creditsPerChannel {
		t.Errorf("window of %d, %d credits out: want %d", f.window, on, creditsPerChannel)
	}
}
