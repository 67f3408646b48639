package meter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Result is what a run came to.
type Result struct {
	Records, Sum uint64  // of the results, all subtasks together
	Whole        float64 // seconds from the first record made to the last subtask's end
	Steady       float64 // seconds from the moment a quarter was made to the end: for three quarters of the records
	CPU          float64 // seconds of all processes' processors in that time
	Making       float64 // seconds from the moment a quarter was made to the last record made; 0 where that is not told
	MakingCPU    float64 // seconds of all processes' processors in that time
	TotalCPU     float64 // seconds of the workers' processors from their processes' start to the end
	Allocs       float64 // heap allocations in the steady time; 0 where they are not told
	Collector    float64 // seconds of the processors for garbage collection in the steady time
	Memory, Peak int64   // resident memory at the end and the highest, in bytes, of all processes together
	Pause        float64 // longest time between two marks of a lane, in seconds; 0 where none were taken
	Busy         float64 // most processor time between two marks of a lane, in seconds
	Latency      Latency // of window results; zero where there are none
}

// process is what one process has told.
type process struct {
	start, quarter, last, end moment
	has                       [3]bool // start, quarter, end by itself
}

type moment struct{ at, cpu, allocs, gc, rss, peak int64 }

// Read reads the lines of a whole run from the output of its processes; other lines, and those from before since, are
// passed over. done is how many subtasks must have ended.
func Read(output string, since time.Time, done int) (Result, error) {
	result, processes, ended := Result{}, map[int64]*process{}, 0
	for line := range strings.Lines(output) {
		_, text, found := strings.Cut(line, Prefix+" ")
		if !found {
			continue
		}
		mark, fields, err := parse(text)
		if err != nil {
			return result, fmt.Errorf("line %q: %w", strings.TrimSpace(line), err)
		}
		if int64(fields["at"]) < since.UnixNano() {
			continue
		}
		p := processes[int64(fields["pid"])]
		if p == nil {
			p = &process{}
			processes[int64(fields["pid"])] = p
		}
		now := moment{int64(fields["at"]), int64(fields["cpu"]), int64(fields["allocs"]), int64(fields["gc"]), int64(fields["rss"]), int64(fields["peak"])}
		switch mark {
		case "start":
			p.start, p.has[0] = now, true
		case "quarter":
			p.quarter, p.has[1] = now, true
		case "last":
			p.last = now
		case "ended":
			p.end, p.has[2] = now, true
		case "done":
			ended++
			result.Records += fields["records"]
			result.Sum += fields["sum"]
			result.Pause = max(result.Pause, float64(fields["pause"])/1e9)
			result.Busy = max(result.Busy, float64(fields["busy"])/1e9)
			result.Latency.take(fields)
			if !p.has[2] && now.at > p.end.at {
				p.end = now
			}
		}
	}
	if ended != done {
		return result, fmt.Errorf("%d of %d subtasks told their end", ended, done)
	}
	return result, result.times(processes)
}

// times takes the moments of all processes together.
func (r *Result) times(processes map[int64]*process) error {
	const ns = 1e9
	first, last, made, quarters, n := int64(0), int64(0), int64(0), int64(0), int64(0)
	for _, p := range processes {
		last, made = max(last, p.end.at), max(made, p.last.at)
		r.TotalCPU += float64(p.end.cpu) / ns
		r.Memory += p.end.rss
		r.Peak += p.end.peak
		if p.has[0] && (first == 0 || p.start.at < first) {
			first = p.start.at
		}
		if p.has[1] {
			quarters += p.quarter.at / 1000 // µs, so that the sum fits
			n++
			r.CPU += float64(p.end.cpu-p.quarter.cpu) / ns
			r.MakingCPU += float64(p.last.cpu-p.quarter.cpu) / ns
			r.Allocs += float64(p.end.allocs - p.quarter.allocs)
			r.Collector += float64(p.end.gc-p.quarter.gc) / ns
		}
	}
	if first == 0 || n == 0 {
		return errors.New("no process told when its records began")
	}
	r.Whole = float64(last-first) / ns
	r.Steady = float64(last-quarters/n*1000) / ns
	if made > 0 {
		r.Making = float64(made-quarters/n*1000) / ns
	} else {
		r.MakingCPU = 0
	}
	return nil
}

// parse reads "mark name=number …".
func parse(text string) (mark string, fields map[string]uint64, err error) {
	words := strings.Fields(text)
	fields = map[string]uint64{}
	for i, word := range words {
		name, value, named := strings.Cut(word, "=")
		if i == 0 {
			mark = word
			continue
		}
		number, err := strconv.ParseUint(value, 10, 64)
		if !named || err != nil {
			return "", nil, fmt.Errorf("%q is not name=number", word)
		}
		fields[name] = number
	}
	return mark, fields, nil
}
