//go:build integration

package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// rate is how many transfers a job without end makes in a second.
const rate = 2000

// job is a job that was started with run -d.
type job struct {
	*place
	id, app string
	page    string // the master's address
	began   time.Time
}

// runArguments puts together what run is given: where, the options, the
// program, and its own options.
func (p *place) runArguments(options []string, program ...string) []string {
	args := []string{"run"}
	if p.cluster != nil {
		args = append(args, "-m", "yarn-cluster")
	}
	args = append(args, "-yjm", "128", "-ytm", "128")
	args = append(args, options...)
	args = append(args, programs+"/"+p.program, "--out", p.root+"/out")
	return append(args, program...)
}

var (
	jobLine  = regexp.MustCompile(`Job has been submitted with JobID ([0-9a-f]{32})`)
	appLine  = regexp.MustCompile(`Submitted application (application_\d+_\d+)`)
	pageLine = regexp.MustCompile(`its page is (http\S+)/`)
)

// start starts the job without end on two workers, and waits until it runs and
// has a checkpoint.
func (p *place) start(options ...string) (*job, *api.Job) {
	p.t.Helper()
	return p.startWith(nil, options...)
}

// startWith is start with options of the program.
func (p *place) startWith(program []string, options ...string) (*job, *api.Job) {
	p.t.Helper()
	began := time.Now()
	if len(options) == 0 {
		options = []string{"-yn", "2"}
	}
	c := p.weft(p.runArguments(append([]string{"-d"}, options...), append(program, "--rate", strconv.Itoa(rate))...)...)
	j := &job{place: p, began: began}
	j.id = p.found(jobLine, c)
	p.former = append(p.former, j.id)
	j.page = p.found(pageLine, c)
	if p.cluster != nil {
		j.app = p.found(appLine, c)
	}
	p.t.Cleanup(j.remove)
	j.wait("all tasks to run", runs)
	p.t.Logf("run -d → RUNNING: %s", since(began))
	v := j.wait("two checkpoints", func(v *api.Job) bool { return runs(v) && v.Checkpoints.Completed > 1 })
	j.checkMemory(v)
	return j, v
}

