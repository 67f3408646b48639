//go:build browser

package web

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var screenshots = flag.String("screenshots", "", "folder to write pictures of the page to")

// patience ends a test whose page never shows what it should.
const patience = time.Minute

// browser is one tab of a chromium of its own, with an empty profile.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // errors of the console, exceptions, failed requests
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits, so that the profile's folder can go
			t.Errorf("the browser: %v", err)
		}
		cancel()
	})
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("chromium does not start (Debian: apt-get install chromium): %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(1440, 900))
	return b
}

// listen notes what a page should not do.
func (b *browser) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.note("exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			b.note("console: %s", consoleText(e))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" || e.Entry.Level == "warning" {
			b.note("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			b.note("request failed: %s", e.ErrorText)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			b.note("status %d: %s", e.Response.Status, e.Response.URL)
		}
	}
}

func consoleText(e *runtime.EventConsoleAPICalled) string {
	var parts []string
	for _, arg := range e.Args {
		parts = append(parts, string(arg.Value)+arg.Description)
	}
	return strings.Join(parts, " ")
}

func (b *browser) note(format string, values ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, values...))
}

// clean fails the test if the page did what it should not.
func (b *browser) clean(m *master) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, problem := range b.problems {
		b.t.Error(problem)
	}
	for _, path := range m.strays() {
		b.t.Errorf("the page asked for %s, which is beside the application's addresses", path)
	}
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// get evaluates JavaScript.
func get[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// sees waits until an element shows a text.
func (b *browser) sees(selector, text string) {
	b.t.Helper()
	condition := fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.innerText.replace(/\s+/g, " ").includes(%s))`,
		quote(selector), quote(text))
	poll := chromedp.Poll[bool](condition, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))
	if _, err := chromedp.Run(b.ctx, poll); err != nil {
		shown := get[string](b, `[...document.querySelectorAll(`+quote(selector)+`)].map((e) => e.innerText).join("\n") || document.body.innerText`)
		b.t.Fatalf("%s never showed %q: %v; it shows: %s", selector, text, err, shown)
	}
}

// links are the complete addresses of links, by their text.
func (b *browser) links(selector string) map[string]string {
	b.t.Helper()
	return get[map[string]string](b, `Object.fromEntries([...document.querySelectorAll(`+quote(selector)+
		`)].map((a) => [a.innerText.replace(/\s+/g, " ").trim(), a.href]))`)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string is always JSON
		panic(err)
	}
	return string(quoted)
}

// pictures writes what the page looks like, whole, if pictures are asked for.
func (b *browser) pictures(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	for scheme, width := range map[string]int64{"light": 1440, "dark": 1440, "light-phone": 390, "dark-phone": 390} {
		color, _, _ := strings.Cut(scheme, "-")
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: color}}}
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
			b.t.Fatal(err)
		}
		b.do(chromedp.EmulateViewport(width, 900), chromedp.Sleep(time.Second)) // until all has moved to its place
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*screenshots, name+"-"+scheme+".png"), png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do(chromedp.EmulateViewport(1440, 900))
}
