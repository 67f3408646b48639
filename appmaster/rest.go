package appmaster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/ticket"
)

// maxBody bounds the body of a request.
const maxBody = 1 << 20

// rest answers the REST API. It reads the job's latest view and the submitted
// settings, neither of which changes while it reads.
type rest struct {
	spec       *jobspec.Spec
	conf       *conf.Conf
	planner    *planner
	jobDir     string // of the job's checkpoints
	attempt    int
	started    time.Time // this attempt
	version    string    // of Weft
	secret     []byte
	server     *server
	board      *board
	requests   *requests
	space      *spaceWatch
	containers *containers
	page       http.FileSystem
	log        *slog.Logger
}

func newREST(m *master, s *server, r *runner, c *containers) http.Handler {
	h := &rest{
		spec: m.spec, conf: m.conf, planner: m.planner, jobDir: m.places.jobDir(),
		attempt: m.attempt, started: m.started, version: m.options.Version,
		secret: m.credentials.Secrets[jobspec.SecretName],
		server: s, board: r.board, requests: r.requests, space: r.archive.space, containers: c,
		page: m.options.Page, log: m.log,
	}
	return h.routes()
}

// routes maps every path, at / and at /v1. What POST and PATCH do, PUT does at
// the same path: YARN's web proxy passes on GET, HEAD and PUT only.
func (h *rest) routes() http.Handler {
	mux := http.NewServeMux()
	get := func(path string, f func(*http.Request, *coordinator.View) (any, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, http.StatusOK, f) })
	}
	change := func(path string, f func(*http.Request, *coordinator.View) (any, error), methods ...string) {
		for _, method := range methods {
			mux.HandleFunc(method+" "+path, func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, http.StatusAccepted, f) })
		}
	}
	get("/config", h.getConfig)
	get("/overview", h.getOverview)
	get("/jobmanager/config", h.getMasterConfig)
	get("/jobmanager/logs", h.getMasterLogs)
	mux.HandleFunc("GET /jobmanager/log", h.serveMasterLog)
	mux.HandleFunc("GET /jobmanager/stdout", h.serveMasterStdout)
	get("/taskmanagers", h.getWorkers)
	get("/taskmanagers/{worker}", h.getWorker)
	mux.HandleFunc("GET /taskmanagers/{worker}/stdout", h.serveWorkerStdout)
	mux.HandleFunc("GET /taskmanagers/{worker}/log", h.serveWorkerLog)

	get("/jobs", h.getJobs)
	get("/jobs/overview", h.getJobsOverview)
	get("/jobs/{job}", h.getJob)
	get("/jobs/{job}/plan", h.getPlan)
	get("/jobs/{job}/config", h.getJobConfig)
	get("/jobs/{job}/status", h.getStatus)
	get("/jobs/{job}/exceptions", h.getExceptions)
	get("/jobs/{job}/metrics", h.getJobMetrics)
	get("/jobs/{job}/checkpoints", h.getCheckpoints)
	get("/jobs/{job}/checkpoints/config", h.getCheckpointsConfig)
	get("/jobs/{job}/checkpoints/details/{checkpoint}", h.getCheckpoint)
	get("/jobs/{job}/checkpoints/details/{checkpoint}/subtasks/{vertex}", h.getCheckpointVertex)
	get("/jobs/{job}/vertices/{vertex}", h.getVertex)
	get("/jobs/{job}/vertices/{vertex}/subtasktimes", h.getSubtaskTimes)
	get("/jobs/{job}/vertices/{vertex}/watermarks", h.getWatermarks)
	get("/jobs/{job}/vertices/{vertex}/backpressure", h.getBackpressure)
	get("/jobs/{job}/vertices/{vertex}/subtasks/{subtask}", h.getSubtask)

	change("/jobs/{job}/savepoints", h.askSavepoint, "POST", "PUT")
	change("/jobs/{job}/stop", h.askStop, "POST", "PUT")
	change("/jobs/{job}/checkpoints", h.askCheckpoint, "POST", "PUT")
	change("/jobs/{job}/rescaling", h.askRescale, "PATCH", "PUT")
	change("/jobs/{job}", h.askCancel, "PATCH", "PUT")
	change("/jobs/{job}/yarn-cancel", h.askCancel, "GET", "PUT")
	get("/jobs/{job}/savepoints/{operation}", h.pollOperation)
	get("/jobs/{job}/checkpoints/{operation}", h.pollOperation)
	get("/jobs/{job}/rescaling/{operation}", h.pollOperation)

	mux.HandleFunc("GET "+api.JobPath, h.serveWeftJob)
	mux.HandleFunc("/", h.servePage)
	outer := http.NewServeMux()
	outer.Handle("/v1/", http.StripPrefix("/v1", mux))
	outer.Handle("/", mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		outer.ServeHTTP(w, r)
	})
}

