// Package ticket proves knowledge of an application's secret without sending
// it. A ticket is a MAC over one request (method, path, time, body); it stands
// in the Authorization header, or in the query parameter "ticket" where a
// proxy drops that header (YARN's does), and is good for one minute.
//
// All functions may be called concurrently.
package ticket

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SecretSize is the size of an application's secret in bytes.
const SecretSize = 32

// Lifetime is how far a ticket's time may be from the verifier's clock.
const Lifetime = time.Minute

// Parameter is the query parameter that may carry a ticket.
const Parameter = "ticket"

const scheme = "Weft "

// ErrRefused says that a request carries no valid ticket.
var ErrRefused = errors.New("this changes the job and needs the application's secret: use the weft command as the user who submitted the job")

// NewSecret returns a fresh random secret.
func NewSecret() []byte {
	secret := make([]byte, SecretSize)
	rand.Read(secret) // never fails (documented since Go 1.24)
	return secret
}

// New returns a ticket for a request of the given method, path (without the
// query) and body.
func New(secret []byte, method, path string, body []byte, now time.Time) string {
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	return stamp + "." + mac(secret, method, path, body, stamp)
}

// Sign adds a ticket for body to the request's Authorization header.
func Sign(r *http.Request, secret, body []byte) {
	r.Header.Set("Authorization", scheme+New(secret, r.Method, r.URL.Path, body, time.Now()))
}

// Verify returns nil if the request carries a ticket for body made with
// secret, and an error that wraps ErrRefused otherwise. The path that counts
// is path, the request's path as the signer knew it.
func Verify(r *http.Request, secret []byte, path string, body []byte, now time.Time) error {
	text, found := strings.CutPrefix(r.Header.Get("Authorization"), scheme)
	if !found {
		text = r.URL.Query().Get(Parameter)
	}
	return Check(secret, text, r.Method, path, body, now)
}

// Check returns nil if text is a ticket for the request described.
func Check(secret []byte, text, method, path string, body []byte, now time.Time) error {
	stamp, sum, found := strings.Cut(text, ".")
	if !found || len(secret) == 0 {
		return ErrRefused
	}
	if !hmac.Equal([]byte(sum), []byte(mac(secret, method, path, body, stamp))) {
		return ErrRefused
	}
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return ErrRefused
	}
	if off := now.Sub(time.UnixMilli(ms)).Abs(); off > Lifetime {
		return fmt.Errorf("%w (the clocks differ by %s, or the request is a replay)", ErrRefused, off.Round(time.Second))
	}
	return nil
}

func mac(secret []byte, method, path string, body []byte, stamp string) string {
	digest := sha256.Sum256(body)
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "weft-ticket-1\n%s\n%s\n%s\n%x", method, path, stamp, digest)
	return hex.EncodeToString(h.Sum(nil))
}
