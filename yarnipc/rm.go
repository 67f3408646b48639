package yarnipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

const (
	defaultCallTimeout = 30 * time.Second
	defaultRetryPause  = 500 * time.Millisecond
	finishPause        = 200 * time.Millisecond
)

// RMConfig says where the scheduler is and who speaks to it.
type RMConfig struct {
	// Addresses are the host:port of every ResourceManager's scheduler (yarn.resourcemanager.scheduler.address and its
	// per-id forms). With more than one, the standby ones refuse connections, and the active one is found in turns.
	Addresses []string
	// Credentials hold the token of kind [KindAMRM] that YARN gave to the attempt.
	Credentials *Credentials
	// CallTimeout bounds one try of one call. 0 means 30 s.
	CallTimeout time.Duration
	// RetryPause is the time between tries. 0 means 0.5 s.
	RetryPause time.Duration
	// Logger hears about lost and regained connections. nil means slog.Default().
	Logger *slog.Logger
}

// ResourceManager is a client of ApplicationMasterProtocol for one application attempt. Every call goes on trying, over
// all addresses in turn, until it is answered or its context ends: a restart or a failover of the ResourceManager is
// only a delay. It may be used concurrently; calls take turns.
type ResourceManager struct {
	config RMConfig
	log    *slog.Logger

	mu           sync.Mutex
	conn         *rpcConn // nil between connections
	address      int      // index of the address in use
	down         bool     // an outage was logged
	token        Token    // the newest one: keys roll
	registration *Registration
	responseID   int32
}

// NewResourceManager checks the configuration. It does not connect yet.
func NewResourceManager(config RMConfig) (*ResourceManager, error) {
	if len(config.Addresses) == 0 {
		return nil, errors.New("resource manager: no scheduler address; set yarn.resourcemanager.scheduler.address")
	}
	for _, address := range config.Addresses {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("resource manager: scheduler address %q: want host:port", address)
		}
	}
	if config.Credentials == nil {
		return nil, errors.New("resource manager: no credentials; read the file that HADOOP_TOKEN_FILE_LOCATION names")
	}
	token, ok := config.Credentials.Token(KindAMRM)
	if !ok {
		return nil, fmt.Errorf("resource manager: credentials hold no %s; only YARN's first container of an application is given one", KindAMRM)
	}
	if config.CallTimeout == 0 {
		config.CallTimeout = defaultCallTimeout
	}
	if config.RetryPause == 0 {
		config.RetryPause = defaultRetryPause
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &ResourceManager{config: config, log: config.Logger, token: token}, nil
}

// Registration is what a master says about itself.
type Registration struct {
	Host        string
	RPCPort     int32  // 0 if it serves no RPC
	TrackingURL string // what the ResourceManager's web proxy leads to; may be empty
}

// Registered is what the ResourceManager answers to a registration.
type Registered struct {
	MaxCapability Resource // the largest container it gives
	Queue         string   // the queue the application ended up in
	NMTokens      []NMToken
	// Previous are the running containers of earlier attempts that it already knows of, in the order of their ids. After
	// a restart of the ResourceManager it may list some, all or none of the attempt's own. A container that was started
	// within the last second or so of an attempt, before its node's next heartbeat, is not kept: YARN kills it.
	Previous []Container
}

// NMToken is the right to speak to a node.
type NMToken struct {
	Node  NodeID
	Token Token
}

// ReregisteredError says that the ResourceManager had forgotten the attempt, because it was restarted or failed over,
// and that the attempt is registered again. The request was not served: everything that is still wanted, and every
// release that is not confirmed, has to be sent once more. Containers go on running.
type ReregisteredError struct{ Registered Registered }

// Error says so.
func (e *ReregisteredError) Error() string {
	return "the resource manager was restarted and the attempt registered again; send open requests again"
}

// Register makes the attempt known. Nothing else is answered before. A second registration of one attempt is refused
// unless the ResourceManager was restarted, and then [ResourceManager.Allocate] does it by itself.
func (rm *ResourceManager) Register(ctx context.Context, registration Registration) (Registered, error) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	registered, err := rm.register(ctx, registration)
	if err == nil {
		rm.registration = &registration
	}
	return registered, err
}

