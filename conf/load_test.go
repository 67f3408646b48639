package conf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folder makes a folder with files, given as name, content, name, content.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		must(t, os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600))
	}
	return dir
}

// relative replaces dir in text, so that it can be compared.
func relative(dir, text string) string { return strings.ReplaceAll(text, dir, "DIR") }

func notices(dir string, c *Conf) []string {
	var all []string
	for _, n := range c.Notices() {
		all = append(all, relative(dir, n.Text))
	}
	return all
}

const nestedFile = `# a comment
state:
  checkpoints:
    dir: hdfs:///flink/checkpoints   # trailing
    num-retained: 7
  backend:
    type: hashmap
restart-strategy:
  type: "fixed-delay"
  fixed-delay: {attempts: 3, delay: 10 s}
yarn.tags: [team a, "b;c"]
yarn:
  ship-files:
    - /opt/lib
    - /opt/conf
parallelism.default: 010
yarn.application.queue:
nonsense.key: 1
`

func TestLoadYAML(t *testing.T) {
	dir := folder(t, FileName, nestedFile)
	c, err := Load(dir)
	must(t, err)
	if got := Get(c, CheckpointDir); got != "hdfs:///flink/checkpoints" {
		t.Errorf("checkpoints go to %q", got)
	}
	if got := Get(c, NumRetained); got != 7 {
		t.Errorf("num-retained is %d", got)
	}
	if got := relative(dir, c.Origin("execution.checkpointing.num-retained").String()); got != "DIR/weft-conf.yaml:5" {
		t.Errorf("num-retained stands in %s", got)
	}
	if got := Get(c, FixedDelayDelay); got != 10*time.Second || Get(c, FixedDelayAttempts) != 3 || Get(c, Restart) != RestartFixedDelay {
		t.Errorf("restart: %v %v %v", Get(c, Restart), Get(c, FixedDelayAttempts), got)
	}
	if diff := cmp.Diff([]string{"team a", "b;c"}, Get(c, Tags)); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/opt/lib", "/opt/conf"}, Get(c, ShipFiles)); diff != "" {
		t.Errorf("ship files (-want +got):\n%s", diff)
	}
	if got := Get(c, Parallelism); got != 10 {
		t.Errorf("parallelism is %d", got)
	}
	want := []string{
		"DIR/weft-conf.yaml:17: yarn.application.queue has no value, so it is not set",
		`DIR/weft-conf.yaml:18: unknown setting "nonsense.key"`,
	}
	if diff := cmp.Diff(want, notices(dir, c)); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

const flatFile = `# Flink's
jobmanager.rpc.address: localhost
state.checkpoints.dir: hdfs://nn:8020/flink # where
state.checkpoints.num-retained: 3
high-availability: NONE
env.java.opts: -XX:+UseG1GC
parallelism.default:4
taskmanager.heap.mb: 2048
: x
`

func TestLoadFlinkFile(t *testing.T) {
	dir := folder(t, "flink-conf.yaml", flatFile, FileName, "state.checkpoints.num-retained: 9\n", "config.yaml", "parallelism.default: 8\n")
	c, err := Load(dir)
	must(t, err)
	if Get(c, NumRetained) != 9 || Get(c, CheckpointDir) != "hdfs://nn:8020/flink" || Get(c, WorkerMemory) != 2*GiB || Get(c, Parallelism) != 1 {
		t.Errorf("got %v", c.given())
	}
	want := []string{
		"DIR/flink-conf.yaml:2: jobmanager.rpc.address has no effect: the processes of a job find each other through YARN",
		"DIR/flink-conf.yaml:6: env.java.opts has no effect: there is no JVM, the memory of a process is that of its container (jobmanager.memory.process.size, taskmanager.memory.process.size)",
		`DIR/flink-conf.yaml:7: line skipped, it is not "name: value"`,
		`DIR/flink-conf.yaml:9: line skipped, it is not "name: value"`,
		"DIR/config.yaml is not read, because DIR/flink-conf.yaml is there",
	}
	if diff := cmp.Diff(want, notices(dir, c)); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestLoadConfigYAML(t *testing.T) {
	dir := folder(t, "config.yaml", "parallelism:\n  default: 8\n", FileName, "parallelism.default: 2\n")
	c, err := Load(dir)
	must(t, err)
	if got := Get(c, Parallelism); got != 2 {
		t.Errorf("parallelism is %d, want that of weft-conf.yaml", got)
	}
}

func TestLoadErrors(t *testing.T) {
	for name, v := range map[string]struct{ text, want string }{
		"all bad values":  {"parallelism.default: x\nstate:\n  backend: leveldb\n", "DIR/weft-conf.yaml:1: parallelism.default is \"x\", allowed is a whole number from 1 to 32768, or -1\nDIR/weft-conf.yaml:3: state.backend is \"leveldb\", allowed is hashmap (state in memory) or disk (state that may be larger than memory; also called rocksdb)"},
		"syntax":          {"a: 1\nb: [1\n", "DIR/weft-conf.yaml:2: sequence end token ']' not found"},
		"twice":           {"parallelism.default: 1\nparallelism.default: 2\n", `DIR/weft-conf.yaml:2: mapping key "parallelism.default" already defined at [1:1]`},
		"tab":             {"a:\n\tb: 1\n", "DIR/weft-conf.yaml:2: found character '\t' that cannot start any token"},
		"no mapping":      {"hello\n", "DIR/weft-conf.yaml:1: name: value is wanted"},
		"alias":           {"yarn.application.name: *x\n", "DIR/weft-conf.yaml:1: yarn.application.name: a plain value or a list of plain values is wanted"},
		"list of lists":   {"yarn.tags: [[a]]\n", "DIR/weft-conf.yaml:1: yarn.tags: a plain value or a list of plain values is wanted"},
		"too deep":        {"yarn.tags: " + strings.Repeat("[", 100) + "\n", "DIR/weft-conf.yaml:1: nested too deep"},
		"too deep in all": {"x:\n" + strings.Repeat(" ", 90) + "a: 1\n", "DIR/weft-conf.yaml:2: nested too deep"},
		"too large":       {strings.Repeat("#", maxFile+1), "DIR/weft-conf.yaml: larger than 262144 bytes, this is no file of settings"},
	} {
		dir := folder(t, FileName, v.text)
		_, err := Load(dir)
		if err == nil || relative(dir, err.Error()) != v.want {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, v.want)
		}
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, FileName), 0o700))
	_, err := Load(dir)
	if err == nil || relative(dir, err.Error()) != "DIR/weft-conf.yaml: is a directory" {
		t.Errorf("got %v", err)
	}
}

