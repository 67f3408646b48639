package storage

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
)

// Who reads of a fault in the log reads of its end too, also when the answer
// that came in the end is that there is no such file.
func TestRetryTellsRecovery(t *testing.T) {
	for name, answer := range map[string]error{"success": nil, "not found": fs.ErrNotExist} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			h := &hdfsFS{log: slog.New(slog.NewTextHandler(&log, nil)), retryFor: DefaultRetryFor}
			err := h.retry(t.Context(), "stat", "/a", func(attempt int) error {
				if attempt == 1 {
					return io.EOF
				}
				return answer
			})
			if (err == nil) != (answer == nil) || (err != nil && ReasonOf(err) != NotFound) {
				t.Errorf("retry: %v, want the answer %v", err, answer)
			}
			if n := strings.Count(log.String(), "file system works again"); n != 1 {
				t.Errorf("recovery told %d times, want once:\n%s", n, &log)
			}
		})
	}
}
