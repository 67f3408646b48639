package lab

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Command is a command line as a user types it.
type Command struct {
	Args []string
	Env  []string // NAME=value, beside this process's own
}

// Outcome is how a command ended.
type Outcome struct {
	Began  time.Time
	Wall   time.Duration
	Peak   int64 // most resident memory, in bytes: of the command and the processes that it started, added up
	Output string
}

// memoryLook is the pause between two looks at a command's memory. The kernel keeps the highest value of each process
// (VmHWM), so only what a process adds in its last moment is missed.
const memoryLook = 5 * time.Millisecond

// Run runs a command to its end. That it fails is an error with the last line of its output.
//
// The peak that wait4 reports would be wrong here: Linux counts into it what the parent had before the exec.
func Run(ctx context.Context, c Command) (Outcome, error) {
	output := &bytes.Buffer{}
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = output, output
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return Outcome{}, err
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go watchMemory(cmd.Process.Pid, ended, peak)
	err := cmd.Wait()
	outcome := Outcome{Began: began, Wall: time.Since(began), Output: output.String()}
	close(ended)
	outcome.Peak = <-peak
	if err != nil {
		lines := strings.Split(strings.TrimSpace(outcome.Output), "\n")
		err = fmt.Errorf("%s: %w: %s", strings.Join(c.Args, " "), err, lines[len(lines)-1])
	}
	return outcome, err
}

func watchMemory(pid int, ended <-chan struct{}, peak chan<- int64) {
	highest := map[int]int64{}
	for {
		highest[pid] = max(highest[pid], Memory(pid, "VmHWM"))
		for _, child := range children(pid) {
			if !forked(child, pid) {
				highest[child] = max(highest[child], Memory(child, "VmHWM"))
			}
		}
		select {
		case <-ended:
			sum := int64(0)
			for _, bytes := range highest {
				sum += bytes
			}
			peak <- sum
			return
		case <-time.After(memoryLook):
		}
	}
}

// forked says whether a child has not become a program of its own yet: until then it has its parent's memory, which must
// not count twice.
func forked(child, parent int) bool {
	its, err := os.Readlink(procFile(child, "exe"))
	parents, _ := os.Readlink(procFile(parent, "exe"))
	return err != nil || its == parents
}

// children are the processes that a process has started and that are alive, with theirs.
func children(pid int) []int {
	var all []int
	text, _ := os.ReadFile(procFile(pid, "task/"+strconv.Itoa(pid)+"/children"))
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			all = append(append(all, child), children(child)...)
		}
	}
	return all
}
