// Package memory keeps a process inside its container.
package memory

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

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

// Live returns the bytes of the heap that the latest garbage collection found in use, how many of them should be at most, so
// that the collector has room to work inside the limit, and the number of collections so far. goal is 0 if there is no limit.
func Live() (live, goal int64, collections uint64) {
	samples := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/gomemlimit:bytes"}, {Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(samples)
	limit := samples[1].Value.Uint64()
	if limit >= math.MaxInt64 {
		limit = 0
	}
	return int64(samples[0].Value.Uint64()), int64(limit) * 6 / 10, samples[2].Value.Uint64()
}

// Limit keeps the process inside a container of so many bytes: YARN kills one
// that grows beyond its size; and from then on the heap grows between two
// collections by what suits that which is live. GOMEMLIMIT and GOGC in the environment are
// somebody's decision and stay. It is called once.
func Limit(container int64, log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(mostPercent)
		go follow(time.Tick(followEvery))
	}
	if container <= 0 || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := HeapShare(container)
	debug.SetMemoryLimit(limit)
	log.Info("memory limit", "container-mib", container>>20, "limit-mib", limit>>20)
}
