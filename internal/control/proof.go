package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// A worker opens its connection with a ticket that covers a random nonce; the
// master answers with a MAC over that nonce. So each knows that the other has
// the application's secret before the first message.
const (
	nonceHeader = "Weft-Nonce"
	proofHeader = "Weft-Proof"
	nonceSize   = 16
)

// ErrImpostor says that whoever accepted a connection does not know the
// application's secret.
var ErrImpostor = errors.New("the other side does not know the application's secret: it is not this job's master")

func newNonce() string {
	nonce := make([]byte, nonceSize)
	rand.Read(nonce) // never fails (documented since Go 1.24)
	return hex.EncodeToString(nonce)
}

func validNonce(nonce string) bool {
	raw, err := hex.DecodeString(nonce)
	return err == nil && len(raw) == nonceSize
}

// proof is what only a holder of the secret can answer to a nonce. Its text
// begins differently from a ticket's, so that neither can pass for the other.
func proof(secret []byte, nonce string) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("weft-control-1\n" + nonce))
	return hex.EncodeToString(h.Sum(nil))
}