// remove ends what is left of the job after a test that failed.
func (j *job) remove() {
	switch {
	case !j.t.Failed():
	case j.cluster != nil:
		j.cluster.kill(j.app)
	default:
		for _, pid := range processes(j.id) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// checkMemory checks that all processes keep inside containers of 128 MiB.
func (j *job) checkMemory(v *api.Job) {
	j.t.Helper()
	const size = 128 << 20
	if v.Master.Memory != size || v.Master.Resident > size {
		j.t.Errorf("the master has %d bytes resident in a container of %d", v.Master.Resident, v.Master.Memory)
	}
	for _, w := range v.Workers {
		if w.Memory != size || w.Resident > size {
			j.t.Errorf("worker %s has %d bytes resident in a container of %d", w.ID, w.Resident, w.Memory)
		}
	}
}

// found returns what a command's output says in a line of the given form.
func (p *place) found(form *regexp.Regexp, c *command) string {
	p.t.Helper()
	match := form.FindStringSubmatch(c.stdout.String() + c.stderr.String())
	if match == nil {
		p.t.Fatalf("the output has no line like %s:\n%s%s", form, c.stdout, c.stderr)
	}
	return match[1]
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }

// view asks the master.
func (j *job) view() (*api.Job, error) {
	text, status := get(j.page + api.JobPath)
	if status != http.StatusOK {
		return nil, fmt.Errorf("no answer (%d)", status)
	}
	v := new(api.Job)
	return v, json.Unmarshal(text, v) // an error page of the proxy is no JSON
}

// wait waits until the master shows the job as wanted.
func (j *job) wait(what string, is func(*api.Job) bool) *api.Job {
	j.t.Helper()
	var v *api.Job
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if v, err = j.view(); err == nil && is(v) {
			return v
		}
	}
	text, _ := json.Marshal(v)
	j.t.Fatalf("waited %s for %s; last seen: error %v, %s", patience, what, err, text)
	return nil
}

func runs(v *api.Job) bool {
	return v.State == "RUNNING" && v.Tasks.Total > 0 && v.Tasks.Running == v.Tasks.Total
}

// waitWorking waits until the job has completed checkpoints that were begun
// after the view before, with all its workers.
func (j *job) waitWorking(before *api.Job) *api.Job {
	j.t.Helper()
	return j.wait("checkpoints after the failure", func(v *api.Job) bool {
		return runs(v) && v.SlotsTotal == before.SlotsTotal && v.Checkpoints.Last != nil && v.Checkpoints.Last.ID > before.Checkpoints.Last.ID+2
	})
}

// waitRestarted waits until the tasks run again after a failure, which is
// known by their epoch.
func (j *job) waitRestarted(before *api.Job) *api.Job {
	j.t.Helper()
	return j.wait("all tasks to run again", func(v *api.Job) bool { return runs(v) && v.Epoch > before.Epoch })
}

// kept is a checkpoint that weft checkpoints lists.
type kept struct {
	ID       int64  `json:"id"`
	Path     string `json:"path"`
	Fault    string `json:"fault"`
	Duration int64  `json:"duration"` // ms
	Size     int64  `json:"size"`
	Added    int64  `json:"added"`
	InFlight int64  `json:"in-flight"`
}

// good returns the good checkpoints that the command lists, the latest first.
func (j *job) good() []kept {
	j.t.Helper()
	c := j.weft("checkpoints", "--output", "json", "--sort", "number", j.id)
	var list struct{ Checkpoints []kept }
	check(j.t, json.Unmarshal([]byte(c.stdout.String()), &list))
	good := slices.DeleteFunc(list.Checkpoints, func(k kept) bool { return k.Fault != "" })
	if len(good) == 0 {
		j.t.Fatalf("no good checkpoint is listed:\n%s%s", c.stdout, c.stderr)
	}
	return good
}

// retained returns the path of the latest good checkpoint.
func (j *job) retained() string {
	j.t.Helper()
	return j.good()[0].Path
}

var savepointPath = regexp.MustCompile(`Savepoint stored in (\S+)\.\n`)

// cancelWithSavepoint ends the job and returns the savepoint's path.
func (j *job) cancelWithSavepoint() string {
	j.t.Helper()
	return j.found(savepointPath, j.weft("cancel", "-s", j.root+"/savepoints", j.id))
}

// booked is the number of lines in the books.
func (j *job) booked() int {
	j.t.Helper()
	return len(j.lines(j.files.sub("out").sub("books"), j.visible))
}

// bound is a number of transfers that the job cannot have made by now.
func (j *job) bound() int64 { return int64(rate*time.Since(j.began).Seconds()) + 20_000 }

// finishFrom lets a job of the same program go on from a snapshot to an end
// that is ahead, as fast as it can, and checks all output of both.
func (j *job) finishFrom(snapshot string, options ...string) {
	j.t.Helper()
	j.finishInto("out", snapshot, options...)
}

// finishInto is finishFrom with another folder for the output that is still to come.
func (j *job) finishInto(out, snapshot string, options ...string) {
	j.t.Helper()
	count := j.bound()
	if len(options) == 0 {
		options = []string{"-yn", "2"}
	}
	c := j.weft(j.runArguments(append([]string{"-s", snapshot}, options...), "--count", strconv.FormatInt(count, 10), "--out", j.root+"/"+out)...)
	if !strings.Contains(c.stdout.String(), "has finished") {
		j.t.Errorf("the job has not finished:\n%s%s", c.stdout, c.stderr)
	}
	j.checkOutput(count, out)
}

// finish ends the job with a savepoint and lets it go on from there to an end.
func (j *job) finish() {
	j.t.Helper()
	j.finishFrom(j.cancelWithSavepoint())
}