func TestFind(t *testing.T) {
	weft, flink := folder(t), folder(t, "flink-conf.yaml", "parallelism.default: 5\n")
	t.Chdir(t.TempDir())
	find := func(weftDir, flinkDir string) string {
		t.Helper()
		t.Setenv(EnvDir, weftDir)
		t.Setenv(EnvFlinkDir, flinkDir)
		dir, err := Find()
		must(t, err)
		return dir
	}
	if got := find("", ""); got != "" {
		t.Errorf("found %q, want none", got)
	}
	if got := find("", flink); got != flink {
		t.Errorf("found %q, want that of %s", got, EnvFlinkDir)
	}
	c, err := LoadDefault()
	must(t, err)
	want := "settings are read from " + flink + " (FLINK_CONF_DIR): set WEFT_CONF_DIR to a folder with a weft-conf.yaml to have your own"
	if got := c.Notices(); Get(c, Parallelism) != 5 || len(got) != 1 || got[0].Text != want {
		t.Errorf("parallelism %d, notices %v", Get(c, Parallelism), got)
	}
	must(t, os.Mkdir("conf", 0o700))
	if got := find("", flink); got != flink {
		t.Errorf("found %q, want a ./conf without files passed over", got)
	}
	must(t, os.WriteFile("conf/weft-conf.yaml", nil, 0o600))
	if got := find("", flink); got != "conf" {
		t.Errorf("found %q, want ./conf", got)
	}
	if got := find(weft, flink); got != weft {
		t.Errorf("found %q, want that of %s", got, EnvDir)
	}
	t.Setenv(EnvDir, "/no/such")
	if _, err := LoadDefault(); err == nil || err.Error() != `WEFT_CONF_DIR is "/no/such": no such file or directory` {
		t.Errorf("got %v", err)
	}
}

// TestShippedFile reads the file that users start from: no notice, and what it sets is what it says.
func TestShippedFile(t *testing.T) {
	c, err := Load(".")
	must(t, err)
	if len(c.Notices()) > 0 {
		t.Errorf("notices %v", c.Notices())
	}
	if got := EffectiveCheckpointInterval(c); got != 10*time.Second {
		t.Errorf("interval %v", got)
	}
	b, err := os.ReadFile(FileName)
	must(t, err)
	checkCommentedDefaults(t, string(b))
}

// checkCommentedDefaults checks that every commented line "# name: value" names a key and, unless
// the comment above says "for example", its default.
func checkCommentedDefaults(t *testing.T, text string) {
	t.Helper()
	example, seen := false, 0
	for _, line := range strings.Split(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "# "), ": ")
		k, known := registry.bySpelling[name]
		switch {
		case !strings.HasPrefix(line, "#"):
			example = false
		case !ok || !known:
			example = example || strings.Contains(line, "for example")
		default:
			seen++
			// The two settings whose default depends on others are shown with what they come to.
			if d := k.describe(); !example && d.Default != value && d.Default != unset {
				t.Errorf("%s is shown as %q, its default is %q", name, value, d.Default)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d settings are shown", seen)
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{
		nestedFile, flatFile, "a: [1, {b: 2}]", "a: &x 1\nb: *x", "<<: {a: 1}", "? a\n: b", "a: |\n  x\n", "---\na: 1\n---\nb: 2\n",
		"a: !!binary x", "{}", "[]", "- a", "a: .nan", "\"a\": 'b'", "a:\n- b: 1\n- c", "%YAML 1.2\n---\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := New()
		if err := c.loadYAML("f.yaml", levelFile, b); err != nil && !strings.HasPrefix(err.Error(), "f.yaml") {
			t.Fatalf("error without its place: %v", err)
		}
	})
}

func FuzzFlat(f *testing.F) {
	f.Add([]byte(flatFile))
	f.Add([]byte("a: b: c\r\n#x\n:\n: \n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := New().loadFlat("f.yaml", levelFlinkFile, b); err != nil && !strings.HasPrefix(err.Error(), "f.yaml:") {
			t.Fatalf("error without its place: %v", err)
		}
	})
}
