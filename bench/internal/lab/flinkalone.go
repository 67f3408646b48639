package lab

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// FlinkAlone is a program for Flink that runs, with a cluster of its own, inside one JVM of this machine.
type FlinkAlone struct {
	Java    string // the command
	Lib     string // the folder lib of a Flink distribution
	Program string // the jar
}

// opened are the packages that Flink's own configuration opens to it on Java 17.
var opened = []string{"lang", "net", "io", "nio", "lang.reflect", "text", "time", "util", "util.concurrent", "util.concurrent.atomic", "util.concurrent.locks"}

// Run runs a class of the program, with a heap of so many MB, to its end. That it fails is an error with what Flink says was
// the cause, which stands in front of the last lines.
func (f FlinkAlone) Run(ctx context.Context, heapMB int, class string, args ...string) (Outcome, error) {
	heap := strconv.Itoa(heapMB) + "m"
	java := []string{f.Java, "-Xms" + heap, "-Xmx" + heap}
	for _, name := range opened {
		java = append(java, "--add-opens=java.base/java."+name+"=ALL-UNNAMED")
	}
	java = append(java, "-cp", f.Program+":"+filepath.Join(f.Lib, "*"), class)
	outcome, err := Run(ctx, Command{Args: append(java, args...)})
	if err != nil {
		err = cause(outcome.Output, err)
	}
	return outcome, err
}

// cause makes an error of the last cause that a JVM has told.
func cause(output string, err error) error {
	for line := range strings.Lines(output) {
		if told, ok := strings.CutPrefix(line, "Caused by: "); ok {
			err = errors.New(strings.TrimSpace(told))
		}
	}
	return err
}
