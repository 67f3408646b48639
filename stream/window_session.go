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
	table   *state.Table[K, []session[A]]
	state   sessionState
	timers  *state.Timers[K]
	due     int64
	closing bool
}

// sessionState is the open sessions of each key.
type sessionState struct{ tableState }

// written is told the schema of the accumulators only: the sessions around them are the engine's own.
func (s *sessionState) written(key, accs string) error {
	return s.table.Written(key, "[]struct{Start int64; End int64; Fired bool; Acc "+accs+"}")
}

func newSessionWindow[K comparable, T, A, R any](common windowBase[K, T, A, R], gap int64) *sessionWindow[K, T, A, R] {
	sessions, err := codec.Of[[]session[A]]()
	if err != nil { // A was accepted when the job was described
		panic(err)
	}
	ctx := common.ctx
	w := &sessionWindow[K, T, A, R]{windowBase: common, gap: gap}
	w.table = newTable(ctx, common.keys, sessions)
	w.state = sessionState{holderOf("windows", &w.table.Segments, ctx)}
	w.timers = state.NewTimers(common.keys, hasher[K](), ctx.Vertex.MaxParallelism)
	return w
}

func (w *sessionWindow[K, T, A, R]) record(hash uint64, v T, ts int64) {
	t := w.time(ts)
	key := w.key(v)
	joined := session[A]{Start: t, End: t + w.gap}
	list := w.table.Get(hash, key)
	if w.clock.current != noTime && joined.End+w.keep <= w.clock.current && (list == nil || !w.touches(*list, joined)) {
		w.tooLate(v, ts)
		return
	}
	open, _ := w.table.Ref(hash, key)
	joined, watched := w.join(open, joined, v)
	if joined.End <= w.clock.current {
		joined.Fired = true
		w.emitResult(key, joined.Start, joined.End, w.kept(&joined.Acc))
	}
	*open = append(*open, joined)
	if !watched || joined.Fired {
		w.watch(hash, key, &joined)
	}
}

// watch sets the timer of a session. A session that grows keeps its first timer,
// which sets the next when it fires: one for each record would fill the memory.
func (w *sessionWindow[K, T, A, R]) watch(hash uint64, key K, s *session[A]) {
	at := s.End
	if s.Fired {
		at += w.keep
	}
	w.timers.Add(at, hash, key)
	if !w.event {
		w.ctx.SetTimer(at)
	}
}

func (w *sessionWindow[K, T, A, R]) touches(open []session[A], s session[A]) bool {
	return slices.ContainsFunc(open, func(o session[A]) bool { return o.Start <= s.End && s.Start <= o.End })
}

// join takes the sessions that a record's span touches out of the list and
// returns them as one, with the record folded in. watched tells whether one of
// them has a timer that comes no later than the end of the whole.
func (w *sessionWindow[K, T, A, R]) join(open *[]session[A], joined session[A], v T) (_ session[A], watched bool) {
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
		watched = watched || !s.Fired
	}
	*open = rest
	w.addTo(&joined.Acc, isNew, v)
	return joined, watched
}

func (w *sessionWindow[K, T, A, R]) watermark(mark int64) {
	if mark == task.EndOfTime {
		w.clock.end()
	}
	if !w.event && mark != task.EndOfTime { // at the end of all input the clock need not be awaited
		w.base.watermark(mark)
		return
	}
	w.due = mark
	w.closing = true
	w.work()
}

func (w *sessionWindow[K, T, A, R]) work() task.Left {
	if !w.closing {
		return task.Nothing
	}
	if w.timers.PopUntil(after(w.due), timersPerStride**w.ctx.Stride, w.fire) {
		return task.Strict
	}
	w.closing = false
	w.clock.current = max(w.clock.current, after(w.due))
	w.base.watermark(w.due)
	return task.Nothing
}

func (w *sessionWindow[K, T, A, R]) timer(now int64) int64 {
	if w.event {
		return task.EndOfTime
	}
	if w.timers.PopUntil(now, timersPerStride**w.ctx.Stride, w.fire) {
		return now
	}
	w.clock.current = max(w.clock.current, now)
	if t, ok := w.timers.Next(); ok {
		return t
	}
	return task.EndOfTime
}

// fire closes the key's sessions that end at t, and forgets those that were
// kept for late records until t.
func (w *sessionWindow[K, T, A, R]) fire(t int64, hash uint64, key K) {
	w.clock.current = max(w.clock.current, t)
	if w.table.Get(hash, key) == nil {
		return
	}
	open, _ := w.table.Ref(hash, key)
	rest := (*open)[:0]
	for _, s := range *open {
		if s.End <= t && !s.Fired {
			w.emitResult(key, s.Start, s.End, w.kept(&s.Acc))
			s.Fired = true
		}
		if s.End+w.keep > t {
			rest = append(rest, s)
			w.watch(hash, key, &s)
		}
	}
	*open = rest
	if len(rest) == 0 {
		w.table.Delete(hash, key)
	}
}

// open sets the timers of restored sessions: they follow from the sessions and
// are not kept by themselves.
func (w *sessionWindow[K, T, A, R]) open(bool) error {
	w.clock.open()
	w.table.Range(func(hash uint64, key K, open *[]session[A]) bool {
		for i := range *open {
			w.watch(hash, key, &(*open)[i])
		}
		return true
	})
	return nil
}

func (w *sessionWindow[K, T, A, R]) states() []stateHolder { return []stateHolder{&w.clock, &w.state} }
