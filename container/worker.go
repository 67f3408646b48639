// Package container is the worker of a job: it runs subtasks in the slots that
// the master gives it, moves their records, keeps their state, and writes
// checkpoints.
//
// Reading paths: worker.go (a worker's life and its conversation with the
// master), deployment.go (from an order to running slots), slot.go and
// subtask.go (the turns of a slot), barrier.go and checkpoint.go (a
// checkpoint's way), channel.go, peer.go and listener.go (records' ways).
package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/memory"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/yarnipc"
)

// Options are what a program knows about itself.
type Options struct {
	// Program builds the job that a specification asks for. Required.
	Program func(*jobspec.Spec) (task.Program, error)
	// Log gets the worker's log. nil means text on standard error.
	Log *slog.Logger
}

// settings are those that the record path needs.
type settings struct {
	bufferTimeout  int64 // ms
	watermarkEvery int64 // ms
	inlineLimit    int64 // bytes
	batchRecords   int
	unaligned      bool          // barriers may overtake records
	alignedTimeout time.Duration // after so long
}

// batchRecords is how many records a full batch has.
const batchRecords = 512

func newSettings(c *conf.Conf) settings {
	return settings{
		bufferTimeout:  conf.Get(c, conf.BufferTimeout).Milliseconds(),
		watermarkEvery: max(conf.Get(c, conf.WatermarkInterval).Milliseconds(), 1),
		inlineLimit:    int64(conf.Get(c, conf.InlineThreshold)),
		batchRecords:   batchRecords,
		unaligned:      conf.Get(c, conf.Unaligned),
		alignedTimeout: conf.Get(c, conf.AlignedTimeout),
	}
}

// Worker is one worker process. Its exported life is Run.
type Worker struct {
	id       string
	spec     *jobspec.Spec
	plan     *plan.Plan   // as it was submitted
	program  task.Program // as it was deployed last: a job can be rescaled
	compile  func(*jobspec.Spec) (task.Program, error)
	settings settings
	secret   []byte
	storage  *storage.Resolver
	disk     *diskState   // nil if state is in memory
	spools   *spools      // nil keeps snapshots in memory
	copies   *localCopies // nil if there are to be none
	listener *listener
	stdout   io.Writer
	log      *slog.Logger
	tell     func(*control.FromWorker) // has a message sent to the master; any goroutine may call it
	master   string                    // address to try first
	lease    time.Duration             // how long it lives without a master
	gather   gatherer

	mu       sync.Mutex
	changed  *sync.Cond
	deployed []*deployment // of each region that it has slots of
	epoch    int64         // highest seen
	highest  int64         // checkpoint ordered
	conn     *control.ToMaster
	outbox   []*control.FromWorker // for the current connection
	signal   chan struct{}
}

// errOver ends a worker that is no longer wanted.
var errOver = errors.New("the job is over")

// errUnfit ends a worker whose program is not the master's.
var errUnfit = errors.New("this worker cannot run the job")

// Run is a worker's life. It expects what YARN gives to a container:
// CONTAINER_ID, NM_HOST, and HADOOP_TOKEN_FILE_LOCATION with the application's
// secret; and the job's specification in the working directory. It returns nil
// when the master has ended it, and an error when it could not go on.
func Run(ctx context.Context, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	w, err := newWorker(o)
	if err != nil {
		o.Log.Error("worker", "error", err)
		return err
	}
	defer w.close()
	go w.listener.run()
	err = w.serve(ctx)
	if errors.Is(err, errOver) {
		w.log.Info("worker ends", "reason", err)
		return nil
	}
	w.log.Error("worker ends", "error", err)
	return err
}

func newWorker(o Options) (*Worker, error) {
	spec, err := jobspec.Read(jobspec.FileName)
	if err != nil {
		return nil, err
	}
	memory.Limit(spec.WorkerMemory, o.Log)
	runtime.GOMAXPROCS(min(runtime.NumCPU(), max(spec.WorkerVCores, spec.Slots, 1)+1))
	credentials, err := yarnipc.ReadCredentials(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return nil, err
	}
	program, err := o.Program(spec)
	if err != nil {
		return nil, err
	}
	c, err := jobspec.Settings(spec, program.Plan())
	if err != nil {
		return nil, err
	}
	w := &Worker{
		id: os.Getenv("CONTAINER_ID"), spec: spec, plan: program.Plan(), program: program, compile: o.Program, settings: newSettings(c),
		secret: credentials.Secrets[jobspec.SecretName], stdout: os.Stdout, log: o.Log,
		master: os.Getenv(control.MasterVariable), lease: conf.Get(c, conf.HeartbeatTimeout), signal: make(chan struct{}, 1),
		storage: storage.NewResolver(storage.Config{Hadoop: spec.Hadoop, User: spec.User, Log: o.Log}),
		disk:    newDiskState(c, spec.WorkerMemory),
		spools:  newSpools(c, spec.WorkerMemory, spec.Slots, o.Log),
	}
	w.copies = newLocalCopies(c, w.storage, o.Log)
	w.changed = sync.NewCond(&w.mu)
	w.tell = w.queue
	if len(w.secret) == 0 || w.id == "" {
		return nil, errors.New("not started by a master: CONTAINER_ID or the application's secret is missing")
	}
	data, err := net.Listen("tcp", net.JoinHostPort(w.host(), "0"))
	if err != nil {
		return nil, fmt.Errorf("listen for other workers: %w", err)
	}
	w.listener = &listener{worker: w, net: data}
	return w, nil
}

