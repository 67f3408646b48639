package client

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weft-stream/weft/client/internal/program"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// The scripts below testdata/script run the command as a user does: weft is
// this test binary, and the programs are real ones, built once.
func TestMain(m *testing.M) {
	testscript.Main(withPrograms{m}, map[string]func(){"weft": Main})
}

// programs is the folder of the programs that the tests run.
var programs string

// withPrograms builds the programs below testdata/programs before the tests.
type withPrograms struct{ *testing.M }

// Run implements testscript.TestingM.
func (w withPrograms) Run() int {
	var err error
	if programs, err = os.MkdirTemp("", "weft-programs-"); err == nil {
		defer os.RemoveAll(programs)
		err = buildPrograms(programs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return w.M.Run()
}

func buildPrograms(dir string) error {
	for _, name := range []string{"jobs", "rogue"} {
		cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(dir, name), "./testdata/programs/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
	}
	for _, alias := range []string{"silent", "garbage", "newer", "jobless", "goroutine"} {
		if err := os.Link(filepath.Join(dir, "rogue"), filepath.Join(dir, alias)); err != nil {
			return err
		}
	}
	return nil
}

func TestScripts(t *testing.T) {
	testscript.Run(t, scriptParams("testdata/script"))
}

// scriptParams says how the scripts of a folder are run: each with a home
// folder of its own.
func scriptParams(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PROGRAMS", programs)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/cache")
			env.Setenv("WEFT_CONF_DIR", env.WorkDir)
			env.Setenv("NO_COLOR", "1")
			env.Setenv("GOTOOL", goEnv("GOROOT")+"/bin/go")
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOFLAGS"} {
				env.Setenv(name, goEnv(name))
			}
			return os.WriteFile(env.WorkDir+"/weft-conf.yaml", []byte("rest.port: 0\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"forge": forge, "truncate": truncate, "flipdata": flipData, "snapshot": makeSnapshot,
			"capture": capture, "closedport": closedPort, "configure": configure, "newer": makeNewer,
		},
	}
}

// forge copies a file with some of its bytes replaced: forge from to old new.
// Old and new must have the same length. With a number in place of old, the
// byte at that place, counted from the end if it is negative, is inverted.
func forge(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if at, err := strconv.Atoi(args[2]); err == nil {
		at = (at + len(text)) % len(text)
		text[at] ^= 0xff
	} else {
		if !bytes.Contains(text, []byte(args[2])) || len(args[2]) != len(args[3]) {
			ts.Fatalf("%s cannot be replaced by %s", args[2], args[3])
		}
		text = bytes.ReplaceAll(text, []byte(args[2]), []byte(args[3]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o755))
}

// truncate cuts a file: truncate file size.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// makeNewer makes a snapshot's metadata look as if a later release had written
// it: newer file. The version stands behind the eight bytes that name the
// format, the checksum at the end.
func makeNewer(ts *testscript.TestScript, _ bool, args []string) {
	text, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	binary.BigEndian.PutUint32(text[8:], snapshot.Version+1)
	sum := crc32.Checksum(text[:len(text)-4], crc32.MakeTable(crc32.Castagnoli))
	binary.BigEndian.PutUint32(text[len(text)-4:], sum)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// flipData inverts a byte in the middle of a data file of a snapshot: flipdata
// dir.
func flipData(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, entry := range entries {
		if name := filepath.Join(args[0], entry.Name()); entry.Name() != snapshot.MetadataName {
			info, err := entry.Info()
			ts.Check(err)
			forge(ts, false, []string{name, name, fmt.Sprint(info.Size() - 3)})
			return
		}
	}
	ts.Fatalf("no data file in %s", args[0])
}

// configure writes the files of a Hadoop whose daemons listen on one port of
// this machine: configure dir port.
func configure(ts *testscript.TestScript, _ bool, args []string) {
	dir, address := ts.MkAbs(args[0]), "127.0.0.1:"+args[1]
	ts.Check(os.MkdirAll(dir, 0o755))
	site := func(file, name, value string) {
		text := "<configuration><property><name>" + name + "</name><value>" + value + "</value></property></configuration>"
		ts.Check(os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	site("core-site.xml", "fs.defaultFS", "hdfs://"+address)
	site("yarn-site.xml", "yarn.resourcemanager.webapp.address", address)
}

// makeSnapshot writes a savepoint that fits a job of the program jobs, at
// parallelism 1: snapshot job dir [max-parallelism].
func makeSnapshot(ts *testscript.TestScript, _ bool, args []string) {
	maxParallelism := 128
	if len(args) > 2 {
		var err error
		maxParallelism, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	answer, err := program.Plan(context.Background(), filepath.Join(ts.Getenv("PROGRAMS"), "jobs"),
		&plan.Request{Job: args[0], Parallelism: 1, MaxParallelism: maxParallelism})
	ts.Check(err)
	dir := ts.MkAbs(args[1])
	ts.Check(os.MkdirAll(dir, 0o755))
	files := storage.NewResolver(storage.Config{})
	defer files.Close()
	local, dir, err := files.Resolve("file://" + dir)
	ts.Check(err)
	meta := &snapshot.Metadata{
		JobID: strings.Repeat("ab", 16), JobName: args[0], Class: args[0], CheckpointID: 7, Kind: snapshot.Savepoint,
		Triggered: 1, Completed: 2, MaxParallelism: maxParallelism, KeyHash: keygroup.HashName,
	}
	for _, o := range programOperators(answer.Plan) {
		meta.Operators = append(meta.Operators, writeState(ts, local, dir, o))
	}
	_, err = snapshot.WriteMetadata(context.Background(), local, dir, meta)
	ts.Check(err)
}

// writeState writes some bytes as the state of one subtask of an operator.
func writeState(ts *testscript.TestScript, fs storage.FS, dir string, o snapshot.ProgramOperator) snapshot.Operator {
	subtask := snapshot.Subtask{Index: 0}
	if len(o.States) > 0 {
		b := snapshot.NewBuilder()
		for _, state := range o.States {
			if o.KeySchema != "" {
				b.State(state.Name).Append(0, o.MaxParallelism-1, 1, []byte("some state of this operator"))
			} else {
				b.State(state.Name).AppendPlain(1, []byte("some state of this operator"))
			}
		}
		contribution, err := b.Finish()
		ts.Check(err)
		handles, err := snapshot.UploadWorker(context.Background(), fs, dir, "worker-"+o.UID, []snapshot.Contribution{contribution}, 0)
		ts.Check(err)
		subtask.States = handles[0]
	}
	return snapshot.Operator{
		UID: o.UID, Name: o.Name, Kind: o.Kind, Parallelism: 1, MaxParallelism: o.MaxParallelism,
		KeySchema: o.KeySchema, States: o.States, Subtasks: []snapshot.Subtask{subtask},
	}
}

// capture sets a variable to the first group of a pattern in a file of the
// script, stdout by name: capture NAME file pattern.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[1])
	found := regexp.MustCompile("(?m)" + args[2]).FindStringSubmatch(text)
	if found == nil {
		ts.Fatalf("no %q in %q", args[2], text)
	}
	ts.Setenv(args[0], found[1])
}

// closedPort sets a variable to a port of this machine where nobody listens.
func closedPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

func goEnv(name string) string {
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
