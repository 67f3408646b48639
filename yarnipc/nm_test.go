package yarnipc

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

func nmToken(name string) Token {
	return Token{Identifier: []byte(name), Password: []byte("password of " + name), Kind: KindNM}
}

func testContainer(s *server) Container {
	return Container{
		ID:    ContainerID{Attempt: AttemptID{Number: 1}, Number: 2},
		Node:  s.node(),
		token: Token{Identifier: []byte("container"), Password: []byte("p"), Kind: KindContainer},
	}
}

func testNodes(t *testing.T) *NodeManagers {
	nodes := NewNodeManagers(NMConfig{RetryPause: time.Millisecond})
	t.Cleanup(nodes.Close)
	return nodes
}

func failed(class, message string) []*pb.Failure {
	return []*pb.Failure{{Exception: &pb.Exception{ClassName: &class, Message: &message}}}
}

// TestTwoTokens gives a node a token that works, and then one that does not: both are tried.
func TestTwoTokens(t *testing.T) {
	first, second, third := nmToken("first"), nmToken("second"), nmToken("third")
	s := startServer(t, `qop="auth"`, first)
	s.script = func(call rpcCall) (proto.Message, error) {
		if call.method == "startContainers" {
			return &pb.StartContainersResponse{}, nil
		}
		return &pb.StopContainersResponse{}, nil
	}
	nodes, container, ctx := testNodes(t), testContainer(s), testContext(t)
	if err := nodes.Stop(ctx, container.Node, container.ID); err == nil || !strings.Contains(err.Error(), "no token for the node") {
		t.Errorf("without a token: %v", err)
	}
	nodes.AddTokens(NMToken{Node: s.node(), Token: first})
	if err := nodes.Start(ctx, container, LaunchContext{Command: "true"}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ add, accept Token }{{second, first}, {third, third}, {third, first}} {
		nodes.AddTokens(NMToken{Node: s.node(), Token: step.add})
		s.accept(step.accept)
		s.hangUp()
		if err := nodes.Stop(ctx, container.Node, container.ID); err != nil {
			t.Errorf("%v added, %v accepted: %v", step.add, step.accept, err)
		}
	}
	if diff := cmp.Diff([]string{"first", "first", "third", "first"}, s.usedTokens()); diff != "" {
		t.Errorf("tokens used (-want +got):\n%s", diff)
	}
	s.accept()
	s.hangUp()
	if err := nodes.Stop(ctx, container.Node, container.ID); !IsInvalidToken(err) {
		t.Errorf("no token accepted: %v", err)
	}
}

