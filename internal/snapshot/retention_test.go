package snapshot

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is a time at which spans of whole hours and minutes begin.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// aged makes candidates of the given ages, numbered from the oldest.
func aged(ages ...time.Duration) []Candidate {
	slices.Sort(ages)
	slices.Reverse(ages)
	var list []Candidate
	for i, age := range ages {
		list = append(list, Candidate{ID: int64(i + 1), Completed: noon.Add(-age), Size: 10})
	}
	return list
}

func TestSurplus(t *testing.T) {
	minutes := func(n ...int) (ages []time.Duration) {
		for _, m := range n {
			ages = append(ages, time.Duration(m)*time.Minute)
		}
		return ages
	}
	pin := func(list []Candidate, ids ...int64) []Candidate {
		for i := range list {
			list[i].Pinned = slices.Contains(ids, list[i].ID)
		}
		return list
	}
	tenMinutes := Tier{10 * time.Minute, time.Hour}
	for name, test := range map[string]struct {
		rule Retention
		list []Candidate
		want []int64
	}{
		"nothing":                          {Retention{Newest: 2}, nil, nil},
		"as many as may be":                {Retention{Newest: 3}, aged(minutes(1, 2, 3)...), nil},
		"one too many":                     {Retention{Newest: 3}, aged(minutes(1, 2, 3, 4)...), []int64{1}},
		"the newest stays under 0":         {Retention{}, aged(minutes(1, 2, 3)...), []int64{1, 2}},
		"pinned ones stay":                 {Retention{Newest: 1}, pin(aged(minutes(1, 2, 3, 4)...), 2), []int64{1, 3}},
		"a pinned one counts as newest":    {Retention{Newest: 2}, pin(aged(minutes(1, 2, 3)...), 2), []int64{1}},
		"the first of each span":           {Retention{Newest: 1, Tiers: []Tier{tenMinutes}}, aged(minutes(1, 8, 9, 11, 12, 19)...), []int64{2, 3, 5}},
		"too old for the tier":             {Retention{Newest: 1, Tiers: []Tier{tenMinutes}}, aged(minutes(1, 60, 61, 70)...), []int64{1, 2}},
		"a first that is too old":          {Retention{Newest: 1, Tiers: []Tier{{10 * time.Minute, 55 * time.Minute}}}, aged(minutes(1, 54, 56)...), []int64{1, 2}},
		"two tiers":                        {Retention{Newest: 1, Tiers: []Tier{tenMinutes, {time.Hour, 3 * time.Hour}}}, aged(minutes(5, 25, 55, 65, 95, 119, 170, 181)...), []int64{1, 4, 5}},
		"the order of tiers is no matter":  {Retention{Newest: 1, Tiers: []Tier{{time.Hour, 3 * time.Hour}, tenMinutes}}, aged(minutes(5, 25, 55, 65, 95, 119, 170, 181)...), []int64{1, 4, 5}},
		"too many bytes":                   {Retention{Newest: 5, MaxBytes: 25}, aged(minutes(1, 2, 3, 4)...), []int64{1, 2}},
		"bytes of pinned ones count":       {Retention{Newest: 5, MaxBytes: 25}, pin(aged(minutes(1, 2, 3, 4)...), 1), []int64{2, 3}},
		"the newest does not fit":          {Retention{Newest: 5, MaxBytes: 1}, aged(minutes(1, 2)...), []int64{1}},
		"a clock that went back":           {Retention{Newest: 1, Tiers: []Tier{tenMinutes}}, aged(minutes(-5, -15, 1)...), nil},
		"the pinned ones are over already": {Retention{Newest: 1, MaxBytes: 5}, pin(aged(minutes(1, 2, 3)...), 1, 2), nil},
	} {
		if diff := cmp.Diff(test.want, test.rule.Surplus(noon, test.list)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// anyRule draws a rule with small numbers, so that they meet often.
func anyRule(rng *rand.Rand) Retention {
	r := Retention{Newest: rng.IntN(6)}
	for range rng.IntN(3) {
		r.Tiers = append(r.Tiers, Tier{
			Every: time.Duration(1+rng.IntN(40)) * time.Second, For: time.Duration(1+rng.IntN(300)) * time.Second,
		})
	}
	if rng.IntN(3) == 0 {
		r.MaxBytes = int64(1 + rng.IntN(400))
	}
	return r
}

// A job takes checkpoints at random times; after each one the surplus is
// deleted. Whatever the rule, the promises hold at every moment.
func TestSurplusOverTime(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 1))
		rule := anyRule(rng)
		var list []Candidate
		firsts := make([]map[int64]Candidate, len(rule.Tiers)) // what each tier has to keep
		for i := range firsts {
			firsts[i] = map[int64]Candidate{}
		}
		now := noon
		var shared []SharedFile // of the latest checkpoint
		for id := int64(1); id <= 120; id++ {
			now = now.Add(time.Duration(1+rng.IntN(15_000)) * time.Millisecond)
			c := Candidate{ID: id, Completed: now, Size: int64(rng.IntN(30)), Pinned: rng.IntN(20) == 0}
			if seed%2 == 1 {
				if rng.IntN(5) == 0 {
					shared = nil // it builds on none
				}
				shared = append(slices.Clone(shared), SharedFile{fmt.Sprint("file-", id), int64(rng.IntN(30))})
				for _, f := range shared {
					c.Size += f.Size
				}
				c.Shared = shared
			}
			list = append(list, c)
			for i, tier := range rule.Tiers {
				if _, ok := firsts[i][tier.span(now)]; !ok {
					firsts[i][tier.span(now)] = c
				}
			}
			surplus := rule.Surplus(now, list)
			if !slices.IsSorted(surplus) {
				t.Fatalf("seed %d: %v is not the oldest first", seed, surplus)
			}
			before := list
			list = slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool { return slices.Contains(surplus, c.ID) })
			checkKept(t, seed, rule, now, before, list)
			if again := rule.Surplus(now, list); again != nil {
				t.Fatalf("seed %d: the surplus of what was left is %v", seed, again)
			}
			if rule.MaxBytes > 0 {
				continue // what a tier promises may not fit
			}
			for i, tier := range rule.Tiers {
				for _, first := range firsts[i] {
					if now.Sub(first.Completed) <= tier.For && !kept(list, first) {
						t.Fatalf("seed %d: tier %v has lost checkpoint %d", seed, tier, first.ID)
					}
				}
			}
		}
	}
}

