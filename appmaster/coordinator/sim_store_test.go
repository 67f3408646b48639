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
	offset   int // of a source
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

type record struct{ source, offset int }

func (r record) key() int     { return (r.source + r.offset) % simKeys }
func (r record) value() int64 { return int64(r.source*1_000_003 + r.offset*7 + 1) }

func (s *sim) prepare(m *simMaster, e PrepareCheckpoint) {
	fails := s.ioFails()
	dir := fmt.Sprintf("/chk-%d", e.Checkpoint)
	if e.Savepoint {
		dir = fmt.Sprintf("%s/savepoint-%d-%d", e.Target, e.Checkpoint, s.rng.IntN(1_000_000))
	}
	s.later(m, s.ioTime(), func(dies bool) {
		if fails || dies && s.chance(0.5) {
			if !dies {
				s.step(CheckpointPrepared{Checkpoint: e.Checkpoint, Err: errStorage})
			}
			return
		}
		if old := s.store[dir]; old != nil && old.meta != nil {
			s.violatef("checkpoint %d would overwrite a complete one", e.Checkpoint)
		}
		s.store[dir] = &folder{id: e.Checkpoint, savepoint: e.Savepoint, files: map[string]*content{}}
		if !dies {
			s.step(CheckpointPrepared{Checkpoint: e.Checkpoint, Dir: dir})
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
		f.meta, f.size = e.Metadata, e.Metadata.StateSize()+1
		s.check.durable(s, e.Checkpoint)
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

// read gives one subtask's part of a complete snapshot.
func (s *sim) read(dir, uid string, subtask int) *content {
	f := s.store[dir]
	if f == nil || f.meta == nil {
		s.violatef("a task restores from %s, which is not a complete snapshot", dir)
	}
	op := f.meta.Operator(uid)
	if op == nil || subtask >= len(op.Subtasks) || len(op.Subtasks[subtask].States) != 1 {
		s.violatef("%s has no state of %s %d", dir, uid, subtask)
	}
	c := f.files[op.Subtasks[subtask].States[0].File]
	if c == nil {
		s.violatef("a file of %s is missing", dir)
	}
	return c
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
			sums[r.key()%len(sums)][r.key()] += r.value()
			s.output[i][k] = 1
		}
		name := fmt.Sprintf("in-%d", i)
		f.files[name] = &content{offset: offset}
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

// offsets returns how far a snapshot has read each source.
func (s *sim) offsets(f *folder, m *snapshot.Metadata) []int {
	var offsets []int
	for _, sub := range m.Operator("in").Subtasks {
		offsets = append(offsets, f.files[sub.States[0].File].offset)
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
		if s.output[r.source][r.offset]++; s.output[r.source][r.offset] > 1 {
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
