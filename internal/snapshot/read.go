package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"path"
	"sync/atomic"

	"github.com/weft-stream/weft/internal/storage"
)

// readBuffer holds many small frames and is small beside a worker's memory.
const readBuffer = 128 << 10

// Frame is a part of a state as it was appended.
type Frame struct {
	First, Last int    // key groups, inclusive; NotKeyed if it is not keyed
	Payload     []byte // valid until the next turn of the loop
}

// Frames reads the frames of a handle that hold entries of the key groups first
// to last, inclusive; all frames if the handle is not keyed. A frame at the
// border holds entries of its neighbours too. dir is the snapshot's folder.
//
// Every frame is checked before it is handed out. The loop ends after the
// first error; only a loop that ended without one has seen the whole state.
func Frames(ctx context.Context, fsys storage.FS, dir string, h Handle, first, last int) iter.Seq2[Frame, error] {
	r := &Reader{Location: Location{fsys, dir}}
	return r.Frames(ctx, h, first, last)
}

// Copies are the local copies that a [Reader] may read. Their methods may be
// called concurrently.
type Copies interface {
	// Find returns a copy of the data file of that URI that holds a handle's
	// run, nil if there is none.
	Find(uri string, h *Handle) *LocalCopy
	// Drop is told what is wrong with a copy that Find has returned.
	Drop(uri string, err error)
}

// Reader reads the state of a snapshot. It may be used concurrently.
type Reader struct {
	Location
	Copies Copies // read instead of data files as far as they are right; may be nil

	local, remote atomic.Int64
}

// Read tells how many bytes of frames in data files were handed out until now:
// those that were read from local copies, and all others.
func (s *Reader) Read() (local, remote int64) { return s.local.Load(), s.remote.Load() }

// Frames is the function of that name, on the reader's snapshot. From the first
// frame that is wrong in a copy on, it reads the data file itself.
func (s *Reader) Frames(ctx context.Context, h Handle, first, last int) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		r, err := s.open(ctx, h)
		if err != nil {
			yield(Frame{}, err)
			return
		}
		defer func() { r.source.Close() }()
		for {
			frame, err := r.next(first, last)
			if err == io.EOF {
				return
			}
			if r.local && ctx.Err() != nil { // a local file does not look
				err = ctx.Err()
			} else if r.local && err != nil {
				if err = s.leaveCopy(ctx, r, err); err == nil {
					continue
				}
			}
			if err != nil {
				yield(Frame{}, fmt.Errorf("%s, state %q: %w", r.name, h.State, err))
				return
			}
			s.count(r, frame)
			if !yield(frame, nil) {
				return
			}
		}
	}
}

func (s *Reader) open(ctx context.Context, h Handle) (*runReader, error) {
	r := &runReader{handle: h, position: position{left: h.Length}}
	if h.File != "" && s.Copies != nil {
		r.name = s.FS.URI(h.Path(s.Dir))
		if c := s.Copies.Find(r.name, &h); c != nil {
			r.local, r.source = true, copiedRun{io.NewSectionReader(c, h.Offset, h.Length)}
		}
	}
	if !r.local {
		var err error
		if r.source, r.name, err = openRun(ctx, s.FS, s.Dir, h); err != nil {
			return nil, err
		}
	}
	r.buffer = bufio.NewReaderSize(r.source, int(min(readBuffer, h.Length)))
	return r, nil
}

// leaveCopy goes on in the data file itself, with the frame at which the copy
// turned out to be wrong.
func (s *Reader) leaveCopy(ctx context.Context, r *runReader, why error) error {
	s.Copies.Drop(r.name, why)
	source, _, err := openRun(ctx, s.FS, s.Dir, r.handle)
	if err != nil {
		return err
	}
	r.source.Close()
	r.local, r.source = false, source
	r.position = r.start
	_, err = source.Seek(r.handle.Length-r.left, io.SeekCurrent)
	r.buffer.Reset(source)
	return err
}

func (s *Reader) count(r *runReader, frame Frame) {
	switch n := int64(frameHeader + len(frame.Payload)); {
	case r.handle.File == "": // it was in _metadata
	case r.local:
		s.local.Add(n)
	default:
		s.remote.Add(n)
	}
}

type readSeekCloser interface {
	io.ReadSeeker
	io.Closer
}

