//go:build integration

package appmaster

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/ticket"
	"github.com/weft-stream/weft/yarnrest"
)

// These tests run on the Hadoop that WEFT_TEST_HADOOP_CONF points at: see
// scripts/hadoop. The processes of all its nodes are on this machine.

// yarnJob is the test's job on a real cluster.
type yarnJob struct {
	t      *testing.T
	client *yarnrest.Client
	proxy  string // the ResourceManager's address
	files  storage.FS
	dir    string // staging
	spec   *jobspec.Spec
	secret []byte
	id     yarnrest.ApplicationID
}

// submitYARN submits the job as the client does.
func submitYARN(t *testing.T, change func(*jobspec.Spec)) *yarnJob {
	t.Helper()
	folder := os.Getenv("WEFT_TEST_HADOOP_CONF")
	if folder == "" {
		t.Fatal("WEFT_TEST_HADOOP_CONF is not set: start a cluster with scripts/hadoop up")
	}
	hadoop, err := conf.ReadHadoop(folder)
	check(t, err)
	addresses, err := hadoop.RMWebAddresses()
	check(t, err)
	client, err := yarnrest.New(yarnrest.Config{Addresses: []string{addresses[0].URL()}, User: "root"})
	check(t, err)
	ctx := t.Context()
	app, err := client.NewApplication(ctx)
	check(t, err)
	resolver := storage.NewResolver(storage.Config{Hadoop: hadoop.Properties(), User: "root"})
	t.Cleanup(func() { resolver.Close() })
	base := "hdfs:///tmp/appmaster-test/" + app.ID.String()
	files, root, err := resolver.Resolve(base)
	check(t, err)
	t.Cleanup(func() { files.RemoveAll(context.Background(), root) })
	j := &yarnJob{
		t: t, client: client, proxy: addresses[0].URL(), files: files, dir: path.Join(root, "staging"), secret: ticket.NewSecret(), id: app.ID,
	}
	for _, name := range []string{"staging", "checkpoints", "savepoints"} {
		check(t, files.MkdirAll(ctx, path.Join(root, name), 0o700))
	}
	j.spec = newSpec("/unused")
	j.spec.Target, j.spec.ApplicationID, j.spec.User = jobspec.YARN, app.ID.String(), "root"
	j.spec.Staging = files.URI(j.dir)
	j.spec.Hadoop = hadoop.Properties()
	j.spec.Conf["state.checkpoints.dir"] = files.URI(path.Join(root, "checkpoints"))
	j.spec.Conf["state.savepoints.dir"] = files.URI(path.Join(root, "savepoints"))
	j.spec.Conf["execution.checkpointing.interval"] = "1 s"
	program := j.stageProgram(path.Join(root, "program"))
	j.spec.Resources = []jobspec.Resource{program}
	if change != nil {
		change(j.spec)
	}
	text, err := j.spec.Marshal()
	check(t, err)
	name := path.Join(j.dir, jobspec.FileName)
	check(t, files.WriteFile(ctx, name, storage.CreateOptions{Perm: 0o600}, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}))
	info, err := files.Stat(ctx, name)
	check(t, err)
	t.Cleanup(func() { client.Kill(context.Background(), app.ID, "test cleanup") })
	_, err = client.Submit(ctx, app, yarnrest.Submission{
		Name: "appmaster test " + t.Name(), Type: "Weft", MaxAttempts: 3, KeepContainers: true,
		Resource:    yarnrest.Resource{MemoryMB: int(j.spec.MasterMemory >> 20), VCores: 1},
		Command:     workerCommand,
		Environment: map[string]string{jobspec.RoleVariable: jobspec.RoleMaster},
		Credentials: yarnrest.Credentials{Secrets: map[string][]byte{jobspec.SecretName: j.secret}},
		LocalResources: map[string]yarnrest.LocalResource{
			jobspec.ProgramName: {URL: program.URI, Size: program.Size, Modified: time.UnixMilli(program.Timestamp), Visibility: yarnrest.VisibleToUser},
			jobspec.FileName:    {URL: files.URI(name), Size: info.Size, Modified: info.ModTime},
		},
	})
	check(t, err)
	return j
}

