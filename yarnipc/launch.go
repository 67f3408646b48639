package yarnipc

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// ResourceType is what a NodeManager does with a file that it has fetched, with YARN's numbers. The zero value means
// [ResourceFile].
type ResourceType int32

// The types of a local resource.
const (
	ResourceArchive ResourceType = 1 // unpacked into a folder
	ResourceFile    ResourceType = 2 // left as it is
)

// ResourceVisibility is who shares a fetched file, with YARN's numbers. The zero value means [VisibleToApplication].
type ResourceVisibility int32

// The visibilities of a local resource.
const (
	VisibleToAll         ResourceVisibility = 1 // fetched once per node; file and folders must be readable for everyone
	VisibleToUser        ResourceVisibility = 2
	VisibleToApplication ResourceVisibility = 3
)

// LocalResource is a file that a NodeManager fetches into the container's working folder before it starts.
type LocalResource struct {
	URL        string    // such as hdfs://namenode:8020/path or hdfs://nameservice/path
	Size       int64     // bytes; shown only
	ModTime    time.Time // the file's exact modification time: in any other millisecond the container fails with -1000
	Type       ResourceType
	Visibility ResourceVisibility
}

// LaunchContext says what runs in a container.
type LaunchContext struct {
	// Command is a line for bash. The NodeManager replaces <LOG_DIR> by the container's log folder and {{X}} by $X, and
	// puts double quotes around the line: write arguments with [ShellWord].
	// Start the program with exec, so that it is the process that is stopped: "exec ./worker 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr".
	// Other users of the node can read it: no secrets.
	Command string
	// Env are more environment variables. Their values arrive as they are, but for the placeholders of Command. No
	// secrets here either.
	Env map[string]string
	// LocalResources by the name they get in the working folder.
	LocalResources map[string]LocalResource
	// Credentials arrive in the file that HADOOP_TOKEN_FILE_LOCATION names; the place for secrets. May be nil.
	Credentials *Credentials
}

func (l LaunchContext) toProto() (*pb.LaunchContext, error) {
	if err := checkCommand(l.Command); err != nil {
		return nil, err
	}
	message := &pb.LaunchContext{Command: []string{l.Command}}
	for _, name := range slices.Sorted(maps.Keys(l.Env)) {
		if err := checkVariable(name, l.Env[name]); err != nil {
			return nil, err
		}
		value := escapeDoubleQuoted(l.Env[name])
		message.Environment = append(message.Environment, &pb.LaunchContext_Variable{Name: proto.String(name), Value: &value})
	}
	for _, name := range slices.Sorted(maps.Keys(l.LocalResources)) {
		resource, err := l.LocalResources[name].toProto()
		if err != nil {
			return nil, fmt.Errorf("local resource %q: %w", name, err)
		}
		message.LocalResources = append(message.LocalResources, &pb.LaunchContext_Resource{Name: proto.String(name), Resource: resource})
	}
	if l.Credentials != nil {
		message.Tokens = l.Credentials.Bytes()
	}
	return message, nil
}

func (r LocalResource) toProto() (*pb.LocalResource, error) {
	location, err := parseURL(r.URL)
	if err != nil {
		return nil, err
	}
	if r.Type == 0 {
		r.Type = ResourceFile
	}
	if r.Visibility == 0 {
		r.Visibility = VisibleToApplication
	}
	return &pb.LocalResource{
		Resource:   location,
		Size:       &r.Size,
		Timestamp:  proto.Int64(r.ModTime.UnixMilli()),
		Type:       proto.Int32(int32(r.Type)),
		Visibility: proto.Int32(int32(r.Visibility)),
	}, nil
}

// parseURL takes a file's URL apart as YARN wants it: the path without escapes, no port where there is none.
func parseURL(text string) (*pb.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme == "" || u.Path == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("url %q: want scheme://host:port/path", text)
	}
	location := &pb.URL{Scheme: &u.Scheme, File: &u.Path}
	if host := u.Hostname(); host != "" {
		location.Host = &host
	}
	if u.Port() != "" {
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return nil, fmt.Errorf("url %q: port %s is above 65535", text, u.Port())
		}
		location.Port = proto.Int32(int32(port))
	}
	if user := u.User.Username(); user != "" {
		location.UserInfo = &user
	}
	return location, nil
}
