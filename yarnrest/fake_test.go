package yarnrest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// request is what a test server was sent.
type request struct {
	Method, Path, Query, ContentType string
	Body                             any // decoded JSON
}

// recorder is a ResourceManager that answers what a test wants and remembers what it was asked.
type recorder struct {
	*httptest.Server
	mu   sync.Mutex
	seen []request
}

// serve starts a recorder. The answer gets the number of the request, from 0.
func serve(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *recorder {
	rec := &recorder{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, ContentType: r.Header.Get("Content-Type")}
		if text, _ := io.ReadAll(r.Body); len(text) > 0 {
			if err := json.Unmarshal(text, &seen.Body); err != nil {
				t.Errorf("request body %s: %v", text, err)
			}
		}
		rec.mu.Lock()
		n := len(rec.seen)
		rec.seen = append(rec.seen, seen)
		rec.mu.Unlock()
		answer(w, r, n)
	}))
	t.Cleanup(rec.Close)
	return rec
}

// requests returns what was asked so far.
func (rec *recorder) requests() []request {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]request(nil), rec.seen...)
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// newClient makes a client of user ann with little patience.
func newClient(t *testing.T, addresses ...string) *Client {
	c, err := New(Config{Addresses: addresses, User: "ann", Patience: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var someID = ApplicationID{1700000000000, 1}

const someApp = `{"app":{"id":"application_1700000000000_0001","state":"RUNNING","name":"words"}}`
