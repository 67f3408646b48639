package client

import (
	"context"
	"fmt"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/inspect"
	"github.com/weft-stream/weft/internal/snapshot"
)

// shownSnapshot is the JSON result of state show.
type shownSnapshot struct {
	Path           string          `json:"path"`
	Kind           snapshot.Kind   `json:"kind"`
	ID             int64           `json:"id"`
	JobID          string          `json:"job-id"`
	JobName        string          `json:"job-name"`
	Class          string          `json:"class"`
	Triggered      string          `json:"triggered"` // RFC 3339
	Completed      string          `json:"completed"`
	RestoredFrom   string          `json:"restored-from,omitempty"`
	MaxParallelism int             `json:"max-parallelism"`
	KeyHash        string          `json:"key-hash"`
	Size           int64           `json:"size"` // of all state, bytes
	Operators      []shownOperator `json:"operators"`
}

type shownOperator struct {
	UID            string       `json:"uid"`
	Name           string       `json:"name"`
	Kind           string       `json:"kind"`
	Parallelism    int          `json:"parallelism"`
	MaxParallelism int          `json:"max-parallelism"`
	KeyType        string       `json:"key-type,omitempty"`
	Finished       int          `json:"finished-subtasks,omitempty"`
	Size           int64        `json:"size"`
	States         []shownState `json:"states"`
}

type shownState struct {
	Name    string      `json:"name"`
	Kind    string      `json:"kind"`
	Type    string      `json:"type"`
	Entries int64       `json:"entries"`
	Written bool        `json:"entries-as-written,omitempty"` // a key counts each time that an incremental checkpoint wrote it, and when it was deleted
	Size    int64       `json:"size"`
	Parts   []shownPart `json:"parts"` // a run of bytes of one subtask each
}

type shownPart struct {
	Subtask       int    `json:"subtask"`
	FirstKeyGroup *int   `json:"first-key-group,omitempty"`
	LastKeyGroup  *int   `json:"last-key-group,omitempty"`
	Entries       int64  `json:"entries"`
	Size          int64  `json:"size"`
	File          string `json:"file,omitempty"` // "" is _metadata
}

// stateShow does the action of that name.
func (a *app) stateShow(ctx context.Context, o *stateOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	opened, err := a.openState(ctx, t, o.paths[0])
	if err != nil {
		return err
	}
	m := opened.Meta
	result := shownSnapshot{
		Path: opened.URI(), Kind: m.Kind, ID: m.CheckpointID, JobID: m.JobID, JobName: m.JobName, Class: m.Class,
		Triggered: time.UnixMilli(m.Triggered).Format(time.RFC3339), Completed: time.UnixMilli(m.Completed).Format(time.RFC3339),
		RestoredFrom: m.RestoredFrom, MaxParallelism: m.MaxParallelism, KeyHash: m.KeyHash, Size: m.StateSize(),
	}
	for i := range m.Operators {
		result.Operators = append(result.Operators, showOperator(&m.Operators[i]))
	}
	a.printSnapshot(m, &result)
	return a.ui.Result(result)
}

func showOperator(o *snapshot.Operator) shownOperator {
	shown := shownOperator{
		UID: o.UID, Name: o.Name, Kind: o.Kind, Parallelism: o.Parallelism, MaxParallelism: o.MaxParallelism, KeyType: o.KeySchema,
		States: []shownState{},
	}
	for i := range o.Subtasks {
		if o.Subtasks[i].Finished {
			shown.Finished++
		}
	}
	for _, info := range o.States {
		s := shownState{Name: info.Name, Kind: info.Kind, Type: info.Schema, Parts: []shownPart{}}
		for subtask, h := range inspect.Handles(o, info.Name) {
			part := shownPart{Subtask: subtask, Entries: h.Entries, Size: h.Length, File: h.File}
			if h.Keyed() {
				part.FirstKeyGroup, part.LastKeyGroup = &h.FirstKeyGroup, &h.LastKeyGroup
			}
			s.Parts = append(s.Parts, part)
			s.Written = s.Written || h.Part != snapshot.Base
			s.Entries, s.Size = s.Entries+h.Entries, s.Size+h.Length
		}
		shown.Size += s.Size
		shown.States = append(shown.States, s)
	}
	return shown
}

// keyGroups is the range of key groups that a state has entries of.
func (s *shownState) keyGroups() string {
	first, last := snapshot.MaxParallelism, -1
	for _, part := range s.Parts {
		if part.FirstKeyGroup != nil {
			first, last = min(first, *part.FirstKeyGroup), max(last, *part.LastKeyGroup)
		}
	}
	if last < 0 {
		return "-"
	}
	return fmt.Sprintf("%d-%d", first, last)
}

func (a *app) printSnapshot(m *snapshot.Metadata, s *shownSnapshot) {
	a.ui.Line("%s", s.Path)
	a.ui.Line("%s %d of job %s (%s), %s of state, completed %s in %d ms", s.Kind, s.ID, s.JobID, orUnknown(s.JobName),
		voice.Bytes(s.Size), time.UnixMilli(m.Completed).Format(flinkTime), m.Completed-m.Triggered)
	if s.RestoredFrom != "" {
		a.ui.Line("the job was started from %s", s.RestoredFrom)
	}
	for i := range s.Operators {
		a.printOperator(&s.Operators[i])
	}
}

func (a *app) printOperator(o *shownOperator) {
	key := ""
	if o.KeyType != "" {
		key = ", key " + o.KeyType
	}
	ended := ""
	if o.Finished > 0 {
		ended = fmt.Sprintf(", %d ended", o.Finished)
	}
	a.ui.Line("")
	a.ui.Line("uid %s  %s, parallelism %d of at most %d%s%s", o.UID, o.Name, o.Parallelism, o.MaxParallelism, ended, key)
	if len(o.States) == 0 {
		return
	}
	a.ui.Line("    %-18s %-15s %12s %10s  %-10s  %s", "state", "kind", "entries", "size", "key groups", "type")
	for i := range o.States {
		s := &o.States[i]
		entries := voice.Count(s.Entries)
		if s.Written {
			entries = "≤ " + entries
		}
		a.ui.Line("    %-18s %-15s %12s %10s  %-10s  %s", s.Name, s.Kind, entries, voice.Bytes(s.Size), s.keyGroups(), orUnknown(s.Type))
	}
}
