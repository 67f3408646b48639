package stream

import (
	"errors"

	"github.com/weft-stream/weft/internal/task"
)

// fail fails the running task with a message.
func fail(message, location string) { task.Fail(errors.New(message), location) }
