package client

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/weft-stream/weft/conf"
)

// where says which cluster, and which application on it, an action is about.
type where struct {
	master string // -m: "", yarn-cluster, local or host:port
}

// whereOptions are the options that say it.
func whereOptions(w *where) []option {
	return append([]option{
		{long: "jobmanager", short: "m", value: "yarn-cluster|local|host:port", group: groupWhere, into: &w.master, usage: "the cluster, this machine, or a master's address"},
		{long: "yarnapplicationId", names: []string{"yid"}, value: "application", group: groupWhere, key: conf.ApplicationID.Name, usage: "the application, application_…"},
		{long: "target", short: "t", names: []string{"e", "executor"}, value: "target", group: groupWhere, key: conf.ExecutionTarget.Name, usage: "local or yarn-cluster, as -m"},
	}, settingOptions()...)
}

// settingOptions are the options of every action that reads the settings.
func settingOptions() []option {
	const noZooKeeper = "a master that fails is restarted by YARN, without ZooKeeper"
	return []option{
		{long: "property", short: "D", value: "key=value", group: groupWhere, property: true, usage: "a setting (weft help settings lists them)"},
		{long: "yarnproperty", names: []string{"yD"}, value: "key=value", group: groupWhere, property: true, usage: "the same"},
		{long: "zookeeperNamespace", short: "z", value: "name", none: noZooKeeper},
		{long: "yarnzookeeperNamespace", names: []string{"yz"}, value: "name", none: noZooKeeper},
	}
}

// elsewhereOptions take the place of whereOptions for an action that reads
// files and asks no master.
func elsewhereOptions() []option {
	const readsFiles = "what is kept is read from the file system, whether or not the job lives"
	return append(settingOptions(),
		option{long: "jobmanager", short: "m", value: "address", none: readsFiles},
		option{long: "yarnapplicationId", names: []string{"yid"}, value: "application", none: readsFiles},
		option{long: "target", short: "t", value: "target", none: readsFiles})
}

// sayWithoutEffect tells which of the options given change nothing here.
func (a *app) sayWithoutEffect(why string, names ...string) {
	for _, name := range names {
		if typed := a.typed[name]; typed != "" {
			a.ui.Note("%s has no effect: %s", typed, why)
		}
	}
}

// outputOptions are the options of every action that prints.
func (a *app) outputOptions() []option {
	return []option{
		{long: "output", short: "o", value: "text|json", group: groupOutput, into: &a.output, usage: "how the result is printed"},
		{long: "verbose", group: groupOutput, into: &a.ui.Verbose, usage: "say also what is of use only when something is wrong"},
	}
}

// wantOutput reads the value of --output.
func (a *app) wantOutput() error {
	switch a.output {
	case "", "text":
	case "json":
		a.ui.JSON = true
	default:
		return fmt.Errorf("%s: %q is not an output: want text or json", a.typed["output"], a.output)
	}
	return nil
}

// jobIDForm is how a job's id is written.
var jobIDForm = regexp.MustCompile("^[0-9a-f]{32}$")

// parseJobID reads a job's id in any case.
func parseJobID(text string) (string, error) {
	id := strings.ToLower(text)
	if !jobIDForm.MatchString(id) {
		return "", fmt.Errorf("malformed job id %q: want 32 hex digits, such as fd72014d4c864993a2e5a9287b4a9c5d", shorten(text))
	}
	return id, nil
}

// shorten cuts what the user typed to a length that fits a line.
func shorten(text string) string {
	const longest = 80
	if len(text) <= longest {
		return text
	}
	return text[:longest] + "…"
}

// formatOption is -type of savepoint, stop and cancel.
func formatOption(into *string) option {
	return option{
		long: "type", value: "canonical|native", group: groupOptions, into: into,
		usage: "both are the one format that there is: written as checkpoints are, read by any release and state backend",
	}
}

// checkFormat refuses what is no format.
func (a *app) checkFormat(format string) error {
	switch strings.ToLower(format) {
	case "", "canonical", "native":
		return nil
	}
	return fmt.Errorf("%s: %q is no format: want canonical or native", a.typed["type"], shorten(format))
}
