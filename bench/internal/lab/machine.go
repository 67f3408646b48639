package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Machine describes this machine.
func Machine() string {
	text, _ := os.ReadFile("/proc/meminfo")
	kib := 0
	fmt.Sscanf(string(text), "MemTotal: %d kB", &kib)
	model := "an unknown processor"
	cpu, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(cpu)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%d cores (%s), %.0f GB", runtime.NumCPU(), model, float64(kib)/(1<<20))
}

// Versions lists the versions of what takes part; flink may be "".
func (c *Cluster) Versions(ctx context.Context, weft, java, flink string) string {
	versions := []string{"Weft " + weft, runtime.Version()}
	if info, err := c.RM.ClusterInfo(ctx); err == nil {
		versions = append(versions, "Hadoop "+info.Version)
	}
	if flink != "" {
		versions = append(versions, "Flink "+flink)
		versions = append(versions, JavaVersion(java))
	}
	return strings.Join(versions, ", ")
}

// JavaVersion is the first line of what java -version prints.
func JavaVersion(java string) string {
	text, err := exec.Command(java, "-version").CombinedOutput()
	if err != nil {
		return "java of unknown version"
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return first
}