// TestStart has a node that is not ready at first, and then loses the answer.
func TestStart(t *testing.T) {
	s := startServer(t, `qop="auth"`, nmToken("t"))
	const class = "org.apache.hadoop.yarn.exceptions."
	var requests []*pb.StartContainersRequest
	s.script = func(call rpcCall) (proto.Message, error) {
		requests = append(requests, decode(t, call, &pb.StartContainersRequest{}))
		switch len(requests) {
		case 1:
			return &pb.StartContainersResponse{Failed: failed(class+"NMNotYetReadyException", "wait")}, nil
		case 2:
			return nil, errHangUp
		}
		return &pb.StartContainersResponse{Failed: failed(class+"YarnException", "Unauthorized\nAttempt to relaunch the same container")}, nil
	}
	nodes, container, ctx := testNodes(t), testContainer(s), testContext(t)
	nodes.AddTokens(NMToken{Node: s.node(), Token: nmToken("t")})
	launch := LaunchContext{
		Command:     "exec ./worker",
		Env:         map[string]string{"B": "2", "A": "1$"},
		Credentials: &Credentials{Secrets: map[string][]byte{"s": {1}}},
		LocalResources: map[string]LocalResource{"worker": {
			URL: "hdfs://user@nn:8020/a%20b", Size: 3, ModTime: time.UnixMilli(1234), Type: ResourceArchive, Visibility: VisibleToAll,
		}},
	}
	if err := nodes.Start(ctx, container, launch); err != nil {
		t.Errorf("start with a lost answer: %v", err)
	}
	if err := nodes.Start(ctx, container, launch); err == nil || !strings.Contains(err.Error(), "relaunch") {
		t.Errorf("a real second start: %v", err)
	}
	variable := func(name, value string) *pb.LaunchContext_Variable {
		return &pb.LaunchContext_Variable{Name: &name, Value: &value}
	}
	want := &pb.StartContainersRequest{Containers: []*pb.StartRequest{{
		ContainerToken: container.token.toProto(),
		LaunchContext: &pb.LaunchContext{
			Command:     []string{"exec ./worker"},
			Environment: []*pb.LaunchContext_Variable{variable("A", `1\$`), variable("B", "2")},
			Tokens:      launch.Credentials.Bytes(),
			LocalResources: []*pb.LaunchContext_Resource{{Name: proto.String("worker"), Resource: &pb.LocalResource{
				Resource: &pb.URL{Scheme: proto.String("hdfs"), Host: proto.String("nn"), Port: proto.Int32(8020), File: proto.String("/a b"), UserInfo: proto.String("user")},
				Size:     proto.Int64(3), Timestamp: proto.Int64(1234), Type: proto.Int32(1), Visibility: proto.Int32(1),
			}}},
		},
	}}}
	for _, got := range requests {
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	s := startServer(t, `qop="auth"`)
	nodes, container := testNodes(t), testContainer(s)
	for want, launch := range map[string]LaunchContext{
		"has no command":                  {},
		"has a double quote":              {Command: `echo "x"`},
		"zero byte":                       {Command: "a\x00"},
		"want letters, digits and _":      {Command: "a", Env: map[string]string{"A-B": ""}},
		"want a name":                     {Command: "a", Env: map[string]string{"": ""}},
		`"r": url "/file": want scheme`:   {Command: "a", LocalResources: map[string]LocalResource{"r": {URL: "/file"}}},
		"port 99999 is above 65535":       {Command: "a", LocalResources: map[string]LocalResource{"r": {URL: "hdfs://nn:99999/file"}}},
		`invalid port`:                    {Command: "a", LocalResources: map[string]LocalResource{"r": {URL: "hdfs://nn:x/file"}}},
		`"hdfs://nn/file#link": want sch`: {Command: "a", LocalResources: map[string]LocalResource{"r": {URL: "hdfs://nn/file#link"}}},
	} {
		if err := nodes.Start(t.Context(), container, launch); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	container.token = Token{}
	if err := nodes.Start(t.Context(), container, LaunchContext{Command: "a"}); err == nil || !strings.Contains(err.Error(), "came without a token") {
		t.Errorf("container of an earlier attempt: %v", err)
	}
}

func TestStatus(t *testing.T) {
	s := startServer(t, `qop="auth"`, nmToken("t"))
	container := testContainer(s)
	answers := []*pb.StatusesResponse{
		{Status: []*pb.ContainerStatus{{ContainerId: container.ID.toProto(), State: proto.Int32(3), Diagnostics: proto.String("d"), ExitStatus: proto.Int32(9)}}},
		{Failed: failed("org.x.YarnException", "Container is not handled by this NodeManager")},
		{},
	}
	s.script = func(rpcCall) (proto.Message, error) {
		answer := answers[0]
		answers = answers[1:]
		return answer, nil
	}
	nodes, ctx := testNodes(t), testContext(t)
	nodes.AddTokens(NMToken{Node: s.node(), Token: nmToken("t")})
	got, err := nodes.Status(ctx, container.Node, container.ID)
	want := ContainerStatus{ID: container.ID, State: ContainerComplete, ExitCode: 9, Diagnostics: "d"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	var remote *RemoteError
	if _, err := nodes.Status(ctx, container.Node, container.ID); !errors.As(err, &remote) || remote.Class != "org.x.YarnException" {
		t.Errorf("unknown container: %v", err)
	}
	if _, err := nodes.Status(ctx, container.Node, container.ID); err == nil || !strings.Contains(err.Error(), "0 statuses") {
		t.Errorf("empty answer: %v", err)
	}
}

// TestDisconnect ends a call that hangs on a lost node.
func TestDisconnect(t *testing.T) {
	s := startServer(t, `qop="auth"`, nmToken("t"))
	var nodes *NodeManagers
	calls := 0
	s.script = func(rpcCall) (proto.Message, error) {
		if calls++; calls == 1 {
			return &pb.StopContainersResponse{}, nil
		}
		s.accept()
		nodes.Disconnect(s.node())
		return nil, errSilent
	}
	nodes = testNodes(t)
	nodes.AddTokens(NMToken{Node: s.node(), Token: nmToken("t")})
	ctx, container := testContext(t), testContainer(s)
	if err := nodes.Stop(ctx, container.Node, container.ID); err != nil {
		t.Fatal(err)
	}
	if err := nodes.Stop(ctx, container.Node, container.ID); !IsInvalidToken(err) {
		t.Errorf("call on a cut connection: %v", err)
	}
}

func TestShellWordHidesPlaceholders(t *testing.T) {
	for _, text := range []string{"{{X}}", "<LOG_DIR>", "<CPS>", "a{{b", "}}"} {
		word := ShellWord(text)
		for _, placeholder := range []string{"{{", "}}", "<LOG_DIR>", "<CPS>"} {
			if strings.Contains(word, placeholder) {
				t.Errorf("%s is written as %s", text, word)
			}
		}
		if err := checkCommand(word); err != nil {
			t.Error(err)
		}
	}
}
