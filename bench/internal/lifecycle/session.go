package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/bench/internal/lab"
	"github.com/weft-stream/weft/bench/internal/report"
)

// A running is a job with its input.
type running struct {
	*lab.Job
	feed  *lab.Feed
	began time.Time     // when the command was started
	took  time.Duration // until all tasks were RUNNING
}

// session measures a system with two jobs, one after the other.
func (m *measurement) session(ctx context.Context, s system) error {
	took, err := m.firstJob(ctx, s)
	if err != nil {
		return err
	}
	// The second job's window must be open while the master is killed, and not much longer: the words are counted, a
	// checkpoint comes within its interval, then the kill.
	return m.secondJob(ctx, s, took+took/2+18*time.Second)
}

// firstJob measures the start, memory at rest, a savepoint and the loss of a worker.
func (m *measurement) firstJob(ctx context.Context, s system) (took time.Duration, err error) {
	if err := m.Cluster.Files.RemoveAll(ctx, m.Cluster.Home+"/"+s.staging()); err != nil {
		return 0, err
	}
	const window = 5
	job, err := m.submit(ctx, s, window, false, cold, coldUpload)
	if err != nil {
		return 0, err
	}
	defer job.feed.Close()
	if err := m.countControl(ctx, s, job); err != nil {
		return 0, err
	}
	time.Sleep(m.Idle)
	m.atRest(job)

	if err := m.Cluster.Files.MkdirAll(ctx, m.Cluster.Home+"/savepoints", 0o755); err != nil {
		return 0, err
	}
	outcome, err := lab.Run(ctx, s.savepoint(job.Job))
	if err != nil {
		return 0, err
	}
	m.note(savepoint, outcome.Wall.Seconds())

	if err := m.killWorker(ctx, job); err != nil {
		return 0, err
	}
	if !s.survivesByDefault() {
		if err := m.killMasterOfDefault(ctx, job); err != nil {
			return 0, err
		}
	}
	return job.took, m.end(ctx, s, job)
}

// secondJob measures a start with everything seen before, and the loss of the master.
func (m *measurement) secondJob(ctx context.Context, s system, open time.Duration) error {
	window, ends := windowOver(time.Now(), open)
	job, err := m.submit(ctx, s, window, true, again, againUpload)
	if err != nil {
		return err
	}
	defer job.feed.Close()
	if err := m.countMarkers(ctx, job); err != nil {
		return err
	}
	if time.Now().After(ends) {
		return fmt.Errorf("the loss of the master: the window of %d s ended before a checkpoint was taken", window)
	}
	before := lab.Processes(job.Application)
	began, err := killMaster(before)
	if err != nil {
		return err
	}
	if err := job.AwaitRunning(ctx, "", startLimit); err != nil {
		if s.survivesByDefault() {
			m.yes(survives, false)
		}
		return err
	}
	m.since(masterKilled, began)
	after := lab.Processes(job.Application)
	maps.DeleteFunc(before, func(_ string, p lab.Process) bool { return p.IsMaster() })
	kept := 0
	for id, worker := range before {
		if after[id].PID == worker.PID {
			kept++
		}
	}
	m.yes(workersKept, kept == len(before))
	if s.survivesByDefault() {
		m.yes(survives, true)
	}
	m.yes(stateKept, m.markersCame(ctx, s, job, ends))
	return m.end(ctx, s, job)
}

// submit runs the command and waits for the job.
func (m *measurement) submit(ctx context.Context, s system, window int, survive bool, start, upload report.Figure) (*running, error) {
	feed, err := lab.NewFeed()
	if err != nil {
		return nil, err
	}
	before, err := m.Cluster.Newest(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan lab.Outcome, 1)
	began := time.Now()
	go func() {
		outcome, err := lab.Run(ctx, s.run(feed.Port(), window, survive))
		if err != nil {
			cancel(err) // there will be no job
		}
		ended <- outcome
	}()
	job, err := m.Cluster.AwaitSubmitted(ctx, before, startLimit)
	if err == nil {
		err = job.AwaitRunning(ctx, "", startLimit)
	}
	if err != nil {
		feed.Close()
		return nil, err
	}
	took := time.Since(began)
	m.note(start, took.Seconds())
	m.note(clientMemory, report.MB((<-ended).Peak))
	m.note(upload, report.MB(m.Cluster.Written(ctx, m.Cluster.Home+"/"+s.staging(), began)))
	return &running{Job: job, feed: feed, began: began, took: took}, nil
}

