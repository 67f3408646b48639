package appmaster

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

func (h *rest) getWorkers(_ *http.Request, v *coordinator.View) (any, error) {
	list := []object{}
	for i := range v.Workers {
		if w := &v.Workers[i]; !w.Hello.IsZero() {
			list = append(list, workerObject(w))
		}
	}
	return object{"taskmanagers": list}, nil
}

func (h *rest) getWorker(r *http.Request, v *coordinator.View) (any, error) {
	w, err := findWorker(r, v)
	if err != nil {
		return nil, err
	}
	o := workerObject(w)
	allocated := []object{}
	for range w.Slots - w.FreeSlots {
		allocated = append(allocated, object{"jobId": h.spec.JobID, "resource": resource(w, 1)})
	}
	o["allocatedSlots"] = allocated
	o["metrics"] = workerMetrics(w)
	return o, nil
}

func findWorker(r *http.Request, v *coordinator.View) (*coordinator.WorkerView, error) {
	id := r.PathValue("worker")
	for i := range v.Workers {
		if v.Workers[i].ID == id {
			return &v.Workers[i], nil
		}
	}
	return nil, notFound("worker %s not found", id)
}

// workerObject is a worker in the shape of a TaskManager. Go's heap is the
// only kind of memory: what Flink divides further is 0.
func workerObject(w *coordinator.WorkerView) object {
	port := 0
	if _, text, err := net.SplitHostPort(w.DataAddr); err == nil {
		port, _ = strconv.Atoi(text)
	}
	return object{
		"id": w.ID, "path": w.DataAddr, "dataPort": port, "jmxPort": -1,
		"timeSinceLastHeartbeat": millis(w.LastSeen), // a time, in spite of its name
		"slotsNumber":            w.Slots, "freeSlots": w.FreeSlots,
		"totalResource": resource(w, w.Slots), "freeResource": resource(w, w.FreeSlots),
		"hardware": object{
			"cpuCores": w.Cores, "physicalMemory": w.Memory, "freeMemory": max(0, w.Memory-w.Resident), "managedMemory": 0,
		},
		"memoryConfiguration": object{
			"frameworkHeap": 0, "taskHeap": w.Memory, "frameworkOffHeap": 0, "taskOffHeap": 0, "networkMemory": 0,
			"managedMemory": 0, "jvmMetaspace": 0, "jvmOverhead": 0, "totalFlinkMemory": w.Memory, "totalProcessMemory": w.Memory,
		},
	}
}

// resource is what some slots of a worker may use.
func resource(w *coordinator.WorkerView, slots int) object {
	share := float64(slots) / float64(max(w.Slots, 1))
	return object{
		"cpuCores": float64(w.Cores) * share, "taskHeapMemory": int64(float64(w.Memory>>20) * share),
		"taskOffHeapMemory": 0, "managedMemory": 0, "networkMemory": 0, "extendedResources": object{},
	}
}

func workerMetrics(w *coordinator.WorkerView) object {
	m := object{
		"heapUsed": w.Heap, "heapCommitted": w.Resident, "heapMax": w.Memory,
		"nonHeapUsed": max(0, w.Resident-w.Heap), "nonHeapCommitted": max(0, w.Resident-w.Heap), "nonHeapMax": -1,
		"garbageCollectors": []object{},
	}
	for _, name := range []string{
		"directCount", "directUsed", "directMax", "mappedCount", "mappedUsed", "mappedMax",
		"memorySegmentsAvailable", "memorySegmentsTotal", "nettyShuffleMemorySegmentsAvailable",
		"nettyShuffleMemorySegmentsUsed", "nettyShuffleMemorySegmentsTotal", "nettyShuffleMemoryAvailable",
		"nettyShuffleMemoryUsed", "nettyShuffleMemoryTotal",
	} {
		m[name] = 0
	}
	if d := w.Disk; d != nil {
		m["stateMemoryBytes"], m["stateDiskBytes"], m["stateLoads"], m["stateEvictions"] = d.Memory, d.Disk, d.Loads, d.Evictions
	}
	if r := w.Restored; r != nil {
		m["restoredLocalBytes"], m["restoredRemoteBytes"] = r.Local, r.Remote
	}
	return m
}

func (h *rest) serveWorkerStdout(w http.ResponseWriter, r *http.Request) {
	h.serveWorkerFile(w, r, "stdout", func(c containerEvent) string { return c.Stdout })
}

func (h *rest) serveWorkerLog(w http.ResponseWriter, r *http.Request) {
	h.serveWorkerFile(w, r, "stderr", func(c containerEvent) string { return c.Stderr })
}

// serveWorkerFile sends a file of a worker's on this machine, or to the page
// of its NodeManager that shows it.
func (h *rest) serveWorkerFile(w http.ResponseWriter, r *http.Request, name string, file func(containerEvent) string) {
	c, found := h.containers.find(r.PathValue("worker"))
	switch {
	case !found:
		writeError(w, http.StatusNotFound, "worker "+r.PathValue("worker")+" not found")
	case file(c) != "":
		serveText(w, r, file(c))
	case c.LogURL != "":
		http.Redirect(w, r, c.LogURL+"/"+name+"?start=0", http.StatusTemporaryRedirect)
	default:
		writeError(w, http.StatusNotFound, "the logs of this worker are not known here; see yarn logs -applicationId "+h.spec.ApplicationID)
	}
}

func (h *rest) serveMasterLog(w http.ResponseWriter, r *http.Request) {
	h.serveMasterFile(w, r, "stderr")
}

func (h *rest) serveMasterStdout(w http.ResponseWriter, r *http.Request) {
	h.serveMasterFile(w, r, "stdout")
}

func (h *rest) serveMasterFile(w http.ResponseWriter, r *http.Request, name string) {
	serveText(w, r, filepath.Join(logFolder(), name))
}

// logFolder is where the master's own output goes: YARN's log folder, or the
// working folder that the client gave to a master on this machine.
func logFolder() string {
	folder, _, _ := strings.Cut(os.Getenv("LOG_DIRS"), ",")
	if folder == "" {
		return "."
	}
	return folder
}

func serveText(w http.ResponseWriter, r *http.Request, name string) {
	file, err := os.Open(name)
	if err != nil {
		writeError(w, http.StatusNotFound, "the log is not there: "+err.Error())
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		writeError(w, http.StatusNotFound, "the log is not a file")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	http.ServeContent(w, r, "", info.ModTime(), file)
}

func (h *rest) getMasterLogs(*http.Request, *coordinator.View) (any, error) {
	logs := []object{}
	for _, name := range []string{"stderr", "stdout"} {
		if info, err := os.Stat(filepath.Join(logFolder(), name)); err == nil {
			logs = append(logs, object{"name": name, "size": info.Size(), "mtime": info.ModTime().UnixMilli()})
		}
	}
	return object{"logs": logs}, nil
}
