package inspect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// KeyDiff is an entry that is not the same in two snapshots. A and B are valid until the function that got it returns.
type KeyDiff struct {
	Change Change
	A, B   *Entry // nil in the snapshot that lacks it
}

// DefaultMemory is how much Keys keeps in memory by default, in bytes.
const DefaultMemory = 64 << 20

// entryCost is what an entry costs in memory beside its bytes.
const entryCost = 200

// errFull says that a range of hashes has more entries than may be kept.
var errFull = errors.New("more entries than the memory allows")

// Keys compares the entries of a state in two snapshots and calls found with each that differs, ascending by ranges of
// hashes, so that equal calls give equal orders. The two must have the same kind, key type and value type; parallelism
// and maximum parallelism may differ.
//
// It keeps about memory bytes: a range of hashes of a is loaded, that of b is held against it. A range that has too much
// is halved, down to a single hash, whose entries always have room.
func Keys(ctx context.Context, a, b *State, memory int64, found func(KeyDiff) error) error {
	if a.form == formClock {
		return clocks(ctx, a, b, found)
	}
	ranges := []Hashes{All} // to be compared; the lowest is the last
	for len(ranges) > 0 {
		in := ranges[len(ranges)-1]
		ranges = ranges[:len(ranges)-1]
		kept, err := load(ctx, a, in, memory)
		if errors.Is(err, errFull) {
			middle := in.Low + (in.High-in.Low)/2
			ranges = append(ranges, Hashes{middle + 1, in.High}, Hashes{in.Low, middle})
			continue
		}
		if err == nil {
			err = hold(ctx, b, in, kept, found)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entry is a kept entry; a list can have the same one several times.
type entry struct {
	Entry
	count int
}

// identity names an entry: what must be equal in both snapshots for it to be the same entry.
func (s *State) identity(buf []byte, e *Entry) []byte {
	switch s.form {
	case formList:
		return append(buf, e.Value...)
	case formInFlight:
		buf = binary.BigEndian.AppendUint64(append(buf, e.Control...), uint64(e.Time)^1<<63)
		return append(buf, e.Value...)
	case formPane, formTimers:
		buf = binary.BigEndian.AppendUint64(buf, uint64(e.Time)^1<<63)
	}
	return append(buf, e.Key...)
}

// load keeps the entries of a range of hashes, or says that they are too many.
func load(ctx context.Context, s *State, in Hashes, memory int64) (map[string]*entry, error) {
	kept := map[string]*entry{}
	var used int64
	var name []byte
	for e, err := range s.Entries(ctx, in) {
		if err != nil {
			return nil, err
		}
		name = s.identity(name[:0], &e)
		if known := kept[string(name)]; known != nil {
			known.count++
			continue
		}
		if used += int64(2*len(name)+len(e.Value)) + entryCost; used > memory && in.Low < in.High {
			return nil, errFull
		}
		e.Key, e.Value = slices.Clone(e.Key), slices.Clone(e.Value)
		kept[string(name)] = &entry{e, 1}
	}
	return kept, nil
}

// hold holds the entries of b against those of a that are kept.
func hold(ctx context.Context, b *State, in Hashes, kept map[string]*entry, found func(KeyDiff) error) error {
	var name []byte
	for now, err := range b.Entries(ctx, in) {
		if err != nil {
			return err
		}
		name = b.identity(name[:0], &now)
		old := kept[string(name)]
		switch {
		case old == nil:
			err = found(KeyDiff{Change: Added, B: &now})
		case string(old.Value) != string(now.Value):
			err = found(KeyDiff{Changed, &old.Entry, &now})
		}
		if err != nil {
			return err
		}
		if old != nil {
			if old.count--; old.count == 0 {
				delete(kept, string(name))
			}
		}
	}
	var names []string
	for name := range kept {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		for range kept[name].count {
			if err := found(KeyDiff{Change: Removed, A: &kept[name].Entry}); err != nil {
				return err
			}
		}
	}
	return nil
}

// clocks compares two clocks key group by key group, and tells neighbours that changed alike in one.
func clocks(ctx context.Context, a, b *State, found func(KeyDiff) error) error {
	old, err := clockOf(ctx, a)
	if err != nil {
		return err
	}
	now, err := clockOf(ctx, b)
	if err != nil {
		return err
	}
	if len(old) != len(now) {
		return fmt.Errorf("clocks of %d and of %d key groups cannot be compared", len(old), len(now))
	}
	for first := 0; first < len(old); {
		last := first
		for last+1 < len(old) && old[last+1] == old[first] && now[last+1] == now[first] {
			last++
		}
		if old[first] != now[first] {
			x := Entry{FirstKG: first, LastKG: last, Time: old[first]}
			y := Entry{FirstKG: first, LastKG: last, Time: now[first]}
			if err := found(KeyDiff{Changed, &x, &y}); err != nil {
				return err
			}
		}
		first = last + 1
	}
	return nil
}

// clockOf is the time of each key group.
func clockOf(ctx context.Context, s *State) ([]int64, error) {
	times := make([]int64, s.Operator.MaxParallelism)
	for i := range times {
		times[i] = math.MinInt64
	}
	for e, err := range s.Entries(ctx, All) {
		if err != nil {
			return nil, err
		}
		for kg := e.FirstKG; kg <= e.LastKG; kg++ {
			times[kg] = e.Time
		}
	}
	return times, nil
}
