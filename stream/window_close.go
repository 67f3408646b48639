package stream

import "github.com/weft-stream/weft/internal/task"

// Closing windows. A watermark, or in processing time the clock, makes windows
// due. They are closed one after the other, each in slices of some hundred keys,
// so that however many keys there are, records and other subtasks have their turn.
//
// What is seen is as if all had been done at once. No watermark and no barrier is
// handled before the last of the due windows is out: a snapshot holds no window
// that is closed for some of its keys only, and the watermark is sent on when
// nothing before it can follow. A record that comes in between and belongs to
// windows that are not due goes into a pane that the due windows have no part in.
// Any other is late, and waits until they are closed.

// slicesPerStride: the keys whose results are made before other work has its turn
// are so many times the records of a stride.
const slicesPerStride = 2

func (w *paneWindow[K, T, A, R]) watermark(mark int64) {
	if mark == task.EndOfTime {
		w.clock.end()
	}
	if !w.event && mark != task.EndOfTime { // at the end of all input the clock need not be awaited
		w.base.watermark(mark)
		return
	}
	w.mark = mark
	w.closeUntil(after(mark))
}

func (w *paneWindow[K, T, A, R]) timer(now int64) int64 {
	if w.event || w.closing {
		return task.EndOfTime
	}
	w.mark = noTime
	w.closeUntil(now)
	if end, ok := w.nextEnd(); ok && !w.closing {
		return end
	}
	return task.EndOfTime
}

// closeUntil begins to close the windows that end at a time or before.
func (w *paneWindow[K, T, A, R]) closeUntil(until int64) {
	w.closing, w.until = true, until
	if w.width > 0 && w.firstEnd(w.start) <= until {
		w.turnAway()
	}
	w.work()
}

// work closes windows for a slice.
func (w *paneWindow[K, T, A, R]) work() task.Left {
	if !w.closing {
		return task.Nothing
	}
	for keys := slicesPerStride * *w.ctx.Stride; keys > 0; keys-- { // also a window without keys takes its time
		if !w.begun && !w.beginNext() {
			w.finish()
			return task.Nothing
		}
		left, done := w.results.slice(keys)
		if keys = left; done {
			w.begun = false
			w.clock.current = max(w.clock.current, w.end)
			w.drop()
		}
	}
	return task.Loose
}

// beginNext begins with the next due window, if there is one.
func (w *paneWindow[K, T, A, R]) beginNext() bool {
	end, ok := w.nextEnd()
	if !ok || end > w.until {
		return false
	}
	w.end, w.begun = end, true
	w.results.begin(end)
	return true
}

// nextEnd returns the end of the first window that is not closed and has records.
func (w *paneWindow[K, T, A, R]) nextEnd() (end int64, ok bool) {
	closed := w.clock.current
	if closed == noTime {
		if len(w.panes) == 0 {
			return 0, false
		}
		return w.firstEnd(w.panes[0].start), true
	}
	end = floor(closed-w.size, w.slide, w.offset) + w.slide + w.size // the first after closed
	i := w.from(end - w.size)
	if i == len(w.panes) {
		return 0, false
	}
	return max(end, w.firstEnd(w.panes[i].start)), true
}

// finish ends what closeUntil began.
func (w *paneWindow[K, T, A, R]) finish() {
	w.closing = false
	w.advance(w.until)
	w.spare.settle()
	if w.mark != noTime {
		w.base.watermark(w.mark)
	}
	for i := range w.deferred {
		d := &w.deferred[i]
		w.record(d.hash, d.v, d.ts)
	}
	clear(w.deferred)
	w.deferred = w.deferred[:0]
	if !w.event {
		w.awaitNext()
	}
}

// awaitNext sets the timer for the next window in processing time.
func (w *paneWindow[K, T, A, R]) awaitNext() {
	if end, ok := w.nextEnd(); ok {
		w.ctx.SetTimer(end)
	}
}

// advance moves the time that makes records late on, also where no window was open.
func (w *paneWindow[K, T, A, R]) advance(now int64) {
	if now == task.EndOfTime {
		w.clock.current = now - w.keep - w.size // far beyond any record, without overflow
		w.dropAll()
		return
	}
	if now > w.clock.current {
		w.clock.current = now
		w.drop()
	}
}
