package storage

import (
	"errors"
	"io/fs"
)

// Reason says why an operation failed, and so whether to try again.
type Reason int

// The reasons. Only Transient may pass by itself.
const (
	Transient    Reason = iota // out of reach, or an unknown fault: may pass
	NotFound                   // no such file or folder
	Exists                     // the name is taken
	Permission                 // not allowed, or not logged in
	Quota                      // a quota or the disk is full
	NotDirectory               // a parent is a file
	NotEmpty                   // a folder that still holds something
	Invalid                    // a name, argument or setting that can never work
	Torn                       // a file that is shorter or other than promised
)

// Error is every error of this package: one line that says what failed, where
// and why. errors.Is finds fs.ErrNotExist, fs.ErrExist and fs.ErrPermission.
type Error struct {
	Op     string // "open", "write", "rename", ...
	URI    string // the full name
	Reason Reason
	Err    error // the cause, without operation and name
}

// Error is "op uri: cause".
func (e *Error) Error() string { return e.Op + " " + e.URI + ": " + e.Err.Error() }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is lets the errors of package io/fs stand for their reasons.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.Reason == NotFound
	case fs.ErrExist:
		return e.Reason == Exists
	case fs.ErrPermission:
		return e.Reason == Permission
	}
	return false
}

// ReasonOf is the Reason of an error of this package, and Transient for any
// other error.
func ReasonOf(err error) Reason {
	if e, ok := asError(err); ok {
		return e.Reason
	}
	return Transient
}

// IsTransient says whether err is an error of this package that may pass by
// itself, so that trying again makes sense.
func IsTransient(err error) bool {
	e, ok := asError(err)
	return ok && e.Reason == Transient
}

func asError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// The causes that are said in our words, since those of the operating system
// and of Hadoop differ.
var (
	errNotFound = errors.New("no such file or folder")
	errExists   = errors.New("already exists")
	errFolder   = errors.New("is a folder, not a file")
)
