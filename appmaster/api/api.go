// Package api is the JSON of Weft's own part of an application master's REST
// API: what the weft command and the page read and send.
//
// All times are milliseconds since the epoch, -1 for "not yet"; all sizes are
// bytes; all rates are per second.
package api

// JobPath answers a Job. With the query parameter wait=<version> the answer
// comes when the job's version is another one, or after WaitLimit seconds.
const JobPath = "/weft/job"

// WaitLimit is how many seconds a request with wait is held at most.
const WaitLimit = 25

// Job is everything about the application's one job.
type Job struct {
	Version        int64       `json:"version"` // changes with every change but those of figures; only equality means anything
	Now            int64       `json:"now"`
	WeftVersion    string      `json:"weft-version"`
	ApplicationID  string      `json:"application-id"`
	JobID          string      `json:"job-id"`
	Name           string      `json:"name"`
	User           string      `json:"user"`
	Target         string      `json:"target"`         // "yarn" or "local"
	Attempt        int         `json:"attempt"`        // of the application, from 1
	MasterStarted  int64       `json:"master-started"` // this attempt's start
	Master         Process     `json:"master"`
	State          string      `json:"state"`  // CREATED RUNNING RESTARTING RECONCILING FAILING CANCELLING and the ends FINISHED CANCELED FAILED
	Ended          bool        `json:"ended"`  // State is an end
	Detail         string      `json:"detail"` // one line: why the state is what it is, "" if it needs no words
	Started        int64       `json:"started"`
	EndedAt        int64       `json:"ended-at"`
	StateSince     int64       `json:"state-since"`
	Parallelism    int         `json:"parallelism"`
	MaxParallelism int         `json:"max-parallelism"`
	SlotsTotal     int         `json:"slots-total"`
	SlotsFree      int         `json:"slots-free"`
	WorkersWanted  int         `json:"workers-wanted"`
	Tasks          TaskCounts  `json:"tasks"`
	Restarts       int         `json:"restarts"`
	Epoch          int64       `json:"epoch"` // of the tasks that were started last, perhaps only some; 0 before the first
	Rates          Rates       `json:"rates"`
	RecordsRead    int64       `json:"records-read"`    // by the sources since the deployment
	RecordsWritten int64       `json:"records-written"` // received by the last vertices since the deployment
	Failure        *Failure    `json:"failure"`         // the last one, null if there was none
	Restored       *Restored   `json:"restored"`        // what the job started from, null if from nothing
	Checkpoints    Checkpoints `json:"checkpoints"`
	Workers        []Worker    `json:"workers"`
	Operations     []Operation `json:"operations"` // asked of this job, latest first
	Vertices       []Vertex    `json:"vertices"`
	Edges          []Edge      `json:"edges"`
	Warnings       []string    `json:"warnings"` // what the plan's author should know, and Checkpoints.Warning
}

// Process is the master's own process.
type Process struct {
	Address  string `json:"address"` // host:port of its HTTP port
	PID      int    `json:"pid"`
	Memory   int64  `json:"memory"`   // the container's size
	Resident int64  `json:"resident"` // -1 if not known
	LogURL   string `json:"log-url"`  // of its logs, "" if there is no page for them
}

// TaskCounts counts subtasks by state.
type TaskCounts struct {
	Total        int `json:"total"`
	Created      int `json:"created"`
	Deploying    int `json:"deploying"`
	Initializing int `json:"initializing"`
	Running      int `json:"running"`
	Finished     int `json:"finished"`
	Canceling    int `json:"canceling"`
	Canceled     int `json:"canceled"`
	Failed       int `json:"failed"`
}

// Rates are per second, over the last reports of the workers.
type Rates struct {
	RecordsRead    float64 `json:"records-read"`    // by the sources
	RecordsWritten float64 `json:"records-written"` // received by the last vertices
}

// Failure is why tasks were restarted or the job failed.
type Failure struct {
	Time     int64  `json:"time"`
	Message  string `json:"message"`  // one line
	Location string `json:"location"` // file:line in the author's code, "" if not known
	Stack    string `json:"stack"`    // of a panic, "" otherwise
	Task     string `json:"task"`     // "name (2/4)", "" if it was not one task
	Worker   string `json:"worker"`   // "" if not known
}

