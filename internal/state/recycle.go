package state

import "sync"

// spareFrames are the memory of frames that are not needed any more, as *[frameRoom]byte. A checkpoint of 10⁷ keys makes
// hundreds of megabytes of them: as garbage they would stand beside the state until the collector comes, which is seldom,
// and each checkpoint would have fresh memory to touch.
var spareFrames = sync.Pool{New: func() any { return new([frameRoom]byte) }}

func newFrame() []byte { return spareFrames.Get().(*[frameRoom]byte)[:0] }

// Recycle takes back a frame that a snapshot has emitted. Nobody may look at it any more, and nobody else may have been
// given it. It may be called by any goroutine.
func Recycle(frame []byte) {
	if cap(frame) >= frameRoom {
		spareFrames.Put((*[frameRoom]byte)(frame[:frameRoom]))
	}
}
