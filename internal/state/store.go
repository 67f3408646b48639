package state

import (
	"sync"
	"sync/atomic"
)

// Budget is the memory that the tables of one worker may have together before they are evicted to disk. Its methods may be
// called concurrently.
type Budget struct {
	most  int64        // as it was asked for
	limit atomic.Int64 // as there is room for
	held  atomic.Int64 // bytes of all stores' tables
	disk  atomic.Int64 // bytes in files
	loads atomic.Int64 // of segments
	evict atomic.Int64 // of segments

	mu     sync.Mutex
	stores []*Store
	number atomic.Int64 // of stores
}

// NewBudget returns a budget of so many bytes.
func NewBudget(limit int64) *Budget {
	b := &Budget{most: limit}
	b.limit.Store(limit)
	return b
}

// leastShare is the part of a budget that is left however little memory there is.
const leastShare = 8

// Adapt fits the budget to what else there is in the process: when the live heap, of which the tables are a part, is above
// a goal, they give back what is too much, and get it again when it is below.
func (b *Budget) Adapt(live, goal int64) {
	b.limit.Store(min(b.most, max(b.most/leastShare, b.held.Load()+goal-live)))
}

// Spilled is what a budget's tables have done with their disk.
type Spilled struct {
	MemoryBytes, DiskBytes int64
	Loads, Evictions       int64 // of segments
}

// Spilled returns the figures, as of each store's latest Trim.
func (b *Budget) Spilled() Spilled {
	return Spilled{b.held.Load(), b.disk.Load(), b.loads.Load(), b.evict.Load()}
}

// A Store lets the tables of one subtask be larger than memory: what of them is beyond the worker's [Budget] is evicted,
// segment by segment, to a local file.
//
// Memory is given back by [Store.Trim] only. So a pointer that a table has given out stays valid until then, however many
// segments other calls load; the subtask calls Trim between two batches, and the budget is exceeded by no more than one
// batch touches.
//
// Like its tables a store belongs to the goroutine of its subtask.
type Store struct {
	budget *Budget
	file   spillFile
	tables []spilled
	hand   int          // the table whose segments are examined next
	wake   func()       // have the subtask call Trim soon, from any goroutine
	fail   func(error)  // fails the subtask; does not return
	held   atomic.Int64 // bytes of its tables
	onDisk int64        // bytes of its file that the budget knows of
	count  struct{ loads, evictions int64 }
}

// spilled is a table of any types.
type spilled interface {
	// memory is the bytes that eviction can give back.
	memory() int64
	// sweep evicts segments that have not been used since the last round until at least so many bytes are free, or
	// the round is over.
	sweep(want int64) (freed int64, over bool)
	// drop lets go of what the table has in the file.
	drop()
}

// NewStore returns a store for one subtask, whose file will be in folder dir. wake is called by any goroutine when the
// subtask should call Trim though it has no input. fail is called with an error of the disk: it must not return.
func (b *Budget) NewStore(dir string, wake func(), fail func(error)) *Store {
	s := &Store{budget: b, file: spillFile{dir: dir}, wake: wake, fail: fail}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stores = append(b.stores, s)
	b.number.Add(1)
	return s
}

// Close gives the file and the share of the budget back. It may be called twice, and with s nil.
func (s *Store) Close() {
	if s == nil || s.budget == nil {
		return
	}
	b := s.budget
	s.file.close()
	s.publish(0, 0)
	s.budget, s.tables = nil, nil
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.stores {
		if b.stores[i] == s {
			b.stores = append(b.stores[:i], b.stores[i+1:]...)
			b.number.Add(-1)
			break
		}
	}
}

// Trim evicts what is beyond the budget. No pointer that a table of the store has given out is valid afterwards. It does
// nothing if s is nil.
func (s *Store) Trim() {
	if s == nil || s.budget == nil {
		return
	}
	held := int64(0)
	for _, t := range s.tables {
		held += t.memory()
	}
	s.publish(held, int64(s.file.taken)*pageBytes)
	if want := s.budget.excess(s, held); want > 0 {
		freed := s.evict(want)
		s.publish(held-freed, int64(s.file.taken)*pageBytes)
	}
}

// publish tells the budget how much the store has.
func (s *Store) publish(held, disk int64) {
	b := s.budget
	b.held.Add(held - s.held.Swap(held))
	b.disk.Add(disk - s.onDisk)
	s.onDisk = disk
	if s.count.loads+s.count.evictions > 0 {
		b.loads.Add(s.count.loads)
		b.evict.Add(s.count.evictions)
		s.count.loads, s.count.evictions = 0, 0
	}
}

// excess is how much a store should give back. While there is room each may have as much as it likes; when there is none,
// those go down to an equal share that have more. One that has nothing to do is woken for that.
func (b *Budget) excess(s *Store, held int64) int64 {
	limit := b.limit.Load()
	over := b.held.Load() - limit
	if over <= 0 {
		return 0
	}
	share := limit / max(1, b.number.Load())
	if held > share {
		return min(over, held-share)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, other := range b.stores {
		if other != s && other.held.Load() > share {
			other.wake()
		}
	}
	return 0
}

// evict frees so many bytes, if there are. Two rounds suffice: in the first each segment may get its second chance.
func (s *Store) evict(want int64) (freed int64) {
	for rounds := 0; freed < want && rounds <= 2*len(s.tables); {
		n, over := s.tables[s.hand].sweep(want - freed)
		freed += n
		if over {
			rounds++
			s.hand = (s.hand + 1) % len(s.tables)
		}
	}
	s.check(s.file.flush())
	return freed
}

func (s *Store) check(err error) {
	if err != nil {
		s.fail(err)
		panic(err) // fail should not have returned
	}
}

// join adds a table.
func (s *Store) join(t spilled) { s.tables = append(s.tables, t) }

// leave lets go of a table.
func (s *Store) leave(t spilled) {
	t.drop()
	for i := range s.tables {
		if s.tables[i] == t {
			s.tables = append(s.tables[:i], s.tables[i+1:]...)
			s.hand = 0
			return
		}
	}
}
