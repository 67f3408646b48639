package client

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/yarnrest"
)

// checkClaims looks whose the snapshot is that the job shall start from. A claim
// of a job that has ended gives way to a new one; that of any other does not.
func (a *app) checkClaims(ctx context.Context, s *submission) error {
	at := s.restore.Location
	owners, err := snapshot.Claims(ctx, at.FS, at.Dir)
	if err != nil {
		return s.cluster.fileError(err)
	}
	mode := conf.Get(s.conf, conf.RestoreClaimMode)
	if mode == conf.Legacy {
		a.ui.Note("%s legacy is as no_claim: checkpoints are whole, so the job never needs the snapshot again", origin(s.conf, conf.RestoreClaimMode.Name))
	}
	for _, owner := range owners {
		over := s.cluster.hasEnded(ctx, owner)
		switch {
		case mode != conf.Claim && !over:
			a.ui.Warn("it is claimed by %s, which deletes it in time", owner)
		case mode != conf.Claim:
		case over:
			a.ui.Note("its claim by %s is over: that job has ended", owner)
			s.staleClaims = append(s.staleClaims, owner.JobID)
		default:
			return voice.Hint(&snapshot.ClaimedError{URI: at.URI(), Owner: owner}, "with -claimMode no_claim the job can start from it too, and leaves it alone")
		}
	}
	if mode == conf.Claim {
		a.ui.Note("the job claims it: it is deleted when the job's retention says so")
		s.noteSource(ctx, a)
	}
	return nil
}

// noteSource finds out whether the job has ended that took the snapshot, if it
// shares files with others of that job: as long as that job may run, nobody
// else can tell which of them are needed.
func (s *submission) noteSource(ctx context.Context, a *app) {
	at, job := s.restore.Location, s.restore.Meta.JobID
	if len(snapshot.SharedFiles(s.restore.Meta)) == 0 {
		return
	}
	owner, err := snapshot.ReadOwner(ctx, at.FS, path.Dir(path.Dir(at.Dir)), job)
	if s.sourceEnded = err == nil && s.cluster.hasEnded(ctx, owner); !s.sourceEnded {
		a.ui.Note("files that it shares with other checkpoints of job %s stay, since that job may live: weft state gc deletes them in time", job)
	}
}

// hasEnded tells whether a job is known to have ended. A job that nobody knows
// may live.
func (k *cluster) hasEnded(ctx context.Context, owner snapshot.Owner) bool {
	how, _ := k.howEnded(ctx, owner)
	return how != ""
}

// howEnded tells how a job has ended that is known to have, in a word: on this
// machine, or on the cluster, which may be nil. It is "" if the job may live. On
// a cluster it also tells when, by the ResourceManager's clock.
func (k *cluster) howEnded(ctx context.Context, owner snapshot.Owner) (how string, at time.Time) {
	if id, local := strings.CutPrefix(owner.Application, "local_"); local {
		l, err := localJobOf(id)
		if err != nil || owner.User != hadoopUser() || l.alive() { // another user's jobs are not to be seen
			return "", at
		}
		return "ended", at
	}
	id, err := yarnrest.ParseApplicationID(owner.Application)
	if err != nil || k == nil {
		return "", at
	}
	application, err := k.rm.App(ctx, id)
	switch {
	case err != nil || !application.State.Ended():
		return "", at
	case application.State == yarnrest.StateKilled:
		how = "was killed"
	case application.State == yarnrest.StateFailed:
		how = "failed"
	default:
		how = "ended"
	}
	return how, application.Finished
}
