package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// Savepoints are wherever users want them, so a job leaves a record of each in
// its folder of checkpoints: a small file, named as the savepoint is, with the
// URI of its folder. The savepoint itself says all else.

// SavepointsName is the folder of the records in a job's folder.
const SavepointsName = "savepoints"

// maxRecord bounds the size of a record.
const maxRecord = 64 << 10

// savepointRecord is what a record holds.
type savepointRecord struct {
	Path string `json:"path"`
}

// RecordSavepoint notes where a savepoint of a job is, or is about to be: only
// its own _metadata says that it is complete. The job's folder must exist.
func RecordSavepoint(ctx context.Context, fsys storage.FS, checkpoints, jobID, uri string) error {
	dir := path.Join(JobDir(checkpoints, jobID), SavepointsName)
	if err := fsys.MkdirAll(ctx, dir, folderPerm); err != nil {
		return err
	}
	return writeJSON(ctx, fsys, path.Join(dir, path.Base(uri)), savepointRecord{uri})
}

// ForgetSavepoint removes the record of a savepoint. That there is none is no
// error.
func ForgetSavepoint(ctx context.Context, fsys storage.FS, checkpoints, jobID, uri string) error {
	err := fsys.Remove(ctx, path.Join(JobDir(checkpoints, jobID), SavepointsName, path.Base(uri)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// RecordedSavepoints returns the URIs of the savepoints of a job that were
// recorded, whether or not they are still there. A job without records has none.
func RecordedSavepoints(ctx context.Context, fsys storage.FS, checkpoints, jobID string) ([]string, error) {
	dir := path.Join(JobDir(checkpoints, jobID), SavepointsName)
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var uris []string
	for _, info := range list {
		if info.IsDir {
			continue
		}
		name := path.Join(dir, info.Name)
		text, err := storage.ReadFile(ctx, fsys, name, maxRecord)
		if errors.Is(err, fs.ErrNotExist) {
			continue // forgotten just now
		}
		if err != nil {
			return nil, err
		}
		uri, err := parseRecord(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fsys.URI(name), err)
		}
		uris = append(uris, uri)
	}
	return uris, nil
}

// parseRecord reads the JSON of a record.
func parseRecord(text []byte) (uri string, err error) {
	var r savepointRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return "", fmt.Errorf("it does not say where a savepoint is: %w", err)
	}
	if r.Path == "" {
		return "", errors.New("it does not say where a savepoint is")
	}
	return r.Path, nil
}

// Record is what a job has left in its folder of checkpoints about itself.
type Record struct {
	Owner      Owner    // at least its id is known
	Savepoints []string // URIs, whether or not they are still there
}

// Records reads the records of jobs, those without any included. Only faults
// that may pass fail the whole; what cannot be read otherwise is left out.
func Records(ctx context.Context, fsys storage.FS, checkpoints string, jobs []string) ([]Record, error) {
	records := make([]Record, len(jobs))
	err := eachAtOnce(ctx, len(jobs), func(ctx context.Context, i int) (err error) {
		if records[i].Owner, err = knownOwner(ctx, fsys, checkpoints, jobs[i]); err != nil {
			return err
		}
		records[i].Savepoints, err = RecordedSavepoints(ctx, fsys, checkpoints, jobs[i])
		if storage.IsTransient(err) {
			return err
		}
		return nil
	})
	return records, err
}
