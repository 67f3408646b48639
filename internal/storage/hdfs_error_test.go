package storage

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

// javaError is an exception as a NameNode sends it: the message with a stack trace.
type javaError struct{ class, message string }

func (e javaError) Method() string    { return "create" }
func (e javaError) Desc() string      { return "ERROR_APPLICATION" }
func (e javaError) Exception() string { return e.class }
func (e javaError) Message() string   { return e.message }
func (e javaError) Error() string     { return "create call failed" }

func TestHDFSReasons(t *testing.T) {
	h, err := newHDFS(Config{User: "alice"}, "nn:9000")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		err    error
		reason Reason
		want   string
	}{
		{javaError{"java.io.FileNotFoundException", "File does not exist: /p\n\tat org.apache"}, NotFound, "write hdfs://nn:9000/p: no such file or folder"},
		{javaError{"org.apache.hadoop.security.AccessControlException", "Permission denied: user=bob\n\tat x"}, Permission, "write hdfs://nn:9000/p: Permission denied: user=bob (AccessControlException)"},
		{javaError{"org.apache.hadoop.hdfs.protocol.DSQuotaExceededException", "The DiskSpace quota of /q is exceeded\n\tat"}, Quota, "write hdfs://nn:9000/p: The DiskSpace quota of /q is exceeded (DSQuotaExceededException)"},
		{javaError{"org.apache.hadoop.hdfs.server.namenode.SafeModeException", "Name node is in safe mode."}, Transient, "write hdfs://nn:9000/p: Name node is in safe mode. (SafeModeException)"},
		{javaError{"java.io.IOException", "could only be written to 0 of the 1 minReplication nodes"}, Transient, "write hdfs://nn:9000/p: could only be written to 0 of the 1 minReplication nodes (IOException)"},
		{javaError{"org.apache.hadoop.fs.ParentNotDirectoryException", "/a is not a directory"}, NotDirectory, "write hdfs://nn:9000/p: /a is not a directory (ParentNotDirectoryException)"},
		{fs.ErrPermission, Permission, `write hdfs://nn:9000/p: permission denied to user "alice"`},
		{syscall.ENOTEMPTY, NotEmpty, "write hdfs://nn:9000/p: directory not empty"},
		{fmt.Errorf("no available namenodes: connection refused"), Transient, "write hdfs://nn:9000/p: no available namenodes: connection refused"},
	} {
		err := h.wrap("write", "/p", &fs.PathError{Op: "create", Path: "/p", Err: test.err})
		wantReason(t, err, test.reason, "", test.want)
		if err.Error() != test.want {
			t.Errorf("got  %s\nwant %s", err, test.want)
		}
	}
}
