package state

import (
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A spillFile is the local file of a [Store]: evicted segments in places of whole pages. It has no name any more when it is
// used, so whatever becomes of the process, nothing stays behind. It holds nothing that must outlive the process, so it is
// never synced.
type spillFile struct {
	dir   string
	file  *os.File // nil until something is written
	pages uint32   // length of the file
	taken uint32   // pages in use
	free  map[uint32][]uint32

	batch []byte // what is to be written from page batchAt on
	first uint32
}

// spot is where an evicted segment lies.
type spot struct {
	page  uint32 // the first
	size  uint32 // bytes; 0 if the segment is not in the file, has changed since, or has no entries
	slots uint32
	crc   uint32 // of the bytes
}

const (
	// pageBytes is the unit of places. It is the page of the system's cache: to write a part of one would mean to read it first.
	pageBytes = 4096
	// exactPages is up to how many pages a place is as long as it need be; longer ones are powers of two, so that they
	// can be used again.
	exactPages = 16
	// batchBytes is how much is written with one call, if the places are side by side.
	batchBytes = 256 << 10
	// mostPages bounds the file: page numbers are 32 bits.
	mostPages = 1<<32 - 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// pagesFor is the number of pages of a place for so many bytes.
func pagesFor(size uint32) uint32 {
	n := (size + pageBytes - 1) / pageBytes
	if n <= exactPages {
		return n
	}
	p := uint32(exactPages)
	for p < n {
		p *= 2
	}
	return p
}

// place finds room for so many bytes.
func (f *spillFile) place(size uint32) (page uint32, err error) {
	n := pagesFor(size)
	f.taken += n
	if free := f.free[n]; len(free) > 0 {
		f.free[n] = free[:len(free)-1]
		return free[len(free)-1], nil
	}
	if uint64(f.pages)+uint64(n) > mostPages {
		return 0, fmt.Errorf("state on disk: the file in %s is full at %d pages", f.dir, f.pages)
	}
	page = f.pages
	f.pages += n
	return page, nil
}

// release lets the place of a spot be used again.
func (f *spillFile) release(s spot) {
	n := pagesFor(s.size)
	f.taken -= n
	if f.free == nil {
		f.free = map[uint32][]uint32{}
	}
	f.free[n] = append(f.free[n], s.page)
}

// write puts the bytes, in two parts, into a place of their own. They are in the file when flush has been called.
func (f *spillFile) write(slots uint32, head, tail []byte) (spot, error) {
	size := uint32(len(head) + len(tail))
	if size == 0 { // no entries
		return spot{slots: slots}, nil
	}
	page, err := f.place(size)
	if err != nil {
		return spot{}, err
	}
	if end := f.first + uint32(len(f.batch)/pageBytes); page != end || len(f.batch)+int(size) > batchBytes {
		if err := f.flush(); err != nil {
			return spot{}, err
		}
		f.first = page
	}
	f.batch = append(append(f.batch, head...), tail...)
	f.batch = append(f.batch, make([]byte, -size%pageBytes)...)
	crc := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, tail)
	return spot{page: page, size: size, slots: slots, crc: crc}, nil
}

// flush writes what was put off. It must be called before anything is read.
func (f *spillFile) flush() error {
	if len(f.batch) == 0 {
		return nil
	}
	if f.file == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	_, err := f.file.WriteAt(f.batch, int64(f.first)*pageBytes)
	f.batch = f.batch[:0]
	if err != nil {
		return fmt.Errorf("state on disk: no room for %d MiB of it in %s (state.backend.disk.localdir), or the disk is broken: %w",
			int64(f.pages)*pageBytes>>20, f.dir, cause(err))
	}
	return nil
}

func (f *spillFile) open() error {
	file, err := os.CreateTemp(f.dir, ".weft-state-*")
	if err != nil {
		return fmt.Errorf("state on disk: %w", err)
	}
	f.file = file
	if err := os.Remove(file.Name()); err != nil {
		return fmt.Errorf("state on disk: %w", err)
	}
	return nil
}

// read fills b with the bytes of a spot.
func (f *spillFile) read(s spot, b []byte) error {
	if s.size == 0 {
		return nil
	}
	if _, err := f.file.ReadAt(b, int64(s.page)*pageBytes); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("state on disk: read in %s: %w", f.dir, cause(err))
	}
	if crc32.Checksum(b, castagnoli) != s.crc {
		return fmt.Errorf("state on disk: what was written to %s has changed: the disk is broken", f.dir)
	}
	return nil
}

// cause is a file's error without its name, which is nobody's any more.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

func (f *spillFile) close() {
	if f.file != nil {
		f.file.Close() // nothing in it is wanted any more
	}
}
