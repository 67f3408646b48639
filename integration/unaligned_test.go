//go:build integration

package integration

import (
	"testing"

	"github.com/weft-stream/weft/appmaster/api"
)

// TestUnaligned slows a sink down to one in a hundred of the transfers that come:
// its checkpoints complete all the same, with records in flight, and the job goes
// on from one of them, as wide as before or not, without one lost or doubled.
func TestUnaligned(t *testing.T) {
	for name, settings := range map[string]string{
		"memory":              "",
		"incremental":         incremental,
		"disk":                onDisk,
		"incremental on disk": incremental + onDisk,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onCluster(t, sharedCluster(t))
			p.configure(p.settings() + settings + "execution.checkpointing.unaligned.enabled: true\n")
			j, _ := p.startWith([]string{"--slow", "100ms"}) // two sinks: 20 in a second, of the 2000 that come
			j.wait("checkpoints with records in flight", func(v *api.Job) bool {
				return v.Checkpoints.Completed > 4 && j.good()[0].InFlight > 0
			})
			j.weft("cancel", j.id)
			j.cluster.awaitEnd(t, j.app)
			for _, k := range j.good() {
				t.Logf("checkpoint %d took %d ms: %d bytes, of which it added %d, %d in flight", k.ID, k.Duration, k.Size, k.Added, k.InFlight)
			}
			if last := j.good()[0]; last.InFlight == 0 {
				t.Errorf("nothing was in flight in checkpoint %d", last.ID)
			}
			j.finishFrom(j.retained(), "-yn", "3")
		})
	}
}

// onDisk keeps state on disk, with as little of it in memory as can be.
const onDisk = "state.backend.type: disk\ntaskmanager.memory.managed.size: 1m\n"