// Restored is the snapshot that the job's state came from last.
type Restored struct {
	Path       string `json:"path"`
	Checkpoint int64  `json:"checkpoint"`
	Savepoint  bool   `json:"savepoint"`
	Time       int64  `json:"time"`
	Local      int64  `json:"local"`  // bytes of its data files that workers have read from copies of their own
	Remote     int64  `json:"remote"` // bytes that they have read from the file system
}

// Checkpoints are the job's checkpoints in short.
type Checkpoints struct {
	Dir           string      `json:"dir"`      // URI of the job's own folder, "" if checkpoints are not kept
	Interval      int64       `json:"interval"` // ms, 0 if none are taken by themselves
	Completed     int64       `json:"completed"`
	Failed        int64       `json:"failed"`
	InProgress    int64       `json:"in-progress"`
	Last          *Checkpoint `json:"last"`           // latest completed, savepoints not counted
	LastSavepoint *Checkpoint `json:"last-savepoint"` // latest completed
	LastFailed    *Checkpoint `json:"last-failed"`
	Warning       string      `json:"warning"` // that space runs low, one line; "" if it does not
}

// Checkpoint is one checkpoint or savepoint.
type Checkpoint struct {
	ID        int64  `json:"id"`
	Savepoint bool   `json:"savepoint"`
	State     string `json:"state"` // IN_PROGRESS COMPLETED FAILED
	Path      string `json:"path"`  // URI, "" until it is completed
	Triggered int64  `json:"triggered"`
	Completed int64  `json:"completed"` // -1 until then; when it failed for a failed one
	Size      int64  `json:"size"`
	Failure   string `json:"failure"` // "" unless FAILED
}

// Worker is one container.
type Worker struct {
	ID        string `json:"id"`    // the container's
	State     string `json:"state"` // STARTING CONNECTED LOST
	Host      string `json:"host"`
	DataAddr  string `json:"data-addr"`
	PID       int    `json:"pid"`
	Slots     int    `json:"slots"`
	FreeSlots int    `json:"free-slots"`
	Memory    int64  `json:"memory"`   // the container's size
	Resident  int64  `json:"resident"` // of the process
	LastHeard int64  `json:"last-heard"`
	LogURL    string `json:"log-url"` // page of its logs, absolute; "" if there is none
	Stdout    string `json:"stdout"`  // of its standard output: absolute, or relative to the API's root
	Log       string `json:"log"`     // of its log: absolute, or relative to the API's root
	File      string `json:"file"`    // on the local target: the path of its standard output; "" on YARN
}

// Vertex is a chain of operators.
type Vertex struct {
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	Parallelism    int        `json:"parallelism"`
	MaxParallelism int        `json:"max-parallelism"`
	State          string     `json:"state"`
	Operators      []Operator `json:"operators"`
	Subtasks       []Subtask  `json:"subtasks"`
}

// Operator is one step of a vertex.
type Operator struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Location string `json:"location"`
}

// Subtask is one subtask of a vertex with its figures since the deployment.
type Subtask struct {
	Index         int     `json:"index"`
	State         string  `json:"state"`
	Since         int64   `json:"since"`
	Worker        string  `json:"worker"`
	Host          string  `json:"host"`
	RecordsIn     int64   `json:"records-in"`
	RecordsOut    int64   `json:"records-out"`
	RateIn        float64 `json:"rate-in"`
	RateOut       float64 `json:"rate-out"`
	BytesIn       int64   `json:"bytes-in"`
	BytesOut      int64   `json:"bytes-out"`
	Busy          float64 `json:"busy"` // share of the last seconds, 0 to 1
	Backpressured float64 `json:"backpressured"`
	Idle          float64 `json:"idle"`
	Watermark     *int64  `json:"watermark"` // null before the first
	LateRecords   int64   `json:"late-records"`
}

// Edge is a stream of records between two vertices.
type Edge struct {
	From string `json:"from"` // Vertex.ID
	To   string `json:"to"`
	Ship string `json:"ship"` // FORWARD HASH REBALANCE BROADCAST
}
