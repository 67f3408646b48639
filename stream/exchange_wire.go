package stream

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/weft-stream/weft/internal/task"
)

// AppendTo writes the number of records, then column after column.
func (b *batch[T]) AppendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(b.n))
	if len(b.hashes) > 0 {
		for _, h := range b.hashes[:b.n] {
			dst = binary.LittleEndian.AppendUint64(dst, h)
		}
	}
	if len(b.times) > 0 {
		for _, t := range b.times[:b.n] {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(t))
		}
	}
	for i := range b.values[:b.n] {
		dst = b.edge.records.Append(dst, &b.values[i])
	}
	return dst
}

var errTorn = errors.New("a batch of records ends too early")

// decoder reads what AppendTo wrote. Strings are copied out of the payload, each
// by itself: one that a job keeps would otherwise keep the whole payload.
func (x *exchange[T]) decoder() task.Decoder {
	return func(payload []byte) (task.Batch, error) {
		count, n := binary.Uvarint(payload)
		rest := payload[max(n, 0):]
		if n <= 0 || count > uint64(len(payload))+1<<16 {
			return nil, errTorn
		}
		columns := 0
		if x.hasher != nil {
			columns++
		}
		if x.timed {
			columns++
		}
		if uint64(len(rest)) < count*uint64(8*columns) {
			return nil, errTorn
		}
		b := x.take(int(count))
		if x.hasher != nil {
			for i := range int(count) {
				b.hashes[i] = binary.LittleEndian.Uint64(rest)
				rest = rest[8:]
			}
		}
		if x.timed {
			for i := range int(count) {
				b.times[i] = int64(binary.LittleEndian.Uint64(rest))
				rest = rest[8:]
			}
		}
		for range int(count) {
			n, err := x.records.DecodeCopy(rest, &b.values[b.n])
			b.n++ // what is decoded in part is cleared too
			if err != nil {
				b.Release()
				return nil, fmt.Errorf("record from another task: %w", err)
			}
			rest = rest[n:]
		}
		return b, nil
	}
}
