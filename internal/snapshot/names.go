package snapshot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/weft-stream/weft/internal/storage"
)

// The fixed names of the layout.
const (
	MetadataName  = "_metadata"
	SharedName    = "shared"
	TaskOwnedName = "taskowned"

	checkpointPrefix = "chk-"
	savepointPrefix  = "savepoint-"
	folderPerm       = fs.FileMode(0o755)
)

// JobDir is the folder of a job's checkpoints.
func JobDir(checkpoints, jobID string) string { return path.Join(checkpoints, jobID) }

// CheckpointDir is the folder of one checkpoint.
func CheckpointDir(checkpoints, jobID string, id int64) string {
	return path.Join(checkpoints, jobID, CheckpointName(id))
}

// CheckpointName is "chk-<id>".
func CheckpointName(id int64) string { return checkpointPrefix + strconv.FormatInt(id, 10) }

// ParseCheckpointName reads a name that CheckpointName made; ids start at 1.
func ParseCheckpointName(name string) (id int64, ok bool) {
	digits, ok := strings.CutPrefix(name, checkpointPrefix)
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil && id > 0 && CheckpointName(id) == name
}

// NewSavepointName is "savepoint-<first 6 hex of the job id>-<12 random hex>".
// The job id must be valid.
func NewSavepointName(jobID string) string {
	return savepointPrefix + jobID[:6] + "-" + randomHex(6)
}

// ParseSavepointName reads a name that NewSavepointName made, and gives the
// first 6 hex digits of the job id.
func ParseSavepointName(name string) (jobIDPrefix string, ok bool) {
	rest, ok := strings.CutPrefix(name, savepointPrefix)
	job, random, cut := strings.Cut(rest, "-")
	if !ok || !cut || !isHex(job, 6) || !isHex(random, 12) {
		return "", false
	}
	return job, true
}

// ValidJobID says whether id is 32 lower-case hex digits.
func ValidJobID(id string) bool { return isHex(id, 32) }

func isHex(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789abcdef") == ""
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails, by its documentation
	return hex.EncodeToString(b)
}

// CreateJob makes the folders of a job. That they exist is no error.
func CreateJob(ctx context.Context, fsys storage.FS, checkpoints, jobID string) error {
	if !ValidJobID(jobID) {
		return fmt.Errorf("job id %q is not 32 lower-case hex digits", jobID)
	}
	for _, name := range []string{SharedName, TaskOwnedName} {
		if err := fsys.MkdirAll(ctx, path.Join(JobDir(checkpoints, jobID), name), folderPerm); err != nil {
			return err
		}
	}
	return nil
}

// CreateCheckpoint makes the empty folder of a checkpoint. What an unfinished
// checkpoint of that number left there is removed; a complete one is refused
// with fs.ErrExist.
func CreateCheckpoint(ctx context.Context, fsys storage.FS, checkpoints, jobID string, id int64) (dir string, err error) {
	if !ValidJobID(jobID) || id < 1 {
		return "", fmt.Errorf("checkpoint %d of job %q: not a number from 1 and a job id of 32 lower-case hex digits", id, jobID)
	}
	dir = CheckpointDir(checkpoints, jobID, id)
	if _, err := fsys.Stat(ctx, dir); errors.Is(err, fs.ErrNotExist) {
		return dir, fsys.MkdirAll(ctx, dir, folderPerm)
	}
	_, err = fsys.Stat(ctx, path.Join(dir, MetadataName))
	if err == nil {
		return "", fmt.Errorf("%s is a complete checkpoint and is not overwritten: %w", fsys.URI(dir), fs.ErrExist)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if err := fsys.RemoveAll(ctx, dir); err != nil {
		return "", err
	}
	return dir, fsys.MkdirAll(ctx, dir, folderPerm)
}

// CreateSavepoint makes the empty folder of a new savepoint, and the folder of
// savepoints if need be.
func CreateSavepoint(ctx context.Context, fsys storage.FS, savepoints, jobID string) (dir string, err error) {
	if !ValidJobID(jobID) {
		return "", fmt.Errorf("job id %q is not 32 lower-case hex digits", jobID)
	}
	dir = path.Join(savepoints, NewSavepointName(jobID)) // 48 random bits do not meet twice
	return dir, fsys.MkdirAll(ctx, dir, folderPerm)
}

// RemoveEmptyJob removes the folder of a job that holds no checkpoint, no shared
// state and no record of a savepoint that was written any more, and does nothing otherwise.
func RemoveEmptyJob(ctx context.Context, fsys storage.FS, checkpoints, jobID string) error {
	dir := JobDir(checkpoints, jobID)
	list, err := fsys.List(ctx, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	remove := []string{SavepointsName, SharedName, TaskOwnedName, OwnerName, ""}
	for _, info := range list {
		if !slices.Contains(remove, info.Name) {
			return nil
		}
	}
	if err := removeFailures(ctx, fsys, checkpoints, jobID); err != nil {
		return err
	}
	for _, name := range remove {
		err := fsys.Remove(ctx, path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if storage.ReasonOf(err) == storage.NotEmpty {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}
