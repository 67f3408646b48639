package appmaster

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/internal/control"
)

// sendTimeout is how long one message may take to leave. A worker that takes
// nothing for so long is cut off, and counts as disconnected.
const sendTimeout = 10 * time.Second

// workers holds the control connections. Each has a number; what comes over it
// becomes an event, and what is sent to it leaves in order from a queue of its
// own, so that a slow worker delays nobody.
type workers struct {
	secret []byte
	post   func(coordinator.Event)
	log    *slog.Logger

	mu    sync.Mutex
	last  int64
	lines map[int64]*line
}

// line is one worker's connection.
type line struct {
	conn *control.ToWorker
	out  *queue[*control.FromMaster] // nil in it: close the connection
	stop context.CancelFunc
}

func newWorkers(secret []byte, post func(coordinator.Event), log *slog.Logger) *workers {
	return &workers{secret: secret, post: post, log: log, lines: map[int64]*line{}}
}

// ServeHTTP accepts a worker and serves it until its connection ends.
func (w *workers) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	conn, err := control.Accept(rw, r, w.secret)
	if err != nil {
		w.log.Warn("worker refused", "error", err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	l := &line{conn: conn, out: newQueue[*control.FromMaster](), stop: stop}
	number := w.add(l)
	go w.write(ctx, l)
	w.read(ctx, number, l)
	w.remove(number)
	conn.Drop()
	w.post(coordinator.WorkerDisconnected{Conn: number})
}

// send queues a message for a connection; a gone one drops it. A worker that
// is refused hears nothing more.
func (w *workers) send(number int64, message *control.FromMaster) {
	w.mu.Lock()
	l := w.lines[number]
	w.mu.Unlock()
	if l == nil {
		return
	}
	l.out.push(message)
	if message.Refuse != nil {
		l.out.push(nil)
	}
}

// close ends all connections after what is queued has left, and returns when
// they have ended or ctx has.
func (w *workers) close(ctx context.Context) {
	w.mu.Lock()
	for _, l := range w.lines {
		l.out.push(nil)
	}
	w.mu.Unlock()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for w.count() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// drop ends all connections at once.
func (w *workers) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		l.stop()
	}
}

func (w *workers) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.lines)
}

func (w *workers) add(l *line) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	w.lines[w.last] = l
	return w.last
}

func (w *workers) remove(number int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lines, number)
}

func (w *workers) read(ctx context.Context, number int64, l *line) {
	for {
		message, err := l.conn.Receive(ctx)
		if err != nil {
			if !errors.Is(err, control.ErrClosed) && ctx.Err() == nil {
				w.log.Warn("worker's connection broke", "connection", number, "error", err)
			}
			return
		}
		w.post(coordinator.WorkerMessage{Conn: number, Message: *message})
	}
}

// write sends what is queued until the connection ends.
func (w *workers) write(ctx context.Context, l *line) {
	defer l.stop() // ends read
	for {
		for _, message := range l.out.wait(time.Time{}, ctx.Done()) {
			if message == nil {
				l.conn.Close()
				return
			}
			limit, cancel := context.WithTimeout(ctx, sendTimeout)
			err := l.conn.Send(limit, message)
			cancel()
			if err != nil {
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
	}
}
