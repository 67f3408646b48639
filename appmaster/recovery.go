package appmaster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// See fence.go for how an attempt keeps those before it from interfering.
//
// An attempt of the master leaves three things for the next one: its
// announcement (master.json, written by package control), what it promised to
// users (operations-N.json), and the checkpoints themselves. All change from one
// whole file to the next, so there is nothing half-written to find.

// operationsFile is where an attempt writes the operations down, in the
// staging folder. Each attempt has a file of its own: one that has lost its
// place without knowing it cannot overwrite what its successor promised.
func operationsFile(attempt int) string { return fmt.Sprintf("operations-%d.json", attempt) }

// maxOperations bounds an operations file. An operation has some hundred
// bytes, and is forgotten minutes after it ended.
const maxOperations = 64 << 20

// writeOperations writes down what was promised.
func (p *places) writeOperations(ctx context.Context, attempt int, operations []coordinator.Operation) error {
	text, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	return p.staging.fs.WriteFile(ctx, path.Join(p.staging.dir, operationsFile(attempt)),
		storage.CreateOptions{Overwrite: true, Perm: 0o600},
		func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
}

// readOperations returns what the attempts before this one promised: the
// latest that wrote anything had taken over from those before it.
func (p *places) readOperations(ctx context.Context, attempt int) ([]coordinator.Operation, error) {
	for before := attempt - 1; before > 0; before-- {
		name := path.Join(p.staging.dir, operationsFile(before))
		text, err := storage.ReadFile(ctx, p.staging.fs, name, maxOperations)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var operations []coordinator.Operation
		if err := json.Unmarshal(text, &operations); err != nil {
			return nil, fmt.Errorf("%s: %w", p.staging.fs.URI(name), err)
		}
		return operations, nil
	}
	return nil, nil
}

// recovered is what an attempt knows about the job's past.
type recovered struct {
	started time.Time                 // when the job was first started
	state   *coordinator.Recovered    // nil for a first attempt
	restore *coordinator.RestorePoint // where the user said to start from
}

// recoverJob finds out about the job's past. A first attempt has none but a
// snapshot to start from, which is checked against the program here once more:
// the client did it before the submission.
func (p *places) recoverJob(ctx context.Context, spec *jobspec.Spec, program *plan.Plan, attempt int, log *slog.Logger) (*recovered, error) {
	past := &recovered{started: time.Now()}
	if attempt > 1 {
		if err := p.recoverAttempt(ctx, past, attempt, log); err != nil {
			return nil, err
		}
	}
	if spec.Restore == nil {
		return past, nil
	}
	var err error
	if past.restore, err = p.restorePoint(ctx, spec, program); err != nil {
		if past.state == nil || len(past.state.Completed) == 0 {
			return nil, fmt.Errorf("restore from %s: %w", spec.Restore.Path, err)
		}
		past.restore = nil
		log.Warn("the snapshot that the job was started from cannot be used; its own checkpoints are newer", "error", err)
		if spec.Restore.Claim {
			p.finishClaimed(ctx, spec.Restore.Path, log)
		}
	}
	return past, nil
}

// restorePoint opens the snapshot that the user said to start from, and claims
// it if that was said too.
func (p *places) restorePoint(ctx context.Context, spec *jobspec.Spec, program *plan.Plan) (*coordinator.RestorePoint, error) {
	s, err := snapshot.Open(ctx, p.resolver, spec.Restore.Path)
	if err != nil {
		return nil, err
	}
	if lines := snapshot.Check(s.Meta, restoreProgram(program, spec.Restore)); len(lines) > 0 {
		return nil, errors.New(lines[0])
	}
	if spec.Restore.Claim {
		for _, job := range spec.Restore.StaleClaims {
			if err := snapshot.Release(ctx, s.Location.FS, s.Location.Dir, job); err != nil {
				return nil, err
			}
		}
		if err := snapshot.Claim(ctx, s.Location.FS, s.Location.Dir, owner(spec, time.Now())); err != nil {
			return nil, err
		}
	}
	return &coordinator.RestorePoint{
		Path:       s.Location.URI(),
		Checkpoint: s.Meta.CheckpointID,
		Savepoint:  s.Meta.Kind == snapshot.Savepoint,
		Claimed:    spec.Restore.Claim,
		Completed:  time.UnixMilli(s.Meta.Completed),
		Size:       s.Meta.StoredSize(),
		Shared:     snapshot.SharedFiles(s.Meta),
	}, nil
}

// finishClaimed goes on with the deletion of the claimed snapshot if an attempt
// before was interrupted at it.
func (p *places) finishClaimed(ctx context.Context, uri string, log *slog.Logger) {
	at, err := p.open(uri)
	if err == nil {
		err = snapshot.FinishDeletion(ctx, at.fs, at.dir, p.jobID, p.sourceEnded)
	}
	if err != nil {
		log.Warn("the deletion of the claimed snapshot could not be finished", "error", err)
	}
}

// owner describes the job to those who find its files.
func owner(spec *jobspec.Spec, since time.Time) snapshot.Owner {
	return snapshot.Owner{
		JobID: spec.JobID, JobName: spec.JobName, Application: spec.ApplicationID, User: spec.User, Since: since.UnixMilli(),
	}
}

func (p *places) recoverAttempt(ctx context.Context, past *recovered, attempt int, log *slog.Logger) error {
	past.state = &coordinator.Recovered{}
	if err := p.mark(ctx, attempt); err != nil {
		return err
	}
	before, err := control.ReadMasterAddress(ctx, p.staging.fs, p.staging.dir)
	switch {
	case err == nil && before.Job > 0:
		past.started = time.UnixMilli(before.Job)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if past.state.Operations, err = p.readOperations(ctx, attempt); err != nil {
		return err
	}
	if p.checkpoints.fs == nil {
		return nil
	}
	return p.recoverCheckpoints(ctx, past.state, log)
}

// recoverCheckpoints finds the checkpoints of earlier attempts, none of which
// can complete another one any more.
func (p *places) recoverCheckpoints(ctx context.Context, state *coordinator.Recovered, log *slog.Logger) error {
	if err := snapshot.FinishDeletions(ctx, p.checkpoints.fs, p.checkpoints.dir, p.jobID); err != nil {
		log.Warn("an interrupted deletion could not be finished", "error", err)
	}
	unfinished, err := p.fenceCheckpoints(ctx)
	if err != nil {
		return err
	}
	for _, id := range unfinished {
		state.Unfinished = append(state.Unfinished, coordinator.Snapshot{
			ID: id, Dir: p.checkpoints.fs.URI(snapshot.CheckpointDir(p.checkpoints.dir, p.jobID, id)),
		})
	}
	list, err := snapshot.List(ctx, p.checkpoints.fs, p.checkpoints.dir, p.jobID)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("checkpoints of the job: %w", err)
	}
	for _, r := range list {
		known := coordinator.Snapshot{ID: r.ID, Dir: r.URI, Triggered: r.Triggered, Completed: r.Completed, Size: r.Size, Shared: r.Shared, Pinned: r.Pinned}
		switch {
		case r.Err == nil:
			known.Epoch = r.Meta.Epoch
			state.Completed = append(state.Completed, known)
		case snapshot.Lost(r.Err):
			log.Warn("checkpoint passed over", "checkpoint", r.ID, "folder", r.URI, "error", r.Err)
			state.Unfinished = append(state.Unfinished, known)
		default: // it may be good: to go back further than need be would be worse
			return fmt.Errorf("checkpoint %d: %w", r.ID, r.Err)
		}
	}
	return nil
}

// restoreProgram is what a snapshot is checked against.
func restoreProgram(p *plan.Plan, restore *jobspec.Restore) snapshot.Program {
	program := snapshot.Program{KeyHash: keygroup.HashName, AllowNonRestored: restore.AllowNonRestored}
	for i, v := range p.Vertices {
		for at, o := range v.Operators {
			var states, inputs []snapshot.StateInfo
			if at == 0 {
				for _, s := range inflight.States(p, i) {
					inputs = append(inputs, snapshot.StateInfo(s))
				}
			}
			for _, s := range o.States {
				states = append(states, snapshot.StateInfo{Name: s.Name, Kind: s.Kind, Schema: s.Schema})
			}
			program.Operators = append(program.Operators, snapshot.ProgramOperator{
				UID: o.UID, Name: o.Name, Kind: o.Kind, Parallelism: v.Parallelism, MaxParallelism: v.MaxParallelism,
				KeySchema: o.Key, States: states, Inputs: inputs,
			})
		}
	}
	return program
}
