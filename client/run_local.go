package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/ticket"
	"github.com/weft-stream/weft/yarnipc"
)

// runLocal runs the job's master as a child process, which starts the workers
// as its own.
func (a *app) runLocal(ctx context.Context, s *submission) (err error) {
	a.sayWithoutEffect("the job runs on this machine (-m yarn-cluster runs it on the cluster)",
		"yarnqueue", "yarnnodeLabel", "yarnapplicationType", "yarnname")
	checkpoints, err := s.checkFolders(ctx)
	if err != nil {
		return err
	}
	a.tell(checkpoints)
	a.sayCount(s)
	sweepLocal()
	undone := &undo{}
	defer func() {
		if err != nil {
			a.takeBack(ctx, undone)
		}
	}()
	l, err := s.makeFolder(undone)
	if err != nil {
		return err
	}
	child, err := l.start(!s.options.attached())
	if err != nil {
		return fmt.Errorf("the job's master cannot be started: %w", err)
	}
	undone.add(func(context.Context) error { return child.end() })
	m, err := l.master()
	if err != nil {
		return err
	}
	f := &found{job: l.id, name: s.plan.Job, application: "local_" + l.id, master: m, local: l}
	job, err := l.awaitMaster(ctx, f, child)
	if err != nil {
		return err
	}
	undone.forget()
	web := "http://" + job.Master.Address + "/"
	a.ui.Line("Job has been submitted with JobID %s", l.id)
	if !job.Ended {
		a.ui.Note("it runs on this machine, its page is %s", web)
	}
	if !s.options.attached() {
		return a.ui.Result(runResult{JobID: l.id, Name: f.name, Application: f.application, Web: web, State: job.State})
	}
	return a.followLocal(ctx, f, child, web)
}

// makeFolder makes and fills the folder that stands for the staging folder and
// the master's container.
func (s *submission) makeFolder(undone *undo) (*localJob, error) {
	l, err := localJobOf(newID())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(l.file(stagingFolder), folderMode); err != nil {
		return nil, fmt.Errorf("the job's folder cannot be made: %w", err)
	}
	undone.add(func(context.Context) error { return os.RemoveAll(l.dir) })
	spec := s.spec(l.id, "local_"+l.id, "file://"+l.file(stagingFolder))
	if spec.Resources, err = l.furnish(s); err != nil {
		return nil, err
	}
	text, err := spec.Marshal()
	if err != nil {
		return nil, err
	}
	secret := &yarnipc.Credentials{Secrets: map[string][]byte{jobspec.SecretName: ticket.NewSecret()}}
	if err := yarnipc.WriteCredentials(l.file(credentialsFile), secret); err != nil {
		return nil, err
	}
	return l, os.WriteFile(l.file(jobspec.FileName), text, secretMode)
}

// furnish puts the program into the folder and lists what every container
// needs. The program is a link where it can be: it stays the one that was
// started even if the user builds another.
func (l *localJob) furnish(s *submission) ([]jobspec.Resource, error) {
	if err := linkOrCopy(s.executable, l.file(jobspec.ProgramName)); err != nil {
		return nil, fmt.Errorf("the program cannot be copied: %w", err)
	}
	ships, err := listShipped(conf.Get(s.conf, conf.ShipFiles), origin(s.conf, conf.ShipFiles.Name))
	if err != nil {
		return nil, err
	}
	resources := []jobspec.Resource{{Name: jobspec.ProgramName, URI: "file://" + l.file(jobspec.ProgramName)}}
	for _, f := range ships {
		resources = append(resources, jobspec.Resource{Name: f.name, URI: "file://" + f.from})
	}
	return resources, nil
}

func linkOrCopy(from, to string) error {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, programMode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// masterProcess is the master as a child of the command.
type masterProcess struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// start starts the master. It gets a process group of its own: Ctrl-C is for
// the command, which then decides. A detached one gets a session of its own.
func (l *localJob) start(detached bool) (*masterProcess, error) {
	stdout, err := os.Create(l.file(stdoutFile))
	if err != nil {
		return nil, err
	}
	defer stdout.Close()
	stderr, err := os.Create(l.file(stderrFile))
	if err != nil {
		return nil, err
	}
	defer stderr.Close()
	cmd := exec.Command(l.file(jobspec.ProgramName))
	cmd.Dir = l.dir
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = append(os.Environ(), jobspec.RoleVariable+"="+jobspec.RoleMaster,
		"HADOOP_TOKEN_FILE_LOCATION="+l.file(credentialsFile))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !detached, Setsid: detached}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &masterProcess{cmd: cmd, done: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	return p, os.WriteFile(l.file(pidFile), []byte(strconv.Itoa(cmd.Process.Pid)+"\n"), secretMode)
}

// endGrace is how long a master may take to end its workers.
const endGrace = 5 * time.Second

// end ends the master: its workers end with it.
func (p *masterProcess) end() error {
	syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(endGrace):
	}
	return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// awaitMaster waits until the master answers or ends.
func (l *localJob) awaitMaster(ctx context.Context, f *found, child *masterProcess) (*api.Job, error) {
	for {
		job, err := f.master.job(ctx, 0)
		if err == nil || ctx.Err() != nil || !errors.Is(err, errNoMaster) {
			return job, err
		}
		select {
		case <-child.done:
			if last := l.lastView(&api.Job{}); last.Ended {
				return last, nil
			}
			return nil, l.died()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(localPause):
		}
	}
}

// died is the error of a master that ended before it answered. Its folder goes
// away, so its last words are told.
func (l *localJob) died() error {
	text, _ := os.ReadFile(l.file(stderrFile))
	const most = 2000
	if len(text) > most {
		text = text[len(text)-most:]
	}
	return voice.Hint(errors.New("the job's master ended before it answered"), "its last words:\n%s", text)
}
