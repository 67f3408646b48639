package storage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// FS is a file system. Names are absolute slash-separated paths on it. All
// methods may be called concurrently; all errors are [*Error].
type FS interface {
	// URI is the full name of a path, such as "hdfs://ns/a/b" or "file:///a/b".
	URI(name string) string

	// Open opens a file for reading. The context bounds the life of the File:
	// when it ends, reads fail. A folder is refused.
	Open(ctx context.Context, name string) (File, error)

	// Create starts a file that appears under its name on Commit. It makes no
	// parent folder: a late write into a discarded checkpoint must fail rather
	// than bring its folder back. A failed write is not retried; see WriteFile.
	Create(ctx context.Context, name string, opts CreateOptions) (Writer, error)

	// WriteFile writes a whole file, which appears at once or not at all. On a
	// fault that may pass, fill is called again from the start, so it must
	// write the same bytes each time. An error of fill's own is returned as it
	// is. Like Create, it makes no parent folder.
	WriteFile(ctx context.Context, name string, opts CreateOptions, fill func(io.Writer) error) error

	// Stat describes a file or folder.
	Stat(ctx context.Context, name string) (Info, error)

	// List describes what is in a folder, sorted by name, without the temporary
	// files of writers at work.
	List(ctx context.Context, dir string) ([]Info, error)

	// ListAll is List with the temporary files: those of writers at work, and what
	// writers have left that died at it. TemporaryOf tells which file one was to become.
	ListAll(ctx context.Context, dir string) ([]Info, error)

	// Rename moves a file or folder and refuses a new name that exists. On HDFS
	// the new name is looked up just before the move, since the library can only
	// move over files: of two callers racing for one name within that moment,
	// the last one wins.
	Rename(ctx context.Context, oldName, newName string) error

	// Replace moves a file over another one, atomically. It is how small pointer
	// files are updated.
	Replace(ctx context.Context, oldName, newName string) error

	// Remove removes a file or an empty folder.
	Remove(ctx context.Context, name string) error

	// RemoveAll removes a file, or a folder with all that is in it. That nothing
	// is there is no error.
	RemoveAll(ctx context.Context, name string) error

	// MkdirAll makes a folder and the parents that it lacks, all with perm less
	// the umask. That it exists is no error.
	MkdirAll(ctx context.Context, name string, perm fs.FileMode) error

	// Note returns the note that a file was written with (CreateOptions.Note). It
	// is nil if there is none, or if the system keeps none: the file itself must
	// say as much.
	Note(ctx context.Context, name string) ([]byte, error)

	// SetPermission sets the permission bits of a file or folder.
	SetPermission(ctx context.Context, name string, perm fs.FileMode) error

	// Space tells how much room there is below a folder. On a system that cannot
	// tell it is an error.
	Space(ctx context.Context, dir string) (Space, error)

	// Close closes idle connections. Only the Resolver that made the FS calls it.
	Close() error
}

// File is a file open for reading. Methods may be called concurrently, but
// Read and Seek share one position. A read that meets the end of the file before
// Size bytes is an error, never a quiet end.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
	// Size is the file's length in bytes when it was opened.
	Size() int64
}

// Writer writes one file. It must not be used concurrently, and Commit or
// Abort must be called, else a temporary file and a connection are left behind.
type Writer interface {
	io.Writer
	// Commit makes the file durable and lets it appear under its name. When it
	// fails, nothing has appeared and the writer is aborted.
	Commit() error
	// Abort removes what was written. After Commit it does nothing, so it can be
	// deferred.
	Abort() error
}

