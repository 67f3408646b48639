package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// Data files do not appear by a rename: their names are new and random, only
// _metadata tells them, and it is written last, by a rename, once each of them has
// been found to be as long as its handles say (WriteMetadata). One that its writer
// has left half-written is what any other one is that no checkpoint names.

// UploadWorker stores the state of all subtasks of one worker in one file of
// the snapshot's folder, or in no file when it has at most inlineLimit bytes:
// then the handles carry it. The result has the handles of each contribution, in
// their order. Faults of the file system are ridden out until the context ends
// or the file system gives up. The folder must exist: a checkpoint that was
// discarded meanwhile fails with fs.ErrNotExist.
func UploadWorker(ctx context.Context, fsys storage.FS, dir, workerID string, contributions []Contribution, inlineLimit int64) ([][]Handle, error) {
	file := workerID + "-" + randomHex(8) // never met before: a stale worker's file of the same checkpoint is another one
	if !validDataName(file) {
		return nil, fmt.Errorf("worker id %q cannot be part of a file name", workerID)
	}
	var total int64
	for _, c := range contributions {
		total += c.Size()
	}
	if total <= inlineLimit {
		return inlineHandles(contributions)
	}
	return uploadFile(ctx, fsys, dir, file, contributions)
}

func inlineHandles(contributions []Contribution) ([][]Handle, error) {
	all := make([][]Handle, len(contributions))
	for i, c := range contributions {
		for _, s := range c.states {
			handle, headers := s.seal()
			handle.Inline = make([]byte, 0, handle.Length)
			inline := bytes.NewBuffer(handle.Inline)
			if err := (run{headers, s}).writeTo(inline); err != nil {
				return nil, err
			}
			handle.Inline = inline.Bytes()
			all[i] = append(all[i], handle)
		}
	}
	return all, nil
}

func uploadFile(ctx context.Context, fsys storage.FS, dir, file string, contributions []Contribution) ([][]Handle, error) {
	all := make([][]Handle, len(contributions))
	var (
		offset int64
		runs   []run
	)
	for i, c := range contributions {
		for _, s := range c.states {
			handle, headers := s.seal()
			handle.File, handle.Offset = file, offset
			offset += handle.Length
			all[i] = append(all[i], handle)
			runs = append(runs, run{headers, s})
		}
	}
	err := fsys.WriteFile(ctx, path.Join(dir, file), storage.CreateOptions{InPlace: true}, func(w io.Writer) error {
		for _, r := range runs {
			if err := r.writeTo(w); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// seal computes the checksums: the handle without its place, and the headers
// one after the other.
func (s *StateBuilder) seal() (Handle, []byte) {
	headers := make([]byte, 0, len(s.headers)*frameHeader)
	for i, h := range s.headers {
		h.crc = s.payloads[i].checksum()
		headers = h.append(headers)
	}
	return Handle{
		State:         s.name,
		Part:          s.part,
		Length:        s.size(),
		CRC32C:        crc32.Checksum(headers, castagnoli),
		FirstKeyGroup: s.first,
		LastKeyGroup:  s.last,
		Entries:       s.entries,
	}, headers
}

// run is one state's frames, ready to be written, more than once if need be.
type run struct {
	headers []byte
	state   *StateBuilder
}

func (r run) writeTo(w io.Writer) error {
	var buf []byte
	for i := range r.state.payloads {
		data, next, err := r.state.payloads[i].bytes(r.state.headers[i].length, buf)
		if err != nil {
			return err
		}
		buf = next
		if _, err := w.Write(r.headers[i*frameHeader : (i+1)*frameHeader]); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return nil
}
