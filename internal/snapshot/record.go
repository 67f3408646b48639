package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/weft-stream/weft/internal/storage"
)

// Savepoints are wherever users want them, so a job leaves a record of each in
// its folder of checkpoints: a small file, named as the savepoint is, with the
// URI of its folder and the id under which it was asked for. The savepoint
// itself says all else. Of one that failed there is nothing else, so its record
// is named by that id and says why. That one begins as a record without a reason,
// before anybody is told the id: the savepoint is in progress, or has ended with
// the application, however suddenly that was.

// SavepointsName is the folder of the records in a job's folder.
const SavepointsName = "savepoints"

// maxRecord bounds the size of a record.
const maxRecord = 64 << 10

// SavepointRecord is what a job has noted of a savepoint: where it is, or why
// there is none, or, with neither, only that it was asked for.
type SavepointRecord struct {
	Path      string `json:"path,omitempty"`      // URI of its folder
	Operation string `json:"operation,omitempty"` // id under which it was asked for; records of older builds have none
	Failure   string `json:"failure,omitempty"`   // one line, without a path
}

// name is the name of the record's file.
func (r SavepointRecord) name() string {
	if r.Path == "" {
		return r.Operation
	}
	return path.Base(r.Path)
}

// RecordSavepoint notes where a savepoint of a job is, or is about to be: only
// its own _metadata says that it is complete; or that it failed. The job's
// folder must exist.
func RecordSavepoint(ctx context.Context, fsys storage.FS, checkpoints, jobID string, r SavepointRecord) error {
	dir := path.Join(JobDir(checkpoints, jobID), SavepointsName)
	if err := fsys.MkdirAll(ctx, dir, folderPerm); err != nil {
		return err
	}
	return writeJSON(ctx, fsys, path.Join(dir, r.name()), r)
}

// ForgetSavepoint removes the record of a savepoint, named by the savepoint's
// URI, or by its operation where the record has no path. That there is none is
// no error.
func ForgetSavepoint(ctx context.Context, fsys storage.FS, checkpoints, jobID, name string) error {
	return removeFile(ctx, fsys, path.Join(JobDir(checkpoints, jobID), SavepointsName, path.Base(name)))
}

// RecordedSavepoints returns what a job has noted of its savepoints, whether or
// not they are still there. A job without records has none.
func RecordedSavepoints(ctx context.Context, fsys storage.FS, checkpoints, jobID string) ([]SavepointRecord, error) {
	dir := path.Join(JobDir(checkpoints, jobID), SavepointsName)
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []SavepointRecord
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
		r, err := parseRecord(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fsys.URI(name), err)
		}
		records = append(records, r)
	}
	return records, nil
}

// parseRecord reads the JSON of a record.
func parseRecord(text []byte) (SavepointRecord, error) {
	var r SavepointRecord
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("it does not say where a savepoint is: %w", err)
	}
	if r.Path == "" && !ValidJobID(r.Operation) { // an operation's id has the same form
		return r, errors.New("it does not say where a savepoint is")
	}
	return r, nil
}

// removeFailures removes the records of savepoints that failed, or came to no
// end, of a job that has left nothing else.
func removeFailures(ctx context.Context, fsys storage.FS, checkpoints, jobID string) error {
	records, err := RecordedSavepoints(ctx, fsys, checkpoints, jobID)
	if storage.IsTransient(err) {
		return err
	}
	if err != nil || slices.ContainsFunc(records, func(r SavepointRecord) bool { return r.Path != "" }) {
		return nil //nolint:nilerr // a record that cannot be read stays
	}
	for _, r := range records {
		if err := removeFile(ctx, fsys, path.Join(JobDir(checkpoints, jobID), SavepointsName, r.name())); err != nil {
			return err
		}
	}
	return nil
}

// Record is what a job has left in its folder of checkpoints about itself.
type Record struct {
	Owner      Owner // at least its id is known
	Savepoints []SavepointRecord
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
