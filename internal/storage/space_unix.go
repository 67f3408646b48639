//go:build linux || darwin

package storage

import "syscall"

// localSpace returns the bytes that this user may still write on a folder's file
// system, and all that it has.
func localSpace(dir string) (free, total int64, err error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, 0, err
	}
	return int64(stat.Bavail) * int64(stat.Bsize), int64(stat.Blocks) * int64(stat.Bsize), nil
}
