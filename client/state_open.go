package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/inspect"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// snapshotFiles opens the file systems that snapshots are on: the cluster's, if
// one is configured, and this machine's. The caller closes the resolver.
func snapshotFiles(c *conf.Conf) (*cluster, *storage.Resolver, error) {
	k, err := optionalCluster(c)
	if err != nil {
		return nil, nil, err
	}
	return k, k.resolver(), nil
}

// openState opens the snapshot that the user gave.
func openState(ctx context.Context, k *cluster, files *storage.Resolver, given string) (*snapshot.Snapshot, error) {
	opened, err := snapshot.Open(ctx, files, absolute(given))
	return opened, k.fileError(err)
}

// operatorStates are the states of an operator, open. The caller closes files.
type operatorStates struct {
	cluster  *cluster
	files    *storage.Resolver
	snapshot *snapshot.Snapshot
	operator *snapshot.Operator
	states   []*inspect.State
}

// openStates opens what <path>, --uid and --state name.
func (o *stateOptions) openStates(ctx context.Context) (_ *operatorStates, err error) {
	s := &operatorStates{}
	if s.cluster, s.files, err = snapshotFiles(o.conf); err != nil {
		return nil, err
	}
	if s.snapshot, err = openState(ctx, s.cluster, s.files, o.paths[0]); err == nil {
		s.operator, err = o.operator(s.snapshot)
	}
	if err == nil {
		s.states, err = o.states(s.snapshot, s.operator)
	}
	if err != nil {
		s.files.Close()
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