func kept(list []Candidate, c Candidate) bool {
	return slices.ContainsFunc(list, func(k Candidate) bool { return k.ID == c.ID })
}

// checkKept looks at what is left of a list.
func checkKept(t *testing.T, seed uint64, rule Retention, now time.Time, before, left []Candidate) {
	t.Helper()
	newest := before[len(before)-1]
	if !kept(left, newest) {
		t.Fatalf("seed %d: the newest is deleted", seed)
	}
	total, unpinned, counted := int64(0), 0, map[string]bool{}
	for _, c := range before {
		if c.Pinned && !kept(left, c) {
			t.Fatalf("seed %d: the pinned checkpoint %d is deleted", seed, c.ID)
		}
	}
	for i, c := range left {
		total += c.Size
		for _, f := range c.Shared {
			if counted[f.Name] {
				total -= f.Size
			}
			counted[f.Name] = true
		}
		if c.Pinned || c.ID == newest.ID {
			continue
		}
		unpinned++
		wanted := len(left)-i <= rule.Newest
		for _, tier := range rule.Tiers {
			wanted = wanted || now.Sub(c.Completed) <= tier.For
		}
		if !wanted {
			t.Fatalf("seed %d: nothing keeps checkpoint %d", seed, c.ID)
		}
	}
	if rule.MaxBytes > 0 && total > rule.MaxBytes && unpinned > 0 {
		t.Fatalf("seed %d: %d bytes are kept, %d may be", seed, total, rule.MaxBytes)
	}
}
