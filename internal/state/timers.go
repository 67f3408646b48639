package state

import (
	"fmt"
	"math"

	"github.com/weft-stream/weft/internal/codec"
)

// Timers is the set of one subtask's timers: pairs of a time, in milliseconds, and a key.
//
// Time is cut into spans of 256 ms. The timers of a span are a set in no order until the span comes up: then it is opened,
// its timers are sorted and fired one by one. So a timer costs one look-up and its share of a counting sort, wherever it
// lies. The set of the open span stays, to know which timers there are: a timer's number in it is its place among the
// sorted ones, so those before the next one have fired, or inHeap if it was added to the open span, or before it, and waits
// in a heap instead.
//
// No method may be called concurrently. Callers give each key with its hash, by the function given to NewTimers.
type Timers[K comparable] struct {
	spans map[int64]*span[K] // those to come that were not dropped as empty, by time / 256
	order heap[*span[K]]     // the same, by time / 256

	latest   *span[K] // the span to come that was used last
	latestID int64

	open    *span[K]   // the set of timers up to openEnd
	openEnd int64      // inclusive
	sorted  []timer[K] // the timers of the open span when it was opened
	next    int        // the first of sorted that has not fired
	dead    []bool     // which of sorted were deleted; nil if none
	late    heap[K]    // timers added to the open span; deleted ones are still there

	count   int
	max     int
	hash    func(K) uint64
	timers  *codec.Codec[timer[K]]
	numbers *codec.Codec[uint32]
	former  *codec.Decoder[timer[K]] // of the frames to restore, nil if they are of this K
}

const (
	spanBits = 8
	inHeap   = math.MaxUint32
)

// NewTimers returns an empty set for a job with maxParallelism key groups. keys shows that K can be stored; hash must be
// the function from [codec.Hasher] with which callers hash.
func NewTimers[K comparable](keys *codec.Codec[K], hash func(K) uint64, maxParallelism int) *Timers[K] {
	timers, err := codec.Of[timer[K]]()
	if err != nil {
		panic(fmt.Sprintf("keys of schema %s have a codec, but timers of them have not: %v", keys.Schema(), err))
	}
	numbers, err := codec.Of[uint32]()
	if err != nil {
		panic(err)
	}
	return &Timers[K]{
		spans: map[int64]*span[K]{}, open: &span[K]{}, openEnd: math.MinInt64,
		max: maxParallelism, hash: hash, timers: timers, numbers: numbers,
	}
}

// Len returns the number of timers.
func (t *Timers[K]) Len() int { return t.count }

// Add adds a timer, unless it is there already, and says whether it did. A key that aliases a frame is cloned.
func (t *Timers[K]) Add(at int64, hash uint64, k K) bool {
	e := timer[K]{at, k}
	if at <= t.openEnd {
		return t.addLate(hash, e)
	}
	s := t.spanOf(at)
	if _, isNew := s.ref(t, hash, e); !isNew {
		return false
	}
	s.added(at)
	t.count++
	return true
}

// addLate adds a timer to the open span.
func (t *Timers[K]) addLate(hash uint64, e timer[K]) bool {
	number, isNew := t.open.ref(t, hash, e)
	if !isNew && t.waits(*number) {
		return false
	}
	*number = inHeap
	t.timers.Clone(&e)
	t.late.push(e.At, e.Key)
	t.open.count++
	t.count++
	return true
}

// waits says whether a timer with this number in the open span has not fired.
func (t *Timers[K]) waits(number uint32) bool { return int(number) >= t.next }

// spanOf returns the span of a time after the open span, new if need be.
func (t *Timers[K]) spanOf(at int64) *span[K] {
	id := at >> spanBits
	if t.latest != nil && t.latestID == id {
		return t.latest
	}
	s := t.spans[id]
	if s == nil {
		s = &span[K]{}
		t.spans[id] = s
		t.order.push(id, s)
	}
	t.latest, t.latestID = s, id
	return s
}

// Delete removes a timer and says whether it was there.
func (t *Timers[K]) Delete(at int64, hash uint64, k K) bool {
	e := timer[K]{at, k}
	if at <= t.openEnd {
		return t.deleteOpen(hash, e)
	}
	s := t.spans[at>>spanBits]
	if s == nil || s.find(hash, e) == nil {
		return false
	}
	s.remove(hash, e)
	s.deleted(at)
	t.count--
	return true
}

func (t *Timers[K]) deleteOpen(hash uint64, e timer[K]) bool {
	number := t.open.find(hash, e)
	if number == nil || !t.waits(*number) {
		return false
	}
	if *number != inHeap {
		if t.dead == nil {
			t.dead = make([]bool, len(t.sorted))
		}
		t.dead[*number] = true
	}
	t.open.remove(hash, e)
	t.open.count--
	t.count--
	return true
}

// Next returns the time of the earliest timer; ok is false if there is none.
func (t *Timers[K]) Next() (at int64, ok bool) {
	if t.open.count > 0 {
		e, _ := t.head()
		return e.At, true
	}
	if s := t.firstSpan(); s != nil {
		return s.earliest(), true
	}
	return 0, false
}

// firstSpan returns the first span to come that isn't empty, or nil, and drops the empty ones before it.
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
	t.latest = nil
}

// head returns the earliest timer of the open span, which must have one, after dropping deleted ones.
func (t *Timers[K]) head() (e timer[K], late bool) {
	for t.next < len(t.sorted) && t.dead != nil && t.dead[t.next] {
		t.next++
	}
	for len(t.late) > 0 {
		first := t.late[0]
		if t.next < len(t.sorted) && t.sorted[t.next].At <= first.at {
			break
		}
		e = timer[K]{first.at, first.item}
		if number := t.open.find(t.hash(e.Key), e); number != nil && *number == inHeap {
			return e, true
		}
		t.late.pop()
	}
	return t.sorted[t.next], false
}

// PopUntil removes timers that are due at time until or before, in ascending time, and calls fire for each, at most most
// times. more says whether due timers are left: the caller does other work and calls again. fire may call Add and Delete;
// a due timer that it adds is fired too.
func (t *Timers[K]) PopUntil(until int64, most int, fire func(at int64, hash uint64, k K)) (more bool) {
	for ; most > 0; most-- {
		if t.open.count == 0 && !t.openNext(until) {
			return false
		}
		e, late := t.head()
		if e.At > until {
			return false
		}
		hash := t.hash(e.Key)
		t.fired(e, hash, late)
		fire(e.At, hash, e.Key)
	}
	at, ok := t.Next()
	return ok && at <= until
}

// fired takes the head off.
func (t *Timers[K]) fired(e timer[K], hash uint64, late bool) {
	if late {
		t.open.remove(hash, e)
		t.late.pop()
	} else {
		t.next++
	}
	t.open.count--
	t.count--
}

// openNext opens the next span if any of its times can be due. The open span must be empty.
func (t *Timers[K]) openNext(until int64) bool {
	s := t.firstSpan()
	if s == nil || t.order[0].at > until>>spanBits {
		return false
	}
	id := t.order[0].at
	t.dropFirstSpan()
	t.open, t.openEnd = s, id<<spanBits|(1<<spanBits-1)
	t.sorted, t.next, t.dead, t.late = s.sort(), 0, nil, t.late[:0]
	return true
}

// each calls f for each timer, in no order.
func (t *Timers[K]) each(f func(e timer[K])) {
	t.open.each(func(e timer[K], number *uint32) {
		if t.waits(*number) {
			f(e)
		}
	})
	for _, s := range t.spans {
		s.each(func(e timer[K], _ *uint32) { f(e) })
	}
}
