package yarnipc

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

const allCiphers = `cipher="3des,rc4,des,rc4-56,rc4-40"`

// TestProtection registers and allocates under every quality of protection, with a large message each way.
func TestProtection(t *testing.T) {
	for _, offer := range []string{
		`qop="auth"`, `qop="auth-int"`, `qop="auth-conf",` + allCiphers, `qop="auth-conf",cipher="rc4"`, `qop="auth-conf",cipher="des"`,
		`qop="auth-conf",cipher="rc4-56"`, `qop="auth-conf",cipher="rc4-40"`, `qop="auth-conf,auth-int,auth",` + allCiphers,
	} {
		t.Run(offer, func(t *testing.T) {
			large := strings.Repeat("x", 3*maxWrapped)
			s := startServer(t, offer, amToken)
			s.script = func(call rpcCall) (proto.Message, error) {
				host := decode(t, call, &pb.RegisterRequest{}).GetHost()
				return &pb.RegisterResponse{Queue: proto.String(strings.ToUpper(host))}, nil
			}
			rm := testManager(t, s.address())
			for range 3 {
				registered, err := rm.Register(testContext(t), Registration{Host: large})
				if err != nil || registered.Queue != strings.ToUpper(large) {
					t.Fatalf("got %d bytes back: %v", len(registered.Queue), err)
				}
			}
		})
	}
}

