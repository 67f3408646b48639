package lab

import (
	"path/filepath"
	"strconv"
)

// FlinkAlone is a program for Flink that runs, with a cluster of its own, inside one JVM of this machine.
type FlinkAlone struct {
	Java    string // the command
	Lib     string // the folder lib of a Flink distribution
	Program string // the jar
}

// opened are the packages that Flink's own configuration opens to it on Java 17.
var opened = []string{"lang", "net", "io", "nio", "lang.reflect", "text", "time", "util", "util.concurrent", "util.concurrent.atomic", "util.concurrent.locks"}

// Command is the command line that runs a class of the program with a heap of so many MB.
func (f FlinkAlone) Command(heapMB int, class string, args ...string) Command {
	heap := strconv.Itoa(heapMB) + "m"
	java := []string{f.Java, "-Xms" + heap, "-Xmx" + heap}
	for _, name := range opened {
		java = append(java, "--add-opens=java.base/java."+name+"=ALL-UNNAMED")
	}
	java = append(java, "-cp", f.Program+":"+filepath.Join(f.Lib, "*"), class)
	return Command{Args: append(java, args...)}
}
