package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/plan"
)

// Fit says what a restore makes of an operator or a state.
type Fit string

// The ways in which a snapshot and a program fit, or do not.
const (
	FitMatched Fit = "matched"  // it is restored
	FitChanged Fit = "changed"  // it is restored into a type that was changed
	FitNew     Fit = "new"      // the snapshot does not have it: it starts empty
	FitLeftOut Fit = "left out" // the program does not have it, and need not
	FitMissing Fit = "missing"  // the program does not have it, and must
	FitUnfit   Fit = "unfit"    // it cannot be restored
)

// Report is what Compare finds.
type Report struct {
	Problems  []string      `json:"problems,omitempty"` // of the snapshot as a whole
	Operators []OperatorFit `json:"operators"`
}

// OperatorFit is what a restore makes of an operator.
type OperatorFit struct {
	UID              string     `json:"uid"`
	Name             string     `json:"name"`
	Fit              Fit        `json:"fit"`
	Parallelism      int        `json:"parallelism,omitempty"`       // in the program; 0: it is not there
	SavedParallelism int        `json:"saved-parallelism,omitempty"` // in the snapshot; 0: it is not there
	MaxParallelism   int        `json:"max-parallelism,omitempty"`   // that it has for good; 0: the default
	Size             int64      `json:"size"`                        // bytes of its state
	MayBe            []string   `json:"may-be,omitempty"`            // uids of the program that could take the state
	Changes          []string   `json:"changes,omitempty"`           // of its keys
	Problems         []string   `json:"problems,omitempty"`          // but for those of the states
	States           []StateFit `json:"states"`
}

