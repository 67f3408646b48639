package conf

import (
	"math"
	"time"
)

// The keys of an application on YARN.
var (
	Workers = define(Key[int]{
		Name:    "yarn.containers.count",
		Default: "-1",
		Doc:     "Number of worker containers (as run -yn). -1 takes as many as the parallelism needs.",
		Section: SectionYARN,
		kind:    instead(intKind(1, 10000), 0),
	})
	WorkerVCores = define(Key[int]{
		Name:    "yarn.containers.vcores",
		Default: "-1",
		Doc:     "Virtual cores of each worker's container; -1 is as many as it has slots.",
		Section: SectionYARN,
		kind:    instead(intKind(1, 1024), 0),
	})
	MasterVCores = define(Key[int]{
		Name:    "yarn.appmaster.vcores",
		Default: "1",
		Doc:     "Virtual cores of the master's container.",
		Section: SectionYARN,
		kind:    intKind(1, 1024),
	})
	ApplicationAttempts = define(Key[int]{
		Name:    "yarn.application-attempts",
		Default: "2",
		Doc: "How often YARN starts the master before the application fails. The cluster has a limit of its own " +
			"(yarn.resourcemanager.am.max-attempts).",
		Section: SectionYARN,
		kind:    intKind(1, 1000),
	})
	AttemptValidity = define(Key[time.Duration]{
		Name:    "yarn.application-attempt-failures-validity-interval",
		Default: "10 s",
		Doc:     "A failure of the master that is older does not count as one of its attempts; off counts all of them.",
		Section: SectionYARN,
		kind:    durationKind(time.Millisecond, true),
	})
	ApplicationName = define(Key[string]{
		Name:    "yarn.application.name",
		Doc:     "Name of the application (as run -ynm). When it is not set: the name of the job.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	ApplicationType = define(Key[string]{
		Name:    "yarn.application.type",
		Default: "Weft",
		Doc:     "Type of the application in YARN's lists (as run -yat). YARN keeps the first 20 characters.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	ApplicationID = define(Key[string]{
		Name:    "yarn.application.id",
		Doc:     "The running application that a command is about (as -yid).",
		Section: SectionYARN,
		kind:    textKind(),
	})
	Queue = define(Key[string]{
		Name:    "yarn.application.queue",
		Doc:     "Queue to submit to (as run -yqu). When it is not set: the cluster's default queue.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	Priority = define(Key[int]{
		Name:    "yarn.application.priority",
		Default: "-1",
		Doc:     "Priority among the applications of the queue; -1 leaves it to YARN.",
		Section: SectionYARN,
		kind:    intKind(-1, math.MaxInt32),
	})
	NodeLabel = define(Key[string]{
		Name:    "yarn.application.node-label",
		Doc:     "Label of the nodes that master and workers run on (as run -ynl).",
		Section: SectionYARN,
		kind:    textKind(),
	})
	WorkerNodeLabel = define(Key[string]{
		Name:    "yarn.taskmanager.node-label",
		Doc:     "Label of the nodes that workers run on, where it is another one.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	Tags = define(Key[[]string]{
		Name:    "yarn.tags",
		Doc:     "Tags of the application, besides those with the id and the name of the job.",
		Section: SectionYARN,
		kind:    listKind(),
	})
	ShipFiles = define(Key[[]string]{
		Name:    "yarn.ship-files",
		Old:     []string{"yarn.ship-directories"},
		Doc:     "Files and folders that every container gets into its working folder (as run -yt).",
		Section: SectionYARN,
		kind:    listKind(),
	})
	StagingDir = define(Key[string]{
		Name:    "yarn.staging-directory",
		Doc:     "Folder under which the program and its files are staged. When it is not set: the user's home on the cluster's file system.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	FileReplication = define(Key[int]{
		Name:    "yarn.file-replication",
		Default: "-1",
		Doc:     "Replication of staged files; -1 is that of the cluster (dfs.replication).",
		Section: SectionYARN,
		kind:    instead(intKind(1, 512), 0),
	})
	HadoopConfDir = define(Key[string]{
		Name:    "env.hadoop.conf.dir",
		Old:     []string{"fs.hdfs.hadoopconf"},
		Doc:     "Folder of core-site.xml and hdfs-site.xml where HADOOP_CONF_DIR is not set.",
		Section: SectionYARN,
		kind:    textKind(),
	})
	YARNConfDir = define(Key[string]{
		Name:    "env.yarn.conf.dir",
		Doc:     "Folder of yarn-site.xml where YARN_CONF_DIR is not set.",
		Section: SectionYARN,
		kind:    textKind(),
	})
)

// The keys of Kerberos.
var (
	Keytab = define(Key[string]{
		Name:    "security.kerberos.login.keytab",
		Old:     []string{"security.keytab"},
		Doc:     "Keytab file to log in with.",
		Section: SectionSecurity,
		kind:    textKind(),
	})
	Principal = define(Key[string]{
		Name:    "security.kerberos.login.principal",
		Old:     []string{"security.principal"},
		Doc:     "Principal in the keytab.",
		Section: SectionSecurity,
		kind:    textKind(),
	})
	UseTicketCache = define(Key[bool]{
		Name:    "security.kerberos.login.use-ticket-cache",
		Default: "true",
		Doc:     "Without a keytab, whether to use the tickets of kinit.",
		Section: SectionSecurity,
		kind:    boolKind(),
	})
	Krb5Conf = define(Key[string]{
		Name:    "security.kerberos.krb5-conf.path",
		Doc:     "krb5.conf to use. When it is not set: KRB5_CONFIG, then /etc/krb5.conf.",
		Section: SectionSecurity,
		kind:    textKind(),
	})
)

// EffectiveVCores is the number of virtual cores of a worker's container.
func EffectiveVCores(c *Conf) int {
	if n := Get(c, WorkerVCores); n > 0 {
		return n
	}
	return Get(c, TaskSlots)
}