type inlineRun struct{ *bytes.Reader }

func (inlineRun) Close() error { return nil }

type copiedRun struct{ *io.SectionReader }

func (copiedRun) Close() error { return nil }

// openRun opens the bytes of a handle at its start, and names them for errors.
func openRun(ctx context.Context, fsys storage.FS, dir string, h Handle) (readSeekCloser, string, error) {
	if h.File == "" {
		name := fsys.URI(path.Join(dir, MetadataName))
		if int64(len(h.Inline)) != h.Length {
			return nil, "", fmt.Errorf("%s %w: state %q has %d inline bytes instead of %d", name, ErrTruncated, h.State, len(h.Inline), h.Length)
		}
		return inlineRun{bytes.NewReader(h.Inline)}, name, nil
	}
	name := fsys.URI(h.Path(dir))
	if !validDataName(h.File) || h.Offset < 0 || h.Length < 0 {
		return nil, "", fmt.Errorf("%s %w: not a data file of a snapshot", name, ErrCorrupt)
	}
	f, err := fsys.Open(ctx, h.Path(dir))
	if err != nil {
		return nil, "", err
	}
	if h.Length > f.Size() || h.Offset > f.Size()-h.Length {
		f.Close()
		return nil, "", fmt.Errorf("%s %w: it has %d bytes, state %q ends at %d", name, ErrTruncated, f.Size(), h.State, h.Offset+h.Length)
	}
	if _, err := f.Seek(h.Offset, io.SeekStart); err != nil {
		f.Close()
		return nil, "", err
	}
	return f, name, nil
}

// runReader reads the frames of one run.
type runReader struct {
	handle  Handle
	name    string // URI of its file
	source  readSeekCloser
	local   bool // it is a copy
	buffer  *bufio.Reader
	payload []byte
	position
	start position // of the frame that is being read
}

// position is how far a run was read.
type position struct {
	left int64  // bytes of the run
	crc  uint32 // of the headers so far
}

// next gives the next frame that touches the key groups, or io.EOF when the
// run has ended as it should.
func (r *runReader) next(first, last int) (Frame, error) {
	for r.left > 0 {
		r.start = r.position
		h, err := r.header()
		if err != nil {
			return Frame{}, err
		}
		r.left -= h.length
		if h.first != NotKeyed && (h.first > last || h.last < first) {
			if err := r.skip(h.length); err != nil {
				return Frame{}, err
			}
			continue
		}
		return r.frame(h)
	}
	r.start = r.position
	if r.crc != r.handle.CRC32C {
		return Frame{}, fmt.Errorf("%w: the checksum of its frames does not match", ErrCorrupt)
	}
	return Frame{}, io.EOF
}

func (r *runReader) header() (header, error) {
	if r.left < frameHeader {
		return header{}, fmt.Errorf("%w: %d bytes are left where a frame should start", ErrCorrupt, r.left)
	}
	var b [frameHeader]byte
	if _, err := io.ReadFull(r.buffer, b[:]); err != nil {
		return header{}, early(err)
	}
	r.crc = crc32.Update(r.crc, castagnoli, b[:])
	r.left -= frameHeader
	return parseHeader(b[:], r.handle, r.left)
}

func (r *runReader) frame(h header) (Frame, error) {
	if int64(cap(r.payload)) < h.length {
		r.payload = make([]byte, h.length)
	}
	payload := r.payload[:h.length]
	if _, err := io.ReadFull(r.buffer, payload); err != nil {
		return Frame{}, early(err)
	}
	if crc32.Checksum(payload, castagnoli) != h.crc {
		return Frame{}, fmt.Errorf("%w: the checksum of a frame does not match", ErrCorrupt)
	}
	return Frame{First: h.first, Last: h.last, Payload: payload}, nil
}

// skip passes over a payload, without reading it if it is long.
func (r *runReader) skip(n int64) error {
	buffered := int64(r.buffer.Buffered())
	if n <= buffered {
		_, err := r.buffer.Discard(int(n))
		return err
	}
	if _, err := r.source.Seek(n-buffered, io.SeekCurrent); err != nil {
		return err
	}
	r.buffer.Reset(r.source)
	return nil
}

// early makes an end that should not be there an error of the data.
func early(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends within a frame", ErrTruncated)
	}
	return err
}