// host is the name by which other machines reach this one.
func (w *Worker) host() string {
	if host := os.Getenv("NM_HOST"); host != "" {
		return host
	}
	return "127.0.0.1"
}

func (w *Worker) close() {
	w.listener.net.Close()
	w.undeploy(every)
	w.copies.close()
	w.storage.Close()
}

// serve keeps a connection to the master, whoever it is, until the lease ends.
func (w *Worker) serve(ctx context.Context) error {
	lost := time.Now()
	for ctx.Err() == nil {
		conn, err := w.dial(ctx)
		if err == nil {
			welcomed, err := w.converse(ctx, conn)
			if errors.Is(err, errOver) || errors.Is(err, errUnfit) {
				return err
			}
			w.log.Warn("connection to the master lost", "error", err)
			if welcomed {
				lost = time.Now()
			}
		} else if errors.Is(err, control.ErrImpostor) || errors.Is(err, control.ErrRefused) {
			w.log.Warn("no master of this application there", "error", err)
		}
		if time.Since(lost) > w.lease {
			return fmt.Errorf("no master for %s (heartbeat.timeout): the worker ends itself", w.lease)
		}
		select {
		case <-ctx.Done():
		case <-time.After(redialPause):
		}
	}
	return ctx.Err()
}

const redialPause = 100 * time.Millisecond

// dial connects to the master that started this worker, or to the one that has
// announced itself in the staging folder since.
func (w *Worker) dial(ctx context.Context) (*control.ToMaster, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if w.master != "" {
		if conn, err := w.dialAt(ctx, w.master); err == nil {
			return conn, nil
		}
	}
	fsys, dir, err := w.storage.Resolve(w.spec.Staging)
	if err != nil {
		return nil, err
	}
	address, err := control.ReadMasterAddress(ctx, fsys, dir)
	if err != nil {
		return nil, err
	}
	conn, err := w.dialAt(ctx, address.Addr)
	if err == nil {
		w.master = address.Addr
	}
	return conn, err
}

// dialAt gives one address a short time: a machine that is gone answers nothing.
func (w *Worker) dialAt(ctx context.Context, address string) (*control.ToMaster, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return control.Dial(ctx, address, w.secret)
}

// converse speaks with one master until the connection breaks or the job is over.
func (w *Worker) converse(ctx context.Context, conn *control.ToMaster) (welcomed bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer conn.Drop()
	w.mu.Lock()
	w.conn, w.outbox = conn, []*control.FromWorker{{Hello: w.hello()}}
	w.mu.Unlock()
	defer w.hangUp()
	go w.send(ctx, conn)
	for {
		m, err := conn.Receive(ctx)
		if err != nil {
			return welcomed, err
		}
		if m.Welcome != nil {
			welcomed = true
			w.lease = time.Duration(m.Welcome.LeaseMS) * time.Millisecond
			go w.reportEvery(ctx, time.Duration(m.Welcome.ReportMS)*time.Millisecond)
		}
		if err := w.obey(m); err != nil {
			conn.Close()
			return welcomed, err
		}
	}
}

func (w *Worker) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn, w.outbox = nil, nil
}

// hello describes the worker; the caller holds the lock.
func (w *Worker) hello() *control.Hello {
	h := &control.Hello{
		Worker: w.id, Host: w.host(), DataAddr: w.listener.net.Addr().String(), PID: os.Getpid(), Slots: w.spec.Slots,
		Memory: w.spec.WorkerMemory, Cores: runtime.GOMAXPROCS(0), PlanHash: w.plan.Hash(), LastCheckpoint: w.highest,
	}
	for _, d := range w.deployed {
		h.Epoch, h.Parallelism = max(h.Epoch, d.epoch), d.plan.Parallelism
		for _, u := range d.updates() {
			u.Checkpoint, u.Asked = d.latest, d.asked
			h.Tasks = append(h.Tasks, u)
		}
	}
	return h
}

// queue has a message sent to the master, if there is one: a new master learns
// from the next Hello.
func (w *Worker) queue(m *control.FromWorker) {
	w.mu.Lock()
	if w.conn != nil {
		w.outbox = append(w.outbox, m)
	}
	w.mu.Unlock()
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

func (w *Worker) send(ctx context.Context, conn *control.ToMaster) {
	for {
		w.mu.Lock()
		messages := w.outbox
		if w.conn != conn {
			messages = nil
		}
		w.outbox = nil
		w.mu.Unlock()
		for _, m := range messages {
			if err := conn.Send(ctx, m); err != nil {
				conn.Drop()
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-w.signal:
		}
	}
}
