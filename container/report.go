package container

import (
	"bytes"
	"context"
	"os"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// awaitEpoch returns the deployment of an epoch as soon as it is there, or nil
// when it is over or the deadline has passed. Epochs come in their order, so one
// that is not there after a later one has been.
func (w *Worker) awaitEpoch(epoch int64, deadline time.Time) *deployment {
	timer := time.AfterFunc(time.Until(deadline), func() {
		w.mu.Lock()
		w.changed.Broadcast()
		w.mu.Unlock()
	})
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if d := w.find(epoch); d != nil {
			return d
		}
		if w.epoch >= epoch || time.Now().After(deadline) {
			return nil
		}
		w.changed.Wait()
	}
}

// reportEvery tells the master regularly how the worker is.
func (w *Worker) reportEvery(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(max(every, 50*time.Millisecond))
	defer ticker.Stop()
	for {
		w.tell(&control.FromWorker{Report: w.report()})
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (w *Worker) report() *control.Report {
	r := &control.Report{Resident: residentMemory(), Heap: heapMemory(), Disk: w.disk.report()}
	all := w.all()
	for _, d := range all {
		r.Tasks = append(r.Tasks, d.metrics()...)
	}
	r.Restored = restored(all)
	return r
}

// metrics are the figures of all subtasks.
func (d *deployment) metrics() []control.TaskMetrics {
	var all []control.TaskMetrics
	var sent int64
	for _, p := range d.peers {
		sent += p.bytes.Load()
	}
	for n, s := range d.slots {
		for i, t := range s.tasks {
			m := &s.metrics.tasks[i]
			tm := control.TaskMetrics{
				Epoch: d.epoch, Task: t.id, RecordsIn: m.in.Load(), RecordsOut: m.out.Load(), Watermark: m.watermark.Load(), LateRecords: m.late.Load(),
				BusyMS: ms(s.metrics.busy.Load()), BackpressuredMS: ms(s.metrics.held.Load()), IdleMS: ms(s.metrics.idle.Load()),
			}
			if n == 0 && i == 0 { // connections carry all tasks' records: they are told once
				tm.BytesOut, tm.BytesIn = sent, d.received.Load()
			}
			all = append(all, tm)
		}
	}
	return all
}

func ms(ns int64) int64 { return ns / int64(time.Millisecond) }

// residentMemory returns the process's resident memory in bytes, 0 where Linux's
// /proc/self/statm is not there.
func residentMemory() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

func heapMemory() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
