package work

import "time"

// Event is a record of J2, the tumbling count by an integer key.
type Event struct {
	Key, Time int64 // Time in ms since 1970
}

// Events makes the events of J2: keys evenly at random, PerMs of them in each millisecond of event time.
type Events struct {
	Keys, PerMs int64
}

// At is the event of an index.
func (e Events) At(index int64) Event {
	return Event{Key: int64(Below(Mix(index), uint64(e.Keys))), Time: Epoch + index/e.PerMs}
}

// WindowCount is how many records a key has in the window that ends at End (ms since 1970).
type WindowCount struct {
	Key, End, Count int64
}

// Weigh is what the result weighs in the checksum.
func (w WindowCount) Weigh() uint64 { return Mix(w.Key^w.End) * uint64(w.Count) }

// Sizes of the windows of J2 and Q5.
const (
	Tumbling = 10 * time.Second
	HotSize  = 10 * time.Second
	HotSlide = 2 * time.Second
)