// answer runs a handler on the latest view and writes what it returns.
func (h *rest) answer(w http.ResponseWriter, r *http.Request, success int, f func(*http.Request, *coordinator.View) (any, error)) {
	view := h.board.get().view
	if view == nil {
		writeError(w, http.StatusServiceUnavailable, "the master is still finding out about the job: try again")
		return
	}
	if err := h.checkJob(r); err != nil {
		writeFailure(w, err)
		return
	}
	body, err := f(r, view)
	if err != nil {
		writeFailure(w, err)
		return
	}
	writeJSON(w, success, body)
}

// checkJob refuses a path of another job than the application's one.
func (h *rest) checkJob(r *http.Request) error {
	id := r.PathValue("job")
	switch {
	case id == "" || strings.EqualFold(id, h.spec.JobID):
		return nil
	case !isHex32(id):
		return &failure{http.StatusBadRequest, fmt.Sprintf("job id %q is not 32 hex digits", id)}
	}
	return &failure{http.StatusNotFound, fmt.Sprintf("job %s not found: this application runs job %s", id, h.spec.JobID)}
}

func isHex32(text string) bool {
	if len(text) != 32 {
		return false
	}
	return strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

// authorize reads a request's body and checks its ticket. The path that the
// client signed is the one that it asked for, /v1 included.
func (h *rest) authorize(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, &failure{http.StatusBadRequest, "the request's body: " + err.Error()}
	}
	asked, err := url.ParseRequestURI(r.RequestURI)
	if err != nil {
		return nil, &failure{http.StatusBadRequest, "the request's path: " + err.Error()}
	}
	if err := ticket.Verify(r, h.secret, asked.Path, body, time.Now()); err != nil {
		return nil, &failure{http.StatusForbidden, err.Error()}
	}
	return body, nil
}

// failure is an answer that is not a success.
type failure struct {
	status  int
	message string // one line
}

func (f *failure) Error() string { return f.message }

func notFound(format string, values ...any) error {
	return &failure{http.StatusNotFound, fmt.Sprintf(format, values...)}
}

func writeFailure(w http.ResponseWriter, err error) {
	if f := (*failure)(nil); errors.As(err, &f) {
		writeError(w, f.status, f.message)
		return
	}
	writeError(w, http.StatusInternalServerError, err.Error())
}

func writeError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, api.Errors{Errors: []string{message}})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // a mistake in this package: bodies are made of plain types
		status, text = http.StatusInternalServerError, []byte(`{"errors":["the answer cannot be written as JSON"]}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(text)
}

// millis is a time as the API shows it: -1 for "not yet".
func millis(t time.Time) int64 {
	if t.IsZero() {
		return -1
	}
	return t.UnixMilli()
}

// lasted is how long something that began at start has taken, -1 if it has
// not begun.
func lasted(start, end, now time.Time) int64 {
	switch {
	case start.IsZero():
		return -1
	case end.IsZero():
		end = now
	}
	return max(0, end.Sub(start).Milliseconds())
}
