// Package client is the weft command: what a person types who knows the flink
// command on YARN, and what happens then.
//
// A command's way through the package:
//
//	main.go        streams, signals, exit code
//	root.go        which action; its arguments are put into pflag's form
//	               (internal/legacy) and parsed by cobra
//	option.go      what an option is: its names, its setting, its effect
//	settings.go    files, -D and options become one conf.Conf
//	ACTION.go      one file for each action: its options, its help, its work
//
// run goes further:
//
//	internal/program   locate or build the program, check it, ask for its plan
//	submission.go      parallelism, containers, memory: what will be asked for
//	restore.go         the snapshot is read and compared with the plan
//	preflight.go       queue, limits of the cluster, folders that must be writable
//	stage.go           program, specification and secret go to the file system
//	run_yarn.go        the application is submitted and awaited
//	run_local.go       the same master as a child process of this machine
//	follow.go          states and figures until the job ends
//
// The other actions find a job (find.go), reach its master (master.go) and ask
// it for something over its REST API, with a ticket made from the application's
// secret that only the submitting user can read.
//
// Every error is one line that says what, where and what to do; the line is
// written where the fault is found. Nothing is left behind by a command that
// fails: what a step made is taken away in reverse order (undo.go).
package client
