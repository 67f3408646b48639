// Package inflight is what a snapshot holds of records that were on their way
// between two subtasks when an unaligned barrier overtook them.
//
// They are states of the receiving vertex's first operator, one for each edge that
// leads to it, named "in-flight-<input>-from-<uid of the sending vertex's first
// operator>", and their schema is that of the records. So the checks before a
// restore, and the tools, treat them like any other state. The kind says whom a
// restore hands them to:
//
//	in-flight-keyed      records of an exchange by key: who owns the key group
//	in-flight            forward and rebalance: those of subtask i go to subtask i mod the
//	                     parallelism, so that those of one channel stay together, in order
//	in-flight-broadcast  each receiver has copies: subtask i gets those of subtask i mod
//	                     the former parallelism
//
// A frame is one element of a channel, in the order of the channel:
//
//	byte      1 records, 2 watermark, 3 idle
//	uvarint   channel: any number, the same for all elements of one channel into the subtask
//	uvarint   rank: channels of a lower rank come first. Records that were in flight when
//	          the job was restored, and are in flight again, are before all others.
//	          watermark: its time, 8 bytes little endian; idle: the same, 1 or 0
//	          records: flags (1: hashes, 2: times), uvarint number, and then each
//	          record: hash, 8 bytes little endian; time, varint; value, by package codec
//
// Each channel into a subtask that has anything in flight begins with the watermark
// that it had reached: the least of all channels is the subtask's.
package inflight

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/weft-stream/weft/internal/plan"
)

// The kinds of states in flight.
const (
	Keyed     = "in-flight-keyed"
	Split     = "in-flight"
	Broadcast = "in-flight-broadcast"
)

// NamePrefix begins the names of all such states, and of no other.
const NamePrefix = "in-flight-"

// IsKind tells whether a state of that kind holds what was in flight.
func IsKind(kind string) bool { return kind == Keyed || kind == Split || kind == Broadcast }

// IsName tells whether a state of that name holds what was in flight.
func IsName(name string) bool { return strings.HasPrefix(name, NamePrefix) }

// StateOf describes the state that keeps what is in flight over an edge of a plan.
func StateOf(p *plan.Plan, edge int) plan.State {
	e := &p.Edges[edge]
	kind := Split
	switch e.Ship {
	case plan.Hash:
		kind = Keyed
	case plan.Broadcast:
		kind = Broadcast
	}
	return plan.State{
		Name: fmt.Sprintf("%s%d-from-%s", NamePrefix, e.Input, p.Vertices[e.From].Operators[0].UID),
		Kind: kind, Schema: e.Schema,
	}
}

// States are the states of all edges that lead to a vertex.
func States(p *plan.Plan, vertex int) []plan.State {
	var all []plan.State
	for e := range p.Edges {
		if p.Edges[e].To == vertex {
			all = append(all, StateOf(p, e))
		}
	}
	return all
}

// Kind is the kind of an element.
type Kind byte

// The kinds of elements.
const (
	Records   Kind = 1
	Watermark Kind = 2
	Idle      Kind = 3
)

// Element is one thing that was in flight.
type Element struct {
	Kind    Kind
	Channel uint64
	Rank    uint64
	Value   int64  // of a watermark, ms; of Idle, 1 or 0
	Rows    []byte // of records
}

// AppendHead appends the beginning of an element's frame. Rows follow it.
func AppendHead(dst []byte, kind Kind, channel, rank int) []byte {
	dst = append(dst, byte(kind))
	dst = binary.AppendUvarint(dst, uint64(channel))
	return binary.AppendUvarint(dst, uint64(rank))
}

// AppendValue appends the frame of a watermark or of Idle.
func AppendValue(dst []byte, kind Kind, channel, rank int, value int64) []byte {
	return binary.LittleEndian.AppendUint64(AppendHead(dst, kind, channel, rank), uint64(value))
}

var errTorn = errors.New("a frame of what was in flight ends too early")

// Parse reads a frame. Rows are part of it.
func Parse(frame []byte) (Element, error) {
	if len(frame) == 0 {
		return Element{}, errTorn
	}
	e := Element{Kind: Kind(frame[0])}
	rest := frame[1:]
	for _, number := range []*uint64{&e.Channel, &e.Rank} {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			return Element{}, errTorn
		}
		*number, rest = v, rest[n:]
	}
	switch {
	case e.Kind == Records:
		e.Rows = rest
	case e.Kind != Watermark && e.Kind != Idle:
		return Element{}, fmt.Errorf("an element in flight of kind %d", e.Kind)
	case len(rest) != 8:
		return Element{}, errTorn
	default:
		e.Value = int64(binary.LittleEndian.Uint64(rest))
	}
	return e, nil
}

const (
	hashes = 1
	times  = 2
)

// Rows goes over the records of an element.
type Rows struct {
	Hashed, Timed bool
	Count         uint64
	rest          []byte
}

// Row is one record. Its value begins where Rest does.
type Row struct {
	Hash uint64 // 0 if rows are not hashed
	Time int64  // ms, the least number if it has none
	Rest []byte
}

// AppendRowsHead appends what is in front of so many records.
func AppendRowsHead(dst []byte, count int, hashed, timed bool) []byte {
	flags := byte(0)
	if hashed {
		flags |= hashes
	}
	if timed {
		flags |= times
	}
	return binary.AppendUvarint(append(dst, flags), uint64(count))
}

// ParseRowsHead begins to read records. Their number is bounded by the bytes that
// there are only where records take any: Next refuses the first that is not there.
func ParseRowsHead(src []byte) (Rows, error) {
	if len(src) == 0 || src[0] > hashes|times {
		return Rows{}, errTorn
	}
	count, n := binary.Uvarint(src[1:])
	if n <= 0 || count > math.MaxUint16 {
		return Rows{}, errTorn
	}
	return Rows{Hashed: src[0]&hashes != 0, Timed: src[0]&times != 0, Count: count, rest: src[1+n:]}, nil
}

// Next returns the next record; Skip must follow, with the size of its value.
func (r *Rows) Next() (Row, error) {
	row := Row{Time: math.MinInt64}
	if r.Hashed {
		if len(r.rest) < 8 {
			return row, errTorn
		}
		row.Hash, r.rest = binary.LittleEndian.Uint64(r.rest), r.rest[8:]
	}
	if r.Timed {
		t, n := binary.Varint(r.rest)
		if n <= 0 {
			return row, errTorn
		}
		row.Time, r.rest = t, r.rest[n:]
	}
	row.Rest = r.rest
	return row, nil
}

// Skip goes over a value of so many bytes.
func (r *Rows) Skip(n int) { r.rest = r.rest[n:] }

// End tells whether anything is left that is no record.
func (r *Rows) End() error {
	if len(r.rest) > 0 {
		return fmt.Errorf("%d bytes after the last record in flight", len(r.rest))
	}
	return nil
}
