package conf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The environment variables that name the folders of Hadoop's files.
const (
	EnvHadoopDir = "HADOOP_CONF_DIR"
	EnvYARNDir   = "YARN_CONF_DIR"
)

// Hadoop is what core-site.xml, hdfs-site.xml and yarn-site.xml say of a cluster. It never
// changes, so any number of goroutines may use one.
type Hadoop struct {
	properties map[string]Property
	// environ looks up ${env.NAME}. On the cluster, where values come expanded, it knows nothing.
	environ func(string) (string, bool)
	// files counts what was read, while reading.
	files int
}

// Property is one property with its expanded value and the file that it stands in.
type Property struct {
	Name   string
	Value  string
	Source string

	final bool
}

// String tells where to look: "fs.defaultFS in /etc/hadoop/core-site.xml".
func (p Property) String() string { return strings.TrimSpace(p.Name + " " + p.Source) }

// hadoopDefaults are the values of Hadoop 3's core-default.xml, hdfs-default.xml and
// yarn-default.xml that Weft depends on.
var hadoopDefaults = map[string]string{
	"fs.defaultFS":                     "file:///",
	"dfs.replication":                  "3",
	"dfs.client.use.datanode.hostname": "false",
	"hadoop.security.authentication":   "simple",
	"hadoop.rpc.protection":            "authentication",
	"yarn.http.policy":                 "HTTP_ONLY",
	"yarn.resourcemanager.hostname":    "0.0.0.0",
	"yarn.resourcemanager.ha.enabled":  "false",
}

// hadoopOld are the older names under which a property of ours may still stand.
var hadoopOld = map[string]string{
	"fs.default.name":             "fs.defaultFS",
	"dfs.federation.nameservices": "dfs.nameservices",
}

// hadoopFiles in the order in which a later one overrides an earlier one.
var hadoopFiles = []string{"core-site.xml", "hdfs-site.xml", "yarn-site.xml"}

// LoadHadoop reads the folders that HADOOP_CONF_DIR and YARN_CONF_DIR name, or where those are
// not set the folders that c names, and applies c's overrides (flink.hadoop.*). c may be nil.
// yarn-site.xml is looked for in YARN's folder first, the others in Hadoop's.
func LoadHadoop(c *Conf) (*Hadoop, error) {
	if c == nil {
		c = New()
	}
	hadoop := folders(os.Getenv(EnvHadoopDir), Get(c, HadoopConfDir))
	yarn := folders(os.Getenv(EnvYARNDir), Get(c, YARNConfDir))
	if len(hadoop)+len(yarn) == 0 {
		return nil, fmt.Errorf("no hadoop cluster is known: set %s or %s to the folder that holds %s",
			EnvHadoopDir, EnvYARNDir, strings.Join(hadoopFiles, ", "))
	}
	h, err := readHadoop(slices.Concat(hadoop, yarn), slices.Concat(yarn, hadoop))
	if err != nil {
		return nil, fmt.Errorf("settings of hadoop (%s, %s): %w", EnvHadoopDir, EnvYARNDir, err)
	}
	for name, text := range c.WithPrefix(HadoopOverride) {
		source := "from " + c.Origin(string(HadoopOverride)+name).String()
		h.properties[currentName(name)] = Property{Name: currentName(name), Value: text, Source: source}
	}
	return h, nil
}

// folders splits the first of lists that is not empty, as PATH is split.
func folders(lists ...string) []string {
	for _, list := range lists {
		if list != "" {
			return filepath.SplitList(list)
		}
	}
	return nil
}

// ReadHadoop reads core-site.xml, hdfs-site.xml and yarn-site.xml, each from the first of dirs
// that has it, as Hadoop's own class path would. It is an error when none of them is anywhere.
func ReadHadoop(dirs ...string) (*Hadoop, error) { return readHadoop(dirs, dirs) }

func readHadoop(dirs, yarnDirs []string) (*Hadoop, error) {
	h := &Hadoop{properties: map[string]Property{}, environ: os.LookupEnv}
	for _, file := range hadoopFiles {
		in := dirs
		if file == "yarn-site.xml" {
			in = yarnDirs
		}
		if err := h.readFirst(file, in); err != nil {
			return nil, err
		}
	}
	if h.files == 0 {
		return nil, fmt.Errorf("no %s in %s", oneOf(hadoopFiles), strings.Join(dirs, ", "))
	}
	return h, nil
}

// readFirst reads file in the first of dirs that has it.
func (h *Hadoop) readFirst(file string, dirs []string) error {
	for _, dir := range dirs {
		path := filepath.Join(dir, file)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		return h.readXML(path)
	}
	return nil
}

// add enters a property as Hadoop does: a later one replaces an earlier one unless that is final.
func (h *Hadoop) add(p Property) {
	p.Name = currentName(p.Name)
	if !h.properties[p.Name].final {
		h.properties[p.Name] = p
	}
}

func currentName(name string) string {
	if current, old := hadoopOld[name]; old {
		return current
	}
	return name
}

// Get returns a property with its variables expanded: the one of the files, else the default, if
// Weft knows that. false is neither.
func (h *Hadoop) Get(name string) (Property, bool) {
	p, ok := h.raw(name)
	p.Value = h.expand(p.Value)
	return p, ok
}

func (h *Hadoop) raw(name string) (Property, bool) {
	if p, ok := h.properties[name]; ok {
		return p, true
	}
	value, ok := hadoopDefaults[name]
	return Property{Name: name, Value: value, Source: "by default"}, ok
}

// sentPrefixes are the beginnings of the properties that a job's processes need.
var sentPrefixes = []string{"fs.", "dfs.", "hadoop.", "yarn.resourcemanager.", "yarn.http.policy", "net."}

// Properties returns, expanded, the properties of the files that a job's processes on the
// cluster need, where there are no such files. Those that may hold a secret are left out.
func (h *Hadoop) Properties() map[string]string {
	m := map[string]string{}
	for name := range h.properties {
		sent := slices.ContainsFunc(sentPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if sent && !isSecret(name) {
			p, _ := h.Get(name)
			m[name] = p.Value
		}
	}
	return m
}

// HadoopFromProperties is the other end of Properties.
func HadoopFromProperties(m map[string]string) *Hadoop {
	h := &Hadoop{properties: map[string]Property{}, environ: func(string) (string, bool) { return "", false }}
	for name, value := range m {
		h.add(Property{Name: name, Value: value, Source: "of the submitted job"})
	}
	return h
}