func (rm *ResourceManager) register(ctx context.Context, r Registration) (Registered, error) {
	request := &pb.RegisterRequest{Host: &r.Host, RpcPort: &r.RPCPort, TrackingUrl: &r.TrackingURL}
	response := &pb.RegisterResponse{}
	if err := rm.call(ctx, "registerApplicationMaster", request, response); err != nil {
		return Registered{}, err
	}
	rm.responseID = 0
	previous := containersFrom(response.GetContainersFromPreviousAttempts())
	slices.SortFunc(previous, compareContainers)
	return Registered{
		MaxCapability: resourceFrom(response.GetMaximumCapability()),
		Queue:         response.GetQueue(),
		Previous:      previous,
		NMTokens:      nmTokensFrom(response.GetNmTokensFromPreviousAttempts()),
	}, nil
}

// reregister follows a restart of the ResourceManager.
func (rm *ResourceManager) reregister(ctx context.Context) (Registered, error) {
	if rm.registration == nil {
		return Registered{}, errors.New("register the application master first")
	}
	rm.log.Info("resource manager was restarted: registering again")
	registered, err := rm.register(ctx, *rm.registration)
	if isRemote(err, "InvalidApplicationMasterRequestException") {
		// It has registered us already and the answer was lost with the connection.
		rm.responseID = 0
		return Registered{}, nil
	}
	return registered, err
}

// Finish tells the end of the application and returns when the ResourceManager has written it down. The process must
// end soon after: until then its containers stay.
func (rm *ResourceManager) Finish(ctx context.Context, status FinalStatus, diagnostics, trackingURL string) error {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	request := &pb.FinishRequest{Diagnostics: &diagnostics, TrackingUrl: &trackingURL, FinalStatus: proto.Int32(int32(status))}
	heard := false
	for {
		response := &pb.FinishResponse{}
		err := rm.call(ctx, "finishApplicationMaster", request, response)
		switch {
		case err == nil && response.GetIsUnregistered():
			return nil
		case err == nil:
			heard = true
		case heard && IsAttemptGone(err):
			return nil // written down and forgotten since the last answer
		case IsNotRegistered(err):
			if _, err := rm.reregister(ctx); err != nil {
				return err
			}
			continue
		default:
			return err
		}
		if err := sleep(ctx, finishPause); err != nil {
			return fmt.Errorf("finish: %w", err)
		}
	}
}

// Close ends the connection. A call in flight may dial again; end its context first.
func (rm *ResourceManager) Close() {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	rm.disconnect()
}

// call tries until it is answered. Sending a request twice is safe: allocate carries an id by which the ResourceManager
// repeats its last answer, and the others change nothing the second time.
func (rm *ResourceManager) call(ctx context.Context, method string, request, response proto.Message) error {
	for {
		err := rm.try(ctx, method, request, response)
		var remote *RemoteError
		switch {
		case err == nil || errors.As(err, &remote) && !isElsewhere(err):
			if rm.down && rm.conn != nil {
				rm.down = false
				rm.log.Info("resource manager answers again", "address", rm.config.Addresses[rm.address])
			}
			return wrapRM(err)
		case ctx.Err() != nil:
			return wrapRM(err)
		}
		if !rm.down {
			rm.down = true
			rm.log.Warn("resource manager does not answer; trying on", "address", rm.config.Addresses[rm.address], "error", err)
		}
		rm.disconnect()
		rm.address = (rm.address + 1) % len(rm.config.Addresses)
		if err := sleep(ctx, rm.config.RetryPause); err != nil {
			return wrapRM(err)
		}
	}
}

func wrapRM(err error) error {
	if err != nil {
		return fmt.Errorf("resource manager: %w", err)
	}
	return nil
}

// try makes one try, over a new connection if there is none.
func (rm *ResourceManager) try(ctx context.Context, method string, request, response proto.Message) error {
	ctx, cancel := context.WithTimeout(ctx, rm.config.CallTimeout)
	defer cancel()
	if rm.conn != nil && !rm.conn.usable() {
		rm.disconnect()
	}
	if rm.conn == nil {
		conn, err := dialRPC(ctx, rm.config.Addresses[rm.address], protocolMaster, rm.token)
		if err != nil {
			return err
		}
		rm.conn = conn
	}
	return rm.conn.call(ctx, method, request, response)
}

func (rm *ResourceManager) disconnect() {
	if rm.conn != nil {
		rm.conn.close()
		rm.conn = nil
	}
}

// sleep waits, or returns why ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