// CreateOptions are the options of FS.Create and FS.WriteFile.
type CreateOptions struct {
	Overwrite   bool        // replace an existing file; else that is an error
	Perm        fs.FileMode // permission bits, less the umask; 0 means 0644
	Replication int         // HDFS: number of replicas; 0 means dfs.replication, else the cluster's default

	// InPlace, of WriteFile, is for a new name that has random bits, that nobody looks for before it is told, and whose file is
	// held against its size then. On HDFS it grows under that name: that no temporary file is renamed saves the NameNode four of
	// eight questions. Elsewhere it changes nothing.
	InPlace bool

	// Note, of WriteFile and not in place, is kept beside the file's attributes, at most MaxNote bytes: who wants no more of many
	// files is spared reading them. On HDFS the NameNode keeps it (an extended attribute), and answers in a tenth of the time that
	// a DataNode takes. It is lost without an error where that is switched off; local files have none.
	Note []byte
}

// MaxNote bounds a note: the NameNode keeps it in memory. HDFS itself allows 16 KiB.
const MaxNote = 2 << 10

func (o CreateOptions) perm() fs.FileMode {
	if o.Perm == 0 {
		return 0o644
	}
	return o.Perm.Perm()
}

// Info describes a file or folder.
type Info struct {
	Name    string      // base name
	Size    int64       // bytes; 0 for a folder
	ModTime time.Time   // on HDFS exact to the millisecond, as YARN wants it for a local resource
	IsDir   bool        // whether it is a folder
	Perm    fs.FileMode // permission bits
	Owner   string      // HDFS only
}

// ReadFile reads a whole file of at most limit bytes. A file that gives fewer
// bytes than its size is refused as Torn.
func ReadFile(ctx context.Context, fsys FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > limit {
		return nil, &Error{
			Op: "read", URI: fsys.URI(name), Reason: Invalid,
			Err: fmt.Errorf("%d bytes, more than the %d that can be right here", f.Size(), limit),
		}
	}
	data := make([]byte, f.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, readError(fsys, name, err)
	}
	return data, nil
}

// OpenSized opens a file that must be size bytes long, and is refused as Torn
// if it is not: HDFS reads a file whose writer died as empty, without an error.
func OpenSized(ctx context.Context, fsys FS, name string, size int64) (File, error) {
	f, err := fsys.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	if f.Size() != size {
		f.Close()
		return nil, &Error{
			Op: "open", URI: fsys.URI(name), Reason: Torn,
			Err: fmt.Errorf("%d bytes long instead of %d: it was cut short or replaced", f.Size(), size),
		}
	}
	return f, nil
}

// readError makes the end of a file that came too early a Torn error.
func readError(fsys FS, name string, err error) error {
	if e, ok := asError(err); ok {
		return e
	}
	reason := Transient
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		reason, err = Torn, fmt.Errorf("ends before its size")
	}
	return &Error{Op: "read", URI: fsys.URI(name), Reason: reason, Err: err}
}

// A temporary name is ".<base>.<8 hex>.tmp" beside the file: the leading dot
// hides it from those who list a folder of data files, in Hadoop too.
const temporarySuffix = ".tmp"

func temporaryName(name string) string {
	var b [4]byte
	rand.Read(b[:]) // never fails, by its documentation
	return path.Join(path.Dir(name), "."+path.Base(name)+"."+hex.EncodeToString(b[:])+temporarySuffix)
}

func isTemporary(base string) bool {
	return strings.HasPrefix(base, ".") && strings.HasSuffix(base, temporarySuffix)
}

// Unfinished describes the temporary files in a folder, sorted by name.
func Unfinished(ctx context.Context, fsys FS, dir string) ([]Info, error) {
	all, err := fsys.ListAll(ctx, dir)
	return slices.DeleteFunc(all, func(info Info) bool { return !isTemporary(info.Name) }), err
}

// TemporaryOf returns the base name of the file that a temporary file of the
// given base name was to become; ok is false for any other name.
func TemporaryOf(base string) (name string, ok bool) {
	const hexDigits = 8
	end := len(base) - len(temporarySuffix) - hexDigits - 1
	if !isTemporary(base) || end < 1 || base[end] != '.' {
		return "", false
	}
	return base[1:end], true
}
