package inspect

import (
	"context"

	"github.com/weft-stream/weft/internal/snapshot"
)

// The state of an incremental checkpoint is a chain: a base, and what has changed since, in order. What of it still counts
// is found by keeping the changes of a range of hashes in memory, the last word on each key, while the base passes by.

// changesAtOnce is how many bytes of changes are kept in memory, but for those of one range that cannot be divided.
const changesAtOnce = 64 << 20

// change is the last word on a key.
type change struct {
	entry   Entry
	deleted bool
}

// ranges divides hashes so that the changes of each have room in memory.
func ranges(in Hashes, chain []snapshot.Handle) []Hashes {
	var size int64
	for _, h := range chain {
		if h.Part != snapshot.Base {
			size += h.Length
		}
	}
	n := uint64(size/changesAtOnce) + 1
	width := (in.High - in.Low) / n
	var all []Hashes
	for low := in.Low; ; low += width + 1 {
		if in.High-low <= width {
			return append(all, Hashes{low, in.High})
		}
		all = append(all, Hashes{low, low + width})
	}
}

// chain hands out the entries of one subtask's chain that still count.
func (s *State) chain(ctx context.Context, subtask int, chain []snapshot.Handle, in Hashes, yield func(Entry, error) bool) error {
	for _, in := range ranges(in, chain) {
		changes, err := s.changes(ctx, subtask, chain, in)
		if err != nil {
			return err
		}
		for _, h := range chain {
			if h.Part != snapshot.Base {
				continue
			}
			err := s.handle(ctx, subtask, h, in, func(e Entry, _ error) bool {
				_, changed := changes[string(e.Key)]
				return changed || yield(e, nil)
			})
			if err != nil {
				return err
			}
		}
		for _, c := range changes {
			if !c.deleted && !yield(c.entry, nil) {
				return errStop
			}
		}
	}
	return nil
}

// changes reads the changes of a range of hashes.
func (s *State) changes(ctx context.Context, subtask int, chain []snapshot.Handle, in Hashes) (map[string]change, error) {
	all := map[string]change{}
	for _, h := range chain {
		if h.Part == snapshot.Base {
			continue
		}
		err := s.handle(ctx, subtask, h, in, func(e Entry, _ error) bool {
			e.Key, e.Value = append([]byte(nil), e.Key...), append([]byte(nil), e.Value...)
			all[string(e.Key)] = change{e, h.Part == snapshot.Deleted}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// keysOnly is the state as a handle of deleted keys holds it.
func (s *State) keysOnly() *State {
	keys := *s
	keys.value = nil
	return &keys
}

// chained says whether handles are more than a base.
func chained(handles []snapshot.Handle) bool {
	for _, h := range handles {
		if h.Part != snapshot.Base {
			return true
		}
	}
	return false
}
