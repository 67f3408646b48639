package conf

import (
	"slices"
	"strings"
)

// ineffectiveGroup is a set of Flink's settings that Weft knows and has no use for.
type ineffectiveGroup struct {
	reason string
	// warn is set where the user may count on something that does not happen.
	warn bool
	// names are whole names, or beginnings of names when they end in a dot. With =value the
	// setting is passed over in silence when it has that value: then Weft does what it asks.
	names []string
}

var ineffectiveGroups = []ineffectiveGroup{
	{reason: "there is no JVM, the memory of a process is that of its container " +
		"(jobmanager.memory.process.size, taskmanager.memory.process.size)", names: []string{
		"env.java.", "classloader.",
		"jobmanager.memory.flink.size", "jobmanager.memory.heap.size", "jobmanager.memory.off-heap.",
		"jobmanager.memory.jvm-metaspace.", "jobmanager.memory.jvm-overhead.", "jobmanager.memory.enable-jvm-direct-memory-limit",
		"taskmanager.memory.flink.size", "taskmanager.memory.framework.", "taskmanager.memory.task.",
		"taskmanager.memory.managed.", "taskmanager.memory.jvm-metaspace.", "taskmanager.memory.jvm-overhead.",
		"taskmanager.memory.preallocate", "taskmanager.memory.off-heap",
		"taskmanager.jvm-exit-on-oom", "containerized.heap-cutoff-ratio", "containerized.heap-cutoff-min",
		"yarn.heap-cutoff-ratio", "yarn.heap-cutoff-min",
	}},
	{reason: "weft sizes its network buffers by itself", names: []string{
		"taskmanager.memory.network.", "taskmanager.memory.segment-size", "taskmanager.memory.min-segment-size",
		"taskmanager.network.", "taskmanager.cpu.cores",
	}},
	{reason: "state that may be larger than memory is in a store of weft's own (state.backend.type: disk)", names: []string{
		"state.backend.rocksdb.", "state.backend.forst.",
	}},
	{reason: "each checkpoint is asynchronous", names: []string{
		"state.backend.changelog.", "state.changelog.", "dstl.",
		"state.backend.latency-track.", "state.latency-track.", "state.backend.heap.",
		"state.backend.async=true", "state.checkpoint-storage=filesystem",
		"execution.checkpointing.storage=filesystem", "state.backend.fs.write-buffer-size",
		"state.storage.fs.write-buffer-size", "execution.checkpointing.write-buffer-size", "execution.checkpointing.file-merging.",
		"state.checkpoints.create-subdir=true", "execution.checkpointing.create-subdir=true", "state.storage.",
	}},
	{reason: "all ways between tasks can be overtaken, and there is one checkpoint at a time", names: []string{
		"execution.checkpointing.max-concurrent-checkpoints=1", "execution.checkpointing.unaligned.",
		"execution.checkpointing.force-unaligned", "execution.checkpointing.interval-during-backlog",
		"execution.checkpointing.checkpoints-after-tasks-finish=true",
		"execution.checkpointing.checkpoints-after-tasks-finish.enabled=true",
	}},
	{reason: "a new attempt of the master recovers from the checkpoints alone, without ZooKeeper", names: []string{
		"high-availability=NONE", "high-availability.type=NONE", "high-availability.", "recovery.mode=standalone", "recovery.",
		"zookeeper.",
	}},
	{reason: "the processes of a job find each other through YARN", names: []string{
		"akka.", "pekko.", "jobmanager.rpc.", "jobmanager.bind-host", "jobmanager.host", "jobmanager.port",
		"taskmanager.rpc.", "taskmanager.host", "taskmanager.bind-host", "taskmanager.data.", "taskmanager.registration.",
		"taskmanager.resource-id", "blob.", "queryable-state.", "query.", "yarn.application-master.port",
		"yarn.properties-file.location", "yarn.heartbeat.interval", "yarn.heartbeat-delay",
		"yarn.heartbeat.container-request-interval", "yarn.heartbeat.container-request-interval-milliseconds",
	}},
	{reason: "the command waits as long as it takes", names: []string{
		"client.", "akka.client.timeout", "execution.shutdown-on-attached-exit=false",
	}},
	{reason: "an application is one job that holds its containers for its life", names: []string{
		"slot.", "slotmanager.", "resourcemanager.", "cluster.", "jobmanager.scheduler", "jobmanager.adaptive-scheduler.",
		"jobmanager.adaptive-batch-scheduler.", "scheduler-mode", "jobstore.", "yarn.maximum-failed-containers",
		"yarn.reallocate-failed", "web.submit.enable=false", "web.upload.dir", "web.tmpdir", "web.jar-upload.",
		"taskmanager.exit-on-fatal-akka-error", "task.cancellation.",
	}},
	{reason: "there is no history server", names: []string{
		"jobmanager.archive.fs.dir", "historyserver.", "web.history",
	}},
	{reason: "the page listens on a free port of the master's node on YARN, and on localhost with rest.port on this machine", names: []string{
		"rest.address=localhost", "rest.bind-address=localhost", "rest.bind-port", "web.address",
	}},
	{reason: "weft's page and REST API have no such option", names: []string{
		"rest.flamegraph.", "rest.profiling.", "rest.client.", "rest.server.", "rest.retry.", "rest.cache.", "rest.async.",
		"rest.await-leader-timeout", "rest.connection-timeout", "rest.idleness-timeout", "web.timeout", "web.cancel.enable=true",
		"web.rescale.", "web.log.path", "web.backpressure.", "web.access-control-allow-origin", "web.adaptive-scheduler.",
	}},
	{reason: "there are no metric reporters", names: []string{"metrics.", "traces.", "events."}},
	{reason: "the program is one executable that is staged by itself", names: []string{
		"yarn.per-job-cluster.include-user-jar", "yarn.classpath.include-user-jar", "yarn.flink-dist-jar",
		"yarn.provided.lib.dirs", "yarn.provided.usrlib.dir", "pipeline.jars", "pipeline.classpaths", "plugin.",
	}},
	{reason: "ship folders with yarn.ship-files", names: []string{"yarn.ship-archives", "pipeline.cached-files"}},
	{reason: "the logs of a container stay with it as YARN's settings have it", names: []string{"yarn.rolled-logs.", "env.log.", "env.pid.dir", "env.ssh.opts"}},
	{reason: "log in with security.kerberos.login.keytab and security.kerberos.login.principal, or with kinit", names: []string{
		"yarn.security.kerberos.", "security.kerberos.login.contexts", "security.kerberos.fetch.", "security.kerberos.access.",
		"security.kerberos.relogin.", "security.kerberos.token.", "security.delegation.", "security.context.", "security.module.",
	}},
	{reason: "connections are authenticated but not encrypted", warn: true, names: []string{"security.ssl.", "akka.ssl.enabled"}},
	{reason: "access is as YARN's own settings have it", warn: true, names: []string{"yarn.view.acls", "yarn.modify.acls"}},
	{reason: "fs.defaultFS in core-site.xml says where paths without a scheme are", names: []string{
		"fs.default-scheme", "fs.hdfs.", "fs.overwrite-files", "fs.output.", "fs.allowed-fallback-filesystems",
	}},
	{reason: "containers use the local folders that YARN gives them", names: []string{"io.tmp.dirs", "taskmanager.tmp.dirs", "process."}},
	{reason: "weft has only streaming jobs, written in Go against its own API", names: []string{
		"execution.runtime-mode=STREAMING", "execution.batch.", "execution.sorted-inputs.", "execution.batch-shuffle-mode",
		"execution.program-config.", "execution.submit-failed-job-on-application-error", "execution.job-listeners",
		"execution.buffer-timeout.enabled=true", "python.", "table.", "sql-client.", "sql-gateway.",
		"pipeline.object-reuse", "pipeline.operator-chaining=true", "pipeline.operator-chaining.", "pipeline.auto-generate-uids=false",
		"pipeline.auto-type-registration", "pipeline.generic-types", "pipeline.force-avro", "pipeline.force-kryo",
		"pipeline.force-kryo-avro", "pipeline.default-kryo-serializers", "pipeline.registered-kryo-types",
		"pipeline.registered-pojo-types", "pipeline.serialization-config", "pipeline.closure-cleaner-level",
		"pipeline.global-job-parameters", "pipeline.vertex-description-mode", "pipeline.vertex-name-include-index-prefix",
		"pipeline.jobvertex-parallelism-overrides", "pipeline.watermark-alignment.", "pipeline.time-characteristic", "pipeline.name",
	}},
	{reason: "weft runs on YARN and HDFS", names: []string{
		"kubernetes.", "mesos.", "s3.", "fs.s3a.", "fs.s3.", "fs.azure.", "fs.gs.", "gs.", "oss.", "external-resources", "external-resource.", "internal.", "$internal.",
	}},
}

