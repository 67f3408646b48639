package conf

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// must fails the test when a call that should work does not.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestDefaults(t *testing.T) {
	c := New()
	if got := Get(c, NumRetained); got != 20 {
		t.Errorf("num-retained is %d, want 20", got)
	}
	if got := Get(c, CheckpointRetention); got != RetainOnCancellation {
		t.Errorf("retention is %s", got)
	}
	if got := Get(c, CheckpointTimeout); got != 10*time.Minute {
		t.Errorf("checkpoint timeout is %v", got)
	}
	if got := Get(c, WorkerMemory); got != GiB {
		t.Errorf("worker memory is %v", got)
	}
	if got := Get(c, Workers); got != 0 {
		t.Errorf("workers are %d, want 0 for as many as needed", got)
	}
	if got := Get(c, Tags); len(got) != 0 {
		t.Errorf("tags are %q", got)
	}
	if c.IsSet(NumRetained.Name) || c.Origin(NumRetained.Name).String() != "default" {
		t.Errorf("a default looks set, by %v", c.Origin(NumRetained.Name))
	}
}

// TestPrecedence sets one key from all origins in every rotation of their order: the order must
// not matter.
func TestPrecedence(t *testing.T) {
	origins := []Origin{
		fileOrigin(levelFlinkFile, "flink-conf.yaml", 1), FromFile("weft-conf.yaml", 2),
		FromFlag("-p"), FromDynamic("-yD"), FromCode("main.go:3"),
	}
	for strongest := range origins {
		for turn := range origins {
			c := New()
			for i := range origins[:strongest+1] {
				o := origins[(i+turn)%(strongest+1)]
				must(t, Put(c, Parallelism, int(o.level), o))
			}
			want := origins[strongest]
			if got := Get(c, Parallelism); got != int(want.level) || c.Origin(Parallelism.Name) != want {
				t.Errorf("turn %d: %d from %v, want that of %v", turn, got, c.Origin(Parallelism.Name), want)
			}
		}
	}
}

func TestLaterOfSameOriginWins(t *testing.T) {
	c := New()
	must(t, c.SetDynamic("state.checkpoints.num-retained=3", "-D"))
	must(t, c.SetDynamic("execution.checkpointing.num-retained = 4", "-yD"))
	if got := Get(c, NumRetained); got != 4 {
		t.Errorf("num-retained is %d, want 4", got)
	}
}

func TestValues(t *testing.T) {
	for _, v := range []struct{ name, text, want string }{
		{"parallelism.default", " 4 ", "4"},
		{"parallelism.default", "-1", "1"},
		{"pipeline.max-parallelism", "-1", "128"},
		{"yarn.containers.count", "-1", "-1"},
		{"yarn.containers.vcores", "2", "2"},
		{"jobmanager.heap.mb", "512", "512m"},
		{"jobmanager.heap.size", "2048", "2g"},
		{"taskmanager.memory.process.size", "1728m", "1728m"},
		{"execution.checkpointing.data-inline-threshold", "1024", "1k"},
		{"execution.checkpointing.interval", "off", "0 ms"},
		{"execution.checkpointing.interval", "PT10S", "10 s"},
		{"yarn.application-attempt-failures-validity-interval", "-1", "0 ms"},
		{"yarn.application-attempt-failures-validity-interval", "10000", "10 s"},
		{"execution.checkpointing.mode", "at-least-once", "AT_LEAST_ONCE"},
		{"restart-strategy", "fixed_delay", "fixed-delay"},
		{"restart-strategy", "exponentialdelay", "exponential-delay"},
		{"restart-strategy.type", "Disable", "none"},
		{"state.backend", "filesystem", "hashmap"},
		{"state.backend", "Disk", "disk"},
		{"taskmanager.memory.managed.size", "128m", "128m"},
		{"taskmanager.memory.fraction", "0.7", "0.7"},
		{"state.backend.rocksdb.localdir", "/a,/b", "/a;/b"},
		{"execution.target", "yarn-per-job", "yarn-cluster"},
		{"execution.attached", "FALSE", "false"},
		{"yarn.tags", "[a, 'b;c']", "a;'b;c'"},
		{"restart-strategy.exponential-delay.jitter-factor", "0.25", "0.25"},
	} {
		c := New()
		if err := c.Set(v.name, v.text, FromDynamic("-D")); err != nil {
			t.Error(err)
			continue
		}
		if got := c.given()[0].Value; got != v.want || len(c.Notices()) > 0 {
			t.Errorf("%s = %q is %q, want %q; notices %v", v.name, v.text, got, v.want, c.Notices())
		}
	}
}

