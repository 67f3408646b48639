package voice

import "fmt"

// hinted is an error with a piece of advice.
type hinted struct {
	err  error
	hint string
}

// Hint returns err with advice that Fail prints below it. The advice may have
// several lines.
func Hint(err error, format string, args ...any) error {
	return &hinted{err: err, hint: fmt.Sprintf(format, args...)}
}

func (h *hinted) Error() string { return h.err.Error() }

func (h *hinted) Unwrap() error { return h.err }
