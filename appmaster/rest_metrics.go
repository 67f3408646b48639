package appmaster

import (
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// getJobMetrics lists the names of the job's metrics, or with ?get=a,b their
// values, which are strings as in Flink. Unknown names are left out.
func (h *rest) getJobMetrics(r *http.Request, v *coordinator.View) (any, error) {
	values := jobMetrics(v)
	list := []object{}
	if !r.URL.Query().Has("get") {
		for name := range values {
			list = append(list, object{"id": name})
		}
		sort.Slice(list, func(a, b int) bool { return list[a]["id"].(string) < list[b]["id"].(string) })
		return list, nil
	}
	for _, name := range strings.Split(r.URL.Query().Get("get"), ",") {
		if value, found := values[name]; found {
			list = append(list, object{"id": name, "value": value})
		}
	}
	return list, nil
}

// jobMetrics are the metrics of the job that monitoring tools ask for, under
// Flink's names.
func jobMetrics(v *coordinator.View) map[string]string {
	c := &v.Checkpoints
	values := map[string]string{
		"numRestarts": strconv.Itoa(v.Restarts), "fullRestarts": strconv.Itoa(v.Restarts),
		"uptime": "0", "restartingTime": "0",
		"totalNumberOfCheckpoints":      strconv.Itoa(c.Total),
		"numberOfInProgressCheckpoints": strconv.Itoa(c.InProgress),
		"numberOfCompletedCheckpoints":  strconv.Itoa(c.Completed),
		"numberOfFailedCheckpoints":     strconv.Itoa(c.Failed),
		"lastCheckpointDuration":        "-1", "lastCheckpointSize": "-1", "lastCheckpointFullSize": "-1",
		"lastCheckpointPersistedData": "-1", "lastCheckpointExternalPath": "n/a", "lastCompletedCheckpointId": "-1", "lastCheckpointRestoreTimestamp": "-1",
	}
	switch v.State {
	case coordinator.Running:
		values["uptime"] = strconv.FormatInt(lasted(v.Since[v.State], time.Time{}, time.Now()), 10)
	case coordinator.Restarting:
		values["restartingTime"] = strconv.FormatInt(lasted(v.Since[v.State], time.Time{}, time.Now()), 10)
	}
	if last := c.LatestCompleted; last != nil {
		values["lastCheckpointDuration"] = strconv.FormatInt(last.Duration().Milliseconds(), 10)
		values["lastCheckpointSize"] = strconv.FormatInt(last.Size, 10)
		values["lastCheckpointFullSize"] = strconv.FormatInt(last.Size, 10)
		values["lastCheckpointPersistedData"] = strconv.FormatInt(last.InFlight, 10)
		values["lastCheckpointExternalPath"] = last.Dir
		values["lastCompletedCheckpointId"] = strconv.FormatInt(last.ID, 10)
	}
	if c.LatestRestored != nil {
		values["lastCheckpointRestoreTimestamp"] = strconv.FormatInt(millis(c.LatestRestored.Time), 10)
	}
	return values
}
