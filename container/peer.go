package container

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
)

// peer is the connection over which this worker sends records to another one,
// in one epoch. Credits come back over it.
type peer struct {
	d        *deployment
	place    control.Placement
	channels map[channelID]*outbound
	bytes    atomic.Int64

	mu     sync.Mutex
	queue  []*outFrame
	signal chan struct{}
}

func newPeer(d *deployment, place control.Placement) *peer {
	return &peer{d: d, place: place, channels: map[channelID]*outbound{}, signal: make(chan struct{}, 1)}
}

// remoteCarrier leads to a slot of another worker.
type remoteCarrier struct {
	peer *peer
	id   channelID
}

// outFrame is a frame to be written.
type outFrame struct{ bytes []byte }

// framePool keeps frames that were written, for their memory.
var framePool = sync.Pool{New: func() any { return &outFrame{} }}

func (c *remoteCarrier) data(b task.Batch) {
	f := framePool.Get().(*outFrame)
	f.bytes = seal(b.AppendTo(appendHeader(f.bytes[:0], data, c.id)), 0)
	b.Release()
	c.peer.put(f)
}

func (c *remoteCarrier) control(k kind, value int64) {
	f := framePool.Get().(*outFrame)
	f.bytes = appendControl(f.bytes[:0], k, c.id, value)
	c.peer.put(f)
}

func (p *peer) put(f *outFrame) {
	p.mu.Lock()
	p.queue = append(p.queue, f)
	p.mu.Unlock()
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

// How long a receiver may take to appear, and how long the master is given to
// find out by itself why a connection broke: it knows which worker died.
const (
	connectFor = 60 * time.Second
	breakGrace = 5 * time.Second
)

// run connects and carries frames until the deployment ends.
func (p *peer) run() {
	err := p.carry(p.d.ctx)
	if err == nil || p.d.ctx.Err() != nil {
		return
	}
	select {
	case <-p.d.ctx.Done():
	case <-time.After(breakGrace):
		p.d.fail(fmt.Errorf("connection to worker %s at %s: %w", p.place.Worker, p.place.DataAddr, err))
	}
}

func (p *peer) carry(ctx context.Context) error {
	conn, r, err := p.dial(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	broken := make(chan error, 1)
	go func() { broken <- p.readCredits(r) }()
	return p.write(ctx, conn, broken)
}

// dial tries until the other worker listens.
func (p *peer) dial(ctx context.Context) (net.Conn, *bufio.Reader, error) {
	deadline := time.Now().Add(connectFor)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		conn, r, err := p.try(ctx)
		if err == nil || errors.Is(err, errStranger) || ctx.Err() != nil || time.Now().After(deadline) {
			return conn, r, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (p *peer) try(ctx context.Context) (net.Conn, *bufio.Reader, error) {
	dialer := net.Dialer{Timeout: handshakeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", p.place.DataAddr)
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReader(conn)
	w := p.d.worker
	err = greet(conn, r, w.secret, p.d.epoch, w.id)
	if err == nil {
		conn.SetDeadline(time.Now().Add(connectFor))
		_, err = r.ReadByte() // when the other worker has deployed the epoch
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	conn.SetDeadline(time.Time{})
	return conn, r, nil
}

func (p *peer) readCredits(r *bufio.Reader) error {
	frames := frameReader{from: r}
	for {
		f, err := frames.read()
		if err != nil {
			return err
		}
		if channel := p.channels[f.id]; channel != nil && f.kind == credit {
			channel.giveBack(channel.flow.credits(int32(f.value()), time.Now()))
		}
	}
}

// write writes what is queued, all that there is at a time.
func (p *peer) write(ctx context.Context, conn net.Conn, broken <-chan error) error {
	var frames []*outFrame
	var buffers, unwritten net.Buffers // the second is what writing uses up
	for {
		frames = p.take(frames)
		if len(frames) == 0 {
			select {
			case <-p.signal:
				continue
			case err := <-broken:
				return err
			case <-ctx.Done():
				return nil
			}
		}
		buffers = buffers[:0]
		for _, f := range frames {
			buffers = append(buffers, f.bytes)
		}
		unwritten = buffers
		n, err := unwritten.WriteTo(conn)
		p.bytes.Add(n)
		if err != nil {
			return err
		}
		for _, f := range frames {
			framePool.Put(f)
		}
		clear(frames)
	}
}

// take returns what is queued; spare is the slice to fill from now on, and must
// not be used by the caller any more.
func (p *peer) take(spare []*outFrame) []*outFrame {
	p.mu.Lock()
	defer p.mu.Unlock()
	frames := p.queue
	p.queue = spare[:0]
	return frames
}
