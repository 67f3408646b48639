// Package coordinator is the mind of an application master: the scheduler, the
// failover and the checkpoint coordinator of one job, as one state machine.
//
// It does no I/O, starts no goroutine and reads no clock. Its owner tells it
// what happened and when, and does what it answers:
//
//	job := coordinator.New(config)
//	for {
//		event := …                                // a worker spoke, storage answered, the deadline came
//		for _, effect := range job.Step(time.Now(), event) {
//			…                                 // send, write, allocate, in order
//		}
//		…                                         // a Tick is due at job.NextDeadline()
//	}
//
// So a simulation can drive the same code through any history, and a history
// can be played again from its seed (TestSimulation); testdata has scripts of
// single situations that read like a log (TestScenarios).
//
// # A job's way
//
// A job waits until enough workers have said hello and deploys all tasks, those of
// each region in an epoch of their own (region.go, deploy.go). When all run, it takes checkpoints: a folder is
// made, workers are triggered, each acknowledges all of its subtasks at once,
// the metadata is written, and only then the checkpoint counts
// (checkpoint.go, completed.go). A failed task or a lost worker ends the
// epochs of its regions: their tasks are cancelled and deployed again from the latest
// checkpoint, when the restart strategy says so, and others go on (failover.go,
// restart.go). A worker that only
// lost its connection comes back within a grace and is told again what it may
// have missed (hello.go). The next master of a job adopts the tasks if all of
// them still run (adopt.go). What users ask for is written down before it is
// answered (operations.go). The end is a last snapshot that all workers confirm
// to have committed, or a cancellation (ending.go).
//
// # Decisions
//
// A savepoint that is interrupted, because a worker is lost or the connection
// to one breaks, is taken again once the job runs; a stop that loses a worker
// fails, and the job goes on: its user wanted it to end, not to restart. A stop
// that a new master takes over is carried out: it was promised.
//
// While a region restarts, the job is RESTARTING, as in Flink, though others of its
// tasks run: someone should know. Its checkpoints pause, since one without all
// regions would be none, and what users ask for waits, as in any restart.
//
// A new master adopts all regions or none: it starts a job again of which a part is
// missing. That happens when the master and a worker die together.
//
// A plain savepoint is never a point of recovery: it belongs to the user, who
// may delete it. Therefore no worker is told that it is complete, and no sink
// commits because of it.
//
// Checkpoints have no limit of time once their metadata is being written: a
// write that may have succeeded is decided by its answer alone.
package coordinator
