package appmaster

import (
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

// slotGroup is the id of the one slot sharing group that all vertices are in.
const slotGroup = "00000000000000000000000000000000"

func (h *rest) getJob(_ *http.Request, v *coordinator.View) (any, error) {
	now := time.Now()
	vertices := []object{}
	counts := taskCounts(nil)
	for i := range v.Vertices {
		vertex := &v.Vertices[i]
		counts[string(vertex.Status)]++
		vertices = append(vertices, object{
			"id": vertex.ID, "slotSharingGroupId": slotGroup, "name": vertex.Name,
			"maxParallelism": vertex.MaxParallelism, "parallelism": vertex.Parallelism,
			"status": vertex.Status, "start-time": millis(vertex.Started), "end-time": millis(vertex.Ended),
			"duration": lasted(vertex.Started, vertex.Ended, now),
			"tasks":    taskCounts(vertex.Tasks), "metrics": metrics(&vertex.Total),
		})
	}
	return object{
		"jid": h.spec.JobID, "name": h.spec.JobName, "isStoppable": v.State == coordinator.Running,
		"state": v.State, "job-type": "STREAMING", "start-time": millis(v.Started), "end-time": millis(v.Ended),
		"duration": lasted(v.Started, v.Ended, now), "maxParallelism": v.Plan.MaxParallelism,
		"now": now.UnixMilli(), "timestamps": jobTimes(v), "vertices": vertices,
		"status-counts": counts, "plan": h.planObject(v.Plan),
	}, nil
}

// jobTimes tells when each state of the job was entered, 0 if it was not.
func jobTimes(v *coordinator.View) map[string]int64 {
	times := map[string]int64{"INITIALIZING": millis(v.Started), "SUSPENDED": 0}
	for _, state := range []coordinator.JobState{
		coordinator.Created, coordinator.Running, coordinator.Restarting, coordinator.Reconciling,
		coordinator.Cancelling, coordinator.Failing, coordinator.Canceled, coordinator.Failed, coordinator.Finished,
	} {
		times[string(state)] = max(0, millis(v.Since[state]))
	}
	return times
}

// taskCounts counts subtasks under all of Flink's states.
func taskCounts(tasks map[control.TaskState]int) map[string]int {
	counts := map[string]int{}
	for state := range taskWords {
		counts[string(state)] = tasks[state]
	}
	return counts
}

// metrics are a vertex's or a subtask's counts.
func metrics(m *coordinator.Metrics) object {
	return object{
		"read-bytes": m.BytesIn, "read-bytes-complete": true,
		"write-bytes": m.BytesOut, "write-bytes-complete": true,
		"read-records": m.RecordsIn, "read-records-complete": true,
		"write-records": m.RecordsOut, "write-records-complete": true,
		"accumulated-backpressured-time": m.BackpressuredMS,
		"accumulated-idle-time":          m.IdleMS,
		"accumulated-busy-time":          float64(m.BusyMS),
	}
}

func (h *rest) getPlan(_ *http.Request, v *coordinator.View) (any, error) {
	return object{"plan": h.planObject(v.Plan)}, nil
}

// planObject is the job graph, sinks first, as Flink lists it.
func (h *rest) planObject(p *plan.Plan) object {
	nodes := []object{}
	for i := len(p.Vertices) - 1; i >= 0; i-- {
		vertex := &p.Vertices[i]
		node := object{
			"id": vertex.ID, "parallelism": vertex.Parallelism, "operator": "", "operator_strategy": "",
			"description": describe(vertex), "optimizer_properties": object{},
		}
		if inputs := inputsOf(p, i); len(inputs) > 0 {
			node["inputs"] = inputs
		}
		nodes = append(nodes, node)
	}
	return object{"jid": h.spec.JobID, "name": h.spec.JobName, "type": "STREAMING", "nodes": nodes}
}

func inputsOf(p *plan.Plan, vertex int) []object {
	var inputs []object
	for _, edge := range p.Edges {
		if edge.To == vertex {
			inputs = append(inputs, object{
				"num": len(inputs), "id": p.Vertices[edge.From].ID,
				"ship_strategy": edge.Ship, "exchange": "pipelined_bounded",
			})
		}
	}
	return inputs
}

// describe lists a chain's operators as Flink does, in HTML.
func describe(vertex *plan.Vertex) string {
	var b strings.Builder
	for i, operator := range vertex.Operators {
		if i > 0 {
			b.WriteString(strings.Repeat("   ", i-1) + "+- ")
		}
		b.WriteString(html.EscapeString(operator.Name) + "<br/>")
	}
	return b.String()
}

func (h *rest) getJobConfig(_ *http.Request, v *coordinator.View) (any, error) {
	user := map[string]string{}
	for _, e := range h.conf.Entries() {
		if h.conf.IsSet(e.Name) {
			user[e.Name] = e.Value
		}
	}
	return object{
		"jid": h.spec.JobID, "name": h.spec.JobName,
		"execution-config": object{
			"execution-mode": "PIPELINED", "restart-strategy": restartWords(restartSettings(h.conf)),
			"job-parallelism": v.Plan.Parallelism, "object-reuse-mode": false, "user-config": user,
		},
	}, nil
}

func (h *rest) getStatus(_ *http.Request, v *coordinator.View) (any, error) {
	return object{"status": v.State}, nil
}

func (h *rest) getExceptions(_ *http.Request, v *coordinator.View) (any, error) {
	limit := conf.Get(h.conf, conf.ExceptionHistory)
	entries := []object{}
	for i := range v.Exceptions {
		if i == limit {
			break
		}
		entries = append(entries, exceptionEntry(&v.Exceptions[i]))
	}
	answer := object{
		"root-exception": nil, "timestamp": nil, "all-exceptions": []object{}, "truncated": false,
		"exceptionHistory": object{"entries": entries, "truncated": len(v.Exceptions) > len(entries)},
	}
	if v.RootCause != nil {
		answer["root-exception"] = stackText(v.RootCause)
		answer["timestamp"] = v.RootCause.Time.UnixMilli()
		answer["all-exceptions"] = []object{{
			"exception": stackText(v.RootCause), "task": orNil(v.RootCause.Task), "location": orNil(v.RootCause.Host),
			"endpoint": orNil(v.RootCause.Host), "timestamp": v.RootCause.Time.UnixMilli(), "taskManagerId": orNil(v.RootCause.Worker),
		}}
	}
	return answer, nil
}

func exceptionEntry(e *coordinator.Exception) object {
	others := []object{}
	for i := range e.Others {
		others = append(others, exceptionEntry(&e.Others[i]))
	}
	return object{
		"exceptionName": e.Message, "stacktrace": stackText(e), "timestamp": e.Time.UnixMilli(),
		"taskName": orNil(e.Task), "location": orNil(e.Host), "endpoint": orNil(e.Host),
		"taskManagerId": orNil(e.Worker), "failureLabels": object{}, "concurrentExceptions": others,
	}
}

// stackText is all that is known about a failure: its message, the place in
// the author's code, and the stack of a panic.
func stackText(e *coordinator.Exception) string {
	text := e.Message
	if e.Location != "" {
		text += "\n\tat " + e.Location
	}
	if e.Stack != "" {
		text += "\n" + e.Stack
	}
	return text
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
