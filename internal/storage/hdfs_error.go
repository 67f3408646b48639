package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/colinmarc/hdfs/v2"
)

// hdfsReasons are the Java exceptions of a NameNode that will not pass, by the
// last part of their class names. All others are taken as transient: safe mode,
// a standby, too few DataNodes, a lease lost.
// Source: the exceptions that ClientProtocol declares, Hadoop 3.4.
var hdfsReasons = map[string]Reason{
	"FileNotFoundException":                               NotFound,
	"AccessControlException":                              Permission,
	"AuthorizationException":                              Permission,
	"SecretManager$InvalidToken":                          Permission,
	"FileAlreadyExistsException":                          Exists,
	"AlreadyBeingCreatedException":                        Exists,
	"ParentNotDirectoryException":                         NotDirectory,
	"PathIsNotDirectoryException":                         NotDirectory,
	"PathIsNotEmptyDirectoryException":                    NotEmpty,
	"QuotaExceededException":                              Quota,
	"NSQuotaExceededException":                            Quota,
	"DSQuotaExceededException":                            Quota,
	"QuotaByStorageTypeExceededException":                 Quota,
	"HadoopIllegalArgumentException":                      Invalid,
	"InvalidPathException":                                Invalid,
	"UnresolvedPathException":                             Invalid,
	"PathComponentTooLongException":                       Invalid,
	"FSLimitException$PathComponentTooLongException":      Invalid,
	"FSLimitException$MaxDirectoryItemsExceededException": Quota,
	"SnapshotAccessControlException":                      Permission,
	"RpcNoSuchProtocolException":                          Invalid,
	"RpcServerException":                                  Invalid,
}

// hdfsReason finds the reason of an error of the library, and its cause in a
// line without the path, which the error line names anyway.
func hdfsReason(err error, user string) (Reason, error) {
	var remote hdfs.Error
	if errors.As(err, &remote) {
		class := remote.Exception()[strings.LastIndexByte(remote.Exception(), '.')+1:]
		reason := hdfsReasons[class] // Transient if unknown
		switch reason {
		case NotFound:
			return reason, errNotFound
		case Exists:
			return reason, errExists
		}
		message, _, _ := strings.Cut(remote.Message(), "\n") // a Java stack trace follows
		return reason, fmt.Errorf("%s (%s)", strings.TrimSpace(message), class)
	}
	// The library replaces some exceptions by errors of the operating system.
	switch {
	case errors.Is(err, syscall.ENOTEMPTY): // first: it is a kind of fs.ErrExist too
		return NotEmpty, syscall.ENOTEMPTY
	case errors.Is(err, fs.ErrNotExist):
		return NotFound, errNotFound
	case errors.Is(err, fs.ErrExist):
		return Exists, errExists
	case errors.Is(err, fs.ErrPermission):
		return Permission, fmt.Errorf("permission denied to user %q", user)
	case errors.Is(err, fs.ErrInvalid):
		return Invalid, errors.New("not a name that HDFS allows")
	case errors.Is(err, errFolder):
		return Invalid, errFolder
	}
	var inPath *fs.PathError
	if errors.As(err, &inPath) {
		err = inPath.Err
	}
	return Transient, err
}
