package inspect

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/storage"
)

const maxParallelism = 64

// content is what a snapshot of these tests holds.
type content struct {
	values  map[string]uint64
	timers  map[string]int64
	panes   map[int64]map[string]uint64
	entries []string
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// frames encodes a map as the engine does: with its tables.
func frames(values map[string]uint64, first, last int, emit func(first, last int, frame []byte)) {
	hash := must(codec.Hasher[string]())
	table := state.NewTable(must(codec.Of[string]()), must(codec.Of[uint64]()), hash, maxParallelism)
	for k, v := range values {
		if kg := keygroup.Of(hash(k), maxParallelism); kg < first || kg > last {
			continue
		}
		p, _ := table.Ref(hash(k), k)
		*p = v
	}
	table.Segments.BeginSnapshot(emit)
	for !table.Segments.StepSnapshot(1) {
	}
}

// write writes a snapshot of an operator with that many subtasks.
func write(t *testing.T, c content, parallelism int) *snapshot.Snapshot {
	t.Helper()
	files := storage.NewResolver(storage.Config{})
	t.Cleanup(func() { files.Close() })
	fsys, dir, err := files.Resolve(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := snapshot.Operator{
		UID: "o", Name: "O", Kind: "process", Parallelism: parallelism, MaxParallelism: maxParallelism, KeySchema: "string",
		States: []snapshot.StateInfo{
			{Name: "values", Kind: "value", Schema: "uint64"},
			{Name: "timers", Kind: "timers", Schema: "time"},
			{Name: "panes", Kind: "window", Schema: "uint64"},
			{Name: "clock", Kind: "clock", Schema: "time"},
			{Name: "list", Kind: "operator-list", Schema: "bytes"},
		},
	}
	for i := range parallelism {
		b := snapshot.NewBuilder()
		fill(b, c, i, parallelism)
		contribution, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		handles, err := snapshot.UploadWorker(t.Context(), fsys, dir, "w", []snapshot.Contribution{contribution}, 0)
		if err != nil {
			t.Fatal(err)
		}
		o.Subtasks = append(o.Subtasks, snapshot.Subtask{Index: i, States: handles[0]})
	}
	meta := &snapshot.Metadata{
		JobID: strings.Repeat("ab", 16), CheckpointID: 1, Kind: snapshot.Savepoint, MaxParallelism: maxParallelism,
		KeyHash: keygroup.HashName, Operators: []snapshot.Operator{o},
	}
	if _, err := snapshot.WriteMetadata(t.Context(), fsys, dir, meta); err != nil {
		t.Fatal(err)
	}
	return must(snapshot.Open(t.Context(), files, filepath.Clean(dir)))
}

// fill writes a subtask's share.
func fill(b *snapshot.Builder, c content, subtask, parallelism int) {
	first, last := keygroup.Range(subtask, parallelism, maxParallelism)
	to := func(name string, head []byte) func(int, int, []byte) {
		return func(first, last int, frame []byte) {
			b.State(name).Append(first, last, 1, append(head[:len(head):len(head)], frame...))
		}
	}
	frames(c.values, first, last, to("values", nil))
	for pane, values := range c.panes {
		frames(values, first, last, to("panes", binary.LittleEndian.AppendUint64(nil, uint64(pane))))
	}
	hash := must(codec.Hasher[string]())
	timers := state.NewTimers(must(codec.Of[string]()), hash, maxParallelism)
	for k, at := range c.timers {
		if kg := keygroup.Of(hash(k), maxParallelism); first <= kg && kg <= last {
			timers.Add(at, hash(k), k)
		}
	}
	timers.Snapshot(to("timers", nil))
	var clock []byte
	for _, v := range []int{1000 * len(c.values), first, last} {
		clock = binary.LittleEndian.AppendUint64(clock, uint64(v))
	}
	b.State("clock").Append(first, last, 1, clock)
	for i, e := range c.entries {
		if i%parallelism == subtask {
			b.State("list").AppendPlain(1, []byte(e))
		}
	}
}

func open(t *testing.T, s *snapshot.Snapshot, name string) *State {
	t.Helper()
	o := &s.Meta.Operators[0]
	info, ok := info(o, name)
	if !ok {
		t.Fatal("no state", name)
	}
	return must(Open(s.Location, s.Meta, o, info))
}

// random makes content; mutate changes some of it.
func random(r *rand.Rand, keys int) content {
	c := content{values: map[string]uint64{}, timers: map[string]int64{}, panes: map[int64]map[string]uint64{-60_000: {}, 0: {}}}
	for i := range keys {
		k := fmt.Sprintf("key-%d", i)
		c.values[k] = r.Uint64N(1000)
		c.timers[k] = r.Int64N(1_000_000)
		c.panes[0][k] = 1
		if i%3 == 0 {
			c.panes[-60_000][k] = r.Uint64N(3)
		}
		c.entries = append(c.entries, fmt.Sprint("entry ", i%(keys/2+1)))
	}
	return c
}

func (c content) mutate(r *rand.Rand) content {
	n := content{values: map[string]uint64{}, timers: map[string]int64{}, panes: map[int64]map[string]uint64{0: {}, 60_000: {"new": 5}}}
	for k, v := range c.values {
		switch r.IntN(10) {
		case 0:
		case 1:
			n.values[k] = v + 1
		default:
			n.values[k] = v
		}
		n.timers[k] = c.timers[k] + int64(r.IntN(2))
		n.panes[0][k] = c.panes[0][k] + uint64(r.IntN(2))
	}
	n.values["added"] = 7
	n.entries = append(append([]string{"more"}, c.entries[3:]...), c.entries[5])
	return n
}

// named are the entries of a state by name, as JSON; equal ones are counted.
func named(t *testing.T, s *State) map[string]string {
	t.Helper()
	all := map[string]string{}
	for e, err := range s.Entries(t.Context(), All) {
		if err != nil {
			t.Fatal(err)
		}
		name, value := describe(t, s, &e)
		for n := 0; all[name] != ""; n++ {
			name = fmt.Sprint(strings.TrimRight(name, "0123456789"), n)
		}
		all[name] = value
	}
	return all
}

func describe(t *testing.T, s *State, e *Entry) (name, value string) {
	t.Helper()
	line := must(s.AppendJSON(nil, e))
	if !json.Valid(line) {
		t.Fatalf("%s is no json", line)
	}
	name, value = string(must(s.AppendName(nil, e))), string(must(s.AppendValue(nil, e)))
	if s.form == formTimers {
		name += " at " + value
	}
	if s.form == formList {
		name = value + " #"
	}
	return name, value
}

func TestKeysFindsWhatDiffersInAnyMemory(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		before := random(r, 60*int(seed)+10)
		after := before.mutate(r)
		a, b := write(t, before, 1+int(seed)), write(t, after, 3)
		for _, name := range []string{"values", "timers", "panes", "list"} {
			x, y := open(t, a, name), open(t, b, name)
			want := difference(named(t, x), named(t, y))
			for _, memory := range []int64{900, 6000, DefaultMemory} {
				if diff := cmp.Diff(want, found(t, x, y, memory)); diff != "" {
					t.Errorf("seed %d, %s in %d bytes: %s", seed, name, memory, diff)
				}
				if same := found(t, x, x, memory); len(same) > 0 {
					t.Errorf("seed %d, %s differs from itself: %v", seed, name, same)
				}
			}
		}
	}
}

// found are the differences that Keys finds.
func found(t *testing.T, a, b *State, memory int64) map[string]int {
	t.Helper()
	counts := map[string]int{}
	err := Keys(t.Context(), a, b, memory, func(k KeyDiff) error {
		either := k.A
		if either == nil {
			either = k.B
		}
		name, _ := describe(t, a, either)
		line := string(k.Change) + " " + name
		if k.Change == Changed {
			_, old := describe(t, a, k.A)
			_, now := describe(t, b, k.B)
			line += " " + old + " → " + now
		}
		counts[line]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

// difference is what Keys has to find. Entries of a list that are there several
// times have names with a number behind the #.
func difference(a, b map[string]string) map[string]int {
	counts := map[string]int{}
	plain := func(name string) string {
		if before, _, list := strings.Cut(name, " #"); list {
			return before + " #"
		}
		return name
	}
	for name, old := range a {
		switch now, ok := b[name]; {
		case !ok:
			counts["removed "+plain(name)]++
		case old != now:
			counts["changed "+name+" "+old+" → "+now]++
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			counts["added "+plain(name)]++
		}
	}
	return counts
}

func TestKeysOfClocksAreTold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	a, b := write(t, random(r, 10), 2), write(t, random(r, 12), 4)
	var told []string
	err := Keys(t.Context(), open(t, a, "clock"), open(t, b, "clock"), 0, func(k KeyDiff) error {
		told = append(told, fmt.Sprintf("%d-%d: %d → %d", k.A.FirstKG, k.A.LastKG, k.A.Time, k.B.Time))
		return nil
	})
	if diff := cmp.Diff([]string{"0-63: 10000 → 12000"}, told); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestKeysEndsWhereItIsTold(t *testing.T) {
	c := random(rand.New(rand.NewPCG(1, 1)), 10)
	a, b := write(t, c, 2), write(t, c.mutate(rand.New(rand.NewPCG(1, 2))), 2)
	enough := fmt.Errorf("enough")
	for _, name := range []string{"values", "list"} {
		if err := Keys(t.Context(), open(t, a, name), open(t, b, name), DefaultMemory, func(KeyDiff) error { return enough }); err != enough {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGetFindsEachKey(t *testing.T) {
	c := random(rand.New(rand.NewPCG(2, 2)), 300)
	s := write(t, c, 3)
	values, timers, panes := open(t, s, "values"), open(t, s, "timers"), open(t, s, "panes")
	for k, v := range c.values {
		got := []string{}
		for _, st := range []*State{values, timers, panes} {
			key := must(st.ParseKey(k))
			for e, err := range st.Get(t.Context(), key) {
				if err != nil || e.FirstKG != key.Group {
					t.Fatal(err, e.FirstKG, key.Group)
				}
				got = append(got, string(must(st.AppendValue(nil, &e))))
			}
		}
		want := 3
		if _, both := c.panes[-60_000][k]; both {
			want = 4
		}
		if len(got) != want || got[0] != fmt.Sprint(v) {
			t.Errorf("%s: %v, want %d and %d entries", k, got, v, want)
		}
	}
	for range values.Get(t.Context(), must(values.ParseKey("nobody"))) {
		t.Error("somebody")
	}
}

func TestOperatorsByTheirMetadata(t *testing.T) {
	c := random(rand.New(rand.NewPCG(3, 3)), 30)
	a, b := write(t, c, 2), write(t, c, 2)
	if diffs := Operators(a.Meta, a.Meta); len(diffs) > 0 {
		t.Errorf("a snapshot differs from itself: %+v", diffs)
	}
	o := &b.Meta.Operators[0]
	o.States[0].Schema = "int64"
	o.States[1].Name = "renamed"
	o.KeySchema = "int64"
	b.Meta.Operators = append(b.Meta.Operators, snapshot.Operator{UID: "p"})
	var told []string
	for _, d := range Operators(a.Meta, b.Meta) {
		told = append(told, fmt.Sprint(d.Change, " ", d.Type))
		for _, s := range d.States {
			told = append(told, fmt.Sprint(s.Change, " ", s.Name, " ", s.Type, " ", s.Comparable))
		}
	}
	want := []string{
		"changed key type string → int64", "changed values type uint64 → int64 false", "removed timers  false",
		"changed panes  false", "changed clock  false", "changed list  false", "added renamed  false", "added ",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestForeignKeysAndKindsAreRefused(t *testing.T) {
	s := write(t, random(rand.New(rand.NewPCG(4, 4)), 3), 1)
	o := &s.Meta.Operators[0]
	for _, c := range []struct {
		info snapshot.StateInfo
		hash string
		want string
	}{
		{snapshot.StateInfo{Name: "x", Kind: "hologram"}, keygroup.HashName, `state "x" of operator "o": this build does not know states of the kind "hologram"`},
		{snapshot.StateInfo{Name: "x", Kind: "value", Schema: "int64"}, "md5", `state "x" of operator "o": its keys are hashed by "md5", this build knows "xxh3-1"`},
		{snapshot.StateInfo{Name: "x", Kind: "value", Schema: "int65"}, keygroup.HashName, `state "x" of operator "o": value: schema: byte 0: "int65" is no type`},
	} {
		meta := *s.Meta
		meta.KeyHash = c.hash
		if _, err := Open(s.Location, &meta, o, c.info); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// FuzzFrame reads hostile frames in every form: there is no panic, and what can be read can be written.
func FuzzFrame(f *testing.F) {
	f.Add("value", "string", "uint64", []byte("\x01\x00\x00\x00\x01k\x05"))
	f.Add("timers", "string", "", []byte("\x01\x00\x00\x00\x02\x01k"))
	f.Add("window", "int64", "bool", []byte("\x00\x00\x00\x00\x00\x00\x00\x80\x01\x00\x00\x00\x05\x01"))
	f.Add("session-window", "struct{}", "string", []byte("\x01\x00\x00\x00\x02\x02\x04\x01\x01a"))
	f.Add("clock", "string", "", make([]byte, 24))
	f.Add("operator-list", "", "", []byte(`{"a": [1]}`))
	f.Add("value", "struct{}", "struct{}", []byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, kind, key, value string, payload []byte) {
		meta := &snapshot.Metadata{KeyHash: keygroup.HashName}
		o := &snapshot.Operator{UID: "o", KeySchema: key, MaxParallelism: 128}
		s, err := Open(snapshot.Location{}, meta, o, snapshot.StateInfo{Name: "s", Kind: kind, Schema: value})
		if err != nil || len(value)*len(payload) > 1<<20 || len(key)*len(payload) > 1<<20 {
			return
		}
		frame := snapshot.Frame{First: 0, Last: 127, Payload: payload}
		n := 0
		s.frame(frame, 0, All, func(e Entry, _ error) bool {
			line, err := s.AppendJSON(nil, &e)
			if err == nil && !json.Valid(line) {
				t.Fatalf("%s is no json", line)
			}
			s.AppendName(nil, &e)
			s.identity(nil, &e)
			n++
			return n <= len(payload)+1
		})
		if n > len(payload)+1 {
			t.Fatalf("%d entries in %d bytes", n, len(payload))
		}
	})
}
