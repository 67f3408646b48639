package appmaster

import (
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/plan"
)

func findVertex(r *http.Request, v *coordinator.View) (*coordinator.VertexView, error) {
	id := r.PathValue("vertex")
	for i := range v.Vertices {
		if v.Vertices[i].ID == id {
			return &v.Vertices[i], nil
		}
	}
	return nil, notFound("vertex %s not found", id)
}

func (h *rest) getVertex(r *http.Request, v *coordinator.View) (any, error) {
	vertex, err := findVertex(r, v)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	subtasks := []object{}
	for i := range vertex.Subtasks {
		subtasks = append(subtasks, subtaskObject(&vertex.Subtasks[i], v, now))
	}
	return object{
		"id": vertex.ID, "name": vertex.Name, "parallelism": vertex.Parallelism,
		"maxParallelism": vertex.MaxParallelism, "now": now.UnixMilli(),
		"subtasks": subtasks, "aggregated": aggregate(vertex, now),
	}, nil
}

func (h *rest) getSubtask(r *http.Request, v *coordinator.View) (any, error) {
	vertex, err := findVertex(r, v)
	if err != nil {
		return nil, err
	}
	index, err := strconv.Atoi(r.PathValue("subtask"))
	if err != nil || index < 0 || index >= len(vertex.Subtasks) {
		return nil, notFound("vertex %s has no subtask %q", vertex.ID, r.PathValue("subtask"))
	}
	return subtaskObject(&vertex.Subtasks[index], v, time.Now()), nil
}

func subtaskObject(s *coordinator.SubtaskView, v *coordinator.View, now time.Time) object {
	return object{
		"subtask": s.Index, "status": s.State, "attempt": s.Attempt,
		"host": s.Host, "endpoint": endpoint(s, v),
		"start-time": millis(s.Started), "start_time": millis(s.Started), "end-time": millis(s.Ended),
		"duration": lasted(s.Started, s.Ended, now), "metrics": metrics(&s.Metrics),
		"taskmanager-id": s.Worker, "status-duration": stateDurations(s, now),
	}
}

// endpoint is the data address of the worker that a subtask runs on.
func endpoint(s *coordinator.SubtaskView, v *coordinator.View) string {
	for i := range v.Workers {
		if v.Workers[i].ID == s.Worker {
			if _, port, err := net.SplitHostPort(v.Workers[i].DataAddr); err == nil {
				return net.JoinHostPort(s.Host, port)
			}
		}
	}
	return s.Host
}

// stateDurations tells how long a subtask was in each of its states: from
// entering one until entering the next.
func stateDurations(s *coordinator.SubtaskView, now time.Time) map[string]int64 {
	entered := make([]time.Time, 0, len(s.Since))
	for _, t := range s.Since {
		entered = append(entered, t)
	}
	slices.SortFunc(entered, time.Time.Compare)
	durations := map[string]int64{}
	for state, from := range s.Since {
		until := now
		for _, t := range entered {
			if t.After(from) {
				until = t
				break
			}
		}
		durations[string(state)] = until.Sub(from).Milliseconds()
	}
	return durations
}

// aggregate sums up the subtasks of a vertex.
func aggregate(vertex *coordinator.VertexView, now time.Time) object {
	columns := map[string][]int64{}
	states := map[string][]int64{}
	for i := range vertex.Subtasks {
		m := &vertex.Subtasks[i].Metrics
		for name, value := range map[string]int64{
			"read-bytes": m.BytesIn, "write-bytes": m.BytesOut,
			"read-records": m.RecordsIn, "write-records": m.RecordsOut,
			"accumulated-backpressured-time": m.BackpressuredMS,
			"accumulated-idle-time":          m.IdleMS, "accumulated-busy-time": m.BusyMS,
		} {
			columns[name] = append(columns[name], value)
		}
		for state, d := range stateDurations(&vertex.Subtasks[i], now) {
			states[state] = append(states[state], d)
		}
	}
	return object{"metrics": spreads(columns), "status-duration": spreads(states)}
}

func spreads(columns map[string][]int64) object {
	all := object{}
	for name, values := range columns {
		slices.Sort(values)
		var sum int64
		for _, value := range values {
			sum += value
		}
		at := func(share float64) int64 { return values[int(share*float64(len(values)-1))] }
		all[name] = object{
			"min": values[0], "max": values[len(values)-1], "avg": sum / int64(len(values)), "sum": sum,
			"median": at(0.5), "p25": at(0.25), "p75": at(0.75), "p95": at(0.95),
		}
	}
	return all
}

func (h *rest) getSubtaskTimes(r *http.Request, v *coordinator.View) (any, error) {
	vertex, err := findVertex(r, v)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	subtasks := []object{}
	for i := range vertex.Subtasks {
		s := &vertex.Subtasks[i]
		times := map[string]int64{}
		for state := range taskWords {
			times[string(state)] = max(0, millis(s.Since[state]))
		}
		subtasks = append(subtasks, object{
			"subtask": s.Index, "host": s.Host, "endpoint": endpoint(s, v),
			"duration": lasted(s.Started, s.Ended, now), "timestamps": times,
		})
	}
	return object{"id": vertex.ID, "name": vertex.Name, "now": now.UnixMilli(), "subtasks": subtasks}, nil
}

func (h *rest) getWatermarks(r *http.Request, v *coordinator.View) (any, error) {
	vertex, err := findVertex(r, v)
	if err != nil {
		return nil, err
	}
	list := []object{}
	if len(inputsOf(v.Plan, slices.IndexFunc(v.Plan.Vertices, func(p plan.Vertex) bool { return p.ID == vertex.ID }))) == 0 {
		return list, nil // a source has no input
	}
	for i := range vertex.Subtasks {
		list = append(list, object{
			"id":    strconv.Itoa(i) + ".currentInputWatermark",
			"value": strconv.FormatInt(vertex.Subtasks[i].Watermark, 10),
		})
	}
	return list, nil
}

// getBackpressure answers with both spellings of a key that Flink answers
// with.
func (h *rest) getBackpressure(r *http.Request, v *coordinator.View) (any, error) {
	vertex, err := findVertex(r, v)
	if err != nil {
		return nil, err
	}
	subtasks := []object{}
	highest := 0.0
	for i := range vertex.Subtasks {
		rates := &vertex.Subtasks[i].Rates
		highest = max(highest, rates.Backpressured/1000)
		level := pressureLevel(rates.Backpressured / 1000)
		subtasks = append(subtasks, object{
			"subtask": i, "backpressureLevel": level, "backpressure-level": level,
			"ratio": share(rates.Backpressured), "idleRatio": share(rates.Idle), "busyRatio": share(rates.Busy),
		})
	}
	level := pressureLevel(highest)
	return object{
		"status": "ok", "backpressureLevel": level, "backpressure-level": level,
		"end-timestamp": v.Now.UnixMilli(), "subtasks": subtasks,
	}, nil
}

// share turns milliseconds of a second into a part of it.
func share(ms float64) float64 {
	return math.Round(min(max(ms/1000, 0), 1)*1000) / 1000
}

func pressureLevel(ratio float64) string {
	switch {
	case ratio <= 0.1:
		return "ok"
	case ratio <= 0.5:
		return "low"
	}
	return "high"
}
