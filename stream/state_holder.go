package stream

import (
	"errors"

	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// stateHolder is one named state of a running operator, as snapshots see it.
type stateHolder interface {
	name() string
	// written tells the schemas of what was written, before the first frame.
	written(key, values string) error
	restore(frame []byte) error
	restoreList(entries [][]byte) error
	// begin freezes the state; its frames go to sink now or during step.
	begin(checkpoint int64, uid string, sink task.Sink) error
	// step serialises some of it and tells whether all is done.
	step() bool
	abort()
}

// tracker is a state that can tell what has changed since a checkpoint.
type tracker interface {
	// change restores a frame of such changes.
	change(part task.Part, frame []byte) error
	// confirm is told that a checkpoint is complete.
	confirm(checkpoint int64)
}

// segmentsPerStep bounds what one step serialises: about 64 KiB.
const segmentsPerStep = 16

var errWrongKind = errors.New("the snapshot holds another kind of state under this name")

// tableState is a keyed state with one value for each key: its table, whatever the types.
type tableState struct {
	label       string
	table       *state.Segments
	first, last int   // the subtask's key groups
	begun       int64 // the latest checkpoint that the table tells changes of
}

func holderOf(label string, table *state.Segments, ctx *task.Context) tableState {
	return tableState{label: label, table: table, first: ctx.FirstKeyGroup, last: ctx.LastKeyGroup}
}

func (s *tableState) name() string { return s.label }

func (s *tableState) written(key, values string) error {
	return s.table.Written(key, values)
}

func (s *tableState) restore(frame []byte) error {
	return s.table.Restore(frame, s.first, s.last)
}

func (s *tableState) change(part task.Part, frame []byte) error {
	if part == task.Deleted {
		return s.table.Remove(frame, s.first, s.last)
	}
	return s.table.Replace(frame, s.first, s.last)
}

func (s *tableState) restoreList([][]byte) error { return errWrongKind }

func (s *tableState) begin(checkpoint int64, uid string, sink task.Sink) error {
	to := func(part task.Part) func(first, last int, frame []byte) {
		return func(first, last int, frame []byte) {
			sink.Keyed(uid, s.label, part, first, last, state.Entries(frame), frame)
		}
	}
	switch sink.Extent(uid, s.label, s.table.CanDelta()) {
	case task.Beginning:
		s.begun = checkpoint
		s.table.BeginBase(to(task.Base))
	case task.Changes:
		s.begun = checkpoint
		s.table.BeginDelta(to(task.Deleted), to(task.Delta))
	default:
		s.table.BeginSnapshot(to(task.Base))
	}
	return nil
}

// confirm may come late: what was begun after the checkpoint still goes on from the one before.
func (s *tableState) confirm(checkpoint int64) {
	if checkpoint == s.begun {
		s.table.Confirm()
	}
}

func (s *tableState) prefetch(hashes []uint64) { s.table.Prefetch(hashes) }

func (s *tableState) step() bool { return s.table.StepSnapshot(segmentsPerStep) }
func (s *tableState) abort()     { s.table.AbortSnapshot() }

// timerState is the timers of an operator.
type timerState[K comparable] struct {
	label       string
	timers      *state.Timers[K]
	first, last int
}

func (s *timerState[K]) name() string { return s.label }

func (s *timerState[K]) written(key, _ string) error { return s.timers.Written(key) }

func (s *timerState[K]) restore(frame []byte) error {
	return s.timers.Restore(frame, s.first, s.last)
}

func (s *timerState[K]) restoreList([][]byte) error { return errWrongKind }

func (s *timerState[K]) begin(_ int64, uid string, sink task.Sink) error {
	s.timers.Snapshot(func(first, last int, frame []byte) {
		sink.Keyed(uid, s.label, task.Base, first, last, state.Entries(frame), frame)
	})
	return nil
}

func (s *timerState[K]) step() bool { return true }
func (s *timerState[K]) abort()     {}

// listState is the list state of a source or sink: byte strings that belong to no key.
type listState struct {
	label string
	take  func(checkpoint int64) ([][]byte, error)
	give  func(entries [][]byte) error
}

func (s *listState) name() string { return s.label }

func (s *listState) written(string, string) error { return nil }

func (s *listState) restore([]byte) error { return errWrongKind }

func (s *listState) restoreList(entries [][]byte) error { return s.give(entries) }

func (s *listState) begin(checkpoint int64, uid string, sink task.Sink) error {
	entries, err := s.take(checkpoint)
	if err != nil {
		return err
	}
	sink.List(uid, s.label, entries)
	return nil
}

func (s *listState) step() bool { return true }
func (s *listState) abort()     {}
