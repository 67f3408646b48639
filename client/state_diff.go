package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/inspect"
	"github.com/weft-stream/weft/internal/snapshot"
)

// difference is a line of the JSON result of state diff: of an operator, of a
// state of it, or of an entry of that.
type difference struct {
	Change   inspect.Change  `json:"change"`
	UID      string          `json:"uid"`
	Operator string          `json:"operator,omitempty"` // its name
	State    string          `json:"state,omitempty"`
	Types    string          `json:"types,omitempty"` // how they changed
	SizeA    *int64          `json:"size-a,omitempty"`
	SizeB    *int64          `json:"size-b,omitempty"`
	A        json.RawMessage `json:"a,omitempty"` // the entry, as state dump writes it
	B        json.RawMessage `json:"b,omitempty"`
}

// stateDiff does the action of that name.
func (a *app) stateDiff(ctx context.Context, o *stateOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	d := &differ{app: a, options: o, out: bufio.NewWriterSize(a.ui, 64<<10)}
	if d.a, err = a.openState(ctx, t, o.paths[0]); err != nil {
		return err
	}
	if d.b, err = a.openState(ctx, t, o.paths[1]); err != nil {
		return err
	}
	if o.uid != "" && d.b.Meta.Operator(o.uid) == nil {
		if _, err := o.operator(d.a); err != nil {
			return err
		}
	}
	err = d.compare(ctx)
	if flushed := d.out.Flush(); err == nil {
		err = flushed
	}
	switch {
	case err != nil:
		return t.cluster.fileError(err)
	case d.count > 0:
		return &exitError{1, errFailed}
	}
	return nil
}

// differ compares two snapshots and tells what differs on the way.
type differ struct {
	app     *app
	options *stateOptions
	a, b    *snapshot.Snapshot
	out     *bufio.Writer
	told    string // the operator whose heading is out
	count   int    // differences
}

func (d *differ) compare(ctx context.Context) error {
	for _, o := range inspect.Operators(d.a.Meta, d.b.Meta) {
		of := o.A
		if of == nil {
			of = o.B
		}
		if d.options.uid != "" && d.options.uid != of.UID {
			continue
		}
		if o.Change != inspect.Changed || o.Type != "" {
			if err := d.tell(of, "", difference{Change: o.Change, UID: of.UID, Operator: of.Name, Types: o.Type}); err != nil {
				return err
			}
		}
		for _, s := range o.States {
			if d.options.state != "" && d.options.state != s.Name {
				continue
			}
			if err := d.state(ctx, o, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// state tells how a state of an operator differs.
func (d *differ) state(ctx context.Context, o inspect.OperatorDiff, s inspect.StateDiff) error {
	if d.options.keys && s.Comparable {
		return d.keys(ctx, o, s)
	}
	line := difference{Change: s.Change, UID: o.A.UID, State: s.Name, Types: s.Type, SizeA: &s.SizeA, SizeB: &s.SizeB}
	text := s.Name
	switch {
	case s.Change == inspect.Added:
		text += ": " + voice.Bytes(s.SizeB)
	case s.Change == inspect.Removed:
		text += ": " + voice.Bytes(s.SizeA)
	case s.Type != "":
		text += ": " + s.Type
	default:
		text += fmt.Sprintf(": %s → %s, other checksums", voice.Bytes(s.SizeA), voice.Bytes(s.SizeB))
	}
	return d.tell(o.A, text, line)
}

// keys compares a state entry by entry.
func (d *differ) keys(ctx context.Context, o inspect.OperatorDiff, s inspect.StateDiff) error {
	old, err := inspect.Open(d.a.Location, d.a.Meta, o.A, s.InfoA)
	if err != nil {
		return err
	}
	now, err := inspect.Open(d.b.Location, d.b.Meta, o.B, s.InfoB)
	if err != nil {
		return err
	}
	d.app.ui.Progress("comparing operator %s, state %s (%s and %s)", o.A.UID, s.Name, voice.Bytes(s.SizeA), voice.Bytes(s.SizeB))
	if !old.Named() && !d.app.ui.JSON {
		return d.list(ctx, o, s, old, now)
	}
	return inspect.Keys(ctx, old, now, inspect.DefaultMemory, func(k inspect.KeyDiff) error {
		line := difference{Change: k.Change, UID: o.A.UID, State: s.Name}
		var err error
		if k.A != nil {
			line.A, err = old.AppendJSON(nil, k.A)
		}
		if k.B != nil && err == nil {
			line.B, err = now.AppendJSON(nil, k.B)
		}
		text := ""
		if err == nil {
			text, err = describeKey(now, k)
		}
		if err != nil {
			return err
		}
		return d.tell(o.A, s.Name+" "+text, line)
	})
}

// list counts what differs in a list: an entry of one has no name by which
// people would know it.
func (d *differ) list(ctx context.Context, o inspect.OperatorDiff, s inspect.StateDiff, old, now *inspect.State) error {
	counts := map[inspect.Change]int{}
	err := inspect.Keys(ctx, old, now, inspect.DefaultMemory, func(k inspect.KeyDiff) error {
		counts[k.Change]++
		return nil
	})
	if err != nil || len(counts) == 0 {
		return err
	}
	text := fmt.Sprintf("%s: %d entries added, %d removed", s.Name, counts[inspect.Added], counts[inspect.Removed])
	return d.tell(o.A, text, difference{Change: inspect.Changed})
}

// longestValue is how much of a value is shown, in bytes.
const longestValue = 240

// describeKey writes a difference of an entry for people: what it is of, and
// its value before and after.
func describeKey(s *inspect.State, k inspect.KeyDiff) (string, error) {
	either := k.A
	if either == nil {
		either = k.B
	}
	text, err := s.AppendName(nil, either)
	if err != nil {
		return "", err
	}
	for i, e := range []*inspect.Entry{k.A, k.B} {
		if e == nil {
			continue
		}
		value, err := s.AppendValue(nil, e)
		if err != nil {
			return "", err
		}
		separator := "  "
		if i == 1 && k.A != nil {
			separator = " → "
		}
		if len(value) > longestValue {
			value = append(bytes.ToValidUTF8(value[:longestValue], nil), "…"...)
		}
		text = append(append(text, separator...), value...)
	}
	return string(text), nil
}

// signs are what lines begin with for people.
var signs = map[inspect.Change]string{inspect.Added: "+", inspect.Removed: "-", inspect.Changed: "~"}

// tell writes one difference: of the operator itself if text is empty.
func (d *differ) tell(of *snapshot.Operator, text string, line difference) error {
	d.count++
	if d.app.ui.JSON {
		encoder := json.NewEncoder(d.out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(line)
	}
	if d.told != of.UID {
		d.told = of.UID
		sign := signs[inspect.Changed]
		if text == "" {
			sign = signs[line.Change]
		}
		types := ""
		if line.Types != "" && text == "" {
			types = ": " + line.Types
		}
		if _, err := fmt.Fprintf(d.out, "%s uid %s  %s%s\n", sign, of.UID, of.Name, types); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintf(d.out, "    %s %s\n", signs[line.Change], text)
	return err
}
