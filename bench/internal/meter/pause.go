package meter

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// batch is how many records of a subtask lie between two marks: as many as an edge carries at once.
const batch = 1024

// Pauses finds how long a subtask has at most been away from its source. A slot's one goroutine makes records and takes
// them in, by turns, so this is the longest that a batch of records was kept waiting. It also finds the most processor
// time that went by meanwhile: where more threads want to run than there are processors, a batch waits for other
// processes too.
type Pauses struct {
	from     int64
	subtasks []subtask // a source deals out its splits by turns, so an index's remainder is its subtask
	mask     int64     // of the indexes at which subtask 0 is marked; those of the others follow it
}

// subtask is written by its goroutine only.
type subtask struct {
	last      instant
	max, busy atomic.Int64
	_         [88]byte // a cache line is of one subtask
}

// instant is a mark.
type instant struct {
	at     int64 // ns since 1970
	thread int
	cpu    int64 // ns, of the thread
}

// NewPauses looks at indexes from the given one on, of a source with 1, 2, 4, … subtasks.
func NewPauses(from int64, subtasks int) *Pauses {
	return &Pauses{from: from, subtasks: make([]subtask, subtasks), mask: batch*int64(subtasks) - 1}
}

// Made is called for each index when its record is made. None are followed by a nil Pauses.
func (p *Pauses) Made(index int64) {
	if p != nil && index&p.mask < int64(len(p.subtasks)) {
		p.mark(index)
	}
}

//go:noinline
func (p *Pauses) mark(index int64) {
	runtime.LockOSThread() // both of these are to be the same thread's
	defer runtime.UnlockOSThread()
	t := &p.subtasks[index&p.mask]
	now, last := instant{at: time.Now().UnixNano(), thread: unix.Gettid()}, t.last
	var spent unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &spent) == nil {
		now.cpu = spent.Nano()
	}
	t.last = now
	if last.at == 0 || index < p.from {
		return
	}
	atLeast(&t.max, now.at-last.at)
	if now.thread == last.thread {
		atLeast(&t.busy, now.cpu-last.cpu)
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
	for i := range p.subtasks {
		t := &p.subtasks[i]
		pause, busy = max(pause, t.max.Load()), max(busy, t.busy.Load())
	}
	return pause, busy
}
