package appmaster

import (
	"net/http"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
)

// object is a JSON object whose keys are data, or that no Go code reads.
type object map[string]any

// compatible is the release of Flink whose REST API this is; clients read it
// to know what to expect.
const compatible = "1.20.1"

func (h *rest) getConfig(*http.Request, *coordinator.View) (any, error) {
	name, offset := time.Now().Zone()
	return object{
		"refresh-interval": conf.Get(h.conf, conf.RefreshInterval).Milliseconds(),
		"timezone-name":    name,
		"timezone-offset":  offset * 1000,
		"flink-version":    compatible,
		"flink-revision":   "weft " + h.version,
		"features": object{
			"web-submit": false, "web-cancel": true, "web-rescale": false, "web-history": false,
		},
	}, nil
}

func (h *rest) getOverview(_ *http.Request, v *coordinator.View) (any, error) {
	total, free := slots(v)
	count := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	return object{
		"taskmanagers":    connected(v),
		"slots-total":     total,
		"slots-available": free,
		"jobs-running":    count(!v.State.Terminal()),
		"jobs-finished":   count(v.State == coordinator.Finished),
		"jobs-cancelled":  count(v.State == coordinator.Canceled),
		"jobs-failed":     count(v.State == coordinator.Failed),
		"flink-version":   compatible,
		"flink-commit":    "weft " + h.version,
	}, nil
}

func slots(v *coordinator.View) (total, free int) {
	for i := range v.Workers {
		if w := &v.Workers[i]; !w.Hello.IsZero() {
			total += w.Slots
			free += w.FreeSlots
		}
	}
	return total, free
}

func connected(v *coordinator.View) int {
	n := 0
	for i := range v.Workers {
		if !v.Workers[i].Hello.IsZero() {
			n++
		}
	}
	return n
}

func (h *rest) getJobs(_ *http.Request, v *coordinator.View) (any, error) {
	return object{"jobs": []object{{"id": h.spec.JobID, "status": v.State}}}, nil
}

func (h *rest) getJobsOverview(_ *http.Request, v *coordinator.View) (any, error) {
	tasks := map[string]int{"total": 0}
	for state, word := range taskWords {
		tasks[word] = 0
		for i := range v.Vertices {
			tasks[word] += v.Vertices[i].Tasks[state]
		}
		tasks["total"] += tasks[word]
	}
	return object{"jobs": []object{{
		"jid":               h.spec.JobID,
		"name":              h.spec.JobName,
		"start-time":        millis(v.Started),
		"end-time":          millis(v.Ended),
		"duration":          lasted(v.Started, v.Ended, time.Now()),
		"state":             v.State,
		"last-modification": millis(latest(v)),
		"tasks":             tasks,
	}}}, nil
}

// scheduled and reconciling are Flink's, and never seen here.
const (
	scheduled   control.TaskState = "SCHEDULED"
	reconciling control.TaskState = "RECONCILING"
)

// taskWords are the keys of task counts in overviews.
var taskWords = map[control.TaskState]string{
	control.Created: "created", scheduled: "scheduled", control.Deploying: "deploying",
	control.Initializing: "initializing", control.Running: "running", control.Finished: "finished",
	control.Canceling: "canceling", control.Canceled: "canceled", control.Failed: "failed",
	reconciling: "reconciling",
}

// latest returns when the job or one of its tasks changed its state last.
func latest(v *coordinator.View) time.Time {
	last := v.Started
	note := func(t time.Time) {
		if t.After(last) {
			last = t
		}
	}
	for _, t := range v.Since {
		note(t)
	}
	for i := range v.Vertices {
		for _, s := range v.Vertices[i].Subtasks {
			for _, t := range s.Since {
				note(t)
			}
		}
	}
	return last
}

func (h *rest) getMasterConfig(*http.Request, *coordinator.View) (any, error) {
	entries := []object{}
	for _, e := range h.conf.Entries() {
		entries = append(entries, object{"key": e.Name, "value": e.Value})
	}
	return entries, nil
}
