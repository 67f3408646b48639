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

// segmentsPerStep bounds what one step serialises: about 64 KiB.
const segmentsPerStep = 16

var errWrongKind = errors.New("the snapshot holds another kind of state under this name")

// tableState is a keyed state with one value for each key.
type tableState[K comparable, V any] struct {
	label       string
	table       *state.Table[K, V]
	first, last int // the subtask's key groups
}

func (s *tableState[K, V]) name() string { return s.label }

func (s *tableState[K, V]) written(key, values string) error {
	return s.table.Written(key, values)
}

func (s *tableState[K, V]) restore(frame []byte) error {
	return s.table.Restore(frame, s.first, s.last)
}

func (s *tableState[K, V]) restoreList([][]byte) error { return errWrongKind }

func (s *tableState[K, V]) begin(_ int64, uid string, sink task.Sink) error {
	s.table.BeginSnapshot(func(first, last int, frame []byte) {
		sink.Keyed(uid, s.label, first, last, state.Entries(frame), frame)
	})
	return nil
}

func (s *tableState[K, V]) prefetch(hashes []uint64) { s.table.Prefetch(hashes) }

func (s *tableState[K, V]) step() bool { return s.table.StepSnapshot(segmentsPerStep) }
func (s *tableState[K, V]) abort()     { s.table.AbortSnapshot() }

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
		sink.Keyed(uid, s.label, first, last, state.Entries(frame), frame)
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
