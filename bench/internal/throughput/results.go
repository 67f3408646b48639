package throughput

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/weft-stream/weft/bench/internal/meter"
)

// Results are what has been measured so far, kept in a file.
type Results struct {
	Revision   string                        // of the sources
	Series     map[string]map[string]*Series // by row and system
	References map[string]Reference          // by job, options and count

	file string
}

// Series are the runs of a system in a row.
type Series struct {
	Count   int64 // records of each run
	Runs    []meter.Result
	Failure string `json:",omitempty"` // why the latest run does not count
}

// Reference is what a run's results must be.
type Reference struct{ Records, Sum uint64 }

// OpenResults reads the results in a file, or begins new ones. It begins new ones also where those in the file are of
// another revision.
func OpenResults(file, revision string, resume bool) (*Results, error) {
	fresh := &Results{Revision: revision, Series: map[string]map[string]*Series{}, References: map[string]Reference{}, file: file}
	if !resume {
		return fresh, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, err
	}
	old := &Results{file: file}
	if err := json.Unmarshal(text, old); err != nil || old.Series == nil || old.References == nil || old.Revision != revision {
		return fresh, err
	}
	return old, nil
}

// Save writes the file.
func (r *Results) Save() error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(r.file+".new", r.file)
}

func (r *Results) series(row Row, system string) *Series {
	if r.Series[row.ID] == nil {
		r.Series[row.ID] = map[string]*Series{}
	}
	if r.Series[row.ID][system] == nil {
		r.Series[row.ID][system] = &Series{Count: row.Counts[system]}
	}
	return r.Series[row.ID][system]
}

// rate is a run's million records per second in its steady time.
func (s *Series) rate(r meter.Result) float64 { return steadyRate(s.Count)(r) }

// whole is a run's million records per second from its first record to its end.
func (s *Series) whole(r meter.Result) float64 { return float64(s.Count) / r.Whole / million }

// cpu is the processor time of the workers for a record in the steady time, in ns.
func (s *Series) cpu(r meter.Result) float64 { return r.CPU * 1e9 / steadyRecords(s.Count) }
