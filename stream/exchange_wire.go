package stream

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/task"
)

// AppendTo writes the number of records, then column after column: key hashes,
// timestamps, and the parts of the values (codec.AppendColumns).
func (b *batch[T]) AppendTo(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(b.n))
	if b.edge.hasher != nil {
		for _, h := range b.hashes[:b.n] {
			dst = binary.LittleEndian.AppendUint64(dst, h)
		}
	}
	if b.edge.timed {
		dst = codec.AppendInts(dst, b.times[:b.n])
	}
	return b.edge.records.AppendColumns(dst, b.values[:b.n])
}

var errTorn = errors.New("a batch of records from another task ends too early")

// decoder reads what AppendTo wrote: batches of up to so many records.
func (x *exchange[T]) decoder(records int) task.Decoder {
	return func(payload []byte) (task.Batch, error) {
		if len(payload) < 4 {
			return nil, errTorn
		}
		count := binary.LittleEndian.Uint32(payload)
		if count > uint32(records) {
			return nil, fmt.Errorf("a batch of %d records from another task: batches have up to %d", count, records)
		}
		b := x.take(records)
		b.n = int(count)
		if err := b.decode(payload[4:]); err != nil {
			b.Release()
			return nil, err
		}
		return b, nil
	}
}

// decode fills the batch's records.
func (b *batch[T]) decode(src []byte) (err error) {
	if b.edge.hasher != nil {
		if len(src) < 8*b.n {
			return errTorn
		}
		for i := range b.hashes[:b.n] {
			b.hashes[i] = binary.LittleEndian.Uint64(src[8*i:])
		}
		src = src[8*b.n:]
	}
	if b.edge.timed {
		if src, err = codec.DecodeInts(src, b.times[:b.n]); err != nil {
			return err
		}
	}
	clear(b.values[:b.n]) // fields that are left out shall not come from another record
	if _, err = b.edge.records.DecodeColumns(src, b.values[:b.n]); err != nil {
		return fmt.Errorf("record from another task: %w", err)
	}
	return nil
}
