package conf

import "strings"

// Prefix is the beginning of the names of settings that a user makes up. It ends in a dot.
type Prefix string

// The prefixes. The first two give environment variables to the containers; the third
// overrides properties of Hadoop's files.
const (
	MasterEnv      Prefix = "containerized.master.env."
	WorkerEnv      Prefix = "containerized.taskmanager.env."
	HadoopOverride Prefix = "flink.hadoop."
)

// prefixes in the order of the help.
var prefixes = []struct {
	prefix Prefix
	doc    string
}{
	{MasterEnv, "Environment variable of the master, e.g. containerized.master.env.TZ: UTC."},
	{WorkerEnv, "Environment variable of each worker."},
	{HadoopOverride, "Overrides a property of Hadoop's files, e.g. flink.hadoop.dfs.replication: 2."},
}

// findPrefix returns the prefix that name begins with.
func findPrefix(name string) (Prefix, bool) {
	for _, p := range prefixes {
		if strings.HasPrefix(name, string(p.prefix)) {
			return p.prefix, true
		}
	}
	return "", false
}
