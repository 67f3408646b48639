package yarnipc

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// ApplicationID names one application of a cluster.
type ApplicationID struct {
	ClusterTimestamp int64 // when the ResourceManager that gave the id was started, in milliseconds
	Number           int32
}

// String returns YARN's text form, application_1700000000000_0001.
func (a ApplicationID) String() string {
	return fmt.Sprintf("application_%d_%04d", a.ClusterTimestamp, a.Number)
}

// AttemptID names one run of an application's master. Attempts count from 1.
type AttemptID struct {
	Application ApplicationID
	Number      int32
}

// String returns YARN's text form, appattempt_1700000000000_0001_000001.
func (a AttemptID) String() string {
	return fmt.Sprintf("appattempt_%d_%04d_%06d", a.Application.ClusterTimestamp, a.Application.Number, a.Number)
}

// epochShift is where the epoch sits in a container's number: the upper 24 bits count the ResourceManager's restarts,
// the lower 40 count the attempt's containers.
const epochShift = 40

// ContainerID names one container. It is comparable, so it can be the key of a map.
type ContainerID struct {
	Attempt AttemptID // the attempt that was given the container; a later attempt may own it by now
	Number  int64     // epoch<<40 | sequence
}

// Epoch returns how often the ResourceManager had been restarted (with recovery) when it gave the id.
func (c ContainerID) Epoch() int64 { return c.Number >> epochShift }

// Sequence returns the container's number within its attempt and epoch.
func (c ContainerID) Sequence() int64 { return c.Number & (1<<epochShift - 1) }

// IsZero says whether c names no container.
func (c ContainerID) IsZero() bool { return c == ContainerID{} }

// String returns YARN's text form, container_1700000000000_0001_01_000002. An epoch above 0 is put in front, as in
// container_e02_1700000000000_0001_01_000002.
func (c ContainerID) String() string {
	epoch := ""
	if c.Epoch() > 0 {
		epoch = fmt.Sprintf("e%02d_", c.Epoch())
	}
	app := c.Attempt.Application
	return fmt.Sprintf("container_%s%d_%04d_%02d_%06d", epoch, app.ClusterTimestamp, app.Number, c.Attempt.Number, c.Sequence())
}

// MarshalText returns the text form, for JSON and logs.
func (c ContainerID) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (c *ContainerID) UnmarshalText(text []byte) error {
	id, err := ParseContainerID(string(text))
	if err != nil {
		return err
	}
	*c = id
	return nil
}

// ParseContainerID reads the text form, for example the variable CONTAINER_ID of a container's environment.
func ParseContainerID(text string) (ContainerID, error) {
	rest, found := strings.CutPrefix(text, "container_")
	parts := strings.Split(rest, "_")
	var epoch int64
	if found && len(parts) == 5 && strings.HasPrefix(parts[0], "e") {
		var err error
		if epoch, err = parseDigits(parts[0][1:], 1<<(63-epochShift)-1); err != nil {
			return ContainerID{}, badContainerID(text)
		}
		parts = parts[1:]
	}
	if !found || len(parts) != 4 {
		return ContainerID{}, badContainerID(text)
	}
	limits := [4]int64{math.MaxInt64, math.MaxInt32, math.MaxInt32, 1<<epochShift - 1}
	var numbers [4]int64
	for i, part := range parts {
		var err error
		if numbers[i], err = parseDigits(part, limits[i]); err != nil {
			return ContainerID{}, badContainerID(text)
		}
	}
	return ContainerID{
		Attempt: AttemptID{
			Application: ApplicationID{ClusterTimestamp: numbers[0], Number: int32(numbers[1])},
			Number:      int32(numbers[2]),
		},
		Number: epoch<<epochShift | numbers[3],
	}, nil
}

func badContainerID(text string) error {
	return fmt.Errorf("container id %.100q: want container_[eNN_]<timestamp>_<application>_<attempt>_<number>", text)
}

// parseDigits reads a decimal number of at most limit. Signs are refused, which strconv would take.
func parseDigits(text string, limit int64) (int64, error) {
	if text == "" || text[0] < '0' || text[0] > '9' {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, strconv.ErrRange
	}
	return n, nil
}

// NodeID names a NodeManager by the address of its RPC server. It is comparable.
type NodeID struct {
	Host string
	Port int32
}

// String returns host:port.
func (n NodeID) String() string { return n.Host + ":" + strconv.Itoa(int(n.Port)) }

func containerIDFrom(p *pb.ContainerId) ContainerID {
	attempt := p.GetAttemptId()
	app := attempt.GetApplicationId()
	return ContainerID{
		Attempt: AttemptID{
			Application: ApplicationID{ClusterTimestamp: app.GetClusterTimestamp(), Number: app.GetId()},
			Number:      attempt.GetAttempt(),
		},
		Number: p.GetId(),
	}
}

func (c ContainerID) toProto() *pb.ContainerId {
	app := c.Attempt.Application
	return &pb.ContainerId{
		AttemptId: &pb.AttemptId{
			ApplicationId: &pb.ApplicationId{Id: &app.Number, ClusterTimestamp: &app.ClusterTimestamp},
			Attempt:       &c.Attempt.Number,
		},
		Id: &c.Number,
	}
}

func nodeIDFrom(p *pb.NodeId) NodeID { return NodeID{Host: p.GetHost(), Port: p.GetPort()} }
