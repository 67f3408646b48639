package appmaster

import (
	"log/slog"
	"os"
	"runtime/debug"
)

// heapShare leaves room in the container for what the Go runtime's limit does
// not count: the program's own pages, and kernel memory charged to the
// process. YARN kills a container that grows beyond its size.
func heapShare(container int64) int64 {
	room := max(container/8, 32<<20)
	return max(container-room, container/2)
}

// limitMemory keeps the process inside its container. GOMEMLIMIT in the
// environment is somebody's decision and stays.
func limitMemory(container int64, log *slog.Logger) {
	if container <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := heapShare(container)
	debug.SetMemoryLimit(limit)
	log.Info("memory limit", "container-mib", container>>20, "limit-mib", limit>>20)
}
