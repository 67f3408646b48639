package snapshot

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

const (
	frameHeader   = 18      // bytes
	maxPayload    = 1 << 30 // bytes
	frameKeyed    = 1
	framePlain    = 2
	plainKeyGroup = 0xFFFF // above every key group
)

// header is a frame's header.
type header struct {
	first, last int // NotKeyed if it is not keyed
	length      int64
	crc         uint32 // of the payload
}

func (h header) append(b []byte) []byte {
	kind, first, last := uint16(frameKeyed), uint16(h.first), uint16(h.last)
	if h.first == NotKeyed {
		kind, first, last = framePlain, plainKeyGroup, plainKeyGroup
	}
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = binary.BigEndian.AppendUint16(b, first)
	b = binary.BigEndian.AppendUint16(b, last)
	b = binary.BigEndian.AppendUint32(b, uint32(h.length))
	b = binary.BigEndian.AppendUint32(b, h.crc)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseHeader reads a header of a run that is not longer than left bytes, and
// that belongs to the handle.
func parseHeader(b []byte, handle Handle, left int64) (header, error) {
	if crc32.Checksum(b[:frameHeader-4], castagnoli) != binary.BigEndian.Uint32(b[frameHeader-4:]) {
		return header{}, fmt.Errorf("%w: the checksum of a frame's header does not match", ErrCorrupt)
	}
	h := header{
		first:  int(binary.BigEndian.Uint16(b[2:])),
		last:   int(binary.BigEndian.Uint16(b[4:])),
		length: int64(binary.BigEndian.Uint32(b[6:])),
		crc:    binary.BigEndian.Uint32(b[10:]),
	}
	switch kind := binary.BigEndian.Uint16(b); {
	case h.length > left:
		return header{}, fmt.Errorf("%w: a frame of %d bytes where %d are left", ErrCorrupt, h.length, left)
	case kind == framePlain && !handle.Keyed() && h.first == plainKeyGroup && h.last == plainKeyGroup:
		h.first, h.last = NotKeyed, NotKeyed
	case kind != frameKeyed || !handle.Keyed() || h.first > h.last || h.first < handle.FirstKeyGroup || h.last > handle.LastKeyGroup:
		return header{}, fmt.Errorf("%w: a frame of kind %d and key groups %d to %d in state of %d to %d",
			ErrCorrupt, kind, h.first, h.last, handle.FirstKeyGroup, handle.LastKeyGroup)
	}
	return h, nil
}