func TestNewResourceManagerRefuses(t *testing.T) {
	good := &Credentials{Tokens: []NamedToken{{Token: amToken}}}
	for want, config := range map[string]RMConfig{
		"no scheduler address":      {Credentials: good},
		`"host": want host:port`:    {Addresses: []string{"host"}, Credentials: good},
		"no credentials":            {Addresses: []string{"host:8030"}},
		"hold no YARN_AM_RM_TOKEN;": {Addresses: []string{"host:8030"}, Credentials: &Credentials{}},
	} {
		if _, err := NewResourceManager(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestFailover goes through addresses that do not listen, hang up, are in standby, or answer something else.
func TestFailover(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	rude := startServer(t, `qop="auth"`, amToken)
	rude.script = func(rpcCall) (proto.Message, error) { return nil, errHangUp }
	standby := startServer(t, `qop="auth"`, amToken)
	standby.script = func(rpcCall) (proto.Message, error) {
		return nil, &RemoteError{Class: "org.apache.hadoop.ipc.StandbyException"}
	}
	confused := startServer(t, `qop="auth",cipher="x`, amToken) // a challenge that cannot be read
	active := startServer(t, `qop="auth"`, amToken)
	calls := 0
	active.script = func(rpcCall) (proto.Message, error) {
		if calls++; calls == 3 {
			return nil, errHangUp
		}
		return &pb.AllocateResponse{ResponseId: proto.Int32(int32(calls))}, nil
	}
	rm := testManager(t, dead.Addr().String(), rude.address(), standby.address(), confused.address(), active.address())
	for range 3 {
		if _, err := rm.Allocate(testContext(t), AllocateRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if rm.responseID != 4 {
		t.Errorf("response id %d: not all calls were served by the active one", rm.responseID)
	}
}

func TestCallEndsWithContext(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	asked := make(chan struct{}, 10)
	s.script = func(rpcCall) (proto.Message, error) {
		asked <- struct{}{}
		return nil, errSilent
	}
	rm := testManager(t, s.address())
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		cancel(errors.New("enough"))
	}()
	if _, err := rm.Allocate(ctx, AllocateRequest{}); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("cancelled call: %v", err)
	}
	// A server that is silent is left for the next after the time of one call.
	rm.config.CallTimeout = 50 * time.Millisecond
	good := startServer(t, `qop="auth"`, amToken)
	good.script = func(rpcCall) (proto.Message, error) { return &pb.AllocateResponse{}, nil }
	rm.config.Addresses = append(rm.config.Addresses, good.address())
	if _, err := rm.Allocate(testContext(t), AllocateRequest{}); err != nil {
		t.Error(err)
	}
}

// TestTokenRolls checks that the newest token opens the next connection.
func TestTokenRolls(t *testing.T) {
	rolled := Token{Identifier: []byte("rolled"), Password: []byte("new"), Kind: KindAMRM}
	s := startServer(t, `qop="auth"`, amToken)
	s.script = func(rpcCall) (proto.Message, error) { return &pb.AllocateResponse{AmRmToken: rolled.toProto()}, nil }
	rm := testManager(t, s.address())
	for range 2 {
		if _, err := rm.Allocate(testContext(t), AllocateRequest{}); err != nil {
			t.Fatal(err)
		}
		s.accept(rolled)
		s.hangUp()
	}
	if diff := cmp.Diff([]string{"am", "rolled"}, s.usedTokens()); diff != "" {
		t.Errorf("tokens used (-want +got):\n%s", diff)
	}
	s.accept()
	s.hangUp()
	if _, err := rm.Allocate(testContext(t), AllocateRequest{}); !IsAttemptGone(err) {
		t.Errorf("refused token: %v", err)
	}
}

// TestReregister forgets the attempt. The second answer to register is lost, so the third says it is done already.
func TestReregister(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	registrations, forgotten := 0, false
	s.script = func(call rpcCall) (proto.Message, error) {
		if call.method == "registerApplicationMaster" {
			registrations++
			switch registrations {
			case 2:
				return nil, errHangUp
			case 3:
				return nil, exception("InvalidApplicationMasterRequestException")
			}
			return &pb.RegisterResponse{}, nil
		}
		id := decode(t, call, &pb.AllocateRequest{}).GetResponseId()
		if id == 2 && !forgotten {
			forgotten = true
			return nil, exception("ApplicationMasterNotRegisteredException")
		}
		return &pb.AllocateResponse{ResponseId: proto.Int32(id + 1)}, nil
	}
	rm := testManager(t, s.address())
	ctx := testContext(t)
	if _, err := rm.Register(ctx, Registration{Host: "h"}); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		_, err := rm.Allocate(ctx, AllocateRequest{})
		var again *ReregisteredError
		if got, want := errors.As(err, &again), i == 2; got != want || err != nil && !want {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if rm.responseID != 1 {
		t.Errorf("response id %d after a new registration and one call", rm.responseID)
	}
}

func TestCommands(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	command := int32(commandResync)
	s.script = func(call rpcCall) (proto.Message, error) {
		if call.method == "registerApplicationMaster" {
			return &pb.RegisterResponse{}, nil
		}
		return &pb.AllocateResponse{AmCommand: &command}, nil
	}
	rm := testManager(t, s.address())
	ctx := testContext(t)
	if _, err := rm.Allocate(ctx, AllocateRequest{}); err == nil || !strings.Contains(err.Error(), "register the application master first") {
		t.Errorf("resync before register: %v", err)
	}
	if _, err := rm.Register(ctx, Registration{}); err != nil {
		t.Fatal(err)
	}
	var again *ReregisteredError
	if _, err := rm.Allocate(ctx, AllocateRequest{}); !errors.As(err, &again) {
		t.Errorf("resync: %v", err)
	}
	command = commandShutdown
	if _, err := rm.Allocate(ctx, AllocateRequest{}); !IsAttemptGone(err) {
		t.Errorf("shutdown: %v", err)
	}
}

// TestFinish answers "not yet", forgets the attempt once, and has forgotten it for good when the last answer is due.
func TestFinish(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	answers := []error{nil, exception("ApplicationMasterNotRegisteredException"), nil, exception("ApplicationAttemptNotFoundException")}
	var calls []string
	s.script = func(call rpcCall) (proto.Message, error) {
		calls = append(calls, call.method)
		if call.method == "registerApplicationMaster" {
			return &pb.RegisterResponse{}, nil
		}
		request := decode(t, call, &pb.FinishRequest{})
		if request.GetFinalStatus() != int32(Killed) || request.GetDiagnostics() != "why" || request.GetTrackingUrl() != "url" {
			t.Errorf("finish with %v", request)
		}
		err := answers[0]
		answers = answers[1:]
		return &pb.FinishResponse{IsUnregistered: proto.Bool(false)}, err
	}
	rm := testManager(t, s.address())
	ctx := testContext(t)
	if _, err := rm.Register(ctx, Registration{}); err != nil {
		t.Fatal(err)
	}
	if err := rm.Finish(ctx, Killed, "why", "url"); err != nil {
		t.Error(err)
	}
	const register, finish = "registerApplicationMaster", "finishApplicationMaster"
	if diff := cmp.Diff([]string{register, finish, finish, register, finish, finish}, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	answers = []error{exception("ApplicationAttemptNotFoundException")}
	if err := rm.Finish(ctx, Killed, "why", "url"); !IsAttemptGone(err) {
		t.Errorf("a stale attempt finished: %v", err)
	}
}

// TestAllocateMessage looks at every field that a ResourceManager must find.
func TestAllocateMessage(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	var got *pb.AllocateRequest
	s.script = func(call rpcCall) (proto.Message, error) {
		got = decode(t, call, &pb.AllocateRequest{})
		return &pb.AllocateResponse{}, nil
	}
	rm := testManager(t, s.address())
	id := ContainerID{Attempt: AttemptID{Application: ApplicationID{ClusterTimestamp: 1, Number: 2}, Number: 3}, Number: 4}
	ask := Ask{Resource: Resource{MemoryMB: 512, VCores: 2}, NodeLabel: "gpu"}
	request := AllocateRequest{Changes: []Change{{ID: 7, Ask: ask, Wanted: true}, {ID: 8, Ask: ask}}, Release: []ContainerID{id}, Progress: 0.5}
	if _, err := rm.Allocate(testContext(t), request); err != nil {
		t.Fatal(err)
	}
	resourceRequest := func(id int64, count int32) *pb.ResourceRequest {
		return &pb.ResourceRequest{
			Priority: &pb.Priority{Priority: proto.Int32(0)}, ResourceName: proto.String("*"), NumContainers: &count,
			Capability:    &pb.Resource{Memory: proto.Int64(512), VirtualCores: proto.Int32(2)},
			RelaxLocality: proto.Bool(true), NodeLabelExpression: proto.String("gpu"), AllocationRequestId: &id,
		}
	}
	want := &pb.AllocateRequest{
		Ask:        []*pb.ResourceRequest{resourceRequest(7, 1), resourceRequest(8, 0)},
		Release:    []*pb.ContainerId{id.toProto()},
		ResponseId: proto.Int32(0), Progress: proto.Float32(0.5),
	}
	if !proto.Equal(want, got) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
}
