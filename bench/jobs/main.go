// Command jobs is the Weft program with the jobs that scripts/bench measures:
//
//	weft run -ys 2 -c j1 ./bench/jobs --words 1000000
package main

import (
	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/bench/internal/jobs"
)

func main() {
	var all []weft.Definition
	for _, job := range jobs.All {
		all = append(all, weft.Job(job.Name, job.Describe))
	}
	weft.Main(all...)
}
