package appmaster

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/yarnipc"
)

// localHost is where everything of a job on one machine listens.
const localHost = "127.0.0.1"

// Workers that were told to end get exitGrace, and those that do not get
// killGrace after SIGTERM.
const (
	exitGrace = 3 * time.Second
	killGrace = 2 * time.Second
)

// localProvider runs containers as child processes of the master, each in a
// folder of its own. Their lives end with the master's.
//
// One goroutine owns all the fields below do.
type localProvider struct {
	program     string            // the executable, the same as the master's
	spec        *jobspec.Spec     // the job
	secret      []byte            // of the application
	folder      string            // of the containers' folders
	environment map[string]string // more variables for the workers
	master      string            // the master's address
	log         *slog.Logger

	do chan func()

	post     func(containerEvent)
	pool     *pool
	next     int
	children map[string]*child
}

// child is one running process.
type child struct {
	cmd      *exec.Cmd
	released string // why it was released, "" if it was not
	done     chan struct{}
}

func newLocalProvider(program, folder, master string, spec *jobspec.Spec, secret []byte, environment map[string]string, log *slog.Logger) *localProvider {
	return &localProvider{
		program: program, folder: folder, master: master,
		spec: spec, secret: secret, environment: environment, log: log,
		do: make(chan func()), pool: newPool(), children: map[string]*child{},
	}
}

func (l *localProvider) start(_ context.Context, post func(containerEvent)) error {
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return err
	}
	l.post = post
	go l.loop()
	return nil
}

func (l *localProvider) ensure(n int) {
	l.do <- func() { l.pool.want = n }
}

func (l *localProvider) release(id, reason string) {
	l.do <- func() {
		if c := l.children[id]; c != nil {
			c.released = reason
			l.pool.ended(id, true, time.Now()) // it counts as gone: the next one starts now
			terminate(c.cmd.Process)
			time.AfterFunc(killGrace, func() { kill(c.cmd.Process) })
		}
	}
}

// finish waits for the workers, which have been told to end unless the end has
// no state, and makes those end that do not.
func (l *localProvider) finish(ctx context.Context, end ending) error {
	l.writeEnd(end)
	left := make(chan []*child)
	l.do <- func() {
		l.pool.want = 0
		var list []*child
		for _, c := range l.children {
			list = append(list, c)
		}
		go func() { left <- list }()
	}
	children := <-left
	if end.State != "" && waitFor(ctx, children, exitGrace) {
		return nil
	}
	for _, c := range children {
		terminate(c.cmd.Process)
	}
	if waitFor(ctx, children, killGrace) {
		return nil
	}
	for _, c := range children {
		kill(c.cmd.Process)
	}
	waitFor(context.WithoutCancel(ctx), children, killGrace)
	return nil
}

// writeEnd writes down how the job ended, which on a cluster the
// ResourceManager remembers.
func (l *localProvider) writeEnd(end ending) {
	if end.State == "" {
		return
	}
	err := jobspec.WriteEnd(filepath.Dir(l.folder), jobspec.End{
		State: string(end.State), Diagnostics: end.Diagnostics, Time: time.Now().UnixMilli(),
	})
	if err != nil {
		l.log.Warn("the job's end is not written down", "error", err)
	}
}

// waitFor returns whether all children ended in time.
func waitFor(ctx context.Context, children []*child, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, c := range children {
		select {
		case <-c.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// loop owns the provider's state for the rest of the process's life. It stays
// on one thread, because the system kills a child when the thread that started
// it ends (see dieWithParent).
func (l *localProvider) loop() {
	runtime.LockOSThread()
	timer := time.NewTimer(0)
	for {
		select {
		case f := <-l.do:
			f()
		case <-timer.C:
		}
		if wait := l.fill(); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// fill starts what is missing and returns how long to wait before the next
// try, 0 if there is nothing to wait for.
func (l *localProvider) fill() time.Duration {
	n, wait := l.pool.missing(time.Now())
	for range n {
		l.next++
		id := fmt.Sprintf("local_%.8s_%d", l.spec.JobID, l.next)
		l.pool.given(id, time.Now())
		if err := l.launch(id); err != nil {
			l.log.Error("container did not start", "container", id, "error", err)
			l.end(id, -1, "did not start: "+err.Error())
			_, wait = l.pool.missing(time.Now())
			return max(wait, time.Millisecond)
		}
	}
	return wait
}

// launch starts one worker.
func (l *localProvider) launch(id string) error {
	folder := filepath.Join(l.folder, id)
	logs := filepath.Join(folder, "logs")
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return err
	}
	tokens := filepath.Join(folder, "container_tokens")
	if err := l.furnish(folder, tokens); err != nil {
		return err
	}
	stdout, err := os.Create(filepath.Join(logs, "stdout"))
	if err != nil {
		return err
	}
	defer stdout.Close()
	stderr, err := os.Create(filepath.Join(logs, "stderr"))
	if err != nil {
		return err
	}
	defer stderr.Close()
	cmd := exec.Command(l.program)
	cmd.Dir = folder
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Env = l.variables(id, folder, logs, tokens)
	dieWithParent(cmd)
	l.post(containerEvent{
		State: containerGiven, ID: id, Host: localHost, Stdout: stdout.Name(), Stderr: stderr.Name(),
	})
	if err := cmd.Start(); err != nil {
		return err
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	l.children[id] = c
	l.log.Info("container started", "container", id, "pid", cmd.Process.Pid)
	go func() {
		err := cmd.Wait()
		close(c.done)
		l.do <- func() { l.reap(id, c, err) }
	}()
	return nil
}

// furnish puts into a container's folder what YARN would put there.
func (l *localProvider) furnish(folder, tokens string) error {
	text, err := l.spec.Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, jobspec.FileName), text, 0o600); err != nil {
		return err
	}
	credentials := &yarnipc.Credentials{Secrets: map[string][]byte{jobspec.SecretName: l.secret}}
	if err := yarnipc.WriteCredentials(tokens, credentials); err != nil {
		return err
	}
	for _, resource := range l.spec.Resources {
		if resource.Name == jobspec.ProgramName || resource.Name == jobspec.FileName {
			continue
		}
		name := filepath.Join(folder, filepath.FromSlash(resource.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return err
		}
		if err := os.Symlink(strings.TrimPrefix(resource.URI, "file://"), name); err != nil {
			return err
		}
	}
	return nil
}

// variables is the environment of a worker: the master's, and what YARN would
// set.
func (l *localProvider) variables(id, folder, logs, tokens string) []string {
	env := os.Environ()
	for name, value := range l.environment {
		env = append(env, name+"="+value)
	}
	return append(env,
		jobspec.RoleVariable+"="+jobspec.RoleContainer,
		"CONTAINER_ID="+id,
		"HADOOP_TOKEN_FILE_LOCATION="+tokens,
		"NM_HOST="+localHost,
		control.MasterVariable+"="+l.master,
		"LOG_DIRS="+logs,
		"PWD="+folder,
	)
}

// reap takes notice of a process's end.
func (l *localProvider) reap(id string, c *child, err error) {
	delete(l.children, id)
	reason := "ended by itself (exit status 0)"
	if err != nil {
		reason = "ended: " + err.Error()
	}
	if c.released != "" {
		reason = "released: " + c.released
	}
	l.log.Info("container ended", "container", id, "reason", reason)
	l.end(id, c.cmd.ProcessState.ExitCode(), reason)
}

func (l *localProvider) end(id string, exit int, reason string) {
	l.pool.ended(id, true, time.Now())
	l.post(containerEvent{State: containerEnded, ID: id, Host: localHost, Exit: exit, Reason: reason})
}
