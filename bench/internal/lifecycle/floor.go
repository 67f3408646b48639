package lifecycle

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/report"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnrest"
)

// floor measures what YARN takes by itself.
func (m *measurement) floor(ctx context.Context) error {
	program, err := m.stageFloor(ctx)
	if err != nil {
		return err
	}
	id, sleeps, err := m.startFloor(ctx, program, cold)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // until YARN has heard of both
	victim := sleeps[0]
	began := time.Now()
	if err := victim.Kill(); err != nil {
		return err
	}
	if _, err := awaitSleeps(ctx, id, victim.Container); err != nil {
		return err
	}
	m.since(workerKilled, began)
	if err := m.Cluster.End(ctx, id); err != nil {
		return err
	}
	if id, _, err = m.startFloor(ctx, program, again); err != nil {
		return err
	}
	return m.Cluster.End(ctx, id)
}

func (m *measurement) startFloor(ctx context.Context, program yarnrest.LocalResource, start report.Figure) (yarnrest.ApplicationID, []lab.Process, error) {
	scheduler, err := m.Cluster.Scheduler()
	if err != nil {
		return yarnrest.ApplicationID{}, nil, err
	}
	began := time.Now()
	application, err := m.Cluster.RM.NewApplication(ctx)
	if err != nil {
		return application.ID, nil, err
	}
	_, err = m.Cluster.RM.Submit(ctx, application, yarnrest.Submission{
		Name: "floor", Type: "floor", MaxAttempts: 1,
		Resource:       yarnrest.Resource{MemoryMB: memoryMB, VCores: 1},
		Command:        fmt.Sprintf("exec ./floor %s %d %d 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr", scheduler, parallelism, memoryMB),
		LocalResources: map[string]yarnrest.LocalResource{"floor": program},
	})
	if err != nil {
		return application.ID, nil, err
	}
	sleeps, err := awaitSleeps(ctx, application.ID, "")
	if err == nil {
		m.since(start, began)
	}
	return application.ID, sleeps, err
}

// awaitSleeps waits until all containers have come to run sleep, not counting one of them.
func awaitSleeps(ctx context.Context, id yarnrest.ApplicationID, without string) ([]lab.Process, error) {
	var sleeps []lab.Process
	err := lab.Wait(ctx, startLimit, strconv.Itoa(parallelism)+" sleeps", func() (bool, error) {
		sleeps = nil
		for _, process := range lab.Processes(id) {
			if process.Command == "sleep" && process.Container != without {
				sleeps = append(sleeps, process)
			}
		}
		return len(sleeps) == parallelism, nil
	})
	return sleeps, err
}

// stageFloor puts the bare master on HDFS.
func (m *measurement) stageFloor(ctx context.Context) (yarnrest.LocalResource, error) {
	resource := yarnrest.LocalResource{}
	files, name := m.Cluster.Files, m.Cluster.Home+"/.floor/floor"
	if err := files.MkdirAll(ctx, filepath.Dir(name), 0o755); err != nil {
		return resource, err
	}
	err := files.WriteFile(ctx, name, storage.CreateOptions{Overwrite: true, Perm: 0o755}, func(w io.Writer) error {
		program, err := os.Open(m.FloorProgram)
		if err != nil {
			return err
		}
		defer program.Close()
		_, err = io.Copy(w, program)
		return err
	})
	if err != nil {
		return resource, err
	}
	info, err := files.Stat(ctx, name)
	// The nodes keep what is its user's for the second start, as they do with Weft's program.
	return yarnrest.LocalResource{URL: files.URI(name), Size: info.Size, Modified: info.ModTime, Visibility: yarnrest.VisibleToUser}, err
}
