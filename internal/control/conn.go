package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// A peer that answers no ping within pingTimeout is taken for dead. A process
// that dies is noticed at once, by the end of its connection; the ping finds
// machines and networks that went away without a word.
const (
	pingInterval = 2 * time.Second
	pingTimeout  = 8 * time.Second
)

// A Conn is one open connection between a master and a worker. Send and Close
// may be called concurrently with everything; Receive by one goroutine at a
// time.
//
// The owner must keep calling Receive: it is what answers the peer's pings.
type Conn[Out, In any] struct {
	ws     *websocket.Conn
	decode func([]byte) (*In, error)
	sender sync.Mutex
	stop   context.CancelFunc
	done   context.Context
}

// ToMaster is a worker's end of a connection, ToWorker the master's.
type (
	ToMaster = Conn[FromWorker, FromMaster]
	ToWorker = Conn[FromMaster, FromWorker]
)

func newConn[Out, In any](ws *websocket.Conn, decode func([]byte) (*In, error)) *Conn[Out, In] {
	ws.SetReadLimit(MaxMessage)
	done, stop := context.WithCancel(context.Background())
	c := &Conn[Out, In]{ws: ws, decode: decode, stop: stop, done: done}
	go c.keepAlive()
	return c
}

// Send writes one message and returns when the system has taken it. It fails
// when the connection is closed or ctx ends; after an error the connection is
// of no use.
func (c *Conn[Out, In]) Send(ctx context.Context, message *Out) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("control message: %w", err)
	}
	if len(text) > MaxMessage {
		return fmt.Errorf("control message of %d bytes is larger than the limit of %d bytes", len(text), MaxMessage)
	}
	c.sender.Lock()
	defer c.sender.Unlock()
	if err := c.ws.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("control connection: %w", err)
	}
	return nil
}

// ErrClosed says that the peer closed the connection in order.
var ErrClosed = errors.New("closed by the other side")

// Receive returns the peer's next message. It returns an error that wraps
// ErrClosed when the peer closed the connection in order. When ctx ends, the
// connection is closed.
func (c *Conn[Out, In]) Receive(ctx context.Context) (*In, error) {
	kind, text, err := c.ws.Read(ctx)
	if err != nil {
		if websocket.CloseStatus(err) == websocket.StatusNormalClosure {
			err = ErrClosed
		}
		return nil, fmt.Errorf("control connection: %w", err)
	}
	if kind != websocket.MessageText {
		return nil, errors.New("control connection: the peer sent a binary message")
	}
	return c.decode(text)
}

// Close says goodbye and ends the connection. It waits for the peer's goodbye
// for some seconds at most.
func (c *Conn[Out, In]) Close() error {
	c.stop()
	return c.ws.Close(websocket.StatusNormalClosure, "")
}

// Drop ends the connection at once, without a goodbye.
func (c *Conn[Out, In]) Drop() {
	c.stop()
	c.ws.CloseNow()
}

// keepAlive pings the peer and drops the connection when it stays silent, so
// that a pending Receive returns.
func (c *Conn[Out, In]) keepAlive() {
	ticker := time.NewTicker(pingInterval)
	defer ticker.Stop()
	for {
		select {
		case <-c.done.Done():
			return
		case <-ticker.C:
		}
		ctx, cancel := context.WithTimeout(c.done, pingTimeout)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil {
			c.Drop()
			return
		}
	}
}
