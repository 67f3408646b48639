// Package profile records where a worker spends its time and memory, for somebody who makes it faster: scripts/profile.
package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// Variable names the environment variable with the folder for profiles. Without it none are taken.
const Variable = "WEFT_PROFILE"

// blockRate has one blocking event sampled for so many ns spent blocked.
const blockRate = 10_000

// kinds are the profiles of runtime/pprof that are written at the end.
var kinds = []string{"allocs", "block", "mutex"}

// Start begins to record, if the variable says so. The returned function ends it and writes <kind>-<pid>.pprof for cpu,
// allocs, block and mutex into the folder. Start must not be called again before that.
func Start() (stop func() error, err error) {
	folder := os.Getenv(Variable)
	if folder == "" {
		return func() error { return nil }, nil
	}
	name := func(kind string) string { return filepath.Join(folder, fmt.Sprintf("%s-%d.pprof", kind, os.Getpid())) }
	cpu, err := os.Create(name("cpu"))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	runtime.SetBlockProfileRate(blockRate)
	runtime.SetMutexProfileFraction(100)
	return func() error {
		pprof.StopCPUProfile()
		err := cpu.Close()
		for _, kind := range kinds {
			err = errors.Join(err, write(kind, name(kind)))
		}
		return err
	}, nil
}

func write(kind, name string) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(kind).WriteTo(file, 0), file.Close())
}
