package conf

import (
	"cmp"
	"errors"
	"fmt"
)

// Check finds settings that are each allowed but contradict each other. It can be asked only when
// all origins have spoken. The error joins all that it finds, one line each, and names both sides
// with their origins.
func (c *Conf) Check() error {
	return errors.Join(
		notAbove(c, Parallelism, MaxParallelism),
		notAbove(c, HeartbeatInterval, HeartbeatTimeout),
		notAbove(c, BackoffInitial, BackoffMax),
	)
}

// notAbove checks that the value of a is at most that of b.
func notAbove[T cmp.Ordered](c *Conf, a, b *Key[T]) error {
	low, high := Get(c, a), Get(c, b)
	if low <= high {
		return nil
	}
	return fmt.Errorf("%s is %s (%s), above %s, which is %s (%s)",
		a.Name, a.kind.format(low), c.Origin(a.Name), b.Name, b.kind.format(high), c.Origin(b.Name))
}
