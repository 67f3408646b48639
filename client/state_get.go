package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/inspect"
)

// gotKey is the JSON result of state get.
type gotKey struct {
	Path     string            `json:"path"`
	UID      string            `json:"uid"`
	KeyGroup int               `json:"key-group"`
	Entries  []json.RawMessage `json:"entries"` // as state dump writes them
}

// stateGet does the action of that name.
func (a *app) stateGet(ctx context.Context, o *stateOptions) error {
	if a.typed["key"] == "" {
		return fmt.Errorf("which key? name it with --key")
	}
	opened, err := a.openStates(ctx, o)
	if err != nil {
		return err
	}
	defer opened.tree.files.Close()
	result := gotKey{Path: opened.snapshot.URI(), UID: opened.operator.UID, KeyGroup: -1, Entries: []json.RawMessage{}}
	for _, s := range opened.states {
		if !s.Keyed() {
			continue
		}
		key, err := s.ParseKey(o.key)
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		result.KeyGroup = key.Group
		for e, err := range s.Get(ctx, key) {
			if err != nil {
				return opened.tree.cluster.fileError(err)
			}
			if err := a.got(s, &e, &result); err != nil {
				return err
			}
		}
	}
	if result.KeyGroup < 0 {
		return voice.Hint(fmt.Errorf("operator %q keeps nothing by key", opened.operator.UID), "weft state dump shows what it keeps")
	}
	if err := a.ui.Result(result); err != nil || len(result.Entries) > 0 {
		return err
	}
	return fmt.Errorf("operator %q keeps nothing for the key %q, which would be in key group %d", opened.operator.UID, shorten(o.key), result.KeyGroup)
}

// got prints one entry of the key, and keeps it for the JSON result.
func (a *app) got(s *inspect.State, e *inspect.Entry, result *gotKey) error {
	line, err := s.AppendJSON(nil, e)
	if err != nil {
		return err
	}
	result.Entries = append(result.Entries, line)
	a.ui.Line("%s", line)
	return nil
}

// stateDump does the action of that name. The result is JSON whatever --output
// says.
func (a *app) stateDump(ctx context.Context, o *stateOptions) error {
	opened, err := a.openStates(ctx, o)
	if err != nil {
		return err
	}
	defer opened.tree.files.Close()
	out := bufio.NewWriterSize(a.ui, 64<<10)
	for _, s := range opened.states {
		if err := dump(ctx, out, s); err != nil {
			out.Flush() // what was read stands before the error
			return opened.tree.cluster.fileError(err)
		}
	}
	return out.Flush()
}

// dump writes the entries of a state, a line each.
func dump(ctx context.Context, out *bufio.Writer, s *inspect.State) error {
	var line []byte
	for e, err := range s.Entries(ctx, inspect.All) {
		if err != nil {
			return err
		}
		if line, err = s.AppendJSON(line[:0], &e); err != nil {
			return err
		}
		if _, err := out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("the output cannot be written: %w", err)
		}
	}
	return nil
}
