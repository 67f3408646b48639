package stream

import (
	"fmt"
	"runtime"
	"strings"
)

const here = "github.com/weft-stream/weft/stream."

// callerLocation returns file:line of the innermost caller outside this package.
func callerLocation() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, here) || strings.HasSuffix(frame.File, "_test.go") {
			return fmt.Sprintf("%s:%d", frame.File, frame.Line)
		}
		if !more {
			return "unknown"
		}
	}
}
