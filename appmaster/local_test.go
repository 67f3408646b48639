package appmaster

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/internal/jobspec"
)

func TestLocalJobRunsTakesASavepointAndIsCancelled(t *testing.T) {
	j := startLocal(t, nil)
	job := j.job("a completed checkpoint", func(job *api.Job) bool { return running(job) && job.Checkpoints.Completed > 0 })
	if len(job.Workers) != 2 || job.SlotsTotal != 2 {
		t.Errorf("got %d workers with %d slots, want 2 with 2", len(job.Workers), job.SlotsTotal)
	}
	for _, w := range job.Workers {
		text, err := os.ReadFile(w.File)
		if err != nil || string(text) != w.ID+" prints\n" {
			t.Errorf("standard output of %s: %q, %v", w.ID, text, err)
		}
		status, served := send(t, nil, "GET", j.url+"/"+w.Stdout, "")
		if status != http.StatusOK || string(served) != w.ID+" prints" {
			t.Errorf("served standard output of %s: %d %q", w.ID, status, served)
		}
	}
	const trigger = "0123456789abcdef0123456789abcdef"
	for range 2 { // the second is the same operation
		status, text := send(t, j.secret, "PUT", j.url+"/v1/jobs/"+j.spec.JobID+"/savepoints", `{"triggerId":"`+trigger+`"}`)
		if status != http.StatusAccepted || string(text) != `{"request-id":"`+trigger+`"}` {
			t.Fatalf("savepoint: %d %s", status, text)
		}
	}
	job = j.job("the savepoint", func(job *api.Job) bool { return len(job.Operations) > 0 && job.Operations[0].State == api.Completed })
	path := strings.TrimPrefix(job.Operations[0].Path, "file://")
	if _, err := os.Stat(filepath.Join(path, "_metadata")); err != nil || len(job.Operations) != 1 {
		t.Errorf("operations %+v: %v", job.Operations, err)
	}
	status, text := send(t, nil, "GET", j.url+"/jobs/"+j.spec.JobID+"/savepoints/"+trigger, "")
	var poll api.Poll
	check(t, json.Unmarshal(text, &poll))
	if status != http.StatusOK || poll.Operation == nil || poll.Operation.Location != job.Operations[0].Path {
		t.Errorf("poll: %d %s", status, text)
	}
	if status, text := send(t, j.secret, "PATCH", j.url+"/jobs/"+j.spec.JobID+"?mode=cancel", ""); status != http.StatusAccepted {
		t.Fatalf("cancel: %d %s", status, text)
	}
	job = j.job("the end", func(job *api.Job) bool { return job.Ended })
	if job.State != "CANCELED" {
		t.Errorf("the job ended as %s", job.State)
	}
	if err := j.waitEnd(); err != nil {
		t.Errorf("the master ended with %v", err)
	}
	for _, w := range job.Workers {
		if alive(w.PID) {
			t.Errorf("worker %s is left", w.ID)
		}
	}
	retained, err := filepath.Glob(filepath.Join(j.folder, "checkpoints", j.spec.JobID, "chk-*", "_metadata"))
	if err != nil || len(retained) == 0 || len(retained) > 3 {
		t.Errorf("retained checkpoints: %v, %v", retained, err)
	}
}

func TestLocalWorkerIsReplaced(t *testing.T) {
	j := startLocal(t, nil)
	before := j.job("a checkpoint", func(job *api.Job) bool { return running(job) && job.Checkpoints.Completed > 0 })
	victim := before.Workers[0]
	check(t, syscall.Kill(victim.PID, syscall.SIGKILL))
	after := j.job("another worker", func(job *api.Job) bool {
		return running(job) && job.Restarts > 0 && job.SlotsTotal == 2
	})
	for _, w := range after.Workers {
		if w.ID == victim.ID {
			t.Errorf("the dead worker is listed: %+v", w)
		}
	}
	if after.Restored == nil || after.Restored.Checkpoint < before.Checkpoints.Last.ID {
		t.Errorf("restored from %+v, want checkpoint %d or later", after.Restored, before.Checkpoints.Last.ID)
	}
	if after.Failure == nil || after.Failure.Worker != victim.ID {
		t.Errorf("failure %+v, want one of worker %s", after.Failure, victim.ID)
	}
}

func TestLocalWorkersDieWithTheirMaster(t *testing.T) {
	j := startLocal(t, nil)
	job := j.job("workers", running)
	check(t, j.master.Process.Kill())
	for _, w := range job.Workers {
		eventually(t, "worker "+w.ID+" to die", func() bool { return !alive(w.PID) })
	}
}

func TestLocalMasterEndsOnSIGTERM(t *testing.T) {
	j := startLocal(t, nil)
	job := j.job("workers", running)
	check(t, j.master.Process.Signal(syscall.SIGTERM))
	if j.waitEnd() == nil {
		t.Error("a master that was told to end must not end as if the job were over")
	}
	for _, w := range job.Workers {
		if alive(w.PID) {
			t.Errorf("worker %s is left", w.ID)
		}
	}
}

func TestPlanThatDiffersIsRefused(t *testing.T) {
	j := startLocal(t, func(spec *jobspec.Spec) { spec.PlanHash = strings.Repeat("0", 64) })
	if j.waitEnd() == nil {
		t.Error("the master ran a job whose plan is another one")
	}
	text, err := os.ReadFile(filepath.Join(j.folder, "stderr"))
	check(t, err)
	if !strings.Contains(string(text), "is not the one that was submitted") {
		t.Errorf("the log does not say why:\n%s", text)
	}
}

func TestNoSecretIsToldToAnybody(t *testing.T) {
	j := startLocal(t, nil)
	job := j.job("workers", running)
	processes := []int{j.master.Process.Pid}
	for _, w := range job.Workers {
		processes = append(processes, w.PID)
	}
	forms := secretForms(j.secret)
	for _, pid := range processes {
		for _, file := range []string{"environ", "cmdline"} {
			text, err := os.ReadFile(filepath.Join("/proc", itoa(pid), file))
			check(t, err)
			forms.check(t, file, text)
		}
	}
	text, err := os.ReadFile(filepath.Join(j.folder, "stderr"))
	check(t, err)
	forms.check(t, "master's log", text)
	for _, path := range []string{"/weft/job", "/jobmanager/config", "/jobs/" + j.spec.JobID + "/config", "/jobmanager/log"} {
		status, text := send(t, nil, "GET", j.url+path, "")
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		forms.check(t, path, text)
	}
}
