package main

import (
	"time"

	"github.com/weft-stream/weft/stream"
)

// q12 counts each person's bids in ten seconds of the machine's clock, so each
// run has other results. The last windows are cut off where the stream ends.
func q12(in events) *stream.Stream[activity] {
	return activities(in, stream.Tumbling(10*time.Second).ProcessingTime())
}
