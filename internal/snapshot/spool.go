package snapshot

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// spoolFrom is the length of the payloads that are worth a place in a spool, and spoolMemory how many bytes of them stay in
// memory all the same: a small snapshot needs no file.
const (
	spoolFrom   = 1 << 10
	spoolMemory = 1 << 20
)

// Spool is a local file in which payloads wait for their upload, for snapshots that are larger than memory. It has no name
// when it is used, so nothing stays behind. It belongs to the goroutine of its builders until those are finished; then
// several may read it.
type Spool struct {
	dir    string
	file   *os.File // nil until there is much
	end    int64
	memory int64
}

// NewSpool returns an empty spool with its file, if it will need one, in a local folder.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

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
	if s == nil || len(data) < spoolFrom {
		return payload{data: data}, nil
	}
	if s.memory+int64(len(data)) <= spoolMemory {
		s.memory += int64(len(data))
		return payload{data: data}, nil
	}
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
		return fmt.Errorf("state on disk: %w", err)
	}
	s.file = file
	return nil
}

func (s *Spool) failed(what string, err error) error {
	return fmt.Errorf("state on disk: %s %s: %w", what, s.dir, cause(err))
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
		return nil, buf, fmt.Errorf("state on disk: what was written to %s has changed: the disk is broken", p.spool.dir)
	}
	return data, buf, nil
}
