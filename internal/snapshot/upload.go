package snapshot

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

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
		return inlineHandles(contributions), nil
	}
	return uploadFile(ctx, fsys, dir, file, contributions)
}

func inlineHandles(contributions []Contribution) [][]Handle {
	all := make([][]Handle, len(contributions))
	for i, c := range contributions {
		for _, s := range c.states {
			handle, headers := s.seal()
			handle.Inline = make([]byte, 0, handle.Length)
			for j, payload := range s.payloads {
				handle.Inline = append(handle.Inline, headers[j*frameHeader:(j+1)*frameHeader]...)
				handle.Inline = append(handle.Inline, payload...)
			}
			all[i] = append(all[i], handle)
		}
	}
	return all
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
			runs = append(runs, run{headers, s.payloads})
		}
	}
	err := fsys.WriteFile(ctx, path.Join(dir, file), storage.CreateOptions{}, func(w io.Writer) error {
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
		h.crc = crc32.Checksum(s.payloads[i], castagnoli)
		headers = h.append(headers)
	}
	return Handle{
		State:         s.name,
		Length:        s.size(),
		CRC32C:        crc32.Checksum(headers, castagnoli),
		FirstKeyGroup: s.first,
		LastKeyGroup:  s.last,
		Entries:       s.entries,
	}, headers
}

// run is one state's frames, ready to be written, more than once if need be.
type run struct {
	headers  []byte
	payloads [][]byte
}

func (r run) writeTo(w io.Writer) error {
	for i, payload := range r.payloads {
		if _, err := w.Write(r.headers[i*frameHeader : (i+1)*frameHeader]); err != nil {
			return err
		}
		if _, err := w.Write(payload); err != nil {
			return err
		}
	}
	return nil
}
