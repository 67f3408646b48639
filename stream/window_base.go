package stream

import (
	"reflect"
	"time"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/task"
)

const noTime = int64(task.NoTime)

// windowBase is what all window operators have.
type windowBase[K comparable, T, A, R any] struct {
	base
	ctx     *task.Context
	next    emit[R]
	late    emit[T] // nil: late records are counted and dropped
	key     func(T) K
	keys    *codec.Codec[K]
	accs    *codec.Codec[A]
	fold    folding[K, T, A, R]
	shares  bool  // copies of an accumulator share what may be changed in place
	event   bool  // in event time, not in processing time
	keep    int64 // allowed lateness, ms
	clock   windowClock
	scratch []byte
}

// time returns the time that counts for a record. In processing time no record
// is late, also where the machine's clock goes back.
func (w *windowBase[K, T, A, R]) time(ts int64) int64 {
	if w.event {
		return ts
	}
	return max(w.ctx.Now(), w.clock.current)
}

// addTo folds a record into an accumulator.
func (w *windowBase[K, T, A, R]) addTo(acc *A, isNew bool, v T) {
	if isNew {
		*acc = w.fold.first(v)
		return
	}
	*acc = w.fold.add(*acc, v)
}

// kept returns an accumulator for a result. One that is kept for late records
// goes on changing: the result gets a copy.
func (w *windowBase[K, T, A, R]) kept(acc *A) A {
	if w.keep == 0 {
		return *acc
	}
	return w.copied(acc)
}

// copied returns a copy of an accumulator that shares nothing with it.
func (w *windowBase[K, T, A, R]) copied(acc *A) A {
	if !w.shares {
		return *acc
	}
	w.scratch = w.accs.Append(w.scratch[:0], acc)
	var own A
	if _, err := w.accs.DecodeCopy(w.scratch, &own); err != nil { // of what was just written
		panic(err)
	}
	return own
}

// shares tells whether what a copy of a value leads to may be changed in place
// by who has the value.
func shares(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return shares(t.Elem())
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() { // its location never changes
			return false
		}
		for i := range t.NumField() {
			if shares(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// tooLate deals with a record that has no window any more.
func (w *windowBase[K, T, A, R]) tooLate(v T, ts int64) {
	if w.late != nil {
		w.late(0, v, ts)
		return
	}
	*w.ctx.Late++
}

// after returns the end of windows whose last moment is t: a watermark t says
// that no record of t or before follows.
func after(t int64) int64 {
	if t == task.EndOfTime {
		return t
	}
	return t + 1
}

// emitResult sends a window's result on, with the last moment of the window as its time.
func (w *windowBase[K, T, A, R]) emitResult(key K, start, end int64, acc A) {
	ts := noTime
	if w.event {
		ts = end - 1
	}
	w.next(0, w.fold.result(key, Window{Start: time.UnixMilli(start), End: time.UnixMilli(end)}, acc), ts)
}
