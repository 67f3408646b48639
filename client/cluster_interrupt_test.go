//go:build integration

package client

import (
	"bytes"
	"context"
	"errors"
	iofs "io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
)

// onCluster is weft as a process of its own on the real Hadoop.
func onCluster(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := command(t, t.TempDir(), args...)
	cmd.Env = append(cmd.Env, "HADOOP_CONF_DIR="+os.Getenv("WEFT_TEST_HADOOP_CONF"))
	return cmd
}

// testCluster is the same Hadoop for the test itself.
func testCluster(t *testing.T) *cluster {
	t.Helper()
	t.Setenv("HADOOP_CONF_DIR", os.Getenv("WEFT_TEST_HADOOP_CONF"))
	k, err := openCluster(conf.New())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func runArgs(more ...string) []string {
	args := append([]string{"run", "-m", "yarn-cluster", "-yjm", "128", "-ytm", "128"}, more...)
	return append(args, "-c", "endless", filepath.Join(programs, "jobs"))
}

func match(t *testing.T, pattern, text string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %q", pattern, text)
	}
	return found[1]
}

func TestClusterInterruptLeavesAFollowedJobAlone(t *testing.T) {
	stdout, stderr, code := interruptAt(t, onCluster(t, runArgs()...), "RUNNING, 2 of 2 tasks run")
	if code != 1 || !strings.Contains(stderr, "interrupted; the job goes on") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	job := match(t, "JobID ([0-9a-f]{32})", stdout)
	if said, err := onCluster(t, "cancel", job).CombinedOutput(); err != nil {
		t.Errorf("the job does not go on: %s", said)
	}
}

func TestClusterInterruptWithSAECancels(t *testing.T) {
	stdout, stderr, code := interruptAt(t, onCluster(t, runArgs("-sae")...), "RUNNING, 2 of 2 tasks run")
	if job := match(t, "JobID ([0-9a-f]{32})", stdout); code != 1 || !strings.Contains(stdout, "Cancelled job "+job+".") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// At whatever point a submission is interrupted, neither an application nor a
// file is left.
func TestClusterInterruptedSubmissionLeavesNothing(t *testing.T) {
	for _, at := range []string{"asking for a master", "submitting application_", "is ACCEPTED", "waiting for AM container"} {
		t.Run(at, func(t *testing.T) {
			stdout, stderr, code := interruptAt(t, onCluster(t, runArgs()...), at)
			if code != 1 {
				t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			}
			found := regexp.MustCompile(`application_\d+_\d+`).FindString(stderr)
			if found == "" {
				return // interrupted before there was an application
			}
			checkNothingLeft(t, found)
		})
	}
}

func checkNothingLeft(t *testing.T, application string) {
	t.Helper()
	k := testCluster(t)
	id, err := yarnrest.ParseApplicationID(application)
	if err != nil {
		t.Fatal(err)
	}
	app, err := k.rm.App(t.Context(), id)
	if err == nil && !app.State.Ended() {
		t.Errorf("%s is %s", id, app.State)
	}
	if err != nil && !errors.Is(err, yarnrest.ErrNotFound) {
		t.Error(err)
	}
	files := k.resolver()
	defer files.Close()
	root, home, err := k.home(files, conf.New())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.Stat(t.Context(), path.Join(home, application)); !errors.Is(err, iofs.ErrNotExist) {
		t.Errorf("the staging folder of %s is left: %v", application, err)
	}
}

// A client that is killed while it waits loses nothing: the savepoint is
// completed, and who asks again gets one.
func TestClusterKilledClientLosesNoSavepoint(t *testing.T) {
	var out bytes.Buffer
	run := onCluster(t, runArgs("-d", "-D", "state.savepoints.dir=hdfs:///tmp/weft-client-test/savepoints")...)
	run.Stdout = &out
	if err := run.Run(); err != nil {
		t.Fatal(err)
	}
	job := match(t, "JobID ([0-9a-f]{32})", out.String())
	defer onCluster(t, "cancel", job).Run()
	m := &master{proxy: testCluster(t).proxy(mustID(t, match(t, "Submitted application (.*)", out.String())))}

	first := onCluster(t, "savepoint", job)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	operation := awaitOperation(t, m, func(o api.Operation) bool { return true })
	first.Process.Kill()
	first.Wait()
	if said, err := onCluster(t, "savepoint", job).CombinedOutput(); err != nil || !strings.Contains(string(said), "Savepoint completed. Path: ") {
		t.Errorf("asking again: %v: %s", err, said)
	}
	ended := awaitOperation(t, m, func(o api.Operation) bool { return o.ID == operation.ID && o.State != api.InProgress })
	if ended.State != api.Completed || ended.Path == "" {
		t.Errorf("the first savepoint: %+v", ended)
	}
}

func mustID(t *testing.T, text string) yarnrest.ApplicationID {
	t.Helper()
	id, err := yarnrest.ParseApplicationID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// awaitOperation waits until the job has an operation that is wanted.
func awaitOperation(t *testing.T, m *master, wanted func(api.Operation) bool) api.Operation {
	t.Helper()
	for {
		job, err := m.job(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range job.Operations {
			if wanted(o) {
				return o
			}
		}
		if err := pause(context.WithoutCancel(t.Context()), 5*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}
