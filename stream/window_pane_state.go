package stream

import (
	"encoding/binary"
	"errors"

	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// A pane window is its own state holder: a frame is a pane's start and a frame
// of its table.

const paneHeader = 8

func (w *paneWindow[K, T, A, R]) states() []stateHolder { return []stateHolder{&w.clock, w} }

// open expects the windows of restored panes, when all that was restored is known.
func (w *paneWindow[K, T, A, R]) open(bool) error {
	w.clock.open()
	for start := range w.panes {
		w.expectAll(start)
	}
	return nil
}

func (w *paneWindow[K, T, A, R]) name() string { return "windows" }

func (w *paneWindow[K, T, A, R]) begin(_ int64, uid string, sink task.Sink) error {
	w.frozen = w.frozen[:0]
	for _, p := range w.panes {
		p.table.BeginSnapshot(func(first, last int, frame []byte) {
			whole := make([]byte, paneHeader, paneHeader+len(frame))
			binary.LittleEndian.PutUint64(whole, uint64(p.start))
			sink.Keyed(uid, w.name(), first, last, state.Entries(frame), append(whole, frame...))
		})
		w.frozen = append(w.frozen, p)
	}
	return nil
}

func (w *paneWindow[K, T, A, R]) step() bool {
	for len(w.frozen) > 0 {
		last := len(w.frozen) - 1
		if p := w.frozen[last]; p.table.Snapshotting() && !p.table.StepSnapshot(segmentsPerStep) {
			return false
		}
		w.frozen = w.frozen[:last]
	}
	return true
}

func (w *paneWindow[K, T, A, R]) abort() {
	for _, p := range w.frozen {
		p.table.AbortSnapshot()
	}
	w.frozen = w.frozen[:0]
}

func (w *paneWindow[K, T, A, R]) written(key, values string) error {
	d, err := state.NewDecoders(w.keys, w.accs, key, values)
	w.former = &d
	return err
}

var errShortFrame = errors.New("a frame of window state is too short")

func (w *paneWindow[K, T, A, R]) restore(frame []byte) error {
	if len(frame) < paneHeader {
		return errShortFrame
	}
	start := int64(binary.LittleEndian.Uint64(frame))
	if floor(start, w.length, w.offset) != start {
		return errors.New("the windows in the snapshot have another size, slide or offset: keep them, or give the operator a new UID")
	}
	p := w.panes[start]
	if p == nil {
		p = &pane[K, A]{start: start, table: newTable(w.ctx, w.keys, w.accs)}
		if w.former != nil {
			p.table.DecodeWith(*w.former)
		}
		w.panes[start] = p
	}
	return p.table.Restore(frame[paneHeader:], w.ctx.FirstKeyGroup, w.ctx.LastKeyGroup)
}

func (w *paneWindow[K, T, A, R]) restoreList([][]byte) error { return errWrongKind }