func TestBadValues(t *testing.T) {
	for _, v := range []struct{ name, text, want string }{
		{"parallelism.default", "0", `-D: parallelism.default is "0", allowed is a whole number from 1 to 32768, or -1`},
		{"state.checkpoints.num-retained", "many", `-D: state.checkpoints.num-retained is "many", allowed is a whole number of at least 1`},
		{"taskmanager.heap.size", "12q", `-D: taskmanager.heap.size is "12q", allowed is a size such as "512m" or "2g" (a bare number is mebibytes), from 64m to 1t`},
		{"taskmanager.memory.process.size", "1073741824", `-D: taskmanager.memory.process.size is "1073741824", allowed is a size such as "512m" or "2g" (a bare number is mebibytes), from 64m to 1t`},
		{"execution.checkpointing.timeout", "soon", `-D: execution.checkpointing.timeout is "soon", allowed is a duration such as "10 s", "3min" or "PT10S" (a bare number is milliseconds), at least 10 ms`},
		{"execution.checkpointing.interval", "1", `-D: execution.checkpointing.interval is "1", allowed is a duration such as "10 s", "3min" or "PT10S" (a bare number is milliseconds), at least 10 ms, or "off"`},
		{"state.backend", "leveldb", `-D: state.backend is "leveldb", allowed is hashmap (state in memory) or disk (state that may be larger than memory; also called rocksdb)`},
		{"restart-strategy", "often", `-D: restart-strategy is "often", allowed is none, fixed-delay, failure-rate or exponential-delay`},
		{"execution.attached", "yes", `-D: execution.attached is "yes", allowed is true or false`},
		{"restart-strategy.exponential-delay.jitter-factor", "NaN", `-D: restart-strategy.exponential-delay.jitter-factor is "NaN", allowed is a number from 0 to 1`},
		{"execution.target", "kubernetes-session", `-D: execution.target is "kubernetes-session", allowed is local or yarn-cluster`},
		{"yarn.tags", "'a", `-D: yarn.tags is "'a", allowed is items with ; or , between them (an item that has one of these inside stands in quotes)`},
		{"containerized.master.env.", "x", `-D: containerized.master.env. needs a name behind its last dot`},
		{"state.backend", strings.Repeat("x", 1000), `-D: state.backend is "` + strings.Repeat("x", 120) + `...", allowed is hashmap (state in memory) or disk (state that may be larger than memory; also called rocksdb)`},
	} {
		err := New().Set(v.name, v.text, FromDynamic("-D"))
		if err == nil || err.Error() != v.want {
			t.Errorf("got  %v\nwant %s", err, v.want)
		}
	}
}

func TestSetDynamicForms(t *testing.T) {
	c := New()
	must(t, c.SetDynamic("execution.attached", "-D"))
	must(t, c.SetDynamic("yarn.application.name=a=b", "-yD"))
	if !Get(c, Attached) || Get(c, ApplicationName) != "a=b" {
		t.Errorf("attached %v, name %q", Get(c, Attached), Get(c, ApplicationName))
	}
	err := c.SetDynamic("=x", "-yD")
	if err == nil || err.Error() != `-yD "=x": name=value is wanted` {
		t.Errorf("no name: %v", err)
	}
}

