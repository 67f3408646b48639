// Package jobspec defines what a client hands to an application master: which
// job to run, with which arguments, settings and resources, and where its
// files are. It is one JSON file in the application's staging folder; it holds
// no secret.
package jobspec

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// FileName is the name of the specification in the staging folder and in the
// working directory of every container.
const FileName = "weft-job.json"

// ProgramName is the name of the job's executable in a container's working
// directory.
const ProgramName = "weft-program"

// SecretName is the name of the application's secret among the credentials in
// a container's token file.
const SecretName = "weft.secret"

// Version is the version of the JSON form of a Spec.
const Version = 1

// RoleVariable names the environment variable that tells a program which role
// it plays; RolePlan and the others are its values.
const RoleVariable = "WEFT_ROLE"

// The roles of a program.
const (
	RolePlan      = "plan"      // answer a plan.Request and end
	RoleMaster    = "appmaster" // be the application master of the job in FileName
	RoleContainer = "container" // be a worker of the master that Spec.Staging names
)

// A Target says what provides the containers.
type Target string

// The targets.
const (
	YARN  Target = "yarn"  // containers of a YARN cluster
	Local Target = "local" // child processes on this machine
)

// Spec is one submitted job. All roles of the application read the same Spec.
type Spec struct {
	Version        int               `json:"version"`
	Target         Target            `json:"target"`
	JobID          string            `json:"job-id"` // 32 lower-case hex digits
	JobName        string            `json:"job-name"`
	ApplicationID  string            `json:"application-id"` // YARN's, or local_<job id>
	User           string            `json:"user"`
	Class          string            `json:"class"` // the job that -c selected
	Args           []string          `json:"args"`
	PlanHash       string            `json:"plan-hash"`
	Parallelism    int               `json:"parallelism"`     // default of the operators
	MaxParallelism int               `json:"max-parallelism"` // default of the operators
	Workers        int               `json:"workers"`         // -yn: containers to hold
	Slots          int               `json:"slots"`           // -ys: slots of each
	MasterMemory   int64             `json:"master-memory"`   // -yjm, bytes
	WorkerMemory   int64             `json:"worker-memory"`   // -ytm, bytes
	WorkerVCores   int               `json:"worker-vcores"`
	NodeLabel      string            `json:"node-label,omitempty"`
	Staging        string            `json:"staging"` // URI of the application's own folder, mode 0700
	Restore        *Restore          `json:"restore,omitempty"`
	Conf           map[string]string `json:"conf"`      // effective settings, by key
	Hadoop         map[string]string `json:"hadoop"`    // the cluster's properties; empty without a cluster
	Resources      []Resource        `json:"resources"` // files that every container needs, the program first
}

// Restore says which snapshot the job starts from.
type Restore struct {
	Path             string `json:"path"`               // URI of the snapshot's folder
	AllowNonRestored bool   `json:"allow-non-restored"` // -n
	Claim            bool   `json:"claim,omitempty"`    // claim mode CLAIM: the snapshot becomes the job's own

	// StaleClaims are the ids of jobs that had claimed the snapshot and have ended.
	StaleClaims []string `json:"stale-claims,omitempty"`

	// SourceEnded says that the job has ended that took the snapshot. Then the
	// shared files that only a claimed snapshot needs are deleted with it.
	SourceEnded bool `json:"source-ended,omitempty"`
}

// Resource is a file that YARN puts into a container's working directory.
type Resource struct {
	Name      string `json:"name"` // in the working directory; may have folders
	URI       string `json:"uri"`
	Size      int64  `json:"size"`
	Timestamp int64  `json:"timestamp"` // of last change, ms since the epoch, exact
	Private   bool   `json:"private"`   // shared between the user's applications on a node
}

// Read reads the specification at path, and refuses one of another version.
func Read(path string) (*Spec, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const limit = 16 << 20
	text, err := io.ReadAll(io.LimitReader(file, limit))
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads a specification from its JSON form.
func Parse(text []byte) (*Spec, error) {
	spec := new(Spec)
	if err := json.Unmarshal(text, spec); err != nil {
		return nil, fmt.Errorf("job specification: %w", err)
	}
	if spec.Version != Version {
		return nil, fmt.Errorf("job specification has version %d, this program reads version %d: rebuild the program with the release of weft that submits it", spec.Version, Version)
	}
	return spec, nil
}

// Marshal returns the JSON form.
func (s *Spec) Marshal() ([]byte, error) {
	return json.MarshalIndent(s, "", "  ")
}
