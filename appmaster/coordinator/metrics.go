package coordinator

import (
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// report takes in a worker's figures.
func (j *Job) report(w *worker, r *control.Report) {
	w.report = *r
	for i := range r.Tasks {
		m := &r.Tasks[i]
		t := j.task(m.Task)
		if t == nil || t.worker != w.id || m.Epoch != j.regionOf(m.Task.Subtask).epoch {
			continue
		}
		next := metricsOf(m)
		if between := j.now.Sub(t.reported); !t.reported.IsZero() && between > 0 {
			t.rates = next.minus(t.metrics).per(between)
		}
		t.metrics, t.watermark, t.reported = next, m.Watermark, j.now
	}
}

// keepMetrics adds what a region's deployment has counted to the past, before the
// next one counts from zero.
func (j *Job) keepMetrics(r *region) {
	for v := range j.tasks {
		for i := r.first; i < min(r.first+r.slots, len(j.tasks[v])); i++ {
			j.past[v] = j.past[v].plus(j.tasks[v][i].metrics)
		}
	}
}

func metricsOf(m *control.TaskMetrics) Metrics {
	return Metrics{
		RecordsIn: m.RecordsIn, RecordsOut: m.RecordsOut, BytesIn: m.BytesIn, BytesOut: m.BytesOut,
		BusyMS: m.BusyMS, BackpressuredMS: m.BackpressuredMS, IdleMS: m.IdleMS, LateRecords: m.LateRecords,
	}
}

func (m Metrics) plus(o Metrics) Metrics {
	return Metrics{
		RecordsIn: m.RecordsIn + o.RecordsIn, RecordsOut: m.RecordsOut + o.RecordsOut,
		BytesIn: m.BytesIn + o.BytesIn, BytesOut: m.BytesOut + o.BytesOut,
		BusyMS: m.BusyMS + o.BusyMS, BackpressuredMS: m.BackpressuredMS + o.BackpressuredMS,
		IdleMS: m.IdleMS + o.IdleMS, LateRecords: m.LateRecords + o.LateRecords,
	}
}

func (m Metrics) minus(o Metrics) Metrics {
	return m.plus(Metrics{
		RecordsIn: -o.RecordsIn, RecordsOut: -o.RecordsOut, BytesIn: -o.BytesIn, BytesOut: -o.BytesOut,
		BusyMS: -o.BusyMS, BackpressuredMS: -o.BackpressuredMS, IdleMS: -o.IdleMS, LateRecords: -o.LateRecords,
	})
}

func (m Metrics) per(d time.Duration) Rates {
	rate := func(n int64) float64 { return max(0, float64(n)) / d.Seconds() }
	return Rates{
		RecordsIn: rate(m.RecordsIn), RecordsOut: rate(m.RecordsOut), BytesIn: rate(m.BytesIn), BytesOut: rate(m.BytesOut),
		Busy: rate(m.BusyMS), Backpressured: rate(m.BackpressuredMS), Idle: rate(m.IdleMS),
	}
}

func (r *Rates) add(o Rates) {
	r.RecordsIn += o.RecordsIn
	r.RecordsOut += o.RecordsOut
	r.BytesIn += o.BytesIn
	r.BytesOut += o.BytesOut
	r.Busy = max(r.Busy, o.Busy)
	r.Backpressured = max(r.Backpressured, o.Backpressured)
	r.Idle = max(r.Idle, o.Idle)
}
