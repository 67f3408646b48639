package throughput

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/yarnrest"
)

// session is Flink's session on YARN: a master that is given jobs. Its workers are started for a job and released soon
// after it, so that each run has fresh ones and none are there while others run.
type session struct {
	shape  shape
	id     yarnrest.ApplicationID
	client *lab.FlinkMaster
	jar    string
}

// Limits of waits.
const (
	startLimit = 3 * time.Minute
	runLimit   = 5 * time.Minute
)

// openSession starts a session for a shape, in place of the one before.
func (b *Bench) openSession(ctx context.Context, want shape) error {
	if b.session != nil && b.session.shape == want {
		return nil
	}
	if err := b.closeSession(ctx); err != nil {
		return err
	}
	before, err := b.Cluster.Newest(ctx)
	if err != nil {
		return err
	}
	args := []string{"-d", "-jm", strconv.Itoa(masterMB), "-tm", strconv.Itoa(workersMB / want.workers), "-s", strconv.Itoa(subtasks / want.workers)}
	settings := append(b.Flink.Settings(), "resourcemanager.taskmanager-timeout=1000")
	if want.backend == heap { // managed memory is for RocksDB: the heap can have it
		settings = append(settings, "taskmanager.memory.managed.size=0")
	}
	for _, setting := range settings {
		args = append(args, "-D"+setting)
	}
	fmt.Fprintf(b.Log, "starting a session of Flink: %d workers, %s\n", want.workers, want.backend)
	if _, err := lab.Run(ctx, b.Flink.Command(lab.FlinkSession, args...)); err != nil {
		return err
	}
	s := &session{shape: want}
	if s.id, err = b.Cluster.Newest(ctx); err != nil {
		return err
	}
	if s.id.Number <= before.Number {
		return fmt.Errorf("the session of Flink is no application")
	}
	b.session = s
	if s.client, err = b.Cluster.FlinkMaster(ctx, s.id, startLimit); err != nil {
		return err
	}
	s.jar, err = s.client.Upload(ctx, b.FlinkProgram)
	return err
}

func (b *Bench) closeSession(ctx context.Context) error {
	if b.session == nil {
		return nil
	}
	s := b.session
	b.session = nil
	return b.Cluster.End(ctx, s.id)
}

// runFlink runs the job of a row in the session.
func (b *Bench) runFlink(ctx context.Context, row Row, count int64) (meter.Result, error) {
	if err := b.openSession(ctx, row.shape()); err != nil {
		return meter.Result{}, err
	}
	settings := map[string]string{
		"pipeline.object-reuse":             strconv.FormatBool(b.ObjectReuse),
		"state.backend.type":                row.Backend,
		"execution.checkpointing.dir":       b.checkpoints(),
		"restart-strategy.type":             "none",
		"execution.checkpointing.storage":   "filesystem",
		"state.checkpoints.num-retained":    "1",
		"state.backend.incremental":         "true",
		"execution.checkpointing.min-pause": "0",
	}
	if row.Checkpoint != none {
		settings["execution.checkpointing.interval"] = row.Checkpoint
	}
	args := append([]string{"--job", row.Job, "--count", strconv.FormatInt(count, 10)}, row.Args...)
	began := time.Now()
	job, err := b.session.client.Run(ctx, b.session.jar, "Throughput", args, subtasks, settings)
	if err != nil {
		return meter.Result{}, err
	}
	if err := b.session.client.Await(ctx, job, runLimit); err != nil {
		return meter.Result{}, err
	}
	// The workers end before anybody else runs.
	err = lab.Wait(ctx, startLimit, "the end of Flink's workers", func() (bool, error) {
		return len(lab.Processes(b.session.id)) <= 1, nil
	})
	if err != nil {
		return meter.Result{}, err
	}
	return meter.Read(b.Cluster.Output(b.session.id, "taskmanager.out"), began, subtasks)
}
