package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/inspect"
	"github.com/weft-stream/weft/internal/snapshot"
)

// openState opens the snapshot that the user gave.
func (a *app) openState(ctx context.Context, t *tree, given string) (*snapshot.Snapshot, error) {
	at, err := a.locate(ctx, t, given)
	if err != nil {
		return nil, err
	}
	opened, err := snapshot.Open(ctx, t.files, at.URI())
	return opened, t.cluster.fileError(err)
}

// operatorStates are the states of an operator, open. The caller closes
// tree.files.
type operatorStates struct {
	tree     *tree
	snapshot *snapshot.Snapshot
	operator *snapshot.Operator
	states   []*inspect.State
}

// openStates opens what <path>, --uid and --state name.
func (a *app) openStates(ctx context.Context, o *stateOptions) (_ *operatorStates, err error) {
	s := &operatorStates{}
	if s.tree, err = openTree(o.conf); err != nil {
		return nil, err
	}
	if s.snapshot, err = a.openState(ctx, s.tree, o.paths[0]); err == nil {
		s.operator, err = o.operator(s.snapshot)
	}
	if err == nil {
		s.states, err = o.states(s.snapshot, s.operator)
	}
	if err != nil {
		s.tree.files.Close()
		return nil, err
	}
	return s, nil
}

// operator finds the operator that --uid names.
func (o *stateOptions) operator(s *snapshot.Snapshot) (*snapshot.Operator, error) {
	var uids []string
	for i := range s.Meta.Operators {
		if len(s.Meta.Operators[i].States) > 0 {
			uids = append(uids, s.Meta.Operators[i].UID)
		}
	}
	if o.uid == "" {
		return nil, voice.Hint(fmt.Errorf("which operator? name it with --uid"), "operators with state: %s", quoted(uids))
	}
	if found := s.Meta.Operator(o.uid); found != nil {
		return found, nil
	}
	hint := "operators with state: " + quoted(uids)
	if nearest := legacy.Nearest(o.uid, uids); nearest != "" {
		hint = "did you mean " + nearest + "? " + hint
	}
	return nil, voice.Hint(fmt.Errorf("--uid: %s has no operator %q", s.URI(), shorten(o.uid)), "%s", hint)
}

// states opens the states of an operator that --state wants, all without it.
func (o *stateOptions) states(s *snapshot.Snapshot, of *snapshot.Operator) ([]*inspect.State, error) {
	var (
		opened []*inspect.State
		names  []string
	)
	for _, info := range of.States {
		names = append(names, info.Name)
		if o.state != "" && o.state != info.Name {
			continue
		}
		state, err := inspect.Open(s.Location, s.Meta, of, info)
		if err != nil {
			return nil, err
		}
		opened = append(opened, state)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("operator %q keeps no state", of.UID)
	case len(opened) == 0:
		return nil, voice.Hint(fmt.Errorf("--state: operator %q has no state %q", of.UID, shorten(o.state)), "there are %s", quoted(names))
	}
	return opened, nil
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	names = slices.Clone(names)
	for i := range names {
		names[i] = fmt.Sprintf("%q", names[i])
	}
	return strings.Join(names, ", ")
}
