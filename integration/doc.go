// Package integration holds the tests that break things: they run jobs on a real
// Hadoop (and on this machine) as a user does, with the weft command and the REST
// APIs, kill what can be killed, and hold every record of the output against the
// input.
//
//	scripts/hadoop up
//	WEFT_TEST_HADOOP_CONF=$PWD/.hadoop/default/conf go test -tags integration ./integration
//
// The files: harness_test.go (builds the programs, starts the weft command, waits),
// cluster_test.go (a Hadoop), job_test.go (a job and what is seen of it),
// bank_test.go (what the output must be), chaos_test.go (see scripts/chaos), and
// the other tests by what they break.
//
// Tests that break daemons start a Hadoop of their own. The others share the one
// that WEFT_TEST_HADOOP_CONF points at, side by side.
package integration
