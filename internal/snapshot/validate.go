package snapshot

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// validate checks what a snapshot must be to be restored from: it holds when
// one is written and when one is read, so that neither side trusts the other.
func (m *Metadata) validate() error {
	switch {
	case !ValidJobID(m.JobID):
		return fmt.Errorf("job id %q is not 32 lower-case hex digits", m.JobID)
	case m.CheckpointID < 1:
		return fmt.Errorf("checkpoint number %d is not positive", m.CheckpointID)
	case m.Kind != Checkpoint && m.Kind != Savepoint:
		return fmt.Errorf("kind %q is neither %s nor %s", m.Kind, Checkpoint, Savepoint)
	case m.MaxParallelism < 1 || m.MaxParallelism > MaxParallelism:
		return fmt.Errorf("maximum parallelism %d is not from 1 to %d", m.MaxParallelism, MaxParallelism)
	case m.KeyHash == "":
		return errors.New("the key hash is not named")
	}
	uids := map[string]bool{}
	for i := range m.Operators {
		o := &m.Operators[i]
		if uids[o.UID] {
			return fmt.Errorf("two operators have the uid %q", o.UID)
		}
		uids[o.UID] = true
		if err := o.validate(m.Kind); err != nil {
			return fmt.Errorf("operator %q (%s): %w", o.UID, o.Name, err)
		}
	}
	return nil
}

func (o *Operator) validate(kind Kind) error {
	switch {
	case o.UID == "" || !utf8.ValidString(o.UID):
		return errors.New("the uid is empty or not utf-8")
	case o.MaxParallelism < 1 || o.MaxParallelism > MaxParallelism:
		return fmt.Errorf("maximum parallelism %d is not from 1 to %d", o.MaxParallelism, MaxParallelism)
	case o.Parallelism < 1 || o.Parallelism > o.MaxParallelism:
		return fmt.Errorf("parallelism %d is not from 1 to the maximum, %d", o.Parallelism, o.MaxParallelism)
	case len(o.Subtasks) != o.Parallelism:
		return fmt.Errorf("%d subtasks instead of %d", len(o.Subtasks), o.Parallelism)
	}
	names := map[string]bool{}
	for _, s := range o.States {
		if s.Name == "" || !utf8.ValidString(s.Name) || names[s.Name] {
			return fmt.Errorf("state name %q is empty, not utf-8 or there twice", s.Name)
		}
		names[s.Name] = true
	}
	for i, s := range o.Subtasks {
		if s.Index != i {
			return fmt.Errorf("subtask %d is where subtask %d should be", s.Index, i)
		}
		for _, h := range s.States {
			if !names[h.State] {
				return fmt.Errorf("subtask %d has the state %q, which the operator does not", i, h.State)
			}
			if err := errors.Join(h.validate(o), h.validatePart(kind)); err != nil {
				return fmt.Errorf("subtask %d, state %q: %w", i, h.State, err)
			}
		}
	}
	return o.validateRanges()
}

func (h *Handle) validate(o *Operator) error {
	switch {
	case h.File != "" && !validDataName(h.File):
		return fmt.Errorf("data file %q is not a plain name beside %s", h.File, MetadataName)
	case h.Offset < 0 || h.Length < frameHeader || h.Offset > math.MaxInt64-h.Length:
		return fmt.Errorf("offset %d and length %d cannot be", h.Offset, h.Length)
	case h.File == "" && int64(len(h.Inline)) != h.Length:
		return fmt.Errorf("%d inline bytes instead of %d", len(h.Inline), h.Length)
	case h.File != "" && h.Inline != nil:
		return errors.New("both in a file and inline")
	case h.Entries < 0:
		return fmt.Errorf("%d entries", h.Entries)
	}
	if !h.Keyed() && h.LastKeyGroup == NotKeyed {
		return nil
	}
	if h.FirstKeyGroup < 0 || h.LastKeyGroup < h.FirstKeyGroup || h.LastKeyGroup >= o.MaxParallelism {
		return fmt.Errorf("key groups %d to %d of %d", h.FirstKeyGroup, h.LastKeyGroup, o.MaxParallelism)
	}
	if o.KeySchema == "" {
		return errors.New("keyed state of an operator without a key")
	}
	return nil
}

// validateRanges refuses a key group in two subtasks: restoring would read two
// truths.
func (o *Operator) validateRanges() error {
	type span struct{ first, last, subtask int }
	var spans []span
	for _, s := range o.Subtasks {
		all := span{MaxParallelism, NotKeyed, s.Index}
		for _, h := range s.States {
			if h.Keyed() {
				all.first, all.last = min(all.first, h.FirstKeyGroup), max(all.last, h.LastKeyGroup)
			}
		}
		if all.last != NotKeyed {
			spans = append(spans, all)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.first - b.first })
	for i := 1; i < len(spans); i++ {
		if a, b := spans[i-1], spans[i]; b.first <= a.last {
			return fmt.Errorf("key group %d is in subtasks %d and %d", b.first, a.subtask, b.subtask)
		}
	}
	return nil
}

// validDataName says whether a name is that of a file in the snapshot's own
// folder: a path, "..", a hidden name or _metadata itself is not.
func validDataName(name string) bool {
	return name != "" && len(name) <= 255 && utf8.ValidString(name) &&
		name[0] != '.' && name[0] != '_' && !strings.ContainsAny(name, "/\\:\x00\n")
}
