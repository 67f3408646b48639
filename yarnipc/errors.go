package yarnipc

import (
	"errors"
	"strings"
)

// RemoteError is an exception that a Hadoop server answered with.
type RemoteError struct {
	Class   string // the Java class, in full
	Message string // its message as one line, without the stack trace
}

// Error returns the class's short name and the message.
func (e *RemoteError) Error() string { return e.shortClass() + ": " + e.Message }

// shortClass returns the class without its package. An inner class keeps its own name: SecretManager$InvalidToken.
func (e *RemoteError) shortClass() string {
	return e.Class[strings.LastIndexByte(e.Class, '.')+1:]
}

// newRemoteError cuts Java's habits from a message: the class in front, the stack trace behind, and line ends between.
func newRemoteError(class, message string) *RemoteError {
	message = strings.TrimPrefix(strings.TrimSpace(message), class+":")
	message, _, _ = strings.Cut(message, "\n\tat ")
	return &RemoteError{Class: class, Message: strings.Join(strings.Fields(message), " ")}
}

// isRemote says whether err is, or wraps, an exception of one of the classes, given by their short names.
func isRemote(err error, classes ...string) bool {
	var remote *RemoteError
	if !errors.As(err, &remote) {
		return false
	}
	for _, class := range classes {
		if remote.shortClass() == class {
			return true
		}
	}
	return false
}

// IsNotRegistered says that the ResourceManager does not know the attempt as registered: it was restarted, or register
// was not called.
func IsNotRegistered(err error) bool {
	return isRemote(err, "ApplicationMasterNotRegisteredException")
}

// IsInvalidToken says that a server refused a token: it is unknown, expired, altered, or its key was rolled away.
func IsInvalidToken(err error) bool { return isRemote(err, "SecretManager$InvalidToken") }

// IsAttemptGone says, of an error of [ResourceManager] or [Master], that this attempt is not the application's current
// one any more. Nothing it does counts from now on, and the process should end.
func IsAttemptGone(err error) bool {
	return errors.Is(err, errShutdown) || IsInvalidToken(err) || isRemote(err, "ApplicationAttemptNotFoundException")
}

// errShutdown is the ResourceManager's AM_SHUTDOWN command.
var errShutdown = errors.New("the resource manager told this application attempt to shut down")

// IsRefusedAsk says that the ResourceManager will not serve an ask: it is larger than the cluster allows, or its node
// label is unknown or not allowed in the queue.
func IsRefusedAsk(err error) bool {
	return isRemote(err, "InvalidResourceRequestException", "InvalidLabelResourceRequestException")
}

// isElsewhere says that another server, or the same one a little later, will answer.
func isElsewhere(err error) bool { return isRemote(err, "StandbyException", "RetriableException") }
