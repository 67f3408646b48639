package stream

import (
	"encoding/binary"
	"errors"

	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// A pane window is its own state holder: a frame is a pane's start and entries of
// it, as a table writes them. What is computed from panes is not kept.

const paneHeader = 8

func (w *paneWindow[K, T, A, R]) states() []stateHolder { return []stateHolder{&w.clock, w} }

func (w *paneWindow[K, T, A, R]) open(bool) error {
	w.clock.open()
	if !w.event {
		w.awaitNext()
	}
	return nil
}

func (w *paneWindow[K, T, A, R]) name() string { return "windows" }

// frozen is the table or run of a pane in a snapshot.
type frozen interface {
	BeginSnapshot(emit func(firstKG, lastKG int, frame []byte))
	StepSnapshot(pieces int) (done bool)
	AbortSnapshot()
}

var errHalfClosed = errors.New("a snapshot was begun while windows were being closed")

func (w *paneWindow[K, T, A, R]) begin(_ int64, uid string, sink task.Sink) error {
	if w.closing {
		return errHalfClosed
	}
	w.frozen = w.frozen[:0]
	for _, p := range w.panes {
		emit := func(first, last int, frame []byte) {
			whole := make([]byte, paneHeader, paneHeader+len(frame))
			binary.LittleEndian.PutUint64(whole, uint64(p.start))
			sink.Keyed(uid, w.name(), task.Base, first, last, state.Entries(frame), append(whole, frame...))
			state.Recycle(frame)
		}
		if p.table != nil {
			w.frozen = append(w.frozen, &p.table.Segments)
			p.table.Segments.BeginSnapshot(emit)
		}
		if p.run != nil {
			w.frozen = append(w.frozen, p.run)
			p.run.BeginSnapshot(emit)
		}
	}
	return nil
}

func (w *paneWindow[K, T, A, R]) step() bool {
	for len(w.frozen) > 0 {
		last := len(w.frozen) - 1
		if !w.frozen[last].StepSnapshot(segmentsPerStep) {
			return false
		}
		w.frozen = w.frozen[:last]
	}
	return true
}

func (w *paneWindow[K, T, A, R]) abort() {
	for _, f := range w.frozen {
		f.AbortSnapshot()
	}
	w.frozen = w.frozen[:0]
}

func (w *paneWindow[K, T, A, R]) written(key, values string) error {
	d, err := state.NewDecoders(w.keys.Untyped(), w.accs.Untyped(), key, values)
	w.former = &d
	return err
}

var errShortFrame = errors.New("a frame of window state is too short")

func (w *paneWindow[K, T, A, R]) restore(frame []byte) error {
	if len(frame) < paneHeader {
		return errShortFrame
	}
	start := int64(binary.LittleEndian.Uint64(frame))
	if w.pane(start) != start {
		return errors.New("the windows in the snapshot have another size, slide or offset: keep them, or give the operator a new UID")
	}
	p := w.find(start)
	if p == nil {
		p = &pane[K, A]{start: start, table: w.newTable()}
		if w.former != nil {
			p.table.Segments.DecodeWith(*w.former)
		}
		w.insert(p)
	}
	return p.table.Segments.Restore(frame[paneHeader:], w.ctx.FirstKeyGroup, w.ctx.LastKeyGroup)
}

func (w *paneWindow[K, T, A, R]) restoreList([][]byte) error { return errWrongKind }
