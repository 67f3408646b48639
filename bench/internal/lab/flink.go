package lab

import (
	"os"
	"path/filepath"
	"strings"
)

// Flink is a Flink distribution as it is delivered. The classes behind its scripts are started without the scripts, which
// would first start a JVM of their own to read the configuration: this favours Flink by that JVM's time.
type Flink struct {
	Cluster   *Cluster
	Lib       string // the folder lib of the distribution
	Conf      string // a folder with its configuration, writable
	HadoopLib string // Hadoop's jars: Flink takes them from the machine
	Java      string
}

// Settings are what Flink needs to be told of this machine, where Hadoop's jars and files are in places of their own; on a
// cluster they are where YARN says.
func (f *Flink) Settings() []string {
	conf := f.Cluster.Conf()
	return []string{
		"flink.yarn.application.classpath=" + conf + "," + f.HadoopLib + "/*",
		"containerized.master.env.HADOOP_CONF_DIR=" + conf, "containerized.taskmanager.env.HADOOP_CONF_DIR=" + conf,
	}
}

// Classes of Flink's commands.
const (
	FlinkCommand = "org.apache.flink.client.cli.CliFrontend"       // flink
	FlinkSession = "org.apache.flink.yarn.cli.FlinkYarnSessionCli" // yarn-session.sh
)

// Command is what a script of Flink ends in.
func (f *Flink) Command(class string, args ...string) Command {
	java := []string{f.Java}
	java = append(java, f.javaOptions()...)
	java = append(java,
		"-Dlog.file="+filepath.Join(f.Cluster.Dir, "logs", "flink-client.log"),
		"-Dlog4j.configurationFile=file:"+filepath.Join(f.Conf, "log4j-cli.properties"),
		"-cp", f.Lib+"/*:"+f.Cluster.Conf()+":"+f.HadoopLib+"/*", class)
	return Command{Args: append(java, args...), Env: []string{"FLINK_CONF_DIR=" + f.Conf, "FLINK_LIB_DIR=" + f.Lib}}
}

// javaOptions are those that the configuration asks for, as the scripts read them from there.
func (f *Flink) javaOptions() []string {
	text, err := os.ReadFile(filepath.Join(f.Conf, "config.yaml"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		if options, ok := strings.CutPrefix(line, "env.java.opts.all:"); ok {
			return strings.Fields(options)
		}
	}
	return nil
}
