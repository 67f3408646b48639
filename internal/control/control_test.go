package control

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/ticket"
)

// master serves every accepted connection with serve.
func master(t *testing.T, secret []byte, serve func(*ToWorker)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := Accept(w, r, secret)
		if err != nil {
			return
		}
		serve(conn)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestMessagesBothWays(t *testing.T) {
	secret := ticket.NewSecret()
	heard := make(chan *FromWorker, 1)
	addr := master(t, secret, func(c *ToWorker) {
		m, err := c.Receive(context.Background())
		if err != nil {
			t.Errorf("master: %v", err)
			return
		}
		heard <- m
		if err := c.Send(context.Background(), &FromMaster{Welcome: &Welcome{Epochs: []int64{7}, LeaseMS: 15000}}); err != nil {
			t.Errorf("master: %v", err)
		}
		c.Close()
	})
	c, err := Dial(context.Background(), addr, secret)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Drop()
	hello := &FromWorker{Hello: &Hello{
		Worker: "container_1", Slots: 2, Epoch: 7,
		Tasks: []TaskUpdate{{Epoch: 7, Task: TaskID{Vertex: "v", Subtask: 1}, State: Running}},
	}}
	if err := c.Send(context.Background(), hello); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hello, <-heard); diff != "" {
		t.Error(diff)
	}
	answer, err := c.Receive(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&FromMaster{Welcome: &Welcome{Epochs: []int64{7}, LeaseMS: 15000}}, answer); diff != "" {
		t.Error(diff)
	}
	if _, err := c.Receive(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("after an orderly close: got %v, want ErrClosed", err)
	}
}

func TestWorkerWithAnotherSecretIsRefused(t *testing.T) {
	addr := master(t, ticket.NewSecret(), func(*ToWorker) { t.Error("accepted") })
	if _, err := Dial(context.Background(), addr, ticket.NewSecret()); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
}

func TestImpostorsAreFoundOut(t *testing.T) {
	secret := ticket.NewSecret()
	impostors := map[string]func(http.Header, string){
		"no proof":                func(http.Header, string) {},
		"the nonce itself":        func(h http.Header, nonce string) { h.Set(proofHeader, nonce) },
		"proof of another secret": func(h http.Header, nonce string) { h.Set(proofHeader, proof(ticket.NewSecret(), nonce)) },
		"proof of another nonce":  func(h http.Header, _ string) { h.Set(proofHeader, proof(secret, newNonce())) },
		"the worker's ticket itself": func(h http.Header, nonce string) {
			h.Set(proofHeader, ticket.New(secret, "GET", Path, []byte(nonce), time.Now()))
		},
	}
	for name, answer := range impostors {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer(w.Header(), r.Header.Get(nonceHeader))
			if ws, err := websocket.Accept(w, r, nil); err == nil {
				ws.Read(context.Background())
			}
		}))
		_, err := Dial(context.Background(), strings.TrimPrefix(server.URL, "http://"), secret)
		if !errors.Is(err, ErrImpostor) {
			t.Errorf("%s: got %v, want ErrImpostor", name, err)
		}
		server.Close()
	}
}

func TestRequestsWithoutProofAreRefused(t *testing.T) {
	secret := ticket.NewSecret()
	nonce := newNonce()
	cases := map[string]func(http.Header){
		"nothing":     func(http.Header) {},
		"nonce only":  func(h http.Header) { h.Set(nonceHeader, nonce) },
		"no nonce":    func(h http.Header) { h.Set("Authorization", "Weft "+ticket.New(secret, "GET", Path, nil, time.Now())) },
		"other nonce": func(h http.Header) { signNonce(h, secret, nonce); h.Set(nonceHeader, newNonce()) },
		"short nonce": func(h http.Header) { signNonce(h, secret, "ab") },
		"stale":       func(h http.Header) { stale(h, secret, nonce) },
		"REST's ticket": func(h http.Header) {
			h.Set(nonceHeader, nonce)
			h.Set("Authorization", "Weft "+ticket.New(secret, "GET", "/jobs", []byte(nonce), time.Now()))
		},
	}
	for name, prepare := range cases {
		r := httptest.NewRequest("GET", Path, nil)
		prepare(r.Header)
		w := httptest.NewRecorder()
		if _, err := Accept(w, r, secret); err == nil || w.Code != http.StatusForbidden {
			t.Errorf("%s: status %d, error %v", name, w.Code, err)
		}
	}
}

func signNonce(h http.Header, secret []byte, nonce string) {
	h.Set(nonceHeader, nonce)
	h.Set("Authorization", "Weft "+ticket.New(secret, "GET", Path, []byte(nonce), time.Now()))
}

func stale(h http.Header, secret []byte, nonce string) {
	h.Set(nonceHeader, nonce)
	h.Set("Authorization", "Weft "+ticket.New(secret, "GET", Path, []byte(nonce), time.Now().Add(-2*ticket.Lifetime)))
}

func TestDeadPeerEndsReceive(t *testing.T) {
	secret := ticket.NewSecret()
	addr := master(t, secret, func(c *ToWorker) { c.Drop() })
	c, err := Dial(context.Background(), addr, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Receive(context.Background()); err == nil || errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want an error that is not an orderly end", err)
	}
}

func TestRecoveringMasterIsWorthAnotherTry(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	_, err := Dial(context.Background(), strings.TrimPrefix(server.URL, "http://"), ticket.NewSecret())
	if err == nil || errors.Is(err, ErrRefused) || errors.Is(err, ErrImpostor) {
		t.Errorf("got %v, want an error that is neither ErrRefused nor ErrImpostor", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{``, `{}`, `[]`, `null`, `{"hello":null}`, `{"hello":{},"task":{}}`, `{"welcome":{}}`, `{"ack":{"epoch":"x"}}`} {
		if m, err := DecodeFromWorker([]byte(text)); err == nil {
			t.Errorf("worker's %s was taken for %+v", text, m)
		}
	}
	for _, text := range []string{``, `{}`, `{"welcome":{},"cancel":{}}`, `{"hello":{}}`} {
		if m, err := DecodeFromMaster([]byte(text)); err == nil {
			t.Errorf("master's %s was taken for %+v", text, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"hello":{"worker":"w","tasks":[{"epoch":1,"task":{"vertex":"v","subtask":0},"state":"RUNNING"}]}}`))
	f.Add([]byte(`{"ack":{"epoch":1,"checkpoint":2,"subtasks":[{"task":{"vertex":"v","subtask":1},"operators":[{"uid":"u","states":[{"State":"s"}]}]}]}}`))
	f.Add([]byte(`{"deploy":{"epoch":1,"assignment":[{"slot":0,"worker":"w","data-addr":"h:1"}]}}`))
	f.Add([]byte(`{"shutdown":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := DecodeFromWorker(text); err == nil {
			if count(m.Hello != nil, m.Task != nil, m.Ack != nil, m.Decline != nil, m.Report != nil) != 1 {
				t.Fatalf("%q gave %+v", text, m)
			}
		}
		if m, err := DecodeFromMaster(text); err == nil && *m == (FromMaster{}) {
			t.Fatalf("%q gave an empty message", text)
		}
	})
}
