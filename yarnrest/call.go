package yarnrest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// longestAnswer bounds what is read of an answer: a list of 10,000 applications is about 20 MB.
	longestAnswer = 64 << 20

	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
)

// call is one call on its way through the ResourceManagers. It is used by one goroutine.
type call struct {
	op     string
	method string
	path   string // below /ws/v1/cluster/
	query  url.Values
	body   any // encoded as JSON; nil means an empty body

	// busy says which HTTP statuses mean "not now", so that the call is made again.
	busy func(status int) bool

	client  *Client
	base    int // index of the address being tried
	tries   int
	tried   []error // last failure by address
	started time.Time
}

// busyForAll are the answers of a ResourceManager, or of a gateway before it, that has not looked at the call.
func busyForAll(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// busyForReads adds 500, which a ResourceManager answers for a moment while it becomes active. For a call that carries a
// body, 500 may as well mean that YARN choked on it, and would again.
func busyForReads(status int) bool {
	return busyForAll(status) || status == http.StatusInternalServerError
}

// get reads path into answer.
func (c *Client) get(ctx context.Context, op, path string, query url.Values, answer any) error {
	return c.do(ctx, call{op: op, method: http.MethodGet, path: path, query: query, busy: busyForReads}, answer)
}

// do makes the call and decodes the answer into answer, unless that is nil.
func (c *Client) do(ctx context.Context, k call, answer any) error {
	k.client, k.base = c, int(c.current.Load())
	k.tried, k.started = make([]error, len(c.bases)), time.Now()
	req, err := k.request(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", k.op, err)
	}
	resp, err := k.retrying().Do(req)
	if err != nil {
		return k.failure(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("%s: answer of %s broke off: %w", k.op, placeOf(resp), plainCause(err))
	}
	switch {
	case isLeaderless(resp):
		return &Error{Op: k.op, URL: placeOf(resp), Status: resp.StatusCode, Message: "no ResourceManager is active"}
	case resp.StatusCode/100 != 2:
		return remoteError(k.op, resp, body)
	case !isJSON(resp):
		return &Error{Op: k.op, URL: placeOf(resp), Status: resp.StatusCode, Message: "not the JSON of a ResourceManager: is the address right?"}
	}
	k.remember(resp)
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(body, answer); err != nil {
		return fmt.Errorf("%s: cannot read the answer of %s: %w", k.op, placeOf(resp), err)
	}
	return nil
}

// request makes the request to the first address.
func (k *call) request(ctx context.Context) (*retryablehttp.Request, error) {
	var body any
	if k.body != nil {
		encoded, err := json.Marshal(k.body)
		if err != nil {
			return nil, err
		}
		body = encoded
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, k.method, k.url(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}

// url is the call's URL at the address being tried.
func (k *call) url() string {
	query := url.Values{}
	for key, values := range k.query {
		query[key] = values
	}
	if k.client.user != "" {
		query.Set("user.name", k.client.user)
	}
	u := *k.client.bases[k.base]
	u.Path += "/ws/v1/cluster/" + k.path
	u.RawQuery = query.Encode()
	return u.String()
}

// retrying is the HTTP client of this call alone: which answers are worth another try differs from call to call, and each
// try goes to the next address.
func (k *call) retrying() *retryablehttp.Client {
	r := &retryablehttp.Client{
		HTTPClient:   k.client.http,
		RetryMax:     int(^uint(0) >> 1), // the patience ends it
		CheckRetry:   k.check,
		PrepareRetry: k.next,
		Backoff:      k.pause,
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) {
			if resp != nil {
				resp.Body.Close()
			}
			return nil, err
		},
	}
	if k.client.log != nil {
		r.Logger = quietLogger{k.client.log}
	}
	return r
}

// check decides whether the call is tried again. A failure ends the call when every address was tried and the patience is
// over; an answer that says "not now" is then the call's answer.
func (k *call) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	k.tries++
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	switch {
	case err != nil:
		k.tried[k.base] = k.cause(err)
		// Let the library say which failures no other try can mend, such as a bad certificate.
		if again, _ := retryablehttp.DefaultRetryPolicy(ctx, nil, err); !again {
			return false, err
		}
	case k.busy(resp.StatusCode), isLeaderless(resp):
		k.tried[k.base] = fmt.Errorf("answered %s", resp.Status)
	default:
		return false, nil
	}
	if k.tries < len(k.client.bases) || time.Since(k.started) < k.client.patience {
		return true, nil
	}
	return false, err
}

// next turns the request to the next address.
func (k *call) next(req *http.Request) error {
	k.base = (k.base + 1) % len(k.client.bases)
	u, err := url.Parse(k.url())
	if err != nil {
		return err
	}
	req.URL, req.Host = u, ""
	return nil
}

// pause waits only between rounds through the addresses, longer each time.
func (k *call) pause(_, _ time.Duration, try int, _ *http.Response) time.Duration {
	n := len(k.client.bases)
	if (try+1)%n != 0 {
		return 0
	}
	return min(firstPause<<min(try/n, 8), lastPause)
}

// remember starts the next call at the ResourceManager that answered this one, redirects included.
func (k *call) remember(resp *http.Response) {
	for i, base := range k.client.bases {
		if base.Host == resp.Request.URL.Host {
			k.client.current.Store(int32(i))
			return
		}
	}
}

// failure is the error of a call without an answer.
func (k *call) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", k.op, context.Cause(ctx))
	}
	unreachable := &UnreachableError{Op: k.op}
	for i, reason := range k.tried {
		if reason != nil {
			unreachable.Tried = append(unreachable.Tried, Tried{k.client.bases[i].String(), reason})
		}
	}
	if len(unreachable.Tried) == 0 {
		return fmt.Errorf("%s: %w", k.op, err)
	}
	return unreachable
}

// cause is why the address being tried was of no use, with the place that a standby had sent the call on to.
func (k *call) cause(err error) error {
	var ofURL *url.Error
	if errors.As(err, &ofURL) {
		if place, perr := url.Parse(ofURL.URL); perr == nil && place.Host != k.client.bases[k.base].Host {
			return fmt.Errorf("sent on to %s: %w", place.Host, plainCause(err))
		}
	}
	return plainCause(err)
}

// plainCause strips the layers of net/http and net that repeat the URL and the address.
func plainCause(err error) error {
	var ofURL *url.Error
	if errors.As(err, &ofURL) {
		if ofURL.Timeout() {
			return errors.New("no answer in time")
		}
		err = ofURL.Err
	}
	var ofNet *net.OpError
	if errors.As(err, &ofNet) {
		err = ofNet.Err
	}
	return err
}

// isLeaderless says whether this is a standby's answer while it knows of no active one: a redirect without a destination.
func isLeaderless(resp *http.Response) bool {
	return resp.StatusCode/100 == 3 && resp.Header.Get("Location") == ""
}

// isJSON says whether an answer claims to be JSON, as all answers of the ResourceManager's API do, empty ones included.
func isJSON(resp *http.Response) bool {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && strings.EqualFold(kind, "application/json")
}

// quietLogger logs as debug what go-retryablehttp calls errors: a failed try is none before the call has failed, and then
// the caller hears of it.
type quietLogger struct{ *slog.Logger }

// Error logs at debug level.
func (l quietLogger) Error(msg string, keysAndValues ...any) { l.Debug(msg, keysAndValues...) }
