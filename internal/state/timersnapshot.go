package state

import (
	"fmt"
	"math"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

// timerFrames is the largest number of frames that Snapshot fills side by side.
const timerFrames = 64

// Snapshot writes all timers, at once, to frames, each of which covers the range of key groups firstKG to lastKG. emit may
// keep the frames.
func (t *Timers[K]) Snapshot(emit func(firstKG, lastKG int, frame []byte)) {
	if t.count == 0 {
		return
	}
	low, top := uint64(math.MaxUint64), uint64(0)
	t.each(func(e timer[K]) {
		h := t.hash(e.Key)
		low, top = min(low, h), max(top, h)
	})
	// Each frame gets a slice of the hashes, so that it covers few key groups.
	frames := make([]frame, min(timerFrames, 1+t.count/2048))
	width := (top-low)>>32/uint64(len(frames)) + 1
	t.each(func(e timer[K]) {
		h := t.hash(e.Key)
		f := &frames[(h-low)>>32/width]
		f.note(h)
		f.buf = t.timers.Append(f.buf, &e)
		if len(f.buf) >= frameBytes {
			f.flush(t.max, emit)
		}
	})
	for i := range frames {
		frames[i].flush(t.max, emit)
	}
}

// Written has Restore read frames with keys of a former version of the program. The error says why the keys can't be made
// of those.
func (t *Timers[K]) Written(keySchema string) error {
	keys, err := codec.Of[K]()
	if err != nil {
		return err
	}
	if _, err := keys.KeyDecoder(keySchema); err != nil || keySchema == "" {
		return err
	}
	former, err := t.timers.Decoder("struct{At int64; Key " + keySchema + "}")
	t.former = former
	return err
}

// Restore adds the timers of a frame whose key groups are in firstKG to lastKG. It fails if the frame is damaged or has a
// timer that is there already; some may have been added then.
func (t *Timers[K]) Restore(frame []byte, firstKG, lastKG int) error {
	d := t.former
	if d == nil {
		d = t.timers.OwnDecoder()
	}
	return readFrame(frame, d.MinSize(), func(src []byte) (int, error) {
		var e timer[K]
		n, err := d.Decode(src, &e)
		if err != nil {
			return 0, err
		}
		hash := t.hash(e.Key)
		if kg := keygroup.Of(hash, t.max); kg < firstKG || kg > lastKG {
			return n, nil
		}
		if !t.Add(e.At, hash, e.Key) {
			return 0, fmt.Errorf("timer of key %v at %d appears twice", e.Key, e.At)
		}
		return n, nil
	})
}
