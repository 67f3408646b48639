package yarnipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// testMaster is registered with a scripted ResourceManager and runs. Its heartbeats are so rare that nothing moves
// unless it is woken.
func testMaster(t *testing.T, allocate func(*pb.AllocateRequest) (*pb.AllocateResponse, error)) (*Master, <-chan error) {
	t.Helper()
	s := startServer(t, `qop="auth"`, amToken)
	s.script = func(call rpcCall) (proto.Message, error) {
		switch call.method {
		case "registerApplicationMaster":
			return &pb.RegisterResponse{MaximumCapability: Resource{MemoryMB: 1024, VCores: 4}.toProto()}, nil
		case "allocate":
			response, err := allocate(decode(t, call, &pb.AllocateRequest{}))
			return response, err
		}
		return &pb.FinishResponse{IsUnregistered: proto.Bool(true)}, nil
	}
	quiet := slog.New(slog.DiscardHandler)
	m := NewMaster(testManager(t, s.address()), MasterConfig{Heartbeat: time.Hour, Poll: time.Hour, Logger: quiet, Nodes: NMConfig{Logger: quiet}})
	if _, err := m.Register(testContext(t), Registration{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- m.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return m, ended
}

func nextEvent(t *testing.T, m *Master) Event {
	t.Helper()
	select {
	case event := <-m.Events():
		return event
	case <-time.After(time.Minute):
		t.Fatal("no event came")
		return nil
	}
}

// TestWake checks that requests and releases do not wait for the next heartbeat, and that the reader of events may come
// as late as it likes.
func TestWake(t *testing.T) {
	beats := make(chan *pb.AllocateRequest, 100)
	m, ended := testMaster(t, func(request *pb.AllocateRequest) (*pb.AllocateResponse, error) {
		response := &pb.AllocateResponse{}
		for _, ask := range request.GetAsk() {
			id := ContainerID{Number: ask.GetAllocationRequestId() + 100}
			response.Allocated = append(response.Allocated, &pb.Container{Id: id.toProto(), AllocationRequestId: ask.AllocationRequestId})
		}
		for _, id := range request.GetRelease() {
			response.Completed = append(response.Completed, &pb.ContainerStatus{ContainerId: id, ExitStatus: proto.Int32(ExitReleased)})
		}
		beats <- request
		return response, nil
	})
	<-beats // the first one is sent at once
	m.SetProgress(0.25)
	var got []string
	for range 3 {
		id, err := m.Request(goodAsk)
		if err != nil {
			t.Fatal(err)
		}
		if beat := <-beats; beat.GetProgress() != 0.25 {
			t.Errorf("progress %v", beat.GetProgress())
		}
		m.Release(ContainerID{Number: int64(id) + 100})
		<-beats
	}
	for range 6 {
		switch e := nextEvent(t, m).(type) {
		case Allocated:
			got = append(got, fmt.Sprint("allocated ", e.Container.RequestID))
		case Completed:
			got = append(got, fmt.Sprint("completed ", e.Container.RequestID, " ", e.Released))
		}
	}
	want := []string{"allocated 1", "completed 1 true", "allocated 2", "completed 2 true", "allocated 3", "completed 3 true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if _, err := m.Request(Ask{Resource: Resource{MemoryMB: 2048, VCores: 1}}); err == nil {
		t.Error("too large an ask was taken")
	}
	if err := m.Finish(testContext(t), Succeeded, "", ""); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if _, open := <-m.Events(); open {
		t.Error("there are events after Finish")
	}
}

// TestStaleAttempt ends Run, and the events, with the reason.
func TestStaleAttempt(t *testing.T) {
	m, ended := testMaster(t, func(*pb.AllocateRequest) (*pb.AllocateResponse, error) {
		return nil, exception("ApplicationAttemptNotFoundException")
	})
	event, ok := nextEvent(t, m).(Ended)
	if !ok || !IsAttemptGone(event.Err) {
		t.Errorf("event %+v", event)
	}
	if _, open := <-m.Events(); open {
		t.Error("there are events after the end")
	}
	if err := <-ended; !errors.Is(err, event.Err) {
		t.Errorf("Run ended with %v", err)
	}
}

// TestRunAfterFinish starts the heartbeat too late: it must not speak for an application that has ended.
func TestRunAfterFinish(t *testing.T) {
	s := startServer(t, `qop="auth"`, amToken)
	s.script = func(call rpcCall) (proto.Message, error) {
		if call.method != "finishApplicationMaster" {
			t.Errorf("%s was called", call.method)
		}
		return &pb.FinishResponse{IsUnregistered: proto.Bool(true)}, nil
	}
	m := NewMaster(testManager(t, s.address()), MasterConfig{})
	if err := m.Finish(testContext(t), Succeeded, "", ""); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(testContext(t)); err != nil {
		t.Error(err)
	}
	if _, open := <-m.Events(); open {
		t.Error("there are events after Finish")
	}
}

// TestForeignRelease has the ResourceManager refuse a release: what was asked for with it is not lost.
func TestForeignRelease(t *testing.T) {
	start := make(chan struct{})
	m, _ := testMaster(t, func(request *pb.AllocateRequest) (*pb.AllocateResponse, error) {
		<-start
		if len(request.GetRelease()) > 0 {
			return nil, exception("InvalidContainerReleaseException")
		}
		response := &pb.AllocateResponse{}
		for _, ask := range request.GetAsk() {
			response.Allocated = append(response.Allocated, &pb.Container{AllocationRequestId: ask.AllocationRequestId})
		}
		return response, nil
	})
	m.Release(ContainerID{Number: 1})
	id, err := m.Request(goodAsk)
	if err != nil {
		t.Fatal(err)
	}
	close(start)
	if e, ok := nextEvent(t, m).(Allocated); !ok || e.Container.RequestID != id {
		t.Errorf("event %+v", e)
	}
}

// TestTokensComeFirst starts a container from its event: the node's token has to be there.
func TestTokensComeFirst(t *testing.T) {
	node := startServer(t, `qop="auth"`, nmToken("t"))
	node.script = func(rpcCall) (proto.Message, error) { return &pb.StartContainersResponse{}, nil }
	container := testContainer(node)
	m, _ := testMaster(t, func(request *pb.AllocateRequest) (*pb.AllocateResponse, error) {
		nodeID := &pb.NodeId{Host: &container.Node.Host, Port: &container.Node.Port}
		response := &pb.AllocateResponse{}
		for _, ask := range request.GetAsk() {
			response.NmTokens = []*pb.NMToken{{NodeId: nodeID, Token: nmToken("t").toProto()}}
			response.Allocated = []*pb.Container{{
				Id: container.ID.toProto(), NodeId: nodeID, ContainerToken: container.token.toProto(), AllocationRequestId: ask.AllocationRequestId,
			}}
		}
		return response, nil
	})
	if _, err := m.Request(goodAsk); err != nil {
		t.Fatal(err)
	}
	e, ok := nextEvent(t, m).(Allocated)
	if !ok {
		t.Fatal("no container came")
	}
	if err := m.Nodes().Start(testContext(t), e.Container, LaunchContext{Command: "true"}); err != nil {
		t.Error(err)
	}
}
