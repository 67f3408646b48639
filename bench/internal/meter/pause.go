package meter

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// lanes are what a Pauses follows apart, by an index's remainder: with 1, 2, 4 or 8 subtasks each lane is of one subtask,
// since a source deals out its splits by turns.
const lanes = 8

// every is how many records of a lane lie between two marks: with two subtasks, 1024 of a subtask.
const every = 256

// Pauses finds how long a subtask has at most been away from its source. A slot's one goroutine makes records and takes
// them in, by turns, so this is the longest that a batch of records was kept waiting. It also finds the most processor
// time that went by meanwhile: where more threads want to run than there are processors, a batch waits for other
// processes too.
type Pauses struct {
	from int64
	last [lanes]instant // the latest mark; each lane belongs to one goroutine
	max  [lanes]atomic.Int64
	busy [lanes]atomic.Int64
}

// instant is a mark.
type instant struct {
	at     int64 // ns since 1970
	thread int
	cpu    int64 // ns, of the thread
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
	runtime.LockOSThread() // both of these are to be the same thread's
	defer runtime.UnlockOSThread()
	lane := index % lanes
	now, last := instant{at: time.Now().UnixNano(), thread: unix.Gettid()}, p.last[lane]
	var spent unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &spent) == nil {
		now.cpu = spent.Nano()
	}
	p.last[lane] = now
	if last.at == 0 || index < p.from {
		return
	}
	atLeast(&p.max[lane], now.at-last.at)
	if now.thread == last.thread {
		atLeast(&p.busy[lane], now.cpu-last.cpu)
	}
}

func atLeast(n *atomic.Int64, least int64) {
	if least > n.Load() {
		n.Store(least)
	}
}

// Longest is the longest pause in ns, and the most processor time between two marks.
func (p *Pauses) Longest() (pause, busy int64) {
	if p == nil {
		return 0, 0
	}
	for i := range p.max {
		pause, busy = max(pause, p.max[i].Load()), max(busy, p.busy[i].Load())
	}
	return pause, busy
}
