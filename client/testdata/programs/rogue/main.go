// Command rogue is linked with Weft and does not call weft.Main: what it
// answers in the plan role is its first argument's idea.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	_ "github.com/weft-stream/weft/stream"
)

func main() {
	out := os.NewFile(3, "plan")
	switch filepath.Base(os.Args[0]) {
	case "silent":
	case "garbage":
		fmt.Fprint(out, "not a plan")
	case "newer":
		fmt.Fprint(out, `{"version": 99, "jobs": ["a"]}`)
	case "jobless":
		fmt.Fprint(out, `{"version": 1, "jobs": []}`)
	case "goroutine":
		done := make(chan bool)
		go func() { panic("behind the scenes") }()
		<-done
	}
}
