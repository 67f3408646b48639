//go:build integration

package snapshot

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// A thousand checkpoints of twenty jobs are listed, pinned and deleted on HDFS. The time is for the reader of the log.
func TestThousandOnHDFS(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	const jobs, each = 20, 50
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for j := range jobs {
		job := fmt.Sprintf("%032x", j+1)
		if err := CreateJob(ctx, fsys, root, job); err != nil {
			t.Fatal(err)
		}
		if err := WriteOwner(ctx, fsys, root, Owner{JobID: job, JobName: fmt.Sprint("job ", j)}); err != nil {
			t.Fatal(err)
		}
		for id := int64(1); id <= each; id++ {
			group.Go(func() error {
				dir, err := CreateCheckpoint(ctx, fsys, root, job, id)
				if err != nil {
					return err
				}
				m := testMeta(id)
				m.JobID = job
				if _, err := WriteMetadata(ctx, fsys, dir, m); err != nil || id != 3 {
					return err
				}
				return Pin(ctx, fsys, dir)
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		entries, err := Tree(t.Context(), fsys, root, nil)
		if err != nil || len(entries) != jobs*each {
			t.Fatal(len(entries), err)
		}
		t.Logf("%d checkpoints listed in %v", len(entries), time.Since(began).Round(time.Millisecond))
		for _, e := range entries {
			if e.Err != nil || e.Pinned != (e.ID == 3) || e.Owner.JobName == "" {
				t.Fatalf("%+v", e)
			}
		}
	}
}

func TestKeptWhileDeletedOnHDFS(t *testing.T) {
	_, fsys, root := hdfsFolder(t)
	testKeptWhileDeleted(t, fsys, root)
}