// StateFit is what a restore makes of a state.
type StateFit struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Fit      Fit      `json:"fit"`
	Written  string   `json:"written,omitempty"` // schema in the snapshot
	Read     string   `json:"read,omitempty"`    // schema in the program
	Size     int64    `json:"size"`              // bytes
	Entries  int64    `json:"entries"`
	Changes  []string `json:"changes,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// Lines are all problems, each with the operator that has it.
func (r Report) Lines() []string {
	lines := slices.Clone(r.Problems)
	for _, o := range r.Operators {
		lines = append(lines, o.lines()...)
	}
	return lines
}

func (f OperatorFit) lines() []string {
	all := slices.Clone(f.Problems)
	for _, s := range f.States {
		all = append(all, s.Problems...)
	}
	for i := range all {
		all[i] = Operator{UID: f.UID, Name: f.Name}.String() + ": " + all[i]
	}
	return all
}

// compare says how an operator of the snapshot and that of the program fit.
func (o Operator) compare(in ProgramOperator, allowNonRestored bool) OperatorFit {
	fit := OperatorFit{
		UID: o.UID, Name: in.Name, Fit: FitMatched,
		Parallelism: in.Parallelism, SavedParallelism: o.Parallelism, MaxParallelism: o.MaxParallelism,
	}
	switch {
	case in.MaxParallelism != 0 && in.MaxParallelism != o.MaxParallelism:
		fit.Problems = append(fit.Problems, fmt.Sprintf("its maximum parallelism is %d in the snapshot and cannot be changed to %d", o.MaxParallelism, in.MaxParallelism))
	case in.Parallelism > o.MaxParallelism:
		fit.Problems = append(fit.Problems, fmt.Sprintf("its parallelism %d is above the snapshot's maximum parallelism, %d", in.Parallelism, o.MaxParallelism))
	}
	changes, problem := evolution(o.KeySchema, in.KeySchema, codec.CompareKeys)
	fit.Changes = changes
	if problem != "" {
		fit.Problems = append(fit.Problems, "its key type changed from "+problem+"; keys may change only in ways that keep their hash")
	}
	for _, old := range o.States {
		if state, ok := o.compareState(old, in, allowNonRestored); ok {
			fit.States = append(fit.States, state)
			fit.Size += state.Size
		}
	}
	for _, s := range in.States {
		if !slices.ContainsFunc(o.States, func(old StateInfo) bool { return old.Name == s.Name }) {
			fit.States = append(fit.States, StateFit{Name: s.Name, Kind: s.Kind, Fit: FitNew, Read: s.Schema})
		}
	}
	changed := func(s StateFit) bool { return s.Fit != FitMatched }
	switch {
	case len(fit.lines()) > 0:
		fit.Fit = FitUnfit
	case len(fit.Changes) > 0 || slices.ContainsFunc(fit.States, changed):
		fit.Fit = FitChanged
	}
	return fit
}

// takesKind says whether a state of the kind now takes what was written as one of
// the kind old. Lists are written alike, whoever is given their entries.
func takesKind(now, old string) bool {
	list := func(kind string) bool { return kind == plan.List || kind == plan.Union }
	return now == old || list(now) && list(old)
}

// compareState says what becomes of one state; there is nothing to say of one
// that is empty and that the program does not have.
func (o Operator) compareState(old StateInfo, in ProgramOperator, allowNonRestored bool) (_ StateFit, ok bool) {
	fit := StateFit{Name: old.Name, Kind: old.Kind, Fit: FitMatched, Written: old.Schema}
	fit.Size, fit.Entries = o.held(old.Name)
	takes := in.States
	if inflight.IsKind(old.Kind) {
		takes = in.Inputs
	}
	i := slices.IndexFunc(takes, func(s StateInfo) bool { return s.Name == old.Name })
	if i >= 0 && takes[i].Kind != old.Kind && inflight.IsKind(old.Kind) {
		i = -1 // whom to give the records to cannot be known
	}
	if i < 0 {
		held := fit.Size > 0
		fit.Fit = FitLeftOut
		if held && !allowNonRestored {
			fit.Fit = FitMissing
			fit.Problems = []string{fmt.Sprintf("the program does not declare its state %q any more; to skip it use -n (--allowNonRestoredState)", old.Name)}
			if inflight.IsKind(old.Kind) {
				fit.Problems = []string{fmt.Sprintf("records were on their way to it (%s), and the program has no such way any more; "+
					"change the program at a savepoint, which has none on their way, or skip them with -n (--allowNonRestoredState)", old.Name)}
			}
		}
		return fit, held
	}
	now := takes[i]
	fit.Read = now.Schema
	changes, problem := evolution(old.Schema, now.Schema, codec.Compare)
	switch {
	case !takesKind(now.Kind, old.Kind):
		fit.Fit = FitUnfit
		fit.Problems = []string{fmt.Sprintf("its state %q changed from a %s to a %s", old.Name, old.Kind, now.Kind)}
	case problem != "":
		fit.Fit = FitUnfit
		fit.Problems = []string{fmt.Sprintf("the type of its state %q changed from %s", old.Name, problem)}
	case len(changes) > 0:
		fit.Fit, fit.Changes = FitChanged, changes
	}
	return fit, true
}

// evolution says what changed from one schema to another, and why it cannot be, if
// it cannot: both types and where they differ. Schemas that are not the codec's
// (of a list of bytes) can only be the same.
func evolution(written, read string, compare func(written, read *codec.Schema) codec.Evolution) (changes []string, problem string) {
	if written == read {
		return nil, ""
	}
	types := orNone(written) + " to " + orNone(read)
	old, err := codec.ParseSchema(written)
	if err != nil {
		return nil, types
	}
	now, err := codec.ParseSchema(read)
	if err != nil {
		return nil, types
	}
	e := compare(old, now)
	switch {
	case len(e.Problems) == 0:
		return e.Changes, ""
	case len(e.Problems) == 1 && strings.HasPrefix(e.Problems[0], written+" cannot become"):
		return nil, types
	}
	return nil, types + ": " + strings.Join(e.Problems, "; ")
}

func orNone(schema string) string {
	if schema == "" {
		return "none"
	}
	return schema
}
