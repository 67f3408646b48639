package stream

import (
	"slices"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// session is one open window of a key.
type session[A any] struct {
	Start, End int64 // ms; End is the last record's time plus the gap
	Fired      bool  // its result was emitted; it waits for late records
	Acc        A
}

// sessionWindow evaluates session windows: each key has a short list of open
// sessions, and a timer where one of them ends.
type sessionWindow[K comparable, T, A, R any] struct {
	windowBase[K, T, A, R]
	gap     int64
	state   tableState[K, []session[A]]
	timers  *state.Timers[K]
	due     int64
	closing bool
}

func newSessionWindow[K comparable, T, A, R any](common windowBase[K, T, A, R], gap int64) *sessionWindow[K, T, A, R] {
	sessions, err := codec.Of[[]session[A]]()
	if err != nil { // A was accepted when the job was described
		panic(err)
	}
	ctx := common.ctx
	w := &sessionWindow[K, T, A, R]{windowBase: common, gap: gap}
	w.state = tableState[K, []session[A]]{
		label: "windows", table: newTable(ctx, common.keys, sessions), first: ctx.FirstKeyGroup, last: ctx.LastKeyGroup,
	}
	w.timers = state.NewTimers(common.keys, hasher[K](), ctx.Vertex.MaxParallelism)
	return w
}

func (w *sessionWindow[K, T, A, R]) record(hash uint64, v T, ts int64) {
	t := w.time(ts)
	key := w.key(v)
	joined := session[A]{Start: t, End: t + w.gap}
	list := w.state.table.Get(hash, key)
	if w.current != noTime && joined.End+w.keep <= w.current && (list == nil || !w.touches(*list, joined)) {
		w.tooLate(v, ts)
		return
	}
	open, _ := w.state.table.Ref(hash, key)
	joined = w.join(open, joined, v)
	*open = append(*open, joined)
	w.timers.Add(joined.End, hash, key)
	if !w.event {
		w.ctx.SetTimer(joined.End)
	}
	if joined.End <= w.current {
		w.emitResult(key, joined.Start, joined.End, joined.Acc)
		(*open)[len(*open)-1].Fired = true
		w.timers.Add(joined.End+w.keep, hash, key)
	}
}

func (w *sessionWindow[K, T, A, R]) touches(open []session[A], s session[A]) bool {
	return slices.ContainsFunc(open, func(o session[A]) bool { return o.Start <= s.End && s.Start <= o.End })
}

// join takes the sessions that a record's span touches out of the list and
// returns them as one, with the record folded in.
func (w *sessionWindow[K, T, A, R]) join(open *[]session[A], joined session[A], v T) session[A] {
	isNew := true
	rest := (*open)[:0]
	for _, s := range *open {
		if s.Start > joined.End || joined.Start > s.End {
			rest = append(rest, s)
			continue
		}
		joined.Start, joined.End = min(joined.Start, s.Start), max(joined.End, s.End)
		if isNew {
			joined.Acc = s.Acc
		} else {
			joined.Acc = w.fold.merge(joined.Acc, s.Acc)
		}
		isNew = false
	}
	*open = rest
	w.addTo(&joined.Acc, isNew, v)
	return joined
}

func (w *sessionWindow[K, T, A, R]) watermark(mark int64) {
	if !w.event {
		w.base.watermark(mark)
		return
	}
	w.due = mark
	w.closing = true
	w.work()
}

func (w *sessionWindow[K, T, A, R]) work() bool {
	if !w.closing {
		return false
	}
	if w.timers.PopUntil(after(w.due), timersPerSlice, w.fire) {
		return true
	}
	w.closing = false
	w.current = max(w.current, after(w.due))
	w.base.watermark(w.due)
	return false
}

// after returns the end of windows whose last moment is t.
func after(t int64) int64 {
	if t == task.EndOfTime {
		return t
	}
	return t + 1
}

func (w *sessionWindow[K, T, A, R]) timer(now int64) int64 {
	if w.event {
		return task.EndOfTime
	}
	for w.timers.PopUntil(after(now), timersPerSlice, w.fire) {
	}
	w.current = max(w.current, after(now))
	if t, ok := w.timers.Next(); ok {
		return t
	}
	return task.EndOfTime
}

// fire closes the key's sessions that end at t, and forgets those that were
// kept for late records until t.
func (w *sessionWindow[K, T, A, R]) fire(t int64, hash uint64, key K) {
	w.current = max(w.current, t)
	if w.state.table.Get(hash, key) == nil {
		return
	}
	open, _ := w.state.table.Ref(hash, key)
	rest := (*open)[:0]
	for _, s := range *open {
		if s.End <= t && !s.Fired {
			w.emitResult(key, s.Start, s.End, s.Acc)
			s.Fired = true
			if w.keep > 0 {
				w.timers.Add(s.End+w.keep, hash, key)
			}
		}
		if s.End+w.keep > t {
			rest = append(rest, s)
		}
	}
	*open = rest
	if len(rest) == 0 {
		w.state.table.Delete(hash, key)
	}
}

// open sets the timers of restored sessions: they follow from the sessions and
// are not kept by themselves.
func (w *sessionWindow[K, T, A, R]) open(bool) error {
	w.state.table.Range(func(hash uint64, key K, open *[]session[A]) bool {
		for _, s := range *open {
			end := s.End
			if s.Fired {
				end += w.keep
			}
			w.timers.Add(end, hash, key)
		}
		return true
	})
	return nil
}

func (w *sessionWindow[K, T, A, R]) states() []stateHolder { return []stateHolder{&w.state} }
