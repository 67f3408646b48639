package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const expiresAfter = 50 // ms

// ask has one thing done to each state of a key, and all of it shown.
type ask struct {
	Key string
	Do  int
	Arg int64
}

// What may be done.
const (
	look = iota
	write
	another
	empty
	actions
)

// expiring is a job whose states forget.
func expiring(f *feed[ask], out *results, option StateOption) func(*Env) {
	return func(env *Env) {
		keyed := KeyBy(from(env, f), func(a ask) string { return a.Key })
		gather(out, Process(keyed, "states", func(op *Op[string, string]) func(ask) {
			value, list, set := NewValue[int64](op, "value", option), NewList[int64](op, "list", option), NewMap[int64, int64](op, "map", option)
			return func(a ask) {
				switch a.Do {
				case write:
					value.Set(a.Arg)
					list.Add(a.Arg)
					set.Put(a.Arg%4, a.Arg)
				case another:
					value.Update(func(v *int64) { *v += a.Arg })
					list.Set(append(list.Get(), -a.Arg))
					set.Remove(a.Arg % 4)
				case empty:
					value.Clear()
					list.Clear()
					set.Clear()
				}
				v, has := value.Lookup()
				one, hasOne := set.Get(a.Arg % 4)
				var all []int64
				n := set.Len()
				set.All(func(m, v int64) bool { all = append(all, m, v); return true })
				slices.Sort(all)
				op.Emit(fmt.Sprint(a.Key, v, has, list.Get(), one, hasOne, n, all))
			}
		}))
	}
}

// forgetful is what the job must show, with a date at everything.
type forgetful struct {
	byRead bool
	value  map[string]aged[int64]
	list   map[string][]aged[int64]
	set    map[string]map[int64]aged[int64]
}

func (f *forgetful) play(a ask, now int64) string {
	gone := func(e aged[int64]) bool { return now-e.Used >= expiresAfter }
	if f.set[a.Key] == nil {
		f.set[a.Key] = map[int64]aged[int64]{}
	}
	if gone(f.value[a.Key]) {
		delete(f.value, a.Key)
	}
	f.list[a.Key] = slices.DeleteFunc(f.list[a.Key], gone)
	for m, e := range f.set[a.Key] {
		if gone(e) {
			delete(f.set[a.Key], m)
		}
	}
	switch a.Do {
	case write:
		f.value[a.Key] = aged[int64]{now, a.Arg}
		f.list[a.Key] = append(f.list[a.Key], aged[int64]{now, a.Arg})
		f.set[a.Key][a.Arg%4] = aged[int64]{now, a.Arg}
	case another:
		f.value[a.Key] = aged[int64]{now, f.value[a.Key].Value + a.Arg}
		f.list[a.Key] = append(f.list[a.Key], aged[int64]{now, -a.Arg})
		for i := range f.list[a.Key] {
			f.list[a.Key][i].Used = now
		}
		delete(f.set[a.Key], a.Arg%4)
	case empty:
		delete(f.value, a.Key)
		delete(f.list, a.Key)
		clear(f.set[a.Key])
	}
	return f.show(a, now)
}

func (f *forgetful) show(a ask, now int64) string {
	v, has := f.value[a.Key]
	if has && f.byRead {
		f.value[a.Key] = aged[int64]{now, v.Value}
	}
	list := []int64{}
	for i, e := range f.list[a.Key] {
		list = append(list, e.Value)
		if f.byRead {
			f.list[a.Key][i].Used = now
		}
	}
	one, hasOne := f.set[a.Key][a.Arg%4]
	var all []int64
	for m, e := range f.set[a.Key] {
		all = append(all, m, e.Value)
		if f.byRead {
			f.set[a.Key][m] = aged[int64]{now, e.Value}
		}
	}
	slices.Sort(all)
	return fmt.Sprint(a.Key, v.Value, has, list, one.Value, hasOne, len(f.set[a.Key]), all)
}

// TestStateExpires plays at random and looks at what is seen, across restores too, and in the end at what is left.
func TestStateExpires(t *testing.T) {
	t.Run("after the last write", func(t *testing.T) { testExpiry(t, false, ExpireAfter(expiresAfter*time.Millisecond)) })
	t.Run("after the last use", func(t *testing.T) { testExpiry(t, true, ExpireUnused(expiresAfter*time.Millisecond)) })
}

func testExpiry(t *testing.T, byRead bool, option StateOption) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	model := &forgetful{byRead: byRead, value: map[string]aged[int64]{}, list: map[string][]aged[int64]{}, set: map[string]map[int64]aged[int64]{}}
	f, out := &feed[ask]{}, &results{}
	r := newRig(t, 2, nil, expiring(f, out, option))
	for i := range 3000 {
		a := ask{fmt.Sprint("key-", random.IntN(20)), random.IntN(actions), 1 + random.Int64N(100)}
		f.put(a)
		r.run()
		if diff := cmp.Diff([]string{model.play(a, r.now)}, out.take()); diff != "" {
			t.Fatalf("seed %d, step %d, %+v (-model +job):\n%s", seed, i, a, diff)
		}
		if random.IntN(3) == 0 {
			r.tick(random.Int64N(20))
		}
		if random.IntN(200) == 0 {
			snapshot, now := r.begin(), r.now
			for !r.step() {
			}
			r.close()
			r = newRig(t, 1+random.IntN(4), snapshot, expiring(f, out, option))
			r.now = now
		}
	}
	defer r.close()
	for range 20 { // a slice each
		r.tick(sweepEvery)
	}
	snapshot := r.begin()
	for !r.step() {
	}
	for _, frame := range snapshot.frames {
		if frame.entries > 0 {
			t.Errorf("seed %d: %d keys are left of %q", seed, frame.entries, frame.state)
		}
	}
}
