package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
)

// A finding is what one of the checks before a start says, if it has no error.
type finding struct {
	Check   string  `json:"check"`
	Verdict verdict `json:"verdict"`
	Detail  string  `json:"detail"`
}

// A verdict says how much a finding matters.
type verdict string

const (
	fine    verdict = "ok"
	noted   verdict = "note"    // the user may not expect it
	warned  verdict = "warning" // the job could start, and would wait or lose something
	refused verdict = "problem" // the job cannot start
)

// tell says of a finding what the user should know when all goes well.
func (a *app) tell(f finding) {
	switch f.Verdict {
	case noted:
		a.ui.Note("%s", f.Detail)
	case warned:
		a.ui.Warn("%s", f.Detail)
	}
}

// dryRunResult is the JSON result of run --dry-run.
type dryRunResult struct {
	Fits     bool             `json:"fits"`
	Job      string           `json:"job"`
	PlanHash string           `json:"plan-hash"`
	Workers  int              `json:"workers"`
	Slots    int              `json:"slots"` // of each worker
	Warnings []string         `json:"warnings,omitempty"`
	Snapshot *dryRunSnapshot  `json:"snapshot,omitempty"`
	Restore  *snapshot.Report `json:"restore,omitempty"`
	Checks   []finding        `json:"checks"`
}

type dryRunSnapshot struct {
	Path      string        `json:"path"`
	Kind      snapshot.Kind `json:"kind"`
	ID        int64         `json:"id"`
	JobID     string        `json:"job-id"`
	JobName   string        `json:"job-name"`
	Completed int64         `json:"completed"` // ms since the epoch
	Size      int64         `json:"size"`      // bytes
}

// dryRun does all the checks that come before a start, says what each finds, and
// starts nothing. Unlike a start it goes on after the first problem.
func (a *app) dryRun(ctx context.Context, o *runOptions) error {
	s, err := a.plan(ctx, o)
	if errors.Is(err, errHelped) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.files.Close()
	r := &dryRunResult{Job: s.plan.Job, PlanHash: s.plan.Hash(), Warnings: s.plan.Warnings}
	err = s.count()
	r.Workers, r.Slots = s.workers, s.slots
	problems := r.note(finding{"program", fine, fmt.Sprintf("job %s, %s in %s of %s each", s.plan.Job,
		voice.Plural(s.plan.Subtasks(), "subtask"), voice.Plural(s.workers, "container"), voice.Plural(s.slots, "slot"))}, err)
	problems = append(problems, a.tryRestore(ctx, s, r)...)
	checks, err := s.checks(ctx)
	if err != nil {
		problems = append(problems, r.note(finding{Check: "cluster"}, err)...)
	}
	for _, check := range checks {
		f, err := check(ctx)
		problems = append(problems, r.note(f, err)...)
	}
	a.ui.EndStatus()
	r.Fits = len(problems) == 0
	a.printDryRun(r)
	return errors.Join(append(problems, a.ui.Result(r))...)
}

// note adds a finding, or a problem instead of it, which it returns.
func (r *dryRunResult) note(f finding, err error) []error {
	if err == nil {
		r.Checks = append(r.Checks, f)
		return nil
	}
	r.Checks = append(r.Checks, finding{f.Check, refused, err.Error()})
	return []error{err}
}

// tryRestore compares the snapshot with the program and reads every byte of it.
func (a *app) tryRestore(ctx context.Context, s *submission, r *dryRunResult) []error {
	if s.restore == nil {
		return nil
	}
	meta := s.restore.Meta
	r.Snapshot = &dryRunSnapshot{
		Path: s.restore.URI(), Kind: meta.Kind, ID: meta.CheckpointID, JobID: meta.JobID, JobName: meta.JobName,
		Completed: meta.Completed, Size: meta.StateSize(),
	}
	report := s.compare()
	r.Restore = &report
	var problems []error
	for _, line := range report.Lines() {
		problems = append(problems, errors.New(line))
	}
	fits := finding{"state", fine, fmt.Sprintf("%s %d of job %s, %s old, fits", meta.Kind, meta.CheckpointID, meta.JobID, voice.Age(time.Since(time.UnixMilli(meta.Completed))))}
	if len(problems) > 0 {
		fits = finding{"state", refused, voice.Plural(len(problems), "problem") + " with " + s.restore.URI()}
	}
	r.note(fits, nil)
	a.ui.Progress("reading %s (%s)", s.restore.URI(), voice.Bytes(meta.StateSize()))
	err := snapshot.Verify(ctx, s.restore.FS, s.restore.Dir)
	return append(problems, r.note(finding{"files", fine, fmt.Sprintf("%s of state, every checksum is right", voice.Bytes(meta.StateSize()))}, s.cluster.fileError(err))...)
}

// compare says what a restore would make of the program's operators.
func (s *submission) compare() snapshot.Report {
	return snapshot.Compare(s.restore.Meta, snapshot.Program{
		KeyHash: keygroup.HashName, Operators: programOperators(s.plan),
		AllowNonRestored: conf.Get(s.conf, conf.AllowNonRestoredState),
	})
}