// ineffectiveSetting is what is known of one name or beginning of a name.
type ineffectiveSetting struct {
	*ineffectiveGroup
	quietAt string
}

var ineffectiveByName = indexIneffective()

func indexIneffective() map[string]ineffectiveSetting {
	index := map[string]ineffectiveSetting{}
	for i := range ineffectiveGroups {
		for _, entry := range ineffectiveGroups[i].names {
			name, quietAt, _ := strings.Cut(entry, "=")
			if _, twice := index[name]; twice {
				panic("conf: listed twice as without effect: " + name)
			}
			index[name] = ineffectiveSetting{&ineffectiveGroups[i], quietAt}
		}
	}
	return index
}

// quiet reports whether nothing needs to be said about the value text.
func (s ineffectiveSetting) quiet(text string) bool {
	return s.quietAt != "" && strings.EqualFold(s.quietAt, strings.TrimSpace(text))
}

// findIneffective looks up name, then its beginnings from the longest to the shortest.
func findIneffective(name string) (ineffectiveSetting, bool) {
	s, found := ineffectiveByName[name]
	for end := len(name); !found && end > 0; {
		end = strings.LastIndexByte(name[:end], '.')
		s, found = ineffectiveByName[name[:end+1]]
	}
	return s, found
}

// ineffectiveNames lists the whole names among them, sorted.
func ineffectiveNames() []string {
	var names []string
	for name := range ineffectiveByName {
		if !strings.HasSuffix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
