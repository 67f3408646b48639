// Package memory keeps a process inside its container.
package memory

import (
	"log/slog"
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow further between collections than Go does by
// itself: streaming makes much garbage beside little live data. The limit
// takes over when the container fills up.
const gcPercent = 400

// HeapShare returns what the Go runtime may use of a container's bytes. The rest
// is room for what the runtime's limit does not count: the program's own pages,
// and kernel memory charged to the process.
func HeapShare(container int64) int64 {
	room := max(container/8, 32<<20)
	return max(container-room, container/2)
}

// StateShare returns how many of a container's bytes may hold keyed state before it goes to disk: so many, or if that is
// 0 a fraction. It is never so much that there is no room for garbage and for all else.
func StateShare(container, size int64, fraction float64) int64 {
	if size == 0 {
		size = int64(fraction * float64(container))
	}
	return min(size, HeapShare(container)*3/4)
}

// Limit keeps the process inside a container of so many bytes: YARN kills one
// that grows beyond its size. GOMEMLIMIT and GOGC in the environment are
// somebody's decision and stay.
func Limit(container int64, log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if container <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := HeapShare(container)
	debug.SetMemoryLimit(limit)
	log.Info("memory limit", "container-mib", container>>20, "limit-mib", limit>>20)
}
