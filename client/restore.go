package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/inflight"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// readSnapshot opens the snapshot that the job shall start from, if there is
// one.
func (s *submission) readSnapshot(ctx context.Context) error {
	given := conf.Get(s.conf, conf.RestorePath)
	if given == "" {
		return nil
	}
	given = absolute(given)
	opened, err := snapshot.Open(ctx, s.files, given)
	if err != nil {
		return fmt.Errorf("%s: %w", origin(s.conf, conf.RestorePath.Name), s.cluster.pathError(given, err))
	}
	s.restore = opened
	return nil
}

// absolute makes a URI of a path that begins in the working directory; no
// cluster has one.
func absolute(given string) string {
	if strings.HasPrefix(given, "/") || strings.Contains(given, ":") {
		return given
	}
	path, err := filepath.Abs(given)
	if err != nil {
		return given
	}
	return "file://" + path
}

// pathError is fileError for a snapshot that a user has named by its path. A path
// that begins with a slash is on the cluster, as everywhere in Hadoop; who meant
// this machine is told.
func (k *cluster) pathError(given string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, snapshot.ErrUnfinished) {
		return k.fileError(err)
	}
	if _, here := os.Stat(given); here == nil {
		return voice.Hint(err, "it is on this machine: file://%s", given)
	}
	return voice.Hint(err, "weft checkpoints and weft savepoints list what there is")
}

// verifyLimit is the size of a snapshot up to which all of its bytes are
// compared with their checksums before anything is submitted. The bytes of a
// larger one are compared by the workers that load them.
const verifyLimit = 256 << 20

// checkSnapshot compares the snapshot with the plan.
func (s *submission) checkSnapshot(ctx context.Context, a *app) error {
	if s.restore == nil {
		if s.conf.IsSet(conf.AllowNonRestoredState.Name) && conf.Get(s.conf, conf.AllowNonRestoredState) {
			a.ui.Note("%s has no effect without -s: the job starts without state", origin(s.conf, conf.AllowNonRestoredState.Name))
		}
		if a.typed["claimMode"] != "" {
			a.ui.Note("%s has no effect without -s: the job starts without state", a.typed["claimMode"])
		}
		return nil
	}
	meta := s.restore.Meta
	problems := s.compare().Lines()
	if len(problems) > 0 {
		faults := make([]error, len(problems))
		for i, problem := range problems {
			faults[i] = errors.New(problem)
		}
		return voice.Hint(errors.Join(faults...), "the snapshot is %s of job %s (%s)", s.restore.Location.URI(), meta.JobID, meta.JobName)
	}
	if meta.StateSize() <= verifyLimit {
		a.ui.Progress("verifying %s (%s)", s.restore.Location.URI(), voice.Bytes(meta.StateSize()))
		if err := snapshot.Verify(ctx, s.restore.Location.FS, s.restore.Location.Dir); err != nil {
			return s.cluster.fileError(err)
		}
	}
	a.sayChoice(ctx, s.files, "starting from", s.restore.Location.URI(), meta)
	return a.checkClaims(ctx, s)
}

// programOperators is a plan as the restore check wants it.
func programOperators(p *plan.Plan) []snapshot.ProgramOperator {
	var operators []snapshot.ProgramOperator
	for i := range p.Vertices {
		vertex := &p.Vertices[i]
		for at, operator := range vertex.Operators {
			o := snapshot.ProgramOperator{
				UID: operator.UID, Name: operator.Name, Kind: operator.Kind, KeySchema: operator.Key,
				Parallelism: vertex.Parallelism, MaxParallelism: vertex.MaxParallelism,
			}
			for _, state := range operator.States {
				o.States = append(o.States, snapshot.StateInfo{Name: state.Name, Kind: state.Kind, Schema: state.Schema})
			}
			if at == 0 {
				for _, state := range inflight.States(p, i) {
					o.Inputs = append(o.Inputs, snapshot.StateInfo(state))
				}
			}
			operators = append(operators, o)
		}
	}
	return operators
}
