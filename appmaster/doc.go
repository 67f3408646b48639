// Package appmaster is the application master of one job: it holds the
// containers, serves the REST API and the page, and runs the job's state
// machine, which is package coordinator.
//
// The state machine knows no file, no socket and no clock. This package is
// what stands around it:
//
//	runner     takes events from everywhere into one queue, gives them to the coordinator one by one, and carries out the effects it answers with
//	recovery   what an attempt of the master leaves for the next one, in the staging folder
//	provider   where containers come from: YARN, or child processes on this machine
//	workers    the control connections of the workers
//	rest       Flink's REST API and Weft's own, from the latest view of the job
package appmaster