func (j *yarnJob) stageProgram(name string) jobspec.Resource {
	j.t.Helper()
	executable, err := os.Executable()
	check(j.t, err)
	text, err := os.ReadFile(executable)
	check(j.t, err)
	check(j.t, j.files.WriteFile(j.t.Context(), name, storage.CreateOptions{Perm: 0o755}, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}))
	info, err := j.files.Stat(j.t.Context(), name)
	check(j.t, err)
	return jobspec.Resource{
		Name: jobspec.ProgramName, URI: j.files.URI(name), Size: info.Size, Timestamp: info.ModTime.UnixMilli(), Private: true,
	}
}

// url waits for the announcement of an attempt.
func (j *yarnJob) url(attempt int) string {
	j.t.Helper()
	var master control.MasterAddress
	eventually(j.t, "the master's announcement", func() bool {
		var err error
		master, err = control.ReadMasterAddress(j.t.Context(), j.files, j.dir)
		return err == nil && master.Attempt >= attempt
	})
	return "http://" + master.Addr
}

// waitEnd waits for the application's end and checks that no process and no
// staging folder is left.
func (j *yarnJob) waitEnd(pids []int) yarnrest.App {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(j.t.Context(), patience)
	defer cancel()
	app, err := j.client.WaitFor(ctx, j.id, func(a yarnrest.App) bool { return a.State.Ended() })
	check(j.t, err)
	eventually(j.t, "the staging folder to go", func() bool {
		_, err := j.files.Stat(j.t.Context(), j.dir)
		return errors.Is(err, fs.ErrNotExist)
	})
	for _, pid := range pids {
		eventually(j.t, "every process to end", func() bool { return !alive(pid) })
	}
	return app
}

func pids(job *api.Job) []int {
	list := []int{job.Master.PID}
	for _, w := range job.Workers {
		list = append(list, w.PID)
	}
	return list
}

func TestYARNJobFromStartToCancel(t *testing.T) {
	j := submitYARN(t, nil)
	url := j.url(1)
	job := waitJob(t, url, "a checkpoint", func(job *api.Job) bool { return running(job) && job.Checkpoints.Completed > 0 })
	if len(job.Workers) != 2 || job.Attempt != 1 {
		t.Errorf("job %+v", job)
	}
	// Through the ResourceManager's proxy: reading, a file of a worker, the page, and a change by PUT.
	proxy := j.proxy + "/proxy/" + j.id.String()
	status, text := send(t, nil, "GET", proxy+"/weft/job", "")
	seen := new(api.Job)
	if err := json.Unmarshal(text, seen); status != http.StatusOK || err != nil || seen.JobID != j.spec.JobID {
		t.Errorf("job through the proxy: %d %v %s", status, err, text)
	}
	if status, text := send(t, nil, "GET", proxy, ""); status != http.StatusOK || !strings.Contains(string(text), `<base href="/proxy/`+j.id.String()+`/">`) {
		t.Errorf("page through the proxy: %d %s", status, text)
	}
	worker := job.Workers[0].ID
	if status, text := send(t, nil, "GET", proxy+"/taskmanagers/"+worker+"/stdout", ""); status != http.StatusOK || !strings.Contains(string(text), worker+" prints") {
		t.Errorf("standard output through the proxy: %d %s", status, text)
	}
	request := "/jobs/" + j.spec.JobID + "/savepoints"
	body := `{"target-directory":"` + j.spec.Conf["state.savepoints.dir"] + `/mine"}`
	stamp := ticket.New(j.secret, "PUT", request, []byte(body), time.Now())
	if status, text := send(t, nil, "PUT", proxy+request+"?ticket="+stamp, body); status != http.StatusAccepted {
		t.Errorf("savepoint through the proxy: %d %s", status, text)
	}
	job = waitJob(t, url, "the savepoint", func(job *api.Job) bool {
		return len(job.Operations) > 0 && job.Operations[0].State != api.InProgress
	})
	if o := job.Operations[0]; o.State != api.Completed || !strings.Contains(o.Path, "/savepoints/mine/savepoint-") {
		t.Errorf("operation %+v", o)
	}
	if status, text := send(t, j.secret, "PATCH", url+"/jobs/"+j.spec.JobID, ""); status != http.StatusAccepted {
		t.Fatalf("cancel: %d %s", status, text)
	}
	app := j.waitEnd(pids(job))
	if app.State != yarnrest.StateFinished || app.FinalStatus != yarnrest.FinalKilled {
		t.Errorf("the application ended as %s, %s: %s", app.State, app.FinalStatus, app.Diagnostics)
	}
}

