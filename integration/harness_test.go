//go:build integration

package integration

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come; a test that passes
// never waits for so long.
const patience = 3 * time.Minute

// repository is the root of the source tree, and programs the folder of what
// was built from it.
var repository, programs string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	flag.Parse()
	var err error
	if repository, err = filepath.Abs(".."); err == nil {
		programs, err = os.MkdirTemp("", "weft-integration-")
	}
	if err == nil {
		defer os.RemoveAll(programs)
		err = build("weft", "./cmd/weft")
	}
	if err == nil {
		err = build("transfer", "./examples/transfer")
	}
	if err == nil && !given("test.parallel") { // tests mostly wait: more of them than cores can run side by side
		err = flag.Set("test.parallel", "8")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// given tells whether a flag stands on the command line.
func given(name string) (is bool) {
	flag.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// build makes a program as a user does who wants it to run on any machine.
func build(name, source string) error {
	cmd := exec.Command("go", "build", "-o", filepath.Join(programs, name), source)
	cmd.Dir, cmd.Env = repository, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", source, err, out)
	}
	return nil
}

// place is where a test runs its jobs: a cluster or this machine, with folders
// of the test's own.
type place struct {
	t       *testing.T
	cluster *cluster // nil for this machine
	root    string   // URI of the test's folder for output and snapshots
	files   folder   // the same
	home    string   // folder on this machine that the weft command works in
	program string   // that jobs run
	former  []string // ids of the jobs that were started to be ended or killed
}

// onMachine is a place without a cluster.
func onMachine(t *testing.T) *place {
	dir := filepath.Join(t.TempDir(), "files")
	check(t, os.Mkdir(dir, 0o755))
	return newPlace(t, nil, "file://"+dir, localFolder(dir))
}

// onCluster is a place in a cluster's HDFS.
func onCluster(t *testing.T, c *cluster) *place {
	dir := fmt.Sprintf("/tmp/integration/%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), time.Now().UnixNano())
	p := newPlace(t, c, "hdfs://"+dir, c.folder(dir))
	t.Cleanup(func() { c.delete(dir) })
	return p
}

func newPlace(t *testing.T, c *cluster, root string, files folder) *place {
	p := &place{t: t, cluster: c, root: root, files: files, home: t.TempDir(), program: "transfer"}
	check(t, os.Mkdir(filepath.Join(p.home, "conf"), 0o755))
	p.configure(p.settings())
	return p
}

// settings are those of every test.
func (p *place) settings() string {
	return `
state.checkpoints.dir: ` + p.root + `/checkpoints
state.savepoints.dir: ` + p.root + `/savepoints
state.checkpoints.num-retained: 3
execution.checkpointing.interval: 500 ms
execution.checkpointing.tolerable-failed-checkpoints: 1000
restart-strategy.type: fixed-delay
restart-strategy.fixed-delay.attempts: 1000
restart-strategy.fixed-delay.delay: 0 s
rest.port: 0
`
}

// configure writes the user's settings.
func (p *place) configure(text string) {
	p.t.Helper()
	check(p.t, os.WriteFile(filepath.Join(p.home, "conf", "weft-conf.yaml"), []byte(text), 0o644))
}

// command is a weft command that is yet to be started, killed with the test.
type command struct {
	*exec.Cmd
	stdout, stderr *buffer
}

func (p *place) command(args ...string) *command {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	p.t.Cleanup(cancel)
	c := &command{Cmd: exec.CommandContext(ctx, filepath.Join(programs, "weft"), args...), stdout: &buffer{}, stderr: &buffer{}}
	c.Dir, c.Stdout, c.Stderr = p.home, c.stdout, c.stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "HADOOP_CONF_DIR=") && !strings.HasPrefix(variable, "YARN_CONF_DIR=") {
			c.Env = append(c.Env, variable)
		}
	}
	c.Env = append(c.Env, "WEFT_CONF_DIR="+filepath.Join(p.home, "conf"), "XDG_STATE_HOME="+filepath.Join(p.home, "state"))
	if p.cluster != nil {
		c.Env = append(c.Env, "HADOOP_CONF_DIR="+p.cluster.conf)
	}
	return c
}

// weft runs a weft command that must succeed.
func (p *place) weft(args ...string) *command {
	p.t.Helper()
	c := p.command(args...)
	if err := c.Run(); err != nil {
		p.t.Fatalf("weft %s: %v\n%s%s", strings.Join(args, " "), err, c.stdout, c.stderr)
	}
	return c
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get returns the body of a page, and the status, 0 if nobody answers.
func get(url string) ([]byte, int) {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return nil, 0
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, 0
	}
	return text, answer.StatusCode
}

// kill ends processes as a crash does.
func kill(t *testing.T, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		check(t, syscall.Kill(pid, syscall.SIGKILL))
	}
}

// hold stops a process until release is called, or until the test ends.
func hold(t *testing.T, pid int) (release func()) {
	t.Helper()
	check(t, syscall.Kill(pid, syscall.SIGSTOP))
	release = func() { syscall.Kill(pid, syscall.SIGCONT) }
	t.Cleanup(release)
	return release
}

// processes returns those whose environment holds the text, such as the id of
// an application.
func processes(text string) []int {
	var found []int
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range environments {
		environment, err := os.ReadFile(name) // of a process that has ended: empty
		if err != nil || !bytes.Contains(environment, []byte(text)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}
