//go:build !linux && !darwin

package storage

import "errors"

// localSpace is not known here.
func localSpace(string) (free, total int64, err error) { return 0, 0, errors.ErrUnsupported }