func TestNotices(t *testing.T) {
	c := New()
	for _, s := range [][2]string{
		{"state.checkpoints.num-retaned", "3"},
		{"Parallelism_Default", "3"},
		{"paralelism.default", "3"},
		{"yarn.aplication.queue", "q"},
		{"my.own.thing", "3"},
		{"state.backend.rocksdb.localdir", "/x"},
		{"state.backend.rocksdb.timer-service.factory", "ROCKSDB"},
		{"state.backend", "EmbeddedRocksDBStateBackend"},
		{"client.timeout", "60 s"},
		{"high-availability", "zookeeper"},
		{"high-availability", "none"},
		{"execution.checkpointing.max-concurrent-checkpoints", "1"},
		{"security.ssl.internal.enabled", "true"},
		{"env.java.opts", "-Xmx1g"},
	} {
		must(t, c.Set(s[0], s[1], FromFile("f.yaml", 7)))
	}
	want := []Notice{
		{true, `f.yaml:7: unknown setting "state.checkpoints.num-retaned", did you mean state.checkpoints.num-retained?`},
		{true, `f.yaml:7: unknown setting "Parallelism_Default", did you mean parallelism.default?`},
		{true, `f.yaml:7: unknown setting "paralelism.default", did you mean parallelism.default?`},
		{true, `f.yaml:7: unknown setting "yarn.aplication.queue", did you mean yarn.application.queue?`},
		{true, `f.yaml:7: unknown setting "my.own.thing"`},
		{false, `f.yaml:7: state.backend.rocksdb.timer-service.factory has no effect: state that may be larger than memory is in a store of weft's own (state.backend.type: disk)`},
		{false, `f.yaml:7: state.backend: EmbeddedRocksDBStateBackend is taken as disk, weft's own store for state that may be larger than memory`},
		{false, `f.yaml:7: client.timeout has no effect: the command waits as long as it takes`},
		{false, `f.yaml:7: high-availability has no effect: a new attempt of the master recovers from the checkpoints alone, without ZooKeeper`},
		{true, `f.yaml:7: security.ssl.internal.enabled has no effect: connections are authenticated but not encrypted`},
		{false, `f.yaml:7: env.java.opts has no effect: there is no JVM, the memory of a process is that of its container (jobmanager.memory.process.size, taskmanager.memory.process.size)`},
	}
	if diff := cmp.Diff(want, c.Notices()); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestEffective(t *testing.T) {
	set := func(pairs ...string) *Conf {
		c := New()
		for _, p := range pairs {
			must(t, c.SetDynamic(p, "-D"))
		}
		return c
	}
	for _, v := range []struct {
		c        *Conf
		interval time.Duration
		restart  RestartStrategy
		vcores   int
	}{
		{set(), 0, RestartNone, 1},
		{set("state.checkpoints.dir=hdfs:///c"), 10 * time.Second, RestartExponentialDelay, 1},
		{set("state.checkpoints.dir=hdfs:///c", "execution.checkpointing.interval=off"), 0, RestartNone, 1},
		{set("execution.checkpointing.interval=3s", "taskmanager.numberOfTaskSlots=4"), 3 * time.Second, RestartExponentialDelay, 4},
		{set("restart-strategy=fixed-delay", "taskmanager.numberOfTaskSlots=4", "yarn.containers.vcores=2"), 0, RestartFixedDelay, 2},
	} {
		if got := EffectiveCheckpointInterval(v.c); got != v.interval {
			t.Errorf("%v: interval %v, want %v", v.c.given(), got, v.interval)
		}
		if got := EffectiveRestartStrategy(v.c); got != v.restart {
			t.Errorf("%v: strategy %q, want %q", v.c.given(), got, v.restart)
		}
		if got := EffectiveVCores(v.c); got != v.vcores {
			t.Errorf("%v: %d vcores, want %d", v.c.given(), got, v.vcores)
		}
	}
}

func TestPrefixesAndMasking(t *testing.T) {
	c := New()
	must(t, c.SetDynamic("containerized.master.env.TZ=UTC", "-D"))
	must(t, c.SetDynamic("containerized.taskmanager.env.AWS_SECRET=hush", "-D"))
	if diff := cmp.Diff(map[string]string{"TZ": "UTC"}, c.WithPrefix(MasterEnv)); diff != "" {
		t.Errorf("environment of the master (-want +got):\n%s", diff)
	}
	if got := c.WithPrefix(WorkerEnv)["AWS_SECRET"]; got != "hush" {
		t.Errorf("the worker gets %q", got)
	}
	for _, e := range c.Entries() {
		if e.Value == "hush" {
			t.Errorf("%s is shown", e.Name)
		}
	}
}

func TestJSON(t *testing.T) {
	c := New()
	must(t, c.SetDynamic("restart-strategy=fixeddelay", "-yD"))
	must(t, c.SetDynamic("containerized.master.env.TOKEN=hush", "-yD"))
	must(t, Put(c, CheckpointInterval, 1500*time.Millisecond, FromCode("main.go:3")))
	must(t, Put(c, Workers, 0, FromFlag("-yn")))
	must(t, Put(c, ShipFiles, []string{"/a;b", "c"}, FromFile("weft-conf.yaml", 9)))
	b, err := json.Marshal(c)
	must(t, err)
	var back Conf
	must(t, json.Unmarshal(b, &back))
	if diff := cmp.Diff(c.given(), back.given(), cmp.AllowUnexported(Origin{})); diff != "" {
		t.Errorf("after the journey (-want +got):\n%s", diff)
	}
	if got := Get(&back, ShipFiles); len(got) != 2 || got[0] != "/a;b" {
		t.Errorf("ship files are %q", got)
	}
	for _, bad := range []string{`{}`, `[{"name":"parallelism.default","value":"x","origin":{"level":1}}]`, `[{"name":"x","origin":{"level":9}}]`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
