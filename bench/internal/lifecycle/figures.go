// Package lifecycle measures what a user of a stream processor on YARN waits for and pays for besides the records: the
// start of a job, its processes' memory, a savepoint, and the way back after a crash. See figures for what exactly.
package lifecycle

import "github.com/weft-stream/weft/bench/internal/report"

// The figures. The floor is a bare master that holds containers with `sleep`; see bench/floor.
var (
	// From the start of the `run -d` process until the REST API shows all tasks RUNNING. Before it nothing of the
	// program is on the cluster. Floor: from asking for an application id until two sleeps run; its program is on HDFS.
	cold = report.Figure{Name: "`run -d`, first time → all tasks RUNNING"}
	// The same command with the same program for the second time. Floor: the nodes have its program already.
	again = report.Figure{Name: "`run -d`, same program again → all tasks RUNNING"}
	// Sum of the lengths of the files that the command left in the user's staging folder on HDFS.
	coldUpload  = report.Figure{Name: "uploaded by the first `run -d`", Unit: report.Megabytes}
	againUpload = report.Figure{Name: "uploaded by the second `run -d`", Unit: report.Megabytes}
	// The command's highest resident memory, child processes included.
	clientMemory = report.Figure{Name: "memory of the `run -d` command, peak", Unit: report.Megabytes}
	// Resident memory of the main process in the container, when the job has run for a while without input; of the
	// workers, the larger.
	masterMemory = report.Figure{Name: "resident memory of the master, idle", Unit: report.Megabytes}
	workerMemory = report.Figure{Name: "resident memory of a worker, idle", Unit: report.Megabytes}
	// The whole command, from start to end.
	savepoint = report.Figure{Name: "`savepoint` command, small job"}
	// From kill -9 of a worker's process until all tasks are RUNNING, none of them in its container. Floor: from
	// kill -9 of a sleep until two run again.
	workerKilled = report.Figure{Name: "worker killed → all tasks RUNNING again"}
	// From kill -9 of the master's process until a new one shows all tasks RUNNING.
	masterKilled = report.Figure{Name: "master killed → all tasks RUNNING again"}
	// What that cost: whether the workers' processes are the same as before, and whether the words that were counted in a
	// checkpoint before the kill came out with the end of their window.
	workersKept = report.Figure{Name: "… the workers ran on", Unit: report.Yes}
	stateKept   = report.Figure{Name: "… the state was kept", Unit: report.Yes}
	// Whether the job survives its master with the system's own default settings.
	survives = report.Figure{Name: "… with default settings the job goes on", Unit: report.Yes}
)

// Figures are all figures, in the order of the report.
var Figures = []report.Figure{
	cold, again, coldUpload, againUpload, clientMemory, masterMemory, workerMemory, savepoint,
	workerKilled, masterKilled, workersKept, stateKept, survives,
}