// atRest looks at the processes' memory.
func (m *measurement) atRest(job *running) {
	worker := int64(0)
	for _, process := range lab.Processes(job.Application) {
		if process.IsMaster() {
			m.note(masterMemory, report.MB(process.RSS()))
		} else {
			worker = max(worker, process.RSS())
		}
	}
	m.note(workerMemory, report.MB(worker))
}

func (m *measurement) killWorker(ctx context.Context, job *running) error {
	processes := lab.Processes(job.Application)
	for _, id := range slices.Sorted(maps.Keys(processes)) {
		if processes[id].IsMaster() {
			continue
		}
		began := time.Now()
		if err := processes[id].Kill(); err != nil {
			return err
		}
		if err := job.AwaitRunning(ctx, id, startLimit); err != nil {
			return err
		}
		m.since(workerKilled, began)
		return nil
	}
	return fmt.Errorf("no worker of %s found", job.Application)
}

// killMasterOfDefault kills the master of a job whose system does not survive that without being asked to, and looks
// whether it is so.
func (m *measurement) killMasterOfDefault(ctx context.Context, job *running) error {
	if _, err := killMaster(lab.Processes(job.Application)); err != nil {
		return err
	}
	goesOn := false
	err := lab.Wait(ctx, startLimit, "the end of "+job.Application.String(), func() (bool, error) {
		app, err := m.Cluster.RM.App(ctx, job.Application)
		if err != nil {
			return false, err
		}
		attempts, err := m.Cluster.RM.Attempts(ctx, job.Application)
		goesOn = len(attempts) > 1
		return goesOn || app.State.Ended(), err
	})
	if err == nil {
		m.yes(survives, goesOn)
	}
	return err
}

func killMaster(processes map[string]lab.Process) (time.Time, error) {
	for _, process := range processes {
		if process.IsMaster() {
			return time.Now(), process.Kill()
		}
	}
	return time.Time{}, fmt.Errorf("no master found among %d processes", len(processes))
}

// end takes the job away with all that it left on HDFS but the staged program.
func (m *measurement) end(ctx context.Context, s system, job *running) error {
	if err := m.Cluster.End(ctx, job.Application); err != nil {
		return err
	}
	for _, dir := range []string{s.staging() + "/" + job.Application.String(), "checkpoints", "savepoints"} {
		if err := m.Cluster.Files.RemoveAll(ctx, m.Cluster.Home+"/"+dir); err != nil {
			return err
		}
	}
	return nil
}

// The words by which a loss of state is seen: sent before the kill, and nothing after it.
const (
	marker  = "marker"
	markers = 100
)

// countControl makes sure that words that are not lost come out where they are looked for.
func (m *measurement) countControl(ctx context.Context, s system, job *running) error {
	if err := job.feed.Send("control control control"); err != nil {
		return err
	}
	return lab.Wait(ctx, time.Minute, "the count of words that were not lost", func() (bool, error) {
		return m.Cluster.Printed(job.Application, s.outputs(), "control : 3"), nil
	})
}

// countMarkers sends the words and waits for a checkpoint that has them.
func (m *measurement) countMarkers(ctx context.Context, job *running) error {
	if err := job.feed.Send(strings.Repeat(marker+" ", markers)); err != nil {
		return err
	}
	counted := time.Now().Add(time.Second) // by then they have gone through the job
	return lab.Wait(ctx, time.Minute, "a checkpoint", func() (bool, error) {
		checkpoints, err := job.Checkpoints(ctx)
		if err != nil || checkpoints.Latest.Completed == nil {
			return false, err
		}
		return time.UnixMilli(checkpoints.Latest.Completed.Triggered).After(counted), nil
	})
}

// markersCame looks for the words' count in what the job printed, until a while after their window's end.
func (m *measurement) markersCame(ctx context.Context, s system, job *running, ends time.Time) bool {
	const grace = 5 * time.Second
	line := fmt.Sprintf("%s : %d", marker, markers)
	came := lab.Wait(ctx, time.Until(ends)+grace, "the window", func() (bool, error) {
		return m.Cluster.Printed(job.Application, s.outputs(), line), nil
	})
	return came == nil
}

// windowOver finds a length of tumbling windows, in seconds, of which one ends soon after open has passed and is longer
// than that. Windows begin at whole multiples of their length since 1970, so most lengths would end at any time.
func windowOver(now time.Time, open time.Duration) (seconds int, ends time.Time) {
	const slack = 5
	earliest := now.Add(open).Unix()
	for length := int64(open/time.Second) + slack; ; length++ {
		if end := (earliest + length - 1) / length * length; end <= earliest+slack {
			return int(length), time.Unix(end, 0)
		}
	}
}
