package snapshot

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
)

// Spool is a local file in which payloads wait for their upload: a snapshot is as large as the state, for which there may
// be just enough memory. It has no name when it is used, so nothing stays behind. It belongs to the goroutine of its
// builders until those are finished; then several may read it.
type Spool struct {
	dir       string
	memory    int64       // bytes that may still stay in memory
	otherwise func(error) // nil: a fault of the disk is one of the snapshot
	file      *os.File    // nil until there is much
	end       int64
}

// NewSpool returns an empty spool with its file, if it comes to need one, in a local folder. Payloads of together so many
// bytes stay in memory all the same: a small snapshot needs no file. If the disk fails, the snapshot does; or, if otherwise
// is not nil, it is told why, once, and all else stays in memory.
func NewSpool(dir string, memory int64, otherwise func(error)) *Spool {
	return &Spool{dir: dir, memory: memory, otherwise: otherwise}
}

// SpoolTo lets a new builder keep its payloads in a spool, which builders may share. nil keeps them in memory.
func (b *Builder) SpoolTo(s *Spool) { b.spool = s }

// Close gives the room on disk back. It may be called with s nil. A spool that is forgotten is closed by the garbage collector.
func (s *Spool) Close() {
	if s != nil && s.file != nil {
		s.file.Close() // nothing in it is wanted any more
	}
}

// payload is the payload of a frame: in memory, or in a spool.
type payload struct {
	data  []byte
	spool *Spool // nil if it is in memory
	at    int64
	crc   uint32 // if it is in a spool
}

// take keeps a payload.
func (s *Spool) take(data []byte) (payload, error) {
	if s == nil {
		return payload{data: data}, nil
	}
	if int64(len(data)) <= s.memory {
		s.memory -= int64(len(data))
		return payload{data: data}, nil
	}
	p, err := s.write(data)
	if err != nil && s.otherwise != nil {
		s.otherwise(err)
		s.memory = math.MaxInt64
		return payload{data: data}, nil
	}
	return p, err
}

func (s *Spool) write(data []byte) (payload, error) {
	if s.file == nil {
		if err := s.open(); err != nil {
			return payload{}, err
		}
	}
	if _, err := s.file.WriteAt(data, s.end); err != nil {
		return payload{}, s.failed("no room for a snapshot in", err)
	}
	p := payload{spool: s, at: s.end, crc: crc32.Checksum(data, castagnoli)}
	s.end += int64(len(data))
	return p, nil
}

func (s *Spool) open() error {
	file, err := nameless(s.dir, ".weft-snapshot-*")
	if err != nil {
		return fmt.Errorf("local disk: %w", err)
	}
	s.file = file
	return nil
}

func (s *Spool) failed(what string, err error) error {
	return fmt.Errorf("local disk: %s %s: %w", what, s.dir, cause(err))
}

// checksum is that of the payload's bytes.
func (p *payload) checksum() uint32 {
	if p.spool != nil {
		return p.crc
	}
	return crc32.Checksum(p.data, castagnoli)
}

// bytes returns the payload, of so many bytes, in buf if it has to be read, and buf for the next one.
func (p *payload) bytes(length int64, buf []byte) (data, next []byte, err error) {
	if p.spool == nil {
		return p.data, buf, nil
	}
	if int64(cap(buf)) < length {
		buf = make([]byte, length)
	}
	data = buf[:length]
	if n, err := p.spool.file.ReadAt(data, p.at); err != nil && (err != io.EOF || int64(n) < length) {
		return nil, buf, p.spool.failed("read a snapshot in", err)
	}
	if crc32.Checksum(data, castagnoli) != p.crc {
		return nil, buf, fmt.Errorf("local disk: what was written to %s has changed: the disk is broken", p.spool.dir)
	}
	return data, buf, nil
}
