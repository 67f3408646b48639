package lab

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/weft-stream/weft/yarnrest"
)

// Process is a process of a container.
type Process struct {
	PID       int
	Container string
	Command   string // the executable's name, as the system has it
}

// Processes are the main processes of an application's containers, by the containers' ids. A container begins as shells
// that wait for what they have started: its main process is the one that is nobody's parent.
func Processes(id yarnrest.ApplicationID) map[string]Process {
	// container_<timestamp>_<number>_…, with an epoch in front of the timestamp after a restart of the ResourceManager.
	part := strings.TrimPrefix(id.String(), "application") + "_"
	found := map[string]Process{}
	for _, pid := range pids() {
		container := containerOf(pid)
		if !strings.Contains(container, part) || len(children(pid)) > 0 {
			continue
		}
		if comm, err := os.ReadFile(procFile(pid, "comm")); err == nil {
			found[container] = Process{PID: pid, Container: container, Command: strings.TrimSpace(string(comm))}
		}
	}
	return found
}

// IsMaster says whether it is the process of an application master: YARN gives the first container of an attempt to it.
func (p Process) IsMaster() bool { return strings.HasSuffix(p.Container, "_000001") }

// Kill ends the process as a crash would, and returns when it is gone.
func (p Process) Kill() error {
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill process %d of %s: %w", p.PID, p.Container, err)
	}
	for p.RSS() > 0 {
		time.Sleep(time.Millisecond)
	}
	return nil
}

// RSS is the process's resident memory in bytes, 0 if it is gone.
func (p Process) RSS() int64 { return Memory(p.PID, "VmRSS") }

// Memory reads a figure of /proc/<pid>/status, in bytes; 0 if the process is gone.
func Memory(pid int, figure string) int64 {
	text, err := os.ReadFile(procFile(pid, "status"))
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if name != figure {
			continue
		}
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		return kib << 10
	}
	return 0
}

// containerOf is the CONTAINER_ID in a process's environment, "" if there is none or it cannot be read.
func containerOf(pid int) string {
	text, err := os.ReadFile(procFile(pid, "environ"))
	if err != nil {
		return ""
	}
	for variable := range bytes.SplitSeq(text, []byte{0}) {
		if id, ok := bytes.CutPrefix(variable, []byte("CONTAINER_ID=")); ok {
			return string(id)
		}
	}
	return ""
}

func pids() []int {
	names, _ := filepath.Glob("/proc/[0-9]*")
	all := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(filepath.Base(name)); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

func procFile(pid int, name string) string {
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}
