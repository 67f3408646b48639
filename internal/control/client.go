package control

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/weft-stream/weft/internal/ticket"
)

// ErrRefused says that a master refused the connection: the worker's secret is
// another application's.
var ErrRefused = errors.New("the master refused this worker: its secret is another application's, or the clocks differ by more than a minute")

// Dial connects a worker to the master at addr (host:port), and proves to it
// that the worker knows the secret. It fails with ErrImpostor if the other
// side cannot prove the same, and with ErrRefused if it does not accept the
// worker's proof; other errors are worth another try. ctx bounds the dialling
// only.
func Dial(ctx context.Context, addr string, secret []byte) (*ToMaster, error) {
	nonce := newNonce()
	header := http.Header{}
	header.Set(nonceHeader, nonce)
	header.Set("Authorization", "Weft "+ticket.New(secret, http.MethodGet, Path, []byte(nonce), time.Now()))
	ws, response, err := websocket.Dial(ctx, "ws://"+addr+Path, &websocket.DialOptions{
		HTTPClient: direct, HTTPHeader: header,
	})
	if err != nil {
		if response != nil && response.StatusCode == http.StatusForbidden {
			return nil, fmt.Errorf("connect to the master at %s: %w", addr, ErrRefused)
		}
		return nil, fmt.Errorf("connect to the master at %s: %w", addr, err)
	}
	if !hmac.Equal([]byte(response.Header.Get(proofHeader)), []byte(proof(secret, nonce))) {
		ws.CloseNow()
		return nil, fmt.Errorf("connect to the master at %s: %w", addr, ErrImpostor)
	}
	return newConn[FromWorker](ws, DecodeFromMaster), nil
}

// direct dials masters: never through a proxy that the environment names, and
// never to where a redirect points.
var direct = &http.Client{
	Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	},
}
