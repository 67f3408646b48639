package container

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/weft-stream/weft/stream"
)

// ledger is what a job has written for good: the lines of each entry by the
// entry's name, so that one that is committed twice counts once.
type ledger struct {
	mu      sync.Mutex
	entries map[string]string
}

func (l *ledger) commit(entry []byte) {
	name, lines, _ := bytes.Cut(entry, []byte("\n"))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = map[string]string{}
	}
	l.entries[string(name)] = string(lines)
}

// all is lines while the job still writes.
func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines()
}

// lines are all that were written, sorted.
func (l *ledger) lines() []string {
	var all []string
	for _, lines := range l.entries {
		all = append(all, strings.Split(strings.TrimSuffix(lines, "\n"), "\n")...)
	}
	slices.Sort(all)
	return all
}

// ledgerSink writes lines to a ledger, each exactly once. What it prepares are
// the lines themselves: a snapshot of it needs nothing beside it.
type ledgerSink struct {
	to      *ledger
	subtask int
	buf     []byte
	pending map[int64][]byte // entries by checkpoint
}

func (s *ledgerSink) Open(ctx *stream.SinkContext, _ bool, prepared [][]byte) error {
	s.subtask, s.pending = ctx.Subtask, map[int64][]byte{}
	for _, entry := range prepared {
		s.to.commit(entry)
	}
	return nil
}

func (s *ledgerSink) Write(line string) error {
	s.buf = append(s.buf, line...)
	return nil
}

func (s *ledgerSink) Prepare(checkpoint int64) ([][]byte, error) {
	if len(s.buf) > 0 {
		s.pending[checkpoint] = append(fmt.Appendf(nil, "%d of subtask %d\n", checkpoint, s.subtask), s.buf...)
		s.buf = nil
	}
	var all [][]byte
	for _, entry := range s.pending {
		all = append(all, slices.Clone(entry))
	}
	return all, nil
}

func (s *ledgerSink) Commit(checkpoint int64) error {
	for id, entry := range s.pending {
		if id <= checkpoint {
			s.to.commit(entry)
			delete(s.pending, id)
		}
	}
	return nil
}

func (s *ledgerSink) Close() error { return nil }
