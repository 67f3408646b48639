package container

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A frame is what moves over a data connection:
//
//	length  uint32  of all that follows
//	kind    uint8   data, watermark, idle, barrier, end; credit on the way back
//	edge, from, to  uint16 each: the channel
//	payload         a batch, or a value as int64
//
// All numbers are little endian.
const (
	frameHeader = 4 + 1 + 6
	maxFrame    = 64 << 20
)

// credit is the kind of a frame that gives credits back; value: how many.
const credit kind = 100

func appendHeader(dst []byte, k kind, id channelID) []byte {
	dst = append(dst, 0, 0, 0, 0, byte(k))
	dst = binary.LittleEndian.AppendUint16(dst, id.edge)
	dst = binary.LittleEndian.AppendUint16(dst, id.from)
	return binary.LittleEndian.AppendUint16(dst, id.to)
}

// seal fills the length in, when the frame that starts at offset is whole.
func seal(frame []byte, offset int) []byte {
	binary.LittleEndian.PutUint32(frame[offset:], uint32(len(frame)-offset-4))
	return frame
}

func appendControl(dst []byte, k kind, id channelID, value int64) []byte {
	at := len(dst)
	dst = appendHeader(dst, k, id)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(value))
	return seal(dst, at)
}

// frame is one frame as it was read.
type frame struct {
	kind    kind
	id      channelID
	payload []byte // valid until the next read
}

func (f *frame) value() int64 {
	if len(f.payload) < 8 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(f.payload))
}

// frameReader reads frames into one buffer.
type frameReader struct {
	from   io.Reader
	buffer []byte
}

func (r *frameReader) read() (frame, error) {
	var head [frameHeader]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return frame{}, err
	}
	length := int(binary.LittleEndian.Uint32(head[:]))
	if length < frameHeader-4 || length > maxFrame {
		return frame{}, fmt.Errorf("a frame of %d bytes", length)
	}
	payload := length - (frameHeader - 4)
	if cap(r.buffer) < payload {
		grown, err := r.grow(payload)
		if err != nil {
			return frame{}, err
		}
		return r.frame(head, grown), nil
	}
	r.buffer = r.buffer[:payload]
	if _, err := io.ReadFull(r.from, r.buffer); err != nil {
		return frame{}, err
	}
	return r.frame(head, r.buffer), nil
}

// grow reads a payload that the buffer is too small for, a piece at a time: a
// length alone shall not make the worker take memory.
func (r *frameReader) grow(payload int) ([]byte, error) {
	r.buffer = r.buffer[:0]
	const piece = 1 << 20
	for len(r.buffer) < payload {
		n := min(piece, payload-len(r.buffer))
		at := len(r.buffer)
		r.buffer = append(r.buffer, make([]byte, n)...)
		if _, err := io.ReadFull(r.from, r.buffer[at:]); err != nil {
			return nil, err
		}
	}
	return r.buffer, nil
}

func (r *frameReader) frame(head [frameHeader]byte, payload []byte) frame {
	return frame{
		kind: kind(head[4]), payload: payload,
		id: channelID{
			edge: binary.LittleEndian.Uint16(head[5:]),
			from: binary.LittleEndian.Uint16(head[7:]),
			to:   binary.LittleEndian.Uint16(head[9:]),
		},
	}
}
