//go:build browser

package web

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// proxied is where YARN's proxy shows the page.
const proxied = "/proxy/application_1795346270964_0021"

// master answers like an application master behind YARN's proxy, from the
// recorded answers in testdata. Its job goes on: figures move with each
// request, a request with wait is held until the job is changed, and when the
// master is gone the ResourceManager's own page answers in its place.
type master struct {
	server *httptest.Server

	mu      sync.Mutex
	job     *api.Job
	changed chan struct{} // closed at the next change
	gone    bool
	paths   []string // of every request
}

func startMaster(t *testing.T) *master {
	m := &master{job: recordedJob(t), changed: make(chan struct{})}
	mux := http.NewServeMux()
	root := proxied + "/"
	job := root + "jobs/" + m.job.JobID
	answers := map[string]string{
		root + "jobmanager/config":      "settings",
		job + "/config":                 "job_config",
		job + "/exceptions":             "exceptions",
		job + "/checkpoints":            "checkpoints",
		job + "/checkpoints/details/61": "checkpoint",
		job + "/checkpoints/details/61/subtasks/" + m.job.Vertices[2].ID: "checkpoint_vertex",
	}
	for path, name := range answers {
		text := recorded(t, name)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, text) })
	}
	mux.HandleFunc("GET "+root+"weft/job", m.serveJob)
	mux.HandleFunc("GET "+root, m.servePage)
	mux.HandleFunc("GET "+proxied, m.servePage)
	m.server = httptest.NewServer(m.watch(mux))
	t.Cleanup(m.server.Close)
	return m
}

// watch notes the requests, and answers in the master's place when it is gone.
func (m *master) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		gone := m.gone
		m.paths = append(m.paths, r.URL.Path)
		m.mu.Unlock()
		if gone && !pageFile(r.URL.Path) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, "<!doctype html><title>ResourceManager</title>")
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// pageFile tells a file of the page from what only a master can answer.
func pageFile(path string) bool {
	rest := strings.TrimPrefix(path, proxied)
	return rest == "" || rest == "/" || strings.HasPrefix(rest, "/page-")
}

// servePage serves the embedded page under the rules that the master sets,
// with a base address where the browser's address has no slash at its end.
func (m *master) servePage(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, proxied), "/")
	if name != "" {
		http.StripPrefix(proxied, http.FileServer(FS())).ServeHTTP(w, r)
		return
	}
	file, err := FS().Open("/index.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer file.Close()
	text, _ := io.ReadAll(file)
	if !strings.HasSuffix(r.URL.Path, "/") {
		text = bytes.Replace(text, []byte("<head>"), []byte(`<head><base href="`+proxied+`/">`), 1)
	}
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'")
	w.Write(text)
}

func (m *master) serveJob(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	wait, changed := r.URL.Query().Get("wait"), m.changed
	held := wait == strconv.FormatInt(m.job.Version, 10)
	m.mu.Unlock()
	if held {
		select {
		case <-changed:
		case <-time.After(api.WaitLimit * time.Second):
		case <-r.Context().Done():
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.job.Ended {
		m.goOn()
	}
	text, err := json.Marshal(m.job)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, text)
}

// goOn moves the figures as far as time went.
func (m *master) goOn() {
	const step = 1500
	m.job.Now += step
	m.job.RecordsRead += int64(m.job.Rates.RecordsRead * step / 1000)
	m.job.RecordsWritten += int64(m.job.Rates.RecordsWritten * step / 1000)
}

// change changes the job, and tells those who wait.
func (m *master) change(f func(*api.Job)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(m.job)
	m.job.Version++
	close(m.changed)
	m.changed = make(chan struct{})
}

// leave ends the master; whoever waits is cut off.
func (m *master) leave() {
	m.mu.Lock()
	m.gone = true
	m.mu.Unlock()
	m.server.CloseClientConnections()
}

func (m *master) comeBack() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gone = false
}

// strays lists the requests that left the application's own addresses.
func (m *master) strays() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var strays []string
	for _, path := range m.paths {
		if path != proxied && !strings.HasPrefix(path, proxied+"/") {
			strays = append(strays, path)
		}
	}
	return strays
}

func writeJSON(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(text)
}

func recorded(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// recordedJob reads the job strictly: a field that the API has no more is an
// error.
func recordedJob(t *testing.T) *api.Job {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(recorded(t, "job")))
	decoder.DisallowUnknownFields()
	job := &api.Job{}
	if err := decoder.Decode(job); err != nil {
		t.Fatalf("testdata/job.json: %v", err)
	}
	return job
}
