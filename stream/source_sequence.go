package stream

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"
)

// Collection emits the given values once, in order, in one subtask.
func Collection[T any](env *Env, uid string, values ...T) *Stream[T] {
	return indexed(env, uid, "Collection", 1, int64(len(values)), 0, func(i int64) T { return values[i] })
}

// Sequence emits the integers from first to last, both included. With several
// subtasks they come in order within each subtask only.
func Sequence(env *Env, uid string, first, last int64) *Stream[int64] {
	count := last - first + 1
	if first <= last && count <= 0 { // more than an int64 can count
		count = Unbounded
	}
	return indexed(env, uid, "Sequence", 0, max(count, 0), 0, func(i int64) int64 { return first + i })
}

// Unbounded is a Generator's Count for a stream without end.
const Unbounded = math.MaxInt64

// Generator describes a stream of made records: the record of each index from 0
// to Count-1. It can go back to any place, since Record is a pure function.
type Generator[T any] struct {
	Count  int64   // records in all; Unbounded for no end
	Rate   float64 // records per second of all subtasks together; 0 for as fast as possible
	Record func(index int64) T
}

// Generate emits the records of a generator.
func Generate[T any](env *Env, uid string, g Generator[T]) *Stream[T] {
	if g.Record == nil || g.Count < 0 || g.Rate < 0 {
		env.fail(callerLocation(), "a generator needs Record, and a Count and Rate that are not negative")
		g.Record = func(int64) T { var zero T; return zero }
	}
	return indexed(env, uid, "Generator", 0, g.Count, g.Rate, g.Record)
}

func indexed[T any](env *Env, uid, name string, parallelism int, count int64, rate float64, record func(int64) T) *Stream[T] {
	options := SourceOptions{Name: name, Parallelism: parallelism, Replayable: true, Bounded: count != Unbounded}
	return From(env, uid, options, func() Source[T] {
		return &indexSource[T]{count: count, rate: rate, record: record}
	})
}

// indexSource emits the records of a range of indexes. The range is cut into a
// fixed number of splits: split s of n has the indexes s, s+n, s+2n, … The place in
// a split is the index that is next. A subtask goes through its splits in rounds, a
// record of each, so that its records come in the order of their indexes.
//
// Restored splits may have come from several subtasks, of which one was far ahead
// of another. Those behind go first until all are level: else the watermark would
// follow the ones ahead, and the records of the others were late.
type indexSource[T any] struct {
	count  int64
	rate   float64
	record func(int64) T
	step   int64   // number of splits
	places []int64 // next index of each split of this subtask; in order, when a round begins
	at     int     // split that is next
	limit  int64   // what this round emits is before it
	ctx    *SourceContext
	start  time.Time // of this run, for the rate
	done   int64     // emitted in this run, for the rate
}

func (s *indexSource[T]) Open(ctx *SourceContext, restored bool, places [][]byte) error {
	s.ctx, s.start = ctx, time.Now()
	s.step = int64(ctx.Splits)
	if !restored {
		for i := int64(ctx.Subtask); i < s.step; i += int64(ctx.Parallelism) {
			s.places = append(s.places, i)
		}
		return nil
	}
	for _, p := range places {
		if len(p) != 16 {
			return errors.New("the snapshot holds no place of a sequence")
		}
		if step := int64(binary.LittleEndian.Uint64(p[8:])); step != s.step {
			return errors.New("the maximum parallelism of the source has changed: a restored job must keep it")
		}
		s.places = append(s.places, int64(binary.LittleEndian.Uint64(p)))
	}
	return nil
}

// nextRound begins a round and tells whether there is one.
func (s *indexSource[T]) nextRound() bool {
	if s.at < len(s.places) { // splits that are ahead, or at their end, had no part in the last one
		slices.Sort(s.places)
	}
	s.at = 0
	if len(s.places) == 0 || s.places[0] >= s.count {
		return false
	}
	s.limit = min(s.places[0]+s.step, s.count)
	return true
}

func (s *indexSource[T]) Poll(out *Emitter[T]) (Next, error) {
	quota, wait := s.quota()
	if quota == 0 {
		return Wait(wait), nil
	}
	places, record := s.places, s.record
	for emitted := 0; emitted < quota; emitted++ {
		if s.at == len(places) || places[s.at] >= s.limit {
			if !s.nextRound() {
				return End(), nil
			}
		}
		index := places[s.at]
		places[s.at] = index + s.step
		s.at++
		out.Emit(record(index))
	}
	s.done += int64(quota)
	return Again(), nil
}

// quota returns how many records may be emitted now, or how long to wait for the next.
func (s *indexSource[T]) quota() (int, time.Duration) {
	if s.rate == 0 || len(s.places) == 0 {
		return s.ctx.PollSize(), 0
	}
	perSecond := s.rate * float64(len(s.places)) / float64(s.step)
	due := int64(time.Since(s.start).Seconds()*perSecond) + 1
	if due > s.done {
		return int(min(due-s.done, int64(s.ctx.PollSize()))), 0
	}
	return 0, max(time.Millisecond, time.Duration(float64(time.Second)/perSecond/2))
}

func (s *indexSource[T]) Snapshot() ([][]byte, error) {
	all := make([][]byte, len(s.places))
	for i, p := range s.places {
		all[i] = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(p)), uint64(s.step))
	}
	return all, nil
}

func (s *indexSource[T]) Close() error { return nil }
