package stream

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/task"
)

// AppendRows writes the records from index from on as package inflight says: for
// snapshots, which later builds read too.
func (b *batch[T]) AppendRows(dst []byte, from int) []byte {
	dst = inflight.AppendRowsHead(dst, b.n-from, b.edge.hasher != nil, b.edge.timed)
	for i := from; i < b.n; i++ {
		if b.edge.hasher != nil {
			dst = binary.LittleEndian.AppendUint64(dst, b.hashes[i])
		}
		if b.edge.timed {
			dst = binary.AppendVarint(dst, b.times[i])
		}
		dst = b.edge.records.Append(dst, &b.values[i])
	}
	return dst
}

// rowDecoder reads what AppendRows wrote, into batches of up to so many records.
func (x *exchange[T]) rowDecoder(records int, written string) (task.RowDecoder, error) {
	values, err := x.records.Decoder(written)
	if err != nil {
		return nil, err
	}
	return func(src []byte, owns func(hash uint64) bool) ([]task.Batch, error) {
		rows, err := inflight.ParseRowsHead(src)
		if err != nil {
			return nil, err
		}
		if x.hasher != nil && !rows.Hashed {
			return nil, errors.New("records in flight without the hashes of their keys")
		}
		return x.readRows(rows, values, records, owns)
	}, nil
}

func (x *exchange[T]) readRows(rows inflight.Rows, values *codec.Decoder[T], records int, owns func(uint64) bool) ([]task.Batch, error) {
	var batches []task.Batch
	var b *batch[T]
	for range rows.Count {
		row, err := rows.Next()
		if err != nil {
			return nil, err
		}
		var v T
		n, err := values.DecodeCopy(row.Rest, &v)
		if err != nil {
			return nil, fmt.Errorf("record in flight: %w", err)
		}
		rows.Skip(n)
		if owns != nil && !owns(row.Hash) {
			continue
		}
		if b == nil || b.n == records {
			b = x.take(records)
			batches = append(batches, b)
		}
		b.append(row.Hash, v, row.Time)
	}
	return batches, rows.End()
}
