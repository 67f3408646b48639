package client

import (
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/snapshot"
)

func TestParseChoice(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, berlin)
	const id = "1c58ec397f11acc4bf520305577c86f2"
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 11, 22, hour, minute, second, 0, berlin)
	}
	for text, want := range map[string]choice{
		"latest":                               {},
		"latest@-4h":                           {until: at(8, 0, 0)},
		"@-4h":                                 {until: at(8, 0, 0)},
		id:                                     {job: id},
		strings.ToUpper(id):                    {job: id},
		id + "/chk-56":                         {job: id, number: 56},
		id + "/chk-56/_metadata":               {job: id, number: 56},
		id + "@-30min":                         {job: id, until: at(11, 30, 0)},
		id + "@latest":                         {job: id},
		"word count@-1h30m":                    {job: "word count", until: at(10, 30, 0)},
		"streaming.Job@2026-11-22T08:00":       {job: "streaming.Job", until: at(8, 0, 0)},
		"streaming.Job@2026-11-22 08:00:05":    {job: "streaming.Job", until: at(8, 0, 5)},
		"streaming.Job@2026-11-22T08:00Z":      {job: "streaming.Job", until: at(9, 0, 0)},
		"a@b@2026-11-22T08:00:00+02:00":        {job: "a@b", until: at(7, 0, 0)},
		"job@-2d":                              {job: "job", until: at(12, 0, 0).AddDate(0, 0, -2)},
		strings.ToUpper(id) + "@-0s":           {job: id, until: now},
		strings.ToUpper(id)[:32] + "/chk-1/":   {job: id, number: 1},
		"jobs: the second@2026-11-22T08:00:00": {job: "jobs: the second", until: at(8, 0, 0)},
	} {
		got, err := parseChoice(text, now)
		if err != nil || got == nil {
			t.Errorf("%q: %v, %v", text, got, err)
			continue
		}
		if got.job != want.job || got.number != want.number || !got.until.Equal(want.until) || got.given != text {
			t.Errorf("%q: %+v", text, got)
		}
	}
	for _, path := range []string{
		"hdfs://u@host:9000/cp/x", "/a/b@-4h", "./latest", "../x@-4h", "savepoints/savepoint-1c58ec-29cb3c7b9ab0", "file:/a@-4h",
		"latest/chk-3", id[:31], id + "/chk-0x",
	} {
		if got, err := parseChoice(path, now); err != nil || got != nil {
			t.Errorf("%q: %+v, %v", path, got, err)
		}
	}
	for text, want := range map[string]string{
		"job@":                           "neither an age",
		"job@yesterday":                  "neither an age",
		"job@-4":                         "neither an age",
		"job@4h":                         "neither an age",
		"job@2026-11-22T25:00":           "neither an age",
		"job@2026-11-22T13:00":           "lies in the future",
		id + "/chk-0":                    "not the number",
		id + "/chk-99999999999999999999": "not the number",
	} {
		if got, err := parseChoice(text, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func FuzzParseChoice(f *testing.F) {
	for _, text := range []string{"latest", "@-4h", "job@2026-11-22T08:00", "1c58ec397f11acc4bf520305577c86f2/chk-56", "/a"} {
		f.Add(text)
	}
	now := time.Now()
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseChoice(text, now)
		if err == nil && c != nil && (c.until.After(now) || c.number < 0) {
			t.Fatalf("%q: %+v", text, c)
		}
	})
}

func TestOnlyJob(t *testing.T) {
	of := func(names ...string) (entries []snapshot.Entry) {
		for _, name := range names {
			entries = append(entries, snapshot.Entry{Owner: snapshot.Owner{JobName: name}})
		}
		return entries
	}
	if job, err := onlyJob(of("wordcount", "wordcount")); job != "wordcount" || err != nil {
		t.Errorf("of one job: %q, %v", job, err)
	}
	if _, err := onlyJob(nil); err == nil || !strings.Contains(err.Error(), "no checkpoints of any job") {
		t.Errorf("of none: %v", err)
	}
	if _, err := onlyJob(of("wordcount", "bids")); err == nil || !strings.Contains(err.Error(), "of which job?") {
		t.Errorf("of two: %v", err)
	}
}
