// Package voice is how the weft command speaks in a terminal.
//
// Results go to standard output and nothing else does, so that a script can
// read them; with JSON output a result is one JSON object. Everything said
// beside a result goes to standard error: notes and warnings, one line each,
// and an error as one line in lower case that says what, where and what to do,
// with a "hint:" line below it if more helps.
//
// On a terminal a state that changes is one live line; elsewhere every change
// is a line of its own. NO_COLOR and TERM=dumb are respected.
package voice

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// UI is where a command speaks. It may be used concurrently.
type UI struct {
	JSON    bool // results are JSON objects; lines are left out
	Verbose bool // say also what is of use only when something is wrong

	mu       sync.Mutex
	out, err io.Writer
	live     bool // err is a terminal: a line may be written over
	colour   bool
	width    func() int
	status   string // the live line that stands on the terminal
	last     string // the last status, to leave out repetitions
}

// New returns a UI for the process's own streams.
func New(out, err *os.File) *UI {
	terminal := term.IsTerminal(int(err.Fd())) && os.Getenv("TERM") != "dumb"
	u := NewFor(out, err, terminal, terminal && os.Getenv("NO_COLOR") == "")
	u.width = func() int {
		width, _, failed := term.GetSize(int(err.Fd()))
		if failed != nil || width < 20 {
			return 80
		}
		return width
	}
	return u
}

// NewFor returns a UI for any writers; live says that err can be written over
// as a terminal's line can.
func NewFor(out, err io.Writer, live, colour bool) *UI {
	return &UI{out: out, err: err, live: live, colour: colour, width: func() int { return 80 }}
}

// Live reports whether a live line can be shown.
func (u *UI) Live() bool { return u.live }

// Line writes one line of a result, unless the result is to be JSON.
func (u *UI) Line(format string, args ...any) {
	if u.JSON {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	fmt.Fprintf(u.out, format+"\n", args...)
	u.redraw()
}

// Result writes value as the command's result if the result is to be JSON.
func (u *UI) Result(value any) error {
	if !u.JSON {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	encoder := json.NewEncoder(u.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// Note says something beside the result.
func (u *UI) Note(format string, args ...any) { u.say("", "", format, args...) }

// Warn says something that the user should look at.
func (u *UI) Warn(format string, args ...any) { u.say("warning: ", yellow, format, args...) }

// Status shows where lengthy work stands: in place on a terminal, as a line
// elsewhere. The same status is not said twice.
func (u *UI) Status(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	u.mu.Lock()
	defer u.mu.Unlock()
	if text == u.last {
		return
	}
	u.last = text
	if !u.live {
		fmt.Fprintf(u.err, "weft: %s\n", text)
		return
	}
	u.clear()
	u.status = text
	u.redraw()
}

// Progress is Status for figures that change all the time: it is shown on a
// terminal only.
func (u *UI) Progress(format string, args ...any) {
	if u.live {
		u.Status(format, args...)
	}
}

// EndStatus takes the live line away.
func (u *UI) EndStatus() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	u.status, u.last = "", ""
}

// Copy writes text that another program printed to standard output, as it is.
func (u *UI) Copy(text []byte) {
	u.Write(text) // that nobody reads it any more is no reason to end
}

// Fail says an error, a line for each of its lines, and its hint.
func (u *UI) Fail(err error) {
	u.EndStatus()
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			u.say("", red, "%s", line)
		}
	}
	if hinted := (*hinted)(nil); errors.As(err, &hinted) {
		u.mu.Lock()
		defer u.mu.Unlock()
		for line := range strings.Lines(hinted.hint) {
			fmt.Fprintf(u.err, "hint: %s\n", strings.TrimRight(line, "\n"))
		}
	}
}

// Colours, as SGR parameters.
const (
	red    = "31"
	yellow = "33"
)

func (u *UI) say(label, colour, format string, args ...any) {
	text := label + strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "; ")
	if u.colour && colour != "" {
		text = "\x1b[" + colour + "m" + text + "\x1b[0m"
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	fmt.Fprintf(u.err, "weft: %s\n", text)
	u.redraw()
}

// clear and redraw keep the live line below everything else; mu is held.
func (u *UI) clear() {
	if u.live && u.status != "" {
		fmt.Fprint(u.err, "\r\x1b[K")
	}
}

func (u *UI) redraw() {
	if u.live && u.status != "" {
		fmt.Fprint(u.err, clip(u.status, u.width()-1))
	}
}

// clip shortens text to width columns, so that the terminal does not wrap it.
func clip(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:width-1]) + "…"
}

// Write lets a help text, a script for the shell or the lines of a long result
// go to standard output. Its error is that of standard output.
func (u *UI) Write(text []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clear()
	defer u.redraw()
	return u.out.Write(text)
}
