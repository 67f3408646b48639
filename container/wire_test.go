package container

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFramesComeBackAsTheyWent(t *testing.T) {
	id := channelID{edge: 3, from: 65535, to: 7}
	large := bytes.Repeat([]byte("x"), 3<<20)
	wire := appendControl(nil, watermark, id, -42)
	wire = append(wire, seal(append(appendHeader(nil, data, id), large...), 0)...)
	wire = appendControl(wire, end, channelID{}, 0)
	frames := frameReader{from: bytes.NewReader(wire)}
	first, err := frames.read()
	if err != nil || first.kind != watermark || first.id != id || first.value() != -42 {
		t.Fatalf("first frame %+v, %v", first, err)
	}
	second, err := frames.read()
	if err != nil || second.kind != data || !bytes.Equal(second.payload, large) {
		t.Fatalf("second frame: %d bytes, %v", len(second.payload), err)
	}
	if third, err := frames.read(); err != nil || third.kind != end {
		t.Fatalf("third frame %+v, %v", third, err)
	}
	if _, err := frames.read(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last frame: %v", err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(appendControl(nil, barrier, channelID{1, 2, 3}, 9))
	f.Add([]byte{255, 255, 255, 3, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, wire []byte) {
		frames := frameReader{from: bytes.NewReader(wire)}
		for {
			frame, err := frames.read()
			if err != nil {
				return
			}
			frame.value()
			if cap(frames.buffer) > len(wire)+4<<20 {
				t.Fatalf("%d bytes made the reader take %d", len(wire), cap(frames.buffer))
			}
		}
	})
}

// shake runs a handshake over a real connection and returns what each end says of it.
func shake(t *testing.T, dialler, listener []byte) (*hello, error, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	result := make(chan error, 1)
	go func() {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			defer conn.Close()
			err = greet(conn, bufio.NewReader(conn), dialler, 7, "worker-1")
		}
		result <- err
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	h, err := welcome(conn, bufio.NewReader(conn), listener)
	conn.Close()
	return h, err, <-result
}

func TestHandshakeNeedsTheSecretAtBothEnds(t *testing.T) {
	h, listening, dialling := shake(t, []byte("secret"), []byte("secret"))
	if listening != nil || dialling != nil {
		t.Fatalf("with one secret: %v, %v", listening, dialling)
	}
	if h.epoch != 7 || h.worker != "worker-1" {
		t.Errorf("hello is %d, %q", h.epoch, h.worker)
	}
	if _, listening, dialling = shake(t, []byte("secret"), []byte("other")); listening == nil || !errors.Is(dialling, errStranger) {
		t.Errorf("with two secrets: %v, %v", listening, dialling)
	}
}

func FuzzWelcome(f *testing.F) {
	f.Add([]byte(dataMagic + "12345678" + "0123456789abcdef" + "\x08\x00worker-1"))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, said []byte) {
		if _, err := welcome(deaf{}, bufio.NewReader(bytes.NewReader(said)), []byte("secret")); err == nil {
			t.Fatal("a stranger was let in")
		}
	})
}

// deaf is a connection that takes what is written to it.
type deaf struct{ net.Conn }

func (deaf) Write(p []byte) (int, error) { return len(p), nil }
func (deaf) SetDeadline(time.Time) error { return nil }

const panicStack = `goroutine 9 [running]:
runtime/debug.Stack()
	/usr/local/go/src/runtime/debug/stack.go:26 +0x5e
github.com/weft-stream/weft/container.(*slot).recover(0xc0001)
	/src/weft/container/slot.go:240 +0x1a
panic({0x7d2a80?, 0x9b3b10?})
	/usr/local/go/src/runtime/panic.go:792 +0x132
strings.Repeat({0x1, 0x2}, 0x3)
	/usr/local/go/src/strings/strings.go:600 +0x1
encoding/json.Marshal(...)
	/usr/local/go/src/encoding/json/encode.go:1
%s
	/home/ann/myjob/main.go:31 +0x24
github.com/weft-stream/weft/stream.(*typedHead[...]).process(0xc0003)
	/src/weft/stream/exchange.go:140 +0x1
`

func TestPanicLocationIsTheAuthors(t *testing.T) {
	for _, function := range []string{"main.wordCount.func1({0x1, 0x2})", "example.com/ann/myjob.(*Parser).Parse(0x1)", "github.com/weft-stream/weft/examples/x.f()"} {
		got := PanicLocation(bytes.Replace([]byte(panicStack), []byte("%s"), []byte(function), 1))
		if diff := cmp.Diff("/home/ann/myjob/main.go:31", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", function, diff)
		}
	}
	if got := PanicLocation([]byte("panic(1)\n")); got != "" {
		t.Errorf("of a stack without the author's code: %q", got)
	}
}
