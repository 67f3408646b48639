package container

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/weft-stream/weft/internal/task"
)

// listener takes data connections of other workers and hands what comes to the
// deployment of their epoch.
type listener struct {
	worker *Worker
	net    net.Listener
}

func (l *listener) run() {
	for {
		conn, err := l.net.Accept()
		if err != nil {
			return // closed: the worker ends
		}
		go l.serve(conn)
	}
}

func (l *listener) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 128<<10)
	h, err := welcome(conn, r, l.worker.secret)
	if err != nil {
		l.worker.log.Warn("data connection refused", "from", conn.RemoteAddr().String(), "error", err)
		return
	}
	d := l.worker.awaitEpoch(h.epoch, time.Now().Add(connectFor))
	if d == nil {
		return // another epoch has taken its place
	}
	conn.SetDeadline(time.Time{})
	if _, err := conn.Write([]byte{1}); err != nil {
		return
	}
	in := &incoming{listener: l, d: d, conn: conn, from: h.worker, signal: make(chan struct{}, 1), owed: map[channelID]int64{}}
	stop := context.AfterFunc(d.ctx, func() { conn.Close() })
	defer stop()
	in.carry(r)
}

// incoming is a data connection of another worker.
type incoming struct {
	listener *listener
	d        *deployment
	conn     net.Conn
	from     string

	mu     sync.Mutex
	owed   map[channelID]int64 // credits to be given back
	signal chan struct{}
}

func (c *incoming) carry(r *bufio.Reader) {
	done := make(chan struct{})
	defer close(done)
	go c.returnCredits(done)
	err := c.receive(r)
	if c.d.ctx.Err() != nil {
		return
	}
	select {
	case <-c.d.ctx.Done():
	case <-time.After(breakGrace):
		c.d.fail(fmt.Errorf("connection from worker %s: %w", c.from, err))
	}
}

func (c *incoming) receive(r *bufio.Reader) error {
	frames := frameReader{from: r}
	seen := map[channelID]*way{}
	for {
		f, err := frames.read()
		if err != nil {
			return err
		}
		c.d.received.Add(int64(len(f.payload) + frameHeader))
		w := seen[f.id]
		if w == nil {
			if w = c.claim(f.id); w == nil {
				return fmt.Errorf("a frame for channel %v, which does not end here", f.id)
			}
			seen[f.id] = w
		}
		e := envelope{to: w.to, kind: f.kind}
		switch f.kind {
		case data:
			if e.batch, err = w.decode(f.payload); err != nil {
				return err
			}
		case watermark, idle, barrier, end:
			e.value = f.value()
		default:
			return fmt.Errorf("a frame of kind %d", f.kind)
		}
		w.to.task.slot.box.put(e)
	}
}

// way is where the frames of a channel go.
type way struct {
	to     *inbound
	decode task.Decoder
}

// claim finds the receiving end of a channel. It must come from the worker that
// holds the sending subtask.
func (c *incoming) claim(id channelID) *way {
	in := c.d.inbounds[id]
	if in == nil || int(id.from) >= len(c.d.places) || c.d.places[id.from].Worker != c.from {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	in.remote.Store(&remoteCredit{c, id})
	return &way{in, c.d.program.Decoder(int(id.edge), c.d.settings.batchRecords)}
}

// remoteCredit is where the credit of a channel from another worker goes.
type remoteCredit struct {
	conn *incoming
	id   channelID
}

func (r *remoteCredit) give() {
	r.conn.mu.Lock()
	r.conn.owed[r.id]++
	r.conn.mu.Unlock()
	select {
	case r.conn.signal <- struct{}{}:
	default:
	}
}

// returnCredits sends the credits back that have gathered.
func (c *incoming) returnCredits(done <-chan struct{}) {
	var out []byte
	for {
		select {
		case <-done:
			return
		case <-c.signal:
		}
		out = out[:0]
		c.mu.Lock()
		for id, n := range c.owed {
			out = appendControl(out, credit, id, n)
		}
		clear(c.owed)
		c.mu.Unlock()
		if _, err := c.conn.Write(out); err != nil {
			return // the reader notices too
		}
	}
}
