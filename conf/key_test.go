package conf

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		must(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", path, diff)
	}
}

func TestHelp(t *testing.T) {
	var b bytes.Buffer
	must(t, WriteHelp(&b))
	golden(t, "help.txt", b.Bytes())
	for _, line := range strings.Split(b.String(), "\n") {
		if len(line) > 100 {
			t.Errorf("too wide: %s", line)
		}
	}
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	must(t, WriteMarkdown(&b))
	golden(t, "help.md", b.Bytes())
}

// TestSectionsAreWhole checks that the keys come section by section: Go initialises variables that
// depend on others late, which could tear the table apart.
func TestSectionsAreWhole(t *testing.T) {
	var order []Section
	for _, k := range Keys() {
		if len(order) == 0 || order[len(order)-1] != k.Section {
			order = append(order, k.Section)
		}
	}
	want := []Section{SectionCheckpoints, SectionRestart, SectionRuntime, SectionPage, SectionYARN, SectionSecurity}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
}

// TestEveryKeyReadsWhatItWrites writes each default in its canonical form and reads it back.
func TestEveryKeyReadsWhatItWrites(t *testing.T) {
	for _, k := range registry.keys {
		d := k.describe()
		parsed, canonical, ok := k.parse(d.Default)
		if !ok {
			t.Errorf("%s: default %q is not allowed", d.Name, d.Default)
			continue
		}
		again, _, ok := k.parse(canonical)
		if diff := cmp.Diff(parsed, again); diff != "" || !ok {
			t.Errorf("%s: %q is written %q (-want +got):\n%s", d.Name, d.Default, canonical, diff)
		}
		if d.Doc == "" || d.Section == "" || d.Allowed == "" {
			t.Errorf("%s is not described", d.Name)
		}
	}
}

// TestNoSpellingIsBothEffectiveAndNot keeps the two tables apart: an effective name wins
// over an ineffective one, so a whole name in both would be a mistake that nobody sees.
func TestNoSpellingIsBothEffectiveAndNot(t *testing.T) {
	for _, name := range ineffectiveNames() {
		if _, known := registry.bySpelling[name]; known {
			t.Errorf("%s has an effect and has none", name)
		}
	}
}

// flinkNames are names that stand in the configurations of Flink 1.7 to 1.20.
const flinkNames = `
state.backend state.backend.type state.checkpoints.dir execution.checkpointing.dir state.savepoints.dir
execution.checkpointing.savepoint-dir state.checkpoints.num-retained execution.checkpointing.num-retained
state.backend.incremental execution.checkpointing.incremental state.backend.async state.backend.fs.memory-threshold
execution.checkpointing.data-inline-threshold state.backend.local-recovery execution.state-recovery.from-local
execution.checkpointing.local-backup.enabled execution.checkpointing.local-backup.dirs taskmanager.state.local.root-dirs
state.backend.rocksdb.localdir state.backend.rocksdb.timer-service.factory
state.checkpoints.create-subdir execution.checkpointing.create-subdir execution.checkpointing.interval
execution.checkpointing.mode execution.checkpointing.timeout execution.checkpointing.min-pause
execution.checkpointing.max-concurrent-checkpoints execution.checkpointing.externalized-checkpoint-retention
execution.checkpointing.tolerable-failed-checkpoints execution.checkpointing.unaligned execution.checkpointing.unaligned.enabled
execution.checkpointing.aligned-checkpoint-timeout execution.checkpointing.checkpoints-after-tasks-finish
execution.savepoint.path execution.state-recovery.path execution.savepoint.ignore-unclaimed-state
execution.state-recovery.ignore-unclaimed-state execution.savepoint-restore-mode execution.state-recovery.claim-mode
execution.target execution.attached execution.shutdown-on-attached-exit execution.runtime-mode
execution.buffer-timeout.interval execution.buffer-timeout restart-strategy restart-strategy.type
restart-strategy.fixed-delay.attempts restart-strategy.fixed-delay.delay
restart-strategy.failure-rate.max-failures-per-interval restart-strategy.failure-rate.failure-rate-interval
restart-strategy.failure-rate.delay restart-strategy.exponential-delay.initial-backoff
restart-strategy.exponential-delay.max-backoff restart-strategy.exponential-delay.backoff-multiplier
restart-strategy.exponential-delay.jitter-factor restart-strategy.exponential-delay.reset-backoff-threshold
restart-strategy.exponential-delay.attempts-before-reset-backoff jobmanager.execution.failover-strategy
parallelism.default pipeline.max-parallelism taskmanager.numberOfTaskSlots jobmanager.heap.size
jobmanager.memory.process.size taskmanager.heap.size taskmanager.memory.process.size containerized.heap-cutoff-ratio
containerized.heap-cutoff-min taskmanager.memory.managed.fraction taskmanager.memory.fraction
taskmanager.network.memory.fraction taskmanager.memory.network.min jobmanager.rpc.address jobmanager.rpc.port rest.port
rest.bind-port rest.bind-address rest.address rest.flamegraph.enabled rest.profiling.enabled web.refresh-interval
web.submit.enable web.cancel.enable web.checkpoints.history web.exception-history-size web.upload.dir web.tmpdir web.timeout
jobmanager.archive.fs.dir historyserver.archive.fs.dir historyserver.web.port jobstore.expiration-time jobstore.cache-size
high-availability high-availability.type high-availability.storageDir high-availability.cluster-id
high-availability.zookeeper.quorum high-availability.zookeeper.path.root yarn.application-attempts
yarn.application-attempt-failures-validity-interval yarn.containers.vcores yarn.appmaster.vcores
yarn.maximum-failed-containers resourcemanager.start-worker.max-failure-rate yarn.application.name yarn.application.queue
yarn.application.type yarn.application.priority yarn.application.node-label yarn.application.id yarn.tags
yarn.taskmanager.node-label yarn.view.acls yarn.modify.acls yarn.ship-files yarn.ship-archives yarn.provided.lib.dirs
yarn.provided.usrlib.dir yarn.staging-directory yarn.file-replication yarn.properties-file.location
yarn.heartbeat.interval yarn.per-job-cluster.include-user-jar yarn.classpath.include-user-jar
security.kerberos.login.keytab security.kerberos.login.principal security.kerberos.login.use-ticket-cache
security.kerberos.login.contexts security.kerberos.access.hadoopFileSystems security.delegation.tokens.enabled
security.kerberos.krb5-conf.path yarn.security.kerberos.ship-local-keytab metrics.reporters metrics.reporter.x.class
metrics.scope.jm heartbeat.interval heartbeat.timeout slot.request.timeout slot.idle.timeout
resourcemanager.taskmanager-timeout akka.ask.timeout pekko.ask.timeout client.timeout akka.client.timeout
fs.default-scheme io.tmp.dirs env.java.opts env.java.opts.jobmanager classloader.resolve-order
pipeline.auto-watermark-interval pipeline.auto-generate-uids pipeline.object-reuse pipeline.operator-chaining
pipeline.operator-chaining.enabled env.hadoop.conf.dir env.yarn.conf.dir containerized.master.env.X
containerized.taskmanager.env.X`

func TestEveryNameOfFlinkIsKnown(t *testing.T) {
	for name := range strings.FieldsSeq(flinkNames) {
		_, effective := registry.bySpelling[name]
		_, prefixed := findPrefix(name)
		_, ineffective := findIneffective(name)
		if !effective && !prefixed && !ineffective {
			t.Errorf("%s is unknown", name)
		}
	}
}
