//go:build integration

package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// cutOff ends all TCP connections of a process, as a network does that forgets
// them, and returns how many. It takes a copy of each socket out of the process
// and shuts it down.
func cutOff(pid int) (cut int, err error) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0, fmt.Errorf("process %d: %w", pid, err)
	}
	defer unix.Close(process)
	files := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(files)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		what, _ := os.Readlink(filepath.Join(files, e.Name()))
		number, _ := strconv.Atoi(e.Name())
		if !strings.HasPrefix(what, "socket:") {
			continue
		}
		socket, err := unix.PidfdGetfd(process, number, 0)
		if err == unix.EBADF { // closed meanwhile
			continue
		}
		if err != nil {
			return cut, fmt.Errorf("socket %d of process %d: %w", number, pid, err)
		}
		if _, err := unix.Getpeername(socket); err == nil && unix.Shutdown(socket, syscall.SHUT_RDWR) == nil {
			cut++
		}
		unix.Close(socket)
	}
	return cut, nil
}
