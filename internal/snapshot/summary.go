package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"path"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// A catalogue wants little of each of a thousand snapshots: when, how large,
// which files. That much of _metadata is its note too (storage.CreateOptions),
// written with it and gone with it, so that only the NameNode has to be asked.
// Where there is no note, or one of another file than the one that is there,
// _metadata is read.

// summary is what a catalogue tells of a snapshot.
type summary struct {
	Header   Metadata   `json:"header"` // without operators
	Files    []dataFile `json:"files,omitempty"`
	InFlight int64      `json:"inFlight,omitempty"` // bytes of what unaligned barriers have overtaken
	Added    int64      `json:"added,omitempty"`    // bytes that it has written into shared files
	Length   int64      `json:"length,omitempty"`   // bytes of its _metadata, in a note
}

// summarize makes the summary of a snapshot.
func summarize(m *Metadata) *summary {
	s := &summary{Header: *m, Files: m.dataFiles(), InFlight: m.InFlight()}
	s.Header.Operators = nil
	for h := range m.handles() {
		if h.Shared && h.Checkpoint == 0 {
			s.Added += h.Length
		}
	}
	return s
}

// note writes the summary of a snapshot whose _metadata has a length; nil if it
// is too long for a note.
func (s *summary) note(length int64) []byte {
	noted := *s
	noted.Length = length
	text, err := json.Marshal(noted)
	if err != nil || len(text) > storage.MaxNote {
		return nil
	}
	return text
}

var errNote = errors.New("the note is not that of a snapshot")

// parseNote reads a note that note has written.
func parseNote(text []byte) (*summary, error) {
	s := &summary{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	h := &s.Header
	if !ValidJobID(h.JobID) || h.CheckpointID < 1 || h.Kind != Checkpoint && h.Kind != Savepoint || h.Operators != nil ||
		s.Length < 1 || s.InFlight < 0 || s.Added < 0 {
		return nil, errNote
	}
	for _, f := range s.Files {
		name := f.Name
		if f.Shared {
			name = path.Base(name)
		}
		if !IsDataName(name) || f.Shared && f.Name != path.Join(sharedPath, name) || f.Size < 0 {
			return nil, errNote
		}
	}
	return s, nil
}

// readSummary reads the summary of the snapshot in a folder with the given files.
func readSummary(ctx context.Context, fsys storage.FS, dir string, list []storage.Info) (*summary, error) {
	for _, info := range list {
		if info.Name != MetadataName {
			continue
		}
		text, err := fsys.Note(ctx, path.Join(dir, MetadataName))
		if err != nil {
			return nil, err
		}
		if s, err := parseNote(text); err == nil && s.Length == info.Size {
			return s, nil
		}
	}
	m, err := Read(ctx, fsys, dir)
	if err != nil {
		return nil, err
	}
	return summarize(m), nil
}

// noteSummary fills in what a summary says. The sizes of the snapshot's own
// files have been noted.
func (r *Retained) noteSummary(s *summary) {
	r.Meta, r.Kind, r.InFlight = &s.Header, s.Header.Kind, s.InFlight
	r.Triggered, r.Completed = time.UnixMilli(s.Header.Triggered), time.UnixMilli(s.Header.Completed)
	r.Shared = sharedAmong(s.Files)
	for _, f := range r.Shared {
		r.Size += f.Size
	}
	r.Added += s.Added
}
