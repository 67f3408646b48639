package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
)

// region is what restarts together: a run of slots whose tasks exchange records
// (plan.Plan.Regions). It is up, and its tasks are there or on their way; or down,
// and waits to be deployed.
//
// Exactly-once holds although others go on. A checkpoint has all regions or is
// none: one in progress ends when a region goes down, or, if its metadata is being
// written, the region waits for the outcome. So what a region restores is part of
// the latest checkpoint, after which nothing of it was committed; and since regions
// exchange no records, the others' later records have nothing to do with it. It
// also has to get back exactly what was its own in that checkpoint: see
// container/restore.go.
type region struct {
	first, slots int
	epoch        int64 // of its current or last deployment
	attempts     int
	up           bool
	notBefore    time.Time // down: the backoff ends
	waitSince    time.Time // down: since then
	cause        int64     // down: the Epoch of the exception that says why
	restored     *Restored
	order        *control.Deploy // nil if an earlier master deployed it
}

// newRegions returns the regions of a plan, all of them down.
func (j *Job) newRegions(p *plan.Plan) []*region {
	if j.cfg.FullFailover {
		return []*region{{slots: p.Slots()}}
	}
	var regions []*region
	first := 0
	for _, slots := range p.Regions() {
		regions = append(regions, &region{first: first, slots: slots})
		first += slots
	}
	return regions
}

// regionOf returns the region of a slot: only the first has more than one.
func (j *Job) regionOf(slot int) *region {
	return j.regions[max(0, slot-j.regions[0].slots+1)]
}

// has tells whether a slot is the region's.
func (r *region) has(slot int) bool { return r.first <= slot && slot < r.first+r.slots }

// heldBy tells whether a worker has slots of the region's current or last
// deployment.
func (j *Job) heldBy(r *region, worker string) bool {
	return len(j.slots) >= r.first+r.slots && slices.Contains(j.slots[r.first:r.first+r.slots], worker)
}

// upOn returns the regions that are up and have slots on a worker.
func (j *Job) upOn(w *worker) []*region {
	var on []*region
	for _, r := range j.regions {
		if r.up && j.heldBy(r, w.id) {
			on = append(on, r)
		}
	}
	return on
}

// allUp tells whether no region is down.
func (j *Job) allUp() bool {
	return !slices.ContainsFunc(j.regions, func(r *region) bool { return !r.up })
}

// anyUp tells whether some region is up.
func (j *Job) anyUp() bool {
	return slices.ContainsFunc(j.regions, func(r *region) bool { return r.up })
}

// eachTaskOf goes over the tasks of a region.
func (j *Job) eachTaskOf(r *region, do func(*task)) {
	for v := range j.tasks {
		for i := r.first; i < min(r.first+r.slots, len(j.tasks[v])); i++ {
			do(&j.tasks[v][i])
		}
	}
}

// tasksOn returns those tasks of a region that are a worker's.
func (j *Job) tasksOn(r *region, w *worker) []*task {
	var on []*task
	j.eachTaskOf(r, func(t *task) {
		if t.worker == w.id {
			on = append(on, t)
		}
	})
	return on
}

// epochsOf returns the epochs of the tasks that a worker is to have.
func (j *Job) epochsOf(w *worker) []int64 {
	var epochs []int64
	for _, r := range j.upOn(w) {
		epochs = append(epochs, r.epoch)
	}
	return epochs
}

// takeDown begins a region's restart.
func (j *Job) takeDown(r *region, cause int64, notBefore time.Time) {
	r.up, r.cause, r.notBefore, r.waitSince = false, cause, notBefore, j.now
}

// restartAt returns when the next region that is down may be deployed, zero if
// none is down.
func (j *Job) restartAt() time.Time {
	var at time.Time
	for _, r := range j.regions {
		if !r.up && (at.IsZero() || r.notBefore.Before(at)) {
			at = r.notBefore
		}
	}
	return at
}
