package control

import (
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/weft-stream/weft/internal/ticket"
)

// Accept makes a worker's request a connection, after the worker has proved
// that it knows the secret. On an error the response has been written.
//
// The request's context ends with the connection: serve the connection before
// the handler returns, or with another context.
func Accept(w http.ResponseWriter, r *http.Request, secret []byte) (*ToWorker, error) {
	nonce := r.Header.Get(nonceHeader)
	if !validNonce(nonce) {
		http.Error(w, "not a worker of this job", http.StatusForbidden)
		return nil, fmt.Errorf("connection from %s: no valid nonce", r.RemoteAddr)
	}
	if err := ticket.Verify(r, secret, Path, []byte(nonce), time.Now()); err != nil {
		http.Error(w, "not a worker of this job", http.StatusForbidden)
		return nil, fmt.Errorf("connection from %s: %w", r.RemoteAddr, ticket.ErrRefused)
	}
	w.Header().Set(proofHeader, proof(secret, nonce))
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return nil, fmt.Errorf("connection from %s: %w", r.RemoteAddr, err)
	}
	return newConn[FromMaster](ws, DecodeFromWorker), nil
}