func TestYARNWorkersAreReplaced(t *testing.T) {
	j := submitYARN(t, nil)
	url := j.url(1)
	before := waitJob(t, url, "a checkpoint", func(job *api.Job) bool { return running(job) && job.Checkpoints.Completed > 0 })
	for _, w := range before.Workers {
		check(t, syscall.Kill(w.PID, syscall.SIGKILL))
	}
	after := waitJob(t, url, "two other workers", func(job *api.Job) bool {
		return running(job) && job.Restarts > 0 && job.SlotsTotal == 2 && job.Epoch != before.Epoch
	})
	if after.Restored == nil || after.Restored.Checkpoint < before.Checkpoints.Last.ID {
		t.Errorf("restored from %+v", after.Restored)
	}
}

func TestYARNMasterComesBackToItsWorkers(t *testing.T) {
	j := submitYARN(t, nil)
	url := j.url(1)
	status, text := send(t, j.secret, "PUT", url+"/jobs/"+j.spec.JobID+"/savepoints", `{"triggerId":"0123456789abcdef0123456789abcdef"}`)
	for status == http.StatusServiceUnavailable {
		status, text = send(t, j.secret, "PUT", url+"/jobs/"+j.spec.JobID+"/savepoints", `{"triggerId":"0123456789abcdef0123456789abcdef"}`)
	}
	t.Logf("savepoint: %d %s", status, text)
	before := waitJob(t, url, "a checkpoint", func(job *api.Job) bool { return running(job) && job.Checkpoints.Completed > 1 })
	check(t, syscall.Kill(before.Master.PID, syscall.SIGKILL))
	began := time.Now()
	url = j.url(2)
	after := waitJob(t, url, "the second master", func(job *api.Job) bool { return running(job) && job.SlotsTotal == 2 })
	t.Logf("all tasks run %v after the master was killed", time.Since(began).Round(time.Millisecond))
	if after.Attempt != 2 || after.Epoch != before.Epoch || after.Restarts != 0 || after.Started != before.Started {
		t.Errorf("after: attempt %d, epoch %d (before: %d), %d restarts, started %d (before: %d)",
			after.Attempt, after.Epoch, before.Epoch, after.Restarts, after.Started, before.Started)
	}
	had := map[string]int{}
	for _, w := range before.Workers {
		had[w.ID] = w.PID
	}
	for _, w := range after.Workers {
		if had[w.ID] != w.PID {
			t.Errorf("worker %s (process %d) is not one of those before: %v", w.ID, w.PID, had)
		}
	}
	if status == http.StatusAccepted && (len(after.Operations) != 1 || after.Operations[0].ID != "0123456789abcdef0123456789abcdef") {
		t.Errorf("operations %+v", after.Operations)
	}
	waitJob(t, url, "more checkpoints", func(job *api.Job) bool {
		return job.Checkpoints.Last != nil && job.Checkpoints.Last.ID > before.Checkpoints.Last.ID
	})
	if status, text := send(t, j.secret, "PUT", url+"/jobs/"+j.spec.JobID+"/stop", ""); status != http.StatusAccepted {
		t.Fatalf("stop: %d %s", status, text)
	}
	if app := j.waitEnd(pids(after)); app.FinalStatus != yarnrest.FinalSucceeded {
		t.Errorf("the application ended as %s, %s: %s", app.State, app.FinalStatus, app.Diagnostics)
	}
}

func TestYARNKillLeavesNothing(t *testing.T) {
	j := submitYARN(t, nil)
	job := waitJob(t, j.url(1), "all tasks", running)
	check(t, j.client.Kill(t.Context(), j.id, "test"))
	if app := j.waitEnd(pids(job)); app.State != yarnrest.StateKilled {
		t.Errorf("the application ended as %s", app.State)
	}
}

func TestYARNPlanThatDiffersFailsWithTheReason(t *testing.T) {
	j := submitYARN(t, func(spec *jobspec.Spec) { spec.PlanHash = strings.Repeat("0", 64) })
	app := j.waitEnd(nil)
	if app.FinalStatus != yarnrest.FinalFailed || !strings.Contains(app.Diagnostics, "is not the one that was submitted") {
		t.Errorf("the application ended as %s: %s", app.FinalStatus, app.Diagnostics)
	}
}
