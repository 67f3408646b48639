package coordinator

import (
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

// folder is a checkpoint or savepoint on the simulated storage.
type folder struct {
	id        int64
	savepoint bool
	foreign   bool // another job's
	pinned    bool
	size      int64
	files     map[string]*content
	meta      *snapshot.Metadata
}

// content is what one subtask writes into a snapshot.
type content struct {
	offsets  map[int]int // of a source: by split
	sums     [simKeys]int64
	txns     []txn // of a sum: what is not committed yet
	finished bool
}

// txn is what a sum's sink wrote between two barriers.
type txn struct {
	id         int64
	checkpoint int64 // commits with it
	records    []record
}

type record struct{ split, offset int }

func (r record) value() int64 { return int64(r.split*1_000_003 + r.offset*7 + 1) }

// item is the record's form in a flow's queues.
func (r record) item() int64 { return int64(r.split)<<32 | int64(r.offset) }

func recordOf(item int64) record { return record{int(item >> 32), int(item & (1<<32 - 1))} }

func (s *sim) prepare(m *simMaster, e PrepareCheckpoint) {
	fails := s.ioFails()
	s.savepoints[e.Checkpoint] = e.Savepoint
	dir := fmt.Sprintf("/chk-%d", e.Checkpoint)
	if e.Savepoint {
		dir = fmt.Sprintf("%s/savepoint-%d-%d", e.Target, e.Checkpoint, s.rng.IntN(1_000_000))
	}
	s.later(m, s.ioTime(), func(dies bool) {
		unneeded, unswept := s.sweep(e)
		if fails || dies && s.chance(0.5) {
			if !dies {
				s.step(CheckpointPrepared{Checkpoint: e.Checkpoint, Err: errStorage, Unneeded: unneeded, Unswept: unswept})
			}
			return
		}
		if old := s.store[dir]; old != nil && old.meta != nil {
			s.violatef("checkpoint %d would overwrite a complete one", e.Checkpoint)
		}
		s.store[dir] = &folder{id: e.Checkpoint, savepoint: e.Savepoint, files: map[string]*content{}}
		if !dies {
			s.step(CheckpointPrepared{Checkpoint: e.Checkpoint, Dir: dir, Unneeded: unneeded, Unswept: unswept})
		}
	})
}

func (s *sim) writeMetadata(m *simMaster, e WriteMetadata) {
	fails := s.ioFails()
	s.check.metadata(s, e)
	s.writes++
	s.later(m, s.ioTime(), func(dies bool) {
		s.writes--
		if fails || dies && s.chance(0.5) {
			if !dies {
				s.step(MetadataWritten{Checkpoint: e.Checkpoint, Err: errStorage})
			}
			return
		}
		f := s.store[e.Dir]
		if f == nil {
			s.violatef("the folder %s of a checkpoint that is being completed is gone", e.Dir)
		}
		f.meta, f.size = e.Metadata, e.Metadata.StoredSize()+1
		s.decideWidth(e)
		s.check.durable(s, e.Checkpoint)
		s.check.whole(s, e.Dir, f)
		if !dies {
			s.step(MetadataWritten{Checkpoint: e.Checkpoint, Size: 1})
		}
	})
}

// newest returns the folder of the job's newest complete checkpoint.
func (s *sim) newest() (dir string, f *folder) {
	for d, g := range s.store {
		if g.meta != nil && !g.savepoint && !g.foreign && (f == nil || g.id > f.id) {
			dir, f = d, g
		}
	}
	return dir, f
}

// read gives all subtasks' parts of a complete snapshot.
func (s *sim) read(dir, uid string) []*content {
	f := s.store[dir]
	if f == nil || f.meta == nil {
		s.violatef("a task restores from %s, which is not a complete snapshot", dir)
	}
	op := f.meta.Operator(uid)
	if op == nil {
		s.violatef("%s has no state of %s", dir, uid)
	}
	s.check.whole(s, dir, f)
	var parts []*content
	for _, sub := range op.Subtasks {
		if len(sub.States) == 0 || f.files[sub.States[0].File] == nil {
			s.violatef("%s has no state of %s %d", dir, uid, sub.Index)
		}
		parts = append(parts, f.files[sub.States[0].File])
	}
	return parts
}

// restoreSource gives a source the places in its splits.
func (s *sim) restoreSource(t *sourceTask, dir string) {
	for _, c := range s.read(dir, "in") {
		for split, offset := range c.offsets {
			if _, own := t.offsets[split]; own {
				t.offsets[split] = offset
			}
		}
	}
}

// restoreSum gives a sum its keys, and has it commit every n-th part of what
// was waiting.
func (s *sim) restoreSum(t *sumTask, dir string) {
	all := len(t.flow.sums)
	for i, c := range s.read(dir, "sum") {
		for key, sum := range c.sums {
			if key%all == t.index {
				t.sums[key] += sum
			}
		}
		for _, x := range c.txns {
			if i%all == t.index {
				s.commit(x)
			}
		}
	}
}

// restoreOld lets the job start from the savepoint of another one, which has
// read and written the beginning of the input.
func (s *sim) restoreOld() {
	f := &folder{id: 40, savepoint: true, foreign: true, files: map[string]*content{}, meta: &snapshot.Metadata{Completed: s.now.UnixMilli()}, size: 2}
	sums := make([][simKeys]int64, s.plan.Vertices[1].Parallelism)
	source := snapshot.Operator{UID: "in"}
	for i := range s.output {
		offset := s.rng.IntN(15)
		for k := range offset {
			r := record{i, k}
			sums[s.key(r)%len(sums)][s.key(r)] += r.value()
			s.output[i][k] = 1
		}
		name := fmt.Sprintf("in-%d", i)
		f.files[name] = &content{offsets: map[int]int{i: offset}}
		source.Subtasks = append(source.Subtasks, snapshot.Subtask{Index: i, States: []snapshot.Handle{{State: "offset", File: name}}})
	}
	sum := snapshot.Operator{UID: "sum"}
	for i := range sums {
		name := fmt.Sprintf("sum-%d", i)
		f.files[name] = &content{sums: sums[i]}
		sum.Subtasks = append(sum.Subtasks, snapshot.Subtask{Index: i, States: []snapshot.Handle{{State: "sums", File: name}}})
	}
	f.meta.Operators = []snapshot.Operator{source, sum}
	s.store["/old/sp"] = f
	s.cfg.Restore = &RestorePoint{
		Path: "/old/sp", Checkpoint: f.id, Savepoint: true, Claimed: s.chance(0.5), Completed: s.now, Size: f.size,
	}
}

// offsets returns how far a snapshot has read each split.
func (s *sim) offsets(f *folder, m *snapshot.Metadata) []int {
	offsets := make([]int, len(s.length))
	for _, sub := range m.Operator("in").Subtasks {
		for split, offset := range f.files[sub.States[0].File].offsets {
			offsets[split] = offset
		}
	}
	return offsets
}

// commit makes a transaction's records visible, once.
func (s *sim) commit(t txn) {
	if s.committed[t.id] {
		return
	}
	s.committed[t.id] = true
	for _, r := range t.records {
		if s.output[r.split][r.offset]++; s.output[r.split][r.offset] > 1 {
			s.violatef("record %v is in the output twice", r)
		}
	}
}

// commitAll commits what waits for the checkpoint or an older one, and returns
// what waits on.
func (s *sim) commitAll(txns []txn, checkpoint int64) []txn {
	for _, t := range txns {
		if t.checkpoint <= checkpoint {
			s.commit(t)
		}
	}
	return slices.DeleteFunc(slices.Clone(txns), func(t txn) bool { return t.checkpoint <= checkpoint })
}

// settle lets all that is under way come to its end, then looks at what is left.
func (s *sim) settle() {
	limit := s.now.Add(20 * time.Second)
	for {
		at, do, ok := s.queue.next()
		if !ok || at.After(limit) {
			break
		}
		s.now = at
		do()
	}
	s.check.end(s)
}
