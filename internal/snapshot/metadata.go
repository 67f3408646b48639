package snapshot

import (
	"cmp"
	"maps"
	"slices"

	"github.com/weft-stream/weft/internal/inflight"
)

// Version is the newest format version that this build reads and writes. A
// snapshot that has nothing new in it is written in the version before.
const Version = 2

// Kind says who owns a snapshot.
type Kind string

// The kinds of snapshots.
const (
	Checkpoint Kind = "checkpoint" // the job's: deleted when newer ones replace it
	Savepoint  Kind = "savepoint"  // the user's: never deleted by the program
)

// MaxParallelism is the largest number of key groups.
const MaxParallelism = 32768

// NotKeyed stands for both key groups of a handle that is not keyed.
const NotKeyed = -1

// Metadata describes a complete snapshot.
type Metadata struct {
	JobID          string     `json:"jobId"` // 32 lower-case hex digits
	JobName        string     `json:"jobName"`
	Class          string     `json:"class"` // which job of the program
	CheckpointID   int64      `json:"checkpointId"`
	Epoch          int64      `json:"epoch,omitempty"` // that tasks were asked for it in: another attempt can have given the id as well
	Kind           Kind       `json:"kind"`
	Triggered      int64      `json:"triggered"`              // unix time in ms
	Completed      int64      `json:"completed"`              // unix time in ms
	RestoredFrom   string     `json:"restoredFrom,omitempty"` // URI of the snapshot the job started from
	MaxParallelism int        `json:"maxParallelism"`         // the job's; an operator's may differ
	KeyHash        string     `json:"keyHash"`                // name and version of the hash from key to key group
	Operators      []Operator `json:"operators"`
}

// Operator is one operator's part of a snapshot.
type Operator struct {
	UID            string      `json:"uid"`
	Name           string      `json:"name"`
	Kind           string      `json:"kind"`
	Parallelism    int         `json:"parallelism"`
	MaxParallelism int         `json:"maxParallelism"`
	KeySchema      string      `json:"keySchema,omitempty"` // empty: not keyed
	States         []StateInfo `json:"states,omitempty"`
	Subtasks       []Subtask   `json:"subtasks"` // all of them, in order
}

// StateInfo describes one state of an operator.
type StateInfo struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Schema string `json:"schema"`
}

// Subtask is one subtask's part of an operator's state.
type Subtask struct {
	Index    int      `json:"index"`
	Finished bool     `json:"finished,omitempty"` // it had ended before the snapshot
	States   []Handle `json:"states,omitempty"`
}

// Handle names a run of frames of one state. It is all that a worker needs,
// besides the snapshot's folder, to read the state back.
type Handle struct {
	State         string `json:"state"`                // name of the state
	Part          Part   `json:"part,omitempty"`       // of its state's chain
	File          string `json:"file,omitempty"`       // beside _metadata; empty: inline
	Shared        bool   `json:"shared,omitempty"`     // the file is in the job's folder of shared files instead
	Offset        int64  `json:"offset"`               // bytes, in the file or in the inline section
	Length        int64  `json:"length"`               // bytes
	CRC32C        uint32 `json:"crc32c"`               // of the run's frame headers
	FirstKeyGroup int    `json:"firstKeyGroup"`        // NotKeyed if it is not keyed
	LastKeyGroup  int    `json:"lastKeyGroup"`         // inclusive
	Entries       int64  `json:"entries"`              // how many entries the engine counted
	Checkpoint    int64  `json:"checkpoint,omitempty"` // number of the one that wrote it; 0: the one whose _metadata this is

	// Inline holds the run itself when File is empty. It travels with the
	// handle between worker and master, and is part of the inline section, not
	// of the JSON, in _metadata.
	Inline []byte `json:"inline,omitempty"`
}

// Keyed says whether the handle's frames belong to key groups.
func (h Handle) Keyed() bool { return h.FirstKeyGroup != NotKeyed }

// Overlaps says whether the handle may hold entries of the key groups first to
// last, inclusive. One that is not keyed overlaps everything.
func (h Handle) Overlaps(first, last int) bool {
	return !h.Keyed() || h.FirstKeyGroup <= last && first <= h.LastKeyGroup
}

// Operator finds an operator by its uid; nil if there is none.
func (m *Metadata) Operator(uid string) *Operator {
	i := slices.IndexFunc(m.Operators, func(o Operator) bool { return o.UID == uid })
	if i < 0 {
		return nil
	}
	return &m.Operators[i]
}

// StateSize is the size of all state in bytes, inline state included.
func (m *Metadata) StateSize() int64 {
	var size int64
	for h := range m.handles() {
		size += h.Length
	}
	return size
}

// InFlight is the size in bytes of what was on its way between subtasks when the
// snapshot was taken and is part of it: 0 but for unaligned checkpoints.
func (m *Metadata) InFlight() int64 {
	var size int64
	for h := range m.handles() {
		if inflight.IsName(h.State) {
			size += h.Length
		}
	}
	return size
}

// handles goes over all handles, in order; they may be changed in place.
func (m *Metadata) handles() func(yield func(*Handle) bool) {
	return func(yield func(*Handle) bool) {
		for o := range m.Operators {
			for s := range m.Operators[o].Subtasks {
				states := m.Operators[o].Subtasks[s].States
				for i := range states {
					if !yield(&states[i]) {
						return
					}
				}
			}
		}
	}
}

// dataFile is a data file and the size that its handles give it.
type dataFile struct {
	Name   string `json:"name"` // relative to the snapshot's folder
	Size   int64  `json:"size"`
	Shared bool   `json:"shared,omitempty"` // then it may be longer: other checkpoints name the rest
}

// dataFiles are the data files that the handles name, sorted by name. The last
// handle of a file ends where the file ends, unless the file is shared.
func (m *Metadata) dataFiles() []dataFile {
	found := map[string]dataFile{}
	for h := range m.handles() {
		if h.File != "" {
			f := found[h.name()]
			found[h.name()] = dataFile{h.name(), max(f.Size, h.Offset+h.Length), h.Shared}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b dataFile) int { return cmp.Compare(a.Name, b.Name) })
}
