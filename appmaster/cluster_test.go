package appmaster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/ticket"
	"github.com/weft-stream/weft/yarnipc"
)

// patience is how long a test waits for what must come; a test that passes
// never waits for so long.
const patience = 60 * time.Second

// localJob is a job on this machine: a master in a process of its own, which
// starts workers as processes of their own.
type localJob struct {
	t       *testing.T
	spec    *jobspec.Spec
	secret  []byte
	folder  string
	staging string
	master  *exec.Cmd
	ended   chan error
	url     string
}

// newSpec describes the test's job with folders below folder.
func newSpec(folder string) *jobspec.Spec {
	spec := &jobspec.Spec{
		Version: jobspec.Version, Target: jobspec.Local, JobID: randomID(), JobName: "Numbers", User: "tester", Class: "numbers",
		Parallelism: 2, MaxParallelism: 128, Workers: 2, Slots: 1, MasterMemory: 128 << 20, WorkerMemory: 128 << 20, WorkerVCores: 1,
		Staging: "file://" + filepath.Join(folder, "staging"),
		Conf: map[string]string{
			"state.checkpoints.dir": "file://" + filepath.Join(folder, "checkpoints"), "execution.checkpointing.interval": "100 ms",
			"state.savepoints.dir": "file://" + filepath.Join(folder, "savepoints"), "state.checkpoints.num-retained": "3",
			"rest.port": "0", "restart-strategy.type": "fixed-delay", "restart-strategy.fixed-delay.attempts": "10",
			"restart-strategy.fixed-delay.delay": "0 s", "heartbeat.timeout": "10 s",
		},
	}
	spec.ApplicationID = "local_" + spec.JobID
	spec.PlanHash = testPlan(planRequest(spec)).Plan.Hash()
	return spec
}

// startLocal starts a job as the client does.
func startLocal(t *testing.T, change func(*jobspec.Spec)) *localJob {
	t.Helper()
	folder := t.TempDir()
	j := &localJob{t: t, spec: newSpec(folder), secret: ticket.NewSecret(), folder: folder, staging: filepath.Join(folder, "staging")}
	if change != nil {
		change(j.spec)
	}
	j.start()
	return j
}

func (j *localJob) start() {
	t := j.t
	t.Helper()
	for _, name := range []string{"staging", "checkpoints", "savepoints"} {
		check(t, os.MkdirAll(filepath.Join(j.folder, name), 0o700))
	}
	text, err := j.spec.Marshal()
	check(t, err)
	check(t, os.WriteFile(filepath.Join(j.folder, jobspec.FileName), text, 0o600))
	tokens := filepath.Join(j.folder, "credentials")
	check(t, yarnipc.WriteCredentials(tokens, &yarnipc.Credentials{Secrets: map[string][]byte{jobspec.SecretName: j.secret}}))
	program, err := os.Executable()
	check(t, err)
	stderr, err := os.Create(filepath.Join(j.folder, "stderr"))
	check(t, err)
	defer stderr.Close()
	j.master = exec.Command(program)
	j.master.Dir, j.master.Stderr = j.folder, stderr
	j.master.Env = append(os.Environ(), jobspec.RoleVariable+"="+jobspec.RoleMaster, "HADOOP_TOKEN_FILE_LOCATION="+tokens, "LOG_DIRS="+j.folder)
	check(t, j.master.Start())
	j.ended = make(chan error, 1)
	master := j.master
	go func() { j.ended <- master.Wait() }()
	t.Cleanup(func() {
		master.Process.Kill()
		if t.Failed() {
			if text, err := os.ReadFile(stderr.Name()); err == nil {
				t.Logf("master's log:\n%s", text)
			}
		}
	})
}

// address waits for the master's announcement.
func (j *localJob) address() string {
	j.t.Helper()
	var master control.MasterAddress
	eventually(j.t, "the master's announcement", func() bool {
		text, err := os.ReadFile(filepath.Join(j.staging, "master.json"))
		return err == nil && json.Unmarshal(text, &master) == nil
	})
	return "http://" + master.Addr
}

// job waits until the job is as wanted.
func (j *localJob) job(what string, is func(*api.Job) bool) *api.Job {
	j.t.Helper()
	if j.url == "" {
		j.url = j.address()
	}
	return waitJob(j.t, j.url, what, is)
}

// waitJob follows a job by its versions, as a client does.
func waitJob(t *testing.T, url, what string, is func(*api.Job) bool) *api.Job {
	t.Helper()
	job := new(api.Job)
	version := int64(-1)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		response, err := http.Get(fmt.Sprintf("%s%s?wait=%d", url, api.JobPath, version))
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		check(t, json.Unmarshal(text, job))
		if is(job) {
			return job
		}
		version = job.Version
	}
	t.Fatalf("waited for %s; the job is %+v", what, job)
	return nil
}

// send sends a request with a ticket and returns the answer.
func send(t *testing.T, secret []byte, method, url, body string) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	check(t, err)
	if secret != nil {
		ticket.Sign(request, secret, []byte(body))
	}
	response, err := http.DefaultClient.Do(request)
	check(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(t, err)
	return response.StatusCode, bytes.TrimSpace(text)
}

func running(j *api.Job) bool {
	return j.State == "RUNNING" && j.Tasks.Total > 0 && j.Tasks.Running == j.Tasks.Total
}

// waitEnd waits for the master's process and checks that nothing is left.
func (j *localJob) waitEnd() error {
	j.t.Helper()
	select {
	case err := <-j.ended:
		if _, left := os.Stat(j.staging); !errors.Is(left, fs.ErrNotExist) {
			j.t.Errorf("the staging folder is left: %v", left)
		}
		return err
	case <-time.After(patience):
		j.t.Fatal("the master does not end")
		return nil
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited for %s", what)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
