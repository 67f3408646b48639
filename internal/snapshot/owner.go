package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// Owner is a job as others see it who find its files: who wrote a folder of
// checkpoints, or who has claimed a snapshot.
type Owner struct {
	JobID       string `json:"jobId"` // 32 lower-case hex digits
	JobName     string `json:"jobName"`
	Application string `json:"application"` // YARN's id, or local_<job id>
	User        string `json:"user"`
	Since       int64  `json:"since"` // unix time in ms: the job's start, or that of the claim
}

// String names the job as messages do.
func (o Owner) String() string {
	if o.Application == "" { // nothing but the id is known
		return "job " + o.JobID
	}
	return fmt.Sprintf("job %s (%s), %s of user %s, since %s", o.JobID, o.JobName, o.Application, o.User,
		time.UnixMilli(o.Since).Format(time.DateTime))
}

// OwnerName is the file in a job's folder that says whose it is.
const OwnerName = "_job"

// maxOwner bounds the size of a file with an Owner.
const maxOwner = 64 << 10

// WriteOwner says in a job's folder, which must exist, whose it is.
func WriteOwner(ctx context.Context, fsys storage.FS, checkpoints string, o Owner) error {
	return writeJSON(ctx, fsys, path.Join(JobDir(checkpoints, o.JobID), OwnerName), o)
}

// ReadOwner reads whose a job's folder is. The error wraps fs.ErrNotExist if it
// does not say.
func ReadOwner(ctx context.Context, fsys storage.FS, checkpoints, jobID string) (Owner, error) {
	return readOwner(ctx, fsys, path.Join(JobDir(checkpoints, jobID), OwnerName), jobID)
}

func readOwner(ctx context.Context, fsys storage.FS, name, jobID string) (Owner, error) {
	text, err := storage.ReadFile(ctx, fsys, name, maxOwner)
	if err != nil {
		return Owner{}, err
	}
	o, err := parseOwner(text, jobID)
	if err != nil {
		return Owner{}, fmt.Errorf("%s: %w", fsys.URI(name), err)
	}
	return o, nil
}

// parseOwner reads the JSON of an Owner that must be the given job.
func parseOwner(text []byte, jobID string) (Owner, error) {
	var o Owner
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&o); err != nil {
		return Owner{}, fmt.Errorf("it does not name a job: %w", err)
	}
	if o.JobID != jobID {
		return Owner{}, fmt.Errorf("it names job %q instead of %s", o.JobID, jobID)
	}
	return o, nil
}

func writeJSON(ctx context.Context, fsys storage.FS, name string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return fsys.WriteFile(ctx, name, storage.CreateOptions{Overwrite: true}, func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// A ClaimedError says that a snapshot belongs to another job.
type ClaimedError struct {
	URI   string
	Owner Owner // at least its JobID is known
}

// Error names the owner.
func (e *ClaimedError) Error() string { return e.URI + " is claimed by " + e.Owner.String() }

// Claim makes a snapshot the job's own: from then on the job may delete it with
// DeleteClaimed, and nobody else may. It holds a snapshot for one job only:
// another one's claim is a *ClaimedError. Claiming twice is claiming once.
//
// Each job writes a file of its own and looks for others afterwards, since no
// file system that we use can create a file only if another is missing. Of two
// jobs at the same moment at least one sees the other and gives way; both may.
func Claim(ctx context.Context, fsys storage.FS, dir string, o Owner) error {
	if err := claimedByOther(ctx, fsys, dir, o.JobID); err != nil {
		return err
	}
	own := path.Join(dir, claimPrefix+o.JobID)
	if _, err := fsys.Stat(ctx, own); err == nil {
		return nil
	}
	if err := writeJSON(ctx, fsys, own, o); err != nil {
		return err
	}
	err := claimedByOther(ctx, fsys, dir, o.JobID)
	if other := (*ClaimedError)(nil); errors.As(err, &other) {
		return errors.Join(err, fsys.Remove(ctx, own))
	}
	return err
}

func claimedByOther(ctx context.Context, fsys storage.FS, dir, jobID string) error {
	owners, err := Claims(ctx, fsys, dir)
	if err != nil {
		return err
	}
	for _, o := range owners {
		if o.JobID != jobID {
			return &ClaimedError{fsys.URI(dir), o}
		}
	}
	return nil
}

// Claims returns who has claimed a snapshot: nobody or one job, but for the
// moment in which two try. Of one whose file cannot be read the id is known.
func Claims(ctx context.Context, fsys storage.FS, dir string) ([]Owner, error) {
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return nil, err
	}
	var owners []Owner
	for _, job := range marksOf(list).claims {
		o, err := readOwner(ctx, fsys, path.Join(dir, claimPrefix+job), job)
		if storage.IsTransient(err) {
			return nil, err
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue // given up just now
		}
		if err != nil {
			o = Owner{JobID: job}
		}
		owners = append(owners, o)
	}
	return owners, nil
}

// Release gives up a job's claim on a snapshot. That it has none is no error.
func Release(ctx context.Context, fsys storage.FS, dir, jobID string) error {
	err := fsys.Remove(ctx, path.Join(dir, claimPrefix+jobID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
