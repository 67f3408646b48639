package client

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// command is weft as a process of its own (see TestMain), with a home folder
// of its own.
func command(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("weft", args...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CACHE_HOME="+home, "NO_COLOR=1",
		"HADOOP_CONF_DIR=", "YARN_CONF_DIR=", "WEFT_CONF_DIR=")
	return cmd
}

// interruptAt starts the command, sends it Ctrl-C when a line of its standard
// error contains text, twice as timeout(1) does, and returns all that it said.
func interruptAt(t *testing.T, cmd *exec.Cmd, text string) (stdout, stderr string, code int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout = &out
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(pipe); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), text) {
			cmd.Process.Signal(os.Interrupt)
			time.Sleep(5 * time.Millisecond) // or both are one for the process
			cmd.Process.Signal(os.Interrupt)
		}
	}
	cmd.Wait()
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

func TestInterruptCancelsALocalJob(t *testing.T) {
	home := t.TempDir()
	cmd := command(t, home, "run", "-D", "rest.port=0", "-c", "endless", filepath.Join(programs, "jobs"))
	stdout, stderr, code := interruptAt(t, cmd, "RUNNING, 2 of 2 tasks run")
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	id := regexp.MustCompile(`JobID ([0-9a-f]{32})`).FindStringSubmatch(stdout)
	if id == nil || !strings.Contains(stdout, "Cancelled job "+id[1]+".") {
		t.Errorf("the job was not cancelled: %s%s", stdout, stderr)
	}
	if left, _ := filepath.Glob(home + "/weft/local/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Before the job's master has answered, everything is taken back.
func TestInterruptDuringTheStartLeavesNothing(t *testing.T) {
	home := t.TempDir()
	cmd := command(t, home, "run", "-D", "rest.port=0", "-c", "endless", filepath.Join(programs, "jobs"))
	stdout, stderr, code := interruptAt(t, cmd, "no checkpoints will be kept")
	if code != 1 {
		t.Errorf("exit code %d, want 1: %s%s", code, stdout, stderr)
	}
	if left, _ := filepath.Glob(home + "/weft/local/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
