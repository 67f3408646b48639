package state

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

// Timers is the set of one subtask's timers: pairs of a time, in milliseconds, and a key.
//
// Time is cut into spans of 256 ms. The timers of a span are an unordered set until the span comes up; then they are
// sorted and fired one by one. So a timer costs two hash table operations and its share of sorting a few thousand,
// wherever it lies. A timer that is added to the span that has come up, or before it, goes to a heap beside the sorted
// ones. Deleted timers stay in the sorted ones and in the heap, and are skipped: the set says which timers there are.
//
// No method may be called concurrently. Callers give each key with its hash, by the function given to NewTimers.
type Timers[K comparable] struct {
	spans map[int64]*span[K] // those to come, by time / 256
	order heap[*span[K]]     // the same, by time / 256

	open    *span[K]   // the set of timers up to openEnd
	openEnd int64      // inclusive
	sorted  []timer[K] // of the open span when it came up, what is left of them
	late    heap[K]    // added to open later

	count   int
	max     int
	hash    func(K) uint64
	timers  *codec.Codec[timer[K]]
	nothing *codec.Codec[struct{}]
}

const spanBits = 8

// NewTimers returns an empty set for a job with maxParallelism key groups. keys shows that K can be stored; hash must be
// the function from [codec.Hasher] with which callers hash.
func NewTimers[K comparable](keys *codec.Codec[K], hash func(K) uint64, maxParallelism int) *Timers[K] {
	timers, err := codec.Of[timer[K]]()
	if err != nil {
		panic(fmt.Sprintf("keys of schema %s have a codec, but timers of them have not: %v", keys.Schema(), err))
	}
	nothing, err := codec.Of[struct{}]()
	if err != nil {
		panic(err)
	}
	return &Timers[K]{
		spans: map[int64]*span[K]{}, open: &span[K]{}, openEnd: math.MinInt64,
		max: maxParallelism, hash: hash, timers: timers, nothing: nothing,
	}
}

// Len returns the number of timers.
func (t *Timers[K]) Len() int { return t.count }

// Add adds a timer, unless it is there already, and says whether it did. A key that aliases a frame is cloned.
func (t *Timers[K]) Add(at int64, hash uint64, k K) bool {
	e := timer[K]{at, k}
	s := t.open
	if at > t.openEnd {
		s = t.spanOf(at)
	}
	if len(s.few) == fewTimers {
		s.spread(t.timers, t.nothing, t.hash)
	}
	if !s.add(t.timers, hash, e) {
		return false
	}
	if s == t.open {
		t.timers.Clone(&e)
		t.late.push(at, e.Key)
	}
	t.count++
	return true
}

// spanOf returns the span of a time after the open span, new if need be.
func (t *Timers[K]) spanOf(at int64) *span[K] {
	id := at >> spanBits
	s := t.spans[id]
	if s == nil {
		s = &span[K]{}
		t.spans[id] = s
		t.order.push(id, s)
	}
	return s
}

// Delete removes a timer and says whether it was there.
func (t *Timers[K]) Delete(at int64, hash uint64, k K) bool {
	s := t.open
	if at > t.openEnd {
		s = t.spans[at>>spanBits]
	}
	if s == nil || !s.remove(hash, timer[K]{at, k}) {
		return false
	}
	t.count--
	return true
}

// Next returns the time of the earliest timer; ok is false if there is none.
func (t *Timers[K]) Next() (at int64, ok bool) {
	if e, ok := t.peek(); ok {
		return e.At, true
	}
	if s := t.firstSpan(); s != nil {
		return s.earliest(), true
	}
	return 0, false
}

// firstSpan returns the first span to come that isn't empty, or nil, and forgets the empty ones before it.
func (t *Timers[K]) firstSpan() *span[K] {
	for len(t.order) > 0 {
		if s := t.order[0].item; s.count > 0 {
			return s
		}
		t.dropFirstSpan()
	}
	return nil
}

func (t *Timers[K]) dropFirstSpan() {
	delete(t.spans, t.order[0].at)
	t.order.pop()
}

// peek returns the earliest timer of the open span, and drops deleted ones before it.
func (t *Timers[K]) peek() (e timer[K], ok bool) {
	for t.open.count > 0 {
		e, fromHeap := t.head()
		if t.open.has(t.hash(e.Key), e) {
			return e, true
		}
		t.dropHead(fromHeap)
	}
	t.sorted, t.late = nil, t.late[:0]
	return e, false
}

// head returns the earlier of the first sorted timer and the first of the heap; there is one.
func (t *Timers[K]) head() (e timer[K], fromHeap bool) {
	if len(t.late) > 0 && (len(t.sorted) == 0 || t.late[0].at < t.sorted[0].At) {
		return timer[K]{t.late[0].at, t.late[0].item}, true
	}
	return t.sorted[0], false
}

func (t *Timers[K]) dropHead(fromHeap bool) {
	if fromHeap {
		t.late.pop()
		return
	}
	t.sorted = t.sorted[1:]
}

// PopUntil removes timers that are due at time until or before, in ascending time, and calls fire for each, at most most
// times. more says whether due timers are left: the caller does other work and calls again. fire may call Add and Delete;
// a due timer that it adds is fired too.
func (t *Timers[K]) PopUntil(until int64, most int, fire func(at int64, hash uint64, k K)) (more bool) {
	for ; most > 0; most-- {
		e, hash, ok := t.take(until)
		if !ok {
			return false
		}
		fire(e.At, hash, e.Key)
	}
	at, ok := t.Next()
	return ok && at <= until
}

// take removes the earliest timer if it is due.
func (t *Timers[K]) take(until int64) (e timer[K], hash uint64, ok bool) {
	for {
		if t.open.count == 0 && !t.openNext(until) {
			return e, 0, false
		}
		e, fromHeap := t.head()
		if e.At > until {
			return e, 0, false
		}
		t.dropHead(fromHeap)
		if hash := t.hash(e.Key); t.open.remove(hash, e) {
			t.count--
			return e, hash, true
		}
	}
}

// openNext makes the next span the open one, if any of its times can be due.
func (t *Timers[K]) openNext(until int64) bool {
	s := t.firstSpan()
	if s == nil || t.order[0].at > until>>spanBits {
		return false
	}
	id := t.order[0].at
	t.dropFirstSpan()
	t.open, t.openEnd = s, id<<spanBits|(1<<spanBits-1)
	t.late = t.late[:0]
	t.sorted = make([]timer[K], 0, s.count)
	s.each(func(e timer[K]) { t.sorted = append(t.sorted, e) })
	slices.SortFunc(t.sorted, func(a, b timer[K]) int { return cmp.Compare(a.At, b.At) })
	return true
}

// each calls f for each timer, in no order.
func (t *Timers[K]) each(f func(e timer[K])) {
	t.open.each(f)
	for _, s := range t.spans {
		s.each(f)
	}
}

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

// Restore adds the timers of a frame whose key groups are in firstKG to lastKG. It fails if the frame is damaged or has a
// timer that is there already; some may have been added then.
func (t *Timers[K]) Restore(frame []byte, firstKG, lastKG int) error {
	return readFrame(frame, t.timers.MinSize(), func(src []byte) (int, error) {
		var e timer[K]
		n, err := t.timers.Decode(src, &e)
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
