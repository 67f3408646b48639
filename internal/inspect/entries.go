package inspect

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
)

// Entry is one entry of a state. Its bytes are valid until the next turn of the loop.
type Entry struct {
	Subtask         int
	FirstKG, LastKG int    // the key groups that it counts for: one, but for a clock; NotKeyed for a list
	Hash            uint64 // of the key; of the value in a list
	Time            int64  // ms since 1970: of a timer, a clock, or the start of a pane
	Key             []byte // encoded; nil without keys
	Value           []byte // encoded; nil for timers, clocks and what is no record in flight
	Channel         uint64 // that it was in flight on
	Control         string // of what is no record in flight: "watermark", "idle" or "active"
}

// Hashes is a range of hashes, both included.
type Hashes struct{ Low, High uint64 }

// All are all hashes.
var All = Hashes{0, math.MaxUint64}

// Entries reads the entries whose hashes are in a range, frame by frame, in the order in which they are stored. Each
// frame is checked before its entries are handed out, and each key must belong to its frame's key groups. The loop ends
// after the first error; only one that ended without has seen everything.
func (s *State) Entries(ctx context.Context, in Hashes) iter.Seq2[Entry, error] {
	first, last := keygroup.Of(in.Low, s.Operator.MaxParallelism), keygroup.Of(in.High, s.Operator.MaxParallelism)
	return func(yield func(Entry, error) bool) {
		for i := range s.Operator.Subtasks {
			sub := &s.Operator.Subtasks[i]
			var handles []snapshot.Handle
			for _, h := range sub.States {
				if h.State == s.Info.Name && h.Overlaps(first, last) {
					handles = append(handles, h)
				}
			}
			err := s.subtask(ctx, sub.Index, handles, in, yield)
			if errors.Is(err, errStop) {
				return
			}
			if err != nil {
				yield(Entry{}, fmt.Errorf("operator %q, state %q: %w", s.Operator.UID, s.Info.Name, err))
				return
			}
		}
	}
}

// subtask hands out the entries of one subtask.
func (s *State) subtask(ctx context.Context, subtask int, handles []snapshot.Handle, in Hashes, yield func(Entry, error) bool) error {
	if chained(handles) {
		return s.chain(ctx, subtask, handles, in, yield)
	}
	for _, h := range handles {
		if err := s.handle(ctx, subtask, h, in, yield); err != nil {
			return err
		}
	}
	return nil
}

// handle hands out the entries of one handle.
func (s *State) handle(ctx context.Context, subtask int, h snapshot.Handle, in Hashes, yield func(Entry, error) bool) error {
	if h.Part == snapshot.Deleted {
		s = s.keysOnly()
	}
	first, last := keygroup.Of(in.Low, s.Operator.MaxParallelism), keygroup.Of(in.High, s.Operator.MaxParallelism)
	for frame, err := range snapshot.Frames(ctx, s.location.FS, s.location.Dir, h, first, last) {
		if err == nil {
			err = s.frame(frame, subtask, in, yield)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errStop says that the loop over entries was left.
var errStop = errors.New("stop")

// frame hands out the entries of one frame.
func (s *State) frame(f snapshot.Frame, subtask int, in Hashes, yield func(Entry, error) bool) error {
	e := Entry{Subtask: subtask, FirstKG: f.First, LastKG: f.Last}
	give := func() error {
		if e.Hash >= in.Low && e.Hash <= in.High && !yield(e, nil) {
			return errStop
		}
		return nil
	}
	payload := f.Payload
	switch s.form {
	case formList:
		e.Value, e.Hash = payload, xxh3.Hash(payload)
		return give()
	case formClock:
		if err := e.clock(payload); err != nil {
			return err
		}
		e.Hash = keygroup.FirstHash(e.FirstKG, s.Operator.MaxParallelism)
		return give()
	case formInFlight:
		return s.inFlight(payload, &e, give)
	case formPane:
		if len(payload) < 8 {
			return fmt.Errorf("%w: a frame of %d bytes", snapshot.ErrCorrupt, len(payload))
		}
		e.Time, payload = int64(binary.LittleEndian.Uint64(payload)), payload[8:]
	}
	return s.run(payload, func(entry []byte) (int, error) {
		n, err := s.split(entry, &e)
		if err == nil {
			err = s.place(&e, f)
		}
		if err == nil {
			err = give()
		}
		return n, err
	})
}

// clock reads the frame of a clock.
func (e *Entry) clock(payload []byte) error {
	if len(payload) != 24 {
		return fmt.Errorf("%w: a clock of %d bytes", snapshot.ErrCorrupt, len(payload))
	}
	e.Time = int64(binary.LittleEndian.Uint64(payload))
	first, last := binary.LittleEndian.Uint64(payload[8:]), binary.LittleEndian.Uint64(payload[16:])
	if first < uint64(e.FirstKG) || last > uint64(e.LastKG) || first > last {
		return fmt.Errorf("%w: a clock of the key groups %d to %d among those of %d to %d", snapshot.ErrCorrupt, first, last, e.FirstKG, e.LastKG)
	}
	e.FirstKG, e.LastKG = int(first), int(last)
	return nil
}

// run calls entry with what is left of a run of entries; entry returns how many bytes it took.
func (s *State) run(payload []byte, entry func([]byte) (int, error)) error {
	if len(payload) < 4 {
		return fmt.Errorf("%w: a frame of %d bytes", snapshot.ErrCorrupt, len(payload))
	}
	count, rest := binary.LittleEndian.Uint32(payload), payload[4:]
	for i := range count {
		n, err := entry(rest)
		if err != nil {
			return err
		}
		if n == 0 && count > 1 { // only a key that takes no bytes, of which there is one, can be an entry of none
			return fmt.Errorf("%w: a frame of %d entries ends after %d", snapshot.ErrCorrupt, count, i)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return fmt.Errorf("%w: a frame goes on for %d bytes after its last entry", snapshot.ErrCorrupt, len(rest))
	}
	return nil
}

// split finds the key and the value, or time, at the front of a run of entries.
func (s *State) split(entry []byte, e *Entry) (n int, err error) {
	start := 0
	if s.form == formTimers {
		if e.Time, start, err = codec.Int64(entry); err != nil {
			return 0, corrupt("time", err)
		}
	}
	if n, err = s.key.Skip(entry[start:]); err != nil {
		return 0, corrupt("key", err)
	}
	n += start
	e.Key = entry[start:n]
	if s.value == nil {
		return n, nil
	}
	m, err := s.value.Skip(entry[n:])
	if err != nil {
		return 0, corrupt("value", err)
	}
	e.Value = entry[n : n+m]
	return n + m, nil
}

// corrupt says that a part of an entry cannot be read; what is only of a foreign type is not damaged.
func corrupt(part string, err error) error {
	if errors.Is(err, codec.ErrShort) {
		return fmt.Errorf("%w: %s: %w", snapshot.ErrCorrupt, part, err)
	}
	return fmt.Errorf("%s: %w", part, err)
}

// place gives the entry its key's hash and key group, which must be one of its frame's.
func (s *State) place(e *Entry, f snapshot.Frame) error {
	e.Hash = s.key.Hash(e.Key)
	e.FirstKG = keygroup.Of(e.Hash, s.Operator.MaxParallelism)
	e.LastKG = e.FirstKG
	if e.FirstKG < f.First || e.FirstKG > f.Last {
		return fmt.Errorf("%w: a key of the key group %d in a frame of %d to %d", snapshot.ErrCorrupt, e.FirstKG, f.First, f.Last)
	}
	return nil
}
