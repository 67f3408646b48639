package storage

import (
	"context"

	"github.com/colinmarc/hdfs/v2"
)

// noteKey is the extended attribute that holds a file's note.
const noteKey = "user.weft.note"

// putNote gives a file its note. That it gets none is no fault; a cluster that
// keeps none (dfs.namenode.xattrs.enabled) is not asked again.
func (h *hdfsFS) putNote(ctx context.Context, name string, note []byte) {
	if len(note) > MaxNote || h.noNotes.Load() {
		return
	}
	err := h.wrap("note", name, h.once(ctx, func(c *hdfs.Client) error { return c.SetXAttr(name, noteKey, string(note)) }))
	if err != nil {
		h.noNotes.Store(ReasonOf(err) != Transient)
		h.log.Debug("file without its note", "uri", h.URI(name), "error", err)
	}
}

// Note asks for all attributes rather than for the one: that it is not there is
// an error otherwise, which the NameNode logs.
func (h *hdfsFS) Note(ctx context.Context, name string) ([]byte, error) {
	var note []byte
	err := h.do(ctx, "note", name, func(c *hdfs.Client) error {
		all, err := c.ListXAttrs(name)
		if text, found := all[noteKey]; err == nil && found {
			note = []byte(text)
		}
		return err
	})
	if err != nil && ReasonOf(err) != Transient {
		return nil, nil //nolint:nilerr // whoever reads the file learns what is wrong with it
	}
	return note, err
}
