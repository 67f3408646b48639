package stream

import (
	"unsafe"

	"github.com/weft-stream/weft/internal/keygroup"
)

// combiner is the sending end of an edge into windows. It keeps what it has
// combined in a table of fixed size, in which a key has two places: a key that
// finds both taken has one of their owners sent on. What it holds is sent on
// before anything but records goes through the edge (a watermark, a barrier),
// and when the job's buffer timeout has passed: so it is no state.
//
// Where keys are so many that few records come together, combining is work for
// nothing: then records go by as partials of their own, and from time to time it
// is tried again.
type combiner[K comparable, T, A any] struct {
	*combining[K, T, A]
	to     *typedRouter[partial[K, A]]
	hash   func([]K, []uint64)
	staged staged[T]
	keys   [stagedRecords]K // of the staged records

	pairs []pair[K, A] // a power of two of them, nil as long as there was no record
	used  []uint32     // places that are taken: the pair's number, and in the lowest bit which of them

	start, width int64 // the pane of the latest record, if records may be combined in it; width is 0 if not
	mark         int64 // the watermark that has passed

	seen, gone  int // records that came and partials that went, of the trial that is on
	trial, rest int // records of a trial, and of a rest if it fails
	resting     int // records that go by until the next trial
}

// combined is what came together of a key in a pane.
type combined[K comparable, A any] struct {
	hash  uint64
	start int64 // of the pane, noTime if the place is free
	key   K
	acc   A
}

type pair[K comparable, A any] [2]combined[K, A]

const (
	combinerBytes = 256 << 10 // of its table: what is not combined soon goes on, and the table stays in a processor's second cache
	leastCombined = 3         // records to a partial, for combining to be less work than sending

	// A first trial is short, one after a success is long: what it finds is not
	// upset by a watermark. A rest is the longer the more trials failed in a row.
	firstTrial, longTrial = 64 << 10, 1 << 20
	firstRest, longRest   = 512 << 10, 16 << 20
)

// byKey is a function of its own, as that of a typedRouter is.
func (c *combiner[K, T, A]) byKey() emit[T] {
	s := &c.staged
	return func(_ uint64, v T, ts int64) {
		s.values[s.n], s.times[s.n] = v, ts
		if s.n++; s.n == stagedRecords {
			c.deal()
		}
	}
}

// deal takes the staged records.
func (c *combiner[K, T, A]) deal() {
	s := &c.staged
	values, keys, hashes := s.values[:s.n], c.keys[:s.n], s.hashes[:s.n]
	for i, v := range values {
		keys[i] = c.key(v)
	}
	c.hash(keys, hashes)
	if c.resting > 0 {
		c.resting -= s.n
		c.pass(s.n)
	} else {
		c.combine(s.n)
		if c.seen += s.n; c.seen >= c.trial {
			c.judge()
		}
	}
	s.n = 0
	if c.clears {
		clear(keys)
		clear(values)
	}
}

// pass sends the first n staged records on, each by itself.
func (c *combiner[K, T, A]) pass(n int) {
	s := &c.staged
	values, times, keys := s.values[:n], s.times[:n], c.keys[:n]
	for i, h := range s.hashes[:n] {
		c.single(h, keys[i], values[i], times[i])
	}
}

// combine takes the first n staged records.
func (c *combiner[K, T, A]) combine(n int) {
	if c.pairs == nil {
		c.allocate()
	}
	s, add, pairs := &c.staged, c.add, c.pairs
	values, times, keys := s.values[:n], s.times[:n], c.keys[:n]
	start, width := c.start, c.width
	for i, h := range s.hashes[:n] {
		k := keys[i]
		if uint64(times[i]-start) >= uint64(width) {
			if !c.turnTo(times[i]) {
				c.single(h, k, values[i], times[i])
				continue
			}
			start, width = c.start, c.width
		}
		at := int(h) & (len(pairs) - 1)
		pair, second := &pairs[at], 0
		if pair[1].hash == h { // which of the two it is cannot be predicted: this is no branch
			second = 1
		}
		p := &pair[second]
		if p.hash != h || p.key != k || p.start != start {
			c.place(at, h, k, c.first(values[i]))
			continue
		}
		p.acc = add(p.acc, values[i])
	}
}

// place begins a partial. It takes the first place if that is free, or the same key's of another pane.
func (c *combiner[K, T, A]) place(at int, hash uint64, key K, acc A) {
	pair, second := &c.pairs[at], 0
	if pair[0].start != noTime && pair[0].hash != hash {
		second = 1
	}
	p := &pair[second]
	if p.start == noTime {
		c.used = append(c.used, uint32(2*at+second))
	} else {
		c.send(p)
	}
	*p = combined[K, A]{hash, c.start, key, acc}
}

// allocate makes the table.
func (c *combiner[K, T, A]) allocate() {
	n := 256
	for 2*n*int(unsafe.Sizeof(pair[K, A]{})) <= combinerBytes {
		n *= 2
	}
	c.pairs = make([]pair[K, A], n)
	for i := range c.pairs {
		c.pairs[i][0].start, c.pairs[i][1].start = noTime, noTime
	}
	c.used = make([]uint32, 0, 2*n)
}

// turnTo makes the pane of a time that of the latest record. It tells whether
// records are combined there: those that are late at the receiver are counted there.
func (c *combiner[K, T, A]) turnTo(t int64) bool {
	start := c.spans.pane(t)
	if start == noTime || c.mark != noTime && c.spans.lastEnd(start) <= after(c.mark) {
		return false
	}
	c.start, c.width = start, c.spans.length
	return true
}

// judge ends a trial.
func (c *combiner[K, T, A]) judge() {
	if leastCombined*(c.gone+len(c.used)) <= c.seen {
		c.trial, c.rest = longTrial, firstRest
	} else {
		c.empty()
		c.trial, c.resting, c.rest = firstTrial, c.rest, min(2*c.rest, longRest)
	}
	c.seen, c.gone = 0, -len(c.used) // those were counted
}

// single sends a record on by itself.
func (c *combiner[K, T, A]) single(hash uint64, key K, v T, ts int64) {
	c.forward(hash, partial[K, A]{key, c.first(v)}, ts)
}

func (c *combiner[K, T, A]) send(p *combined[K, A]) {
	c.gone++
	c.forward(p.hash, partial[K, A]{p.key, p.acc}, p.start)
}

func (c *combiner[K, T, A]) forward(hash uint64, p partial[K, A], ts int64) {
	groups := c.to.groups
	c.to.to(int(groups[keygroup.Of(hash, len(groups))]), hash, p, ts)
}

// empty sends on what the table holds.
func (c *combiner[K, T, A]) empty() {
	for _, at := range c.used {
		p := &c.pairs[at/2][at%2]
		c.send(p)
		*p = combined[K, A]{start: noTime}
	}
	c.used = c.used[:0]
}

func (c *combiner[K, T, A]) count() int64 { return c.to.count() }

func (c *combiner[K, T, A]) flush() {
	if c.staged.n > 0 {
		c.deal()
	}
	c.empty()
	c.to.flush()
}

func (c *combiner[K, T, A]) watermark(w int64) {
	c.flush()
	c.mark, c.width = w, 0
	c.to.watermark(w)
}

func (c *combiner[K, T, A]) idle(idle bool) {
	c.flush()
	c.to.idle(idle)
}
