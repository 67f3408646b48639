package coordinator

import (
	"strings"

	"github.com/weft-stream/weft/internal/snapshot"
)

// Shared files belong to no single checkpoint, so none of them is deleted with
// one. When there may be some that nothing needs, because a checkpoint was
// deleted or given up, they are looked for while the next one is prepared: no
// other is in progress then, so what is there and is not named by a complete
// one never will be. That holds only as long as the checkpoint is not given up,
// so it is the machine that has the files deleted, when the answer comes.
//
// A snapshot that is being deleted needs its files until it is gone: it may be
// kept after all.

// sharedDir is the folder for state that later checkpoints may build upon; "" if
// none may build on this one.
func (j *Job) sharedDir(c *checkpoint) string {
	if !j.cfg.Checkpoints.Incremental || c.savepoint {
		return ""
	}
	return c.dir[:strings.LastIndexByte(c.dir, '/')+1] + snapshot.SharedName
}

// sweep has the next checkpoint's preparation look for files that nothing needs.
func (j *Job) sweep(e *PrepareCheckpoint) {
	if !j.littered || !j.cfg.Checkpoints.Incremental {
		return
	}
	j.littered = false
	e.Sweep, e.Need = true, j.needed()
}

// swept has deleted what was found.
func (j *Job) swept(e CheckpointPrepared) {
	j.littered = j.littered || e.Unswept
	if len(e.Unneeded) > 0 {
		j.emit(DeleteShared{Names: e.Unneeded})
	}
}

// needed are the names of the shared files that a snapshot on storage needs.
func (j *Job) needed() map[string]bool {
	need := map[string]bool{}
	note := func(s *Snapshot) {
		for _, f := range s.Shared {
			need[f.Name] = true
		}
	}
	for _, s := range j.retained() {
		note(&s)
	}
	for _, d := range j.deletions {
		note(&d.snapshot)
	}
	return need
}
