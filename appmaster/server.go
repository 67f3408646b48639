package appmaster

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
)

// server is the master's one HTTP port: REST API, page and workers. It listens
// before the job is known, because YARN wants to hear the port first; until
// then it answers "503 Service Unavailable", and whoever asks tries again.
type server struct {
	host     string
	port     int
	http     *http.Server
	handler  atomic.Pointer[http.Handler]
	lastRead atomic.Int64 // ms since the epoch of the last request for the job's view
}

// listen opens the port: on YARN a free one at the node's own address, on one
// machine the configured one or the next that is free.
func listen(spec *jobspec.Spec, c *conf.Conf, log *slog.Logger) (*server, error) {
	host, port, tries := localHost, conf.Get(c, conf.RESTPort), 100
	if spec.Target == jobspec.YARN {
		host, port, tries = os.Getenv("NM_HOST"), 0, 1
	}
	listener, err := listenFrom(host, port, tries)
	if err != nil {
		return nil, err
	}
	s := &server{host: host, port: listener.Addr().(*net.TCPAddr).Port}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go s.http.Serve(listener)
	return s, nil
}

func listenFrom(host string, port, tries int) (net.Listener, error) {
	for ; ; port++ {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		tries--
		if err == nil || tries <= 0 || port == 0 || !errors.Is(err, syscall.EADDRINUSE) {
			return listener, err
		}
	}
}

// address is host:port, as others reach it.
func (s *server) address() string {
	return net.JoinHostPort(s.host, strconv.Itoa(s.port))
}

// open starts to serve workers, the REST API and the page.
func (s *server) open(workers, rest http.Handler) {
	mux := http.NewServeMux()
	mux.Handle(control.Path, workers)
	mux.Handle("/", rest)
	var handler http.Handler = mux
	s.handler.Store(&handler)
}

// shut makes the port answer as before open. Nobody is waited for at the end.
func (s *server) shut() {
	s.handler.Store(nil)
	s.lastRead.Store(0)
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	handler := s.handler.Load()
	if handler == nil {
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, "the master is still finding out about the job: try again")
		return
	}
	(*handler).ServeHTTP(w, r)
}

// linger is how long the answer to "how did the job end" stays available to
// those who were asking.
const linger = time.Second

// close ends the port. Whoever has followed the job can still learn its end
// for a moment, and answers under way are finished.
func (s *server) close() {
	if time.Since(time.UnixMilli(s.lastRead.Load())) < 30*time.Second {
		time.Sleep(linger)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
}
