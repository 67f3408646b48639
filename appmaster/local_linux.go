package appmaster

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent makes the system kill cmd's process when the thread that
// starts it ends, and so when this process is killed. The process gets a group
// of its own: a Ctrl-C on the terminal is the master's business.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// terminate asks a process to end.
func terminate(p *os.Process) { p.Signal(syscall.SIGTERM) }

// kill ends a process that did not want to, and what it started.
func kill(p *os.Process) {
	if syscall.Kill(-p.Pid, syscall.SIGKILL) != nil {
		p.Kill()
	}
}
