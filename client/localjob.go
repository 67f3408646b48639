package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnipc"
)

// localJob is the folder of a job on this machine. The folder's name is the
// job's id.
type localJob struct {
	id  string
	dir string
}

// Files in a local job's folder, beside jobspec.FileName and
// jobspec.ProgramName.
const (
	credentialsFile = "credentials" // a token file with the application's secret; of the same name in a staging folder on a cluster
	pidFile         = "master.pid"
	stagingFolder   = "staging"
	stdoutFile      = "stdout" // of the master
	stderrFile      = "stderr"
)

// localRoot is the folder of all local jobs.
func localRoot() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	if state == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no folder for the jobs of this machine: %w", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "weft", "local"), nil
}

// localJobOf returns the folder of the job with that id, whether or not it
// exists.
func localJobOf(id string) (*localJob, error) {
	root, err := localRoot()
	return &localJob{id: id, dir: filepath.Join(root, id)}, err
}

// localJobs lists the jobs of this machine.
func localJobs() ([]*localJob, error) {
	root, err := localRoot()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var jobs []*localJob
	for _, entry := range entries {
		if entry.IsDir() && jobIDForm.MatchString(entry.Name()) {
			jobs = append(jobs, &localJob{id: entry.Name(), dir: filepath.Join(root, entry.Name())})
		}
	}
	return jobs, nil
}

// exists reports whether the job has a folder.
func (l *localJob) exists() bool {
	info, err := os.Stat(l.dir)
	return err == nil && info.IsDir()
}

// file is the path of a file in the job's folder.
func (l *localJob) file(name string) string { return filepath.Join(l.dir, name) }

// spec reads what was submitted.
func (l *localJob) spec() (*jobspec.Spec, error) { return jobspec.Read(l.file(jobspec.FileName)) }

// pid returns the master's process id, 0 if it is not known.
func (l *localJob) pid() int {
	text, err := os.ReadFile(l.file(pidFile))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0
	}
	return pid
}

// alive reports whether a process with the master's id exists. After a restart
// of the machine it may be another one; only its answer tells.
func (l *localJob) alive() bool {
	pid := l.pid()
	return pid != 0 && syscall.Kill(pid, 0) == nil && !isZombie(pid)
}

// endError says how a job that does not run any more ended.
func (l *localJob) endError() error {
	end, err := jobspec.ReadEnd(l.dir)
	if err != nil {
		return voice.Hint(fmt.Errorf("job %s has ended: its master was killed", l.id), "its master's log is %s", l.file(stderrFile))
	}
	err = fmt.Errorf("job %s has ended: %s since %s", l.id, end.State, time.UnixMilli(end.Time).Format(time.DateTime))
	if end.Diagnostics != "" {
		return voice.Hint(err, "%s", end.Diagnostics)
	}
	return err
}

// lastView is what is known of a job after its master has gone.
func (l *localJob) lastView(last *api.Job) *api.Job {
	end, err := jobspec.ReadEnd(l.dir)
	if err != nil {
		return last
	}
	last.State, last.Ended, last.EndedAt = end.State, true, end.Time
	if last.Started == 0 {
		last.Started = end.Time
		if info, err := os.Stat(l.file(jobspec.FileName)); err == nil {
			last.Started = info.ModTime().UnixMilli()
		}
	}
	if last.Failure == nil && end.Diagnostics != "" && end.State == "FAILED" {
		last.Failure = &api.Failure{Message: end.Diagnostics}
	}
	return last
}

// isZombie reports whether a process has ended and nobody has asked how, which
// can go on for ever where the machine's first process is no init.
func isZombie(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false // not Linux
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(state, "Z")
}

// master is the job's master, wherever it announces itself.
func (l *localJob) master() (*master, error) {
	secret, err := l.secret()
	if err != nil {
		return nil, err
	}
	return &master{secret: secret, locate: l.address}, nil
}

// address returns where the master has announced itself, "" if nowhere.
func (l *localJob) address(ctx context.Context) string {
	files := storage.NewResolver(storage.Config{RetryFor: -1})
	defer files.Close()
	local, dir, err := files.Resolve("file://" + l.file(stagingFolder))
	if err != nil {
		return ""
	}
	announced, err := control.ReadMasterAddress(ctx, local, dir)
	if err != nil {
		return ""
	}
	return "http://" + announced.Addr
}

func (l *localJob) secret() ([]byte, error) {
	credentials, err := yarnipc.ReadCredentials(l.file(credentialsFile))
	if err != nil {
		return nil, fmt.Errorf("the job's secret cannot be read: %w", err)
	}
	return credentials.Secrets[jobspec.SecretName], nil
}
