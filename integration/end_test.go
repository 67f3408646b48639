//go:build integration

package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBoundedJobFinishes runs a job to its end at full speed: with the memory that
// it has, no container may be killed meanwhile.
func TestBoundedJobFinishes(t *testing.T) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	c := p.weft(p.runArguments([]string{"-yn", "2", "-ys", "2"}, "--count", "300000")...)
	if !strings.Contains(c.stdout.String(), "has finished") {
		t.Errorf("the output does not tell the end:\n%s%s", c.stdout, c.stderr)
	}
	if strings.Contains(c.stderr.String(), "RESTARTING") {
		t.Errorf("the job was restarted:\n%s", c.stderr)
	}
	app := p.cluster.awaitEnd(t, p.found(appLine, c))
	if app.State != "FINISHED" || app.FinalStatus != "SUCCEEDED" {
		t.Errorf("the application ended as %+v", app)
	}
	p.checkOutput(300_000, "out")
}

// TestYarnKillLeavesNothing kills the application behind Weft's back. What it
// retained is enough to go on. The test runs alone: a NodeManager gives a killed
// master 250 ms to clean up, which is little on a machine that is busy with other
// tests.
func TestYarnKillLeavesNothing(t *testing.T) {
	c := sharedCluster(t)
	j, _ := onCluster(t, c).start()
	c.script(t, "yarn", "application", "-kill", j.app)
	if app := c.awaitEnd(t, j.app); app.State != "KILLED" {
		t.Errorf("the application ended as %+v", app)
	}
	j.finishFrom(j.retained() + "/_metadata")
}

// TestPanicsEndTheJob runs a job whose function panics at one of its records,
// each time again.
func TestPanicsEndTheJob(t *testing.T) {
	t.Parallel()
	p := onCluster(t, sharedCluster(t))
	options := []string{"-yn", "2", "-D", "restart-strategy.fixed-delay.attempts=2"}
	c := p.command(p.runArguments(options, "--rate", "2000", "--frozen", "3000")...)
	if err := c.Run(); c.ProcessState.ExitCode() != 1 {
		t.Errorf("exit code %d, %v", c.ProcessState.ExitCode(), err)
	}
	location := panicLocation(t)
	for _, want := range []string{location, "is frozen"} {
		if !strings.Contains(c.stderr.String(), want) {
			t.Errorf("the command does not say %q:\n%s%s", want, c.stdout, c.stderr)
		}
	}
	app := p.cluster.awaitEnd(t, p.found(appLine, c))
	if app.State != "FINISHED" || app.FinalStatus != "FAILED" {
		t.Errorf("the application ended as %+v", app)
	}
	for _, want := range []string{location, "is frozen", "fixed-delay", "no more than 2"} {
		if !strings.Contains(app.Diagnostics, want) {
			t.Errorf("the diagnostics do not say %q: %s", want, app.Diagnostics)
		}
	}
}

// panicLocation is where the example panics: folder/file:line.
func panicLocation(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "examples", "transfer", "main.go"))
	check(t, err)
	before, _, found := bytes.Cut(text, []byte("panic("))
	if !found {
		t.Fatal("the example does not panic")
	}
	return fmt.Sprintf("transfer/main.go:%d", bytes.Count(before, []byte("\n"))+1)
}
