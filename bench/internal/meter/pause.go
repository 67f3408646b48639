package meter

import (
	"sync/atomic"
	"time"
)

// lanes are what a Pauses follows apart, by an index's remainder: with 1, 2, 4 or 8 subtasks each lane is of one subtask,
// since a source deals out its splits by turns.
const lanes = 8

// every is how many records of a lane lie between two marks: with two subtasks, 1024 of a subtask.
const every = 256

// Pauses finds how long a subtask has at most been away from its source. A slot's one goroutine makes records and takes
// them in, by turns, so this is the longest that a batch of records was kept waiting.
type Pauses struct {
	from int64
	last [lanes]int64 // ns since 1970, of the latest mark; each lane belongs to one goroutine
	max  [lanes]atomic.Int64
}

// NewPauses looks at indexes from the given one on.
func NewPauses(from int64) *Pauses { return &Pauses{from: from} }

// Made is called for each index when its record is made. None are followed by a nil Pauses.
func (p *Pauses) Made(index int64) {
	if p != nil && index/lanes%every == 0 {
		p.mark(index)
	}
}

//go:noinline
func (p *Pauses) mark(index int64) {
	lane, now := index%lanes, time.Now().UnixNano()
	if gap := now - p.last[lane]; p.last[lane] > 0 && index >= p.from && gap > p.max[lane].Load() {
		p.max[lane].Store(gap)
	}
	p.last[lane] = now
}

// Longest is the longest pause in ns.
func (p *Pauses) Longest() int64 {
	if p == nil {
		return 0
	}
	longest := int64(0)
	for i := range p.max {
		longest = max(longest, p.max[i].Load())
	}
	return longest
}
