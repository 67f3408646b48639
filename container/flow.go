package container

import "time"

// A receiver in another worker needs more batches on their way than one in the same process: until a credit is back, a
// frame has passed two goroutines and the network, each of which waits for a processor while all are busy. Too many would
// have a barrier wait behind them. So the window follows what the receiver handles in flowTime: wide where records are
// cheap, and as narrow as within a process where they take long.
const (
	flowTime   = 4 * time.Millisecond
	flowWindow = 64 // batches at most
	flowLook   = 10 * time.Millisecond
)

// flow is the window of a channel to another worker. The goroutine that reads the credits owns it.
type flow struct {
	window   int32 // batches that may be on their way
	returned int32 // credits that came back since
	since    time.Time
}

func newFlow(now time.Time) flow { return flow{window: creditsPerChannel, since: now} }

// credits says how many credits the sender gets for n that have come back: more while the window opens, fewer, or less
// than none, while it closes.
func (f *flow) credits(n int32, now time.Time) int32 {
	f.returned += n
	took := now.Sub(f.since)
	if took < flowLook {
		return n
	}
	window := int32(min(time.Duration(f.returned)*flowTime/took, flowWindow))
	window = max(window, creditsPerChannel)
	n += window - f.window
	*f = flow{window: window, since: now}
	return n
}
