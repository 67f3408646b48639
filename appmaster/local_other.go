//go:build !linux

package appmaster

import (
	"os"
	"os/exec"
)

// dieWithParent does nothing here: a worker without its master ends when its
// lease is over.
func dieWithParent(*exec.Cmd) {}

// terminate asks a process to end.
func terminate(p *os.Process) { p.Signal(os.Interrupt) }

// kill ends a process that did not want to.
func kill(p *os.Process) { p.Kill() }
