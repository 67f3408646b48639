package state

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// threadCPU is the processor time of the calling thread: what a batch costs, without what other programs take.
func threadCPU() time.Duration {
	const clockThreadCPU = 3
	var t syscall.Timespec
	if _, _, err := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&t)), 0); err != 0 {
		panic(err)
	}
	return time.Duration(t.Nano())
}

// resident is the memory of the process in bytes, now and at most.
func resident(b *testing.B) (now, peak int64) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("the kernel does not tell a process's memory")
	}
	for line := range strings.Lines(string(text)) {
		fmt.Sscanf(line, "VmRSS: %d kB", &now)
		fmt.Sscanf(line, "VmHWM: %d kB", &peak)
	}
	return now << 10, peak << 10
}

// load is a subtask's work as its slot does it: strides of records, and a slice of the open snapshot between two of them.
type load[K comparable] struct {
	table  *Table[K, int64]
	key    func(i int) K
	r      *rand.Rand
	keys   int
	fresh  int // of 1024 records, how many have a new key
	worst  []time.Duration
	rows   [batch]K
	hashes [batch]uint64
	frames [][]byte
	bytes  int
}

const stride, batch = 256, 1024

// batch handles 1,024 records and notes what processor time they took.
func (l *load[K]) batch() (open bool) {
	for i := range l.rows {
		n := l.r.IntN(l.keys)
		if l.r.IntN(batch) < l.fresh {
			n = l.keys
			l.keys++
		}
		l.rows[i] = l.key(n)
		l.hashes[i] = l.table.hash(l.rows[i])
	}
	start := threadCPU()
	for from := 0; from < batch; from += stride {
		l.table.Segments.Prefetch(l.hashes[from : from+stride])
		for i := from; i < from+stride; i++ {
			v, _ := l.table.Ref(l.hashes[i], l.rows[i])
			*v++
		}
		open = !l.table.Segments.StepSnapshot(16)
	}
	l.worst = append(l.worst, threadCPU()-start)
	return open
}

// report tells the worst and the usual batch since the last report.
func (l *load[K]) report(b *testing.B, name string) {
	slices.Sort(l.worst)
	n := len(l.worst)
	b.ReportMetric(float64(l.worst[n-1].Microseconds()), name+"-us-worst")
	b.ReportMetric(float64(l.worst[n/2].Microseconds()), name+"-us-median")
	l.worst = l.worst[:0]
}

// benchmarkLoad takes snapshots of a large table under a full load of updates with new keys among them: the pauses are the
// batches' processor time, the memory is the process's.
func benchmarkLoad[K comparable](b *testing.B, keys int, key func(i int) K) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	debug.FreeOSMemory()
	before, _ := resident(b)
	l := &load[K]{table: newTable[K, int64](b, 128), key: key, r: rand.New(rand.NewPCG(1, 2))}
	l.keys = 1
	l.fresh = batch
	for l.keys < keys {
		l.batch()
	}
	l.report(b, "load")
	l.fresh = batch / 16
	for range 2000 {
		l.batch()
	}
	l.report(b, "before")
	runtime.GC()
	steady, _ := resident(b)
	for range b.N {
		l.frames, l.bytes = nil, 0
		l.table.Segments.BeginSnapshot(func(_, _ int, frame []byte) {
			l.frames, l.bytes = append(l.frames, frame), l.bytes+len(frame)
		})
		for l.batch() {
		}
	}
	_, peak := resident(b)
	l.report(b, "snapshot")
	b.ReportMetric(float64(len(l.frames)), "frames")
	b.ReportMetric(float64(l.bytes)/float64(l.table.Segments.Len()), "snapshot-B/key")
	b.ReportMetric(float64(l.table.Segments.Bytes())/float64(l.table.Segments.Len()), "table-B/key")
	b.ReportMetric(float64(steady-before)/float64(l.table.Segments.Len()), "rss-B/key")
	b.ReportMetric(float64(peak-before)/float64(steady-before), "rss-peak/steady")
}

func BenchmarkSnapshotUnderLoad(b *testing.B) {
	b.Run("uint64", func(b *testing.B) { benchmarkLoad(b, 1e7, number) })
	b.Run("string", func(b *testing.B) { benchmarkLoad(b, 1e7, word) })
}
