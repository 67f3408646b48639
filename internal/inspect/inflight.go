package inspect

import (
	"fmt"
	"math"

	"github.com/zeebo/xxh3"

	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
)

// inFlight hands out what one frame has of a channel: its records, or a change of
// its watermark.
func (s *State) inFlight(frame []byte, e *Entry, give func() error) error {
	element, err := inflight.Parse(frame)
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrCorrupt, err)
	}
	e.Channel, e.Time = element.Channel, math.MinInt64
	switch {
	case element.Kind == inflight.Records:
		return s.inFlightRecords(element.Rows, e, give)
	case element.Kind == inflight.Watermark:
		e.Control, e.Time = "watermark", element.Value
	case element.Value == 1:
		e.Control = "idle"
	default:
		e.Control = "active"
	}
	e.Hash = xxh3.HashString(e.Control)
	return give()
}

func (s *State) inFlightRecords(src []byte, e *Entry, give func() error) error {
	rows, err := inflight.ParseRowsHead(src)
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrCorrupt, err)
	}
	for range rows.Count {
		row, err := rows.Next()
		if err != nil {
			return fmt.Errorf("%w: %w", snapshot.ErrCorrupt, err)
		}
		n, err := s.value.Skip(row.Rest)
		if err != nil {
			return corrupt("record", err)
		}
		rows.Skip(n)
		e.Time, e.Value, e.Hash = row.Time, row.Rest[:n], row.Hash
		if rows.Hashed {
			e.FirstKG = keygroup.Of(row.Hash, s.Operator.MaxParallelism)
			e.LastKG = e.FirstKG
		} else {
			e.Hash = xxh3.Hash(e.Value)
		}
		if err := give(); err != nil {
			return err
		}
	}
	if err := rows.End(); err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrCorrupt, err)
	}
	return nil
}

// appendInFlight appends what an entry that was in flight is.
func (s *State) appendInFlight(dst []byte, e *Entry) (_ []byte, err error) {
	if e.Control != "" {
		dst, _ = s.AppendValue(append(dst, `,"control":`...), e) // a word
		if e.Control != "watermark" {
			return dst, nil
		}
	} else if dst, err = s.AppendValue(append(dst, `,"value":`...), e); err != nil {
		return nil, err
	}
	if e.Time == math.MinInt64 && e.Control == "" {
		return dst, nil
	}
	return appendMillis(append(dst, `,"time":`...), e.Time), nil
}
