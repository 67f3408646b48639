package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/weft-stream/weft/client/internal/program"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/storage"
	"github.com/weft-stream/weft/yarnipc"
)

// staging is the cluster's file system as a submission uses it:
//
//	<home>/.weft/programs/<sha-256>    programs by their content: never uploaded twice
//	<home>/.weft/<application id>/     one application's own files, until it is over
type staging struct {
	ui          *voice.UI
	fs          storage.FS
	home        string // <home>/.weft
	dir         string // the application's own folder
	replication int
}

// folderMode and secretMode keep what is staged to the user.
const (
	folderMode  = 0o700
	secretMode  = 0o600
	programMode = 0o755
)

// openStaging makes the application's folder.
func (a *app) openStaging(ctx context.Context, s *submission, application string, undone *undo) (*staging, error) {
	fs, home, err := s.cluster.home(s.files, s.conf)
	if err != nil {
		return nil, err
	}
	g := &staging{ui: a.ui, fs: fs, home: home, dir: path.Join(home, application), replication: conf.Get(s.conf, conf.FileReplication)}
	for _, dir := range []string{home, path.Join(home, "programs"), g.dir} {
		if err := fs.MkdirAll(ctx, dir, folderMode); err != nil {
			return nil, fmt.Errorf("the staging folder cannot be made: %w", s.cluster.fileError(err))
		}
	}
	undone.add(func(ctx context.Context) error { return fs.RemoveAll(ctx, g.dir) })
	return g, nil
}

// program puts the executable where its content says, unless it is there.
// Another submission may be doing the same just now: whoever is first wins, and
// the file is never replaced, for YARN refuses one that changes.
func (g *staging) program(ctx context.Context, executable string) (jobspec.Resource, error) {
	digest, size, err := program.Digest(executable)
	if err != nil {
		return jobspec.Resource{}, fmt.Errorf("program %s cannot be read: %w", executable, err)
	}
	name := path.Join(g.home, "programs", digest)
	info, err := g.fs.Stat(ctx, name)
	if errors.Is(err, iofs.ErrNotExist) {
		began := time.Now()
		err = g.copy(ctx, executable, name, storage.CreateOptions{Perm: programMode, Replication: g.replication})
		if err == nil {
			g.ui.EndStatus()
			g.ui.Note("uploaded the program, %s in %.1f s; it stays for the next run", voice.Bytes(size), time.Since(began).Seconds())
		}
		if err == nil || errors.Is(err, iofs.ErrExist) {
			info, err = g.fs.Stat(ctx, name)
		}
	}
	if err == nil && info.Size != size {
		err = fmt.Errorf("%s is not the file that its name says: remove it", g.fs.URI(name))
	}
	return g.resource(jobspec.ProgramName, name, info, true), err
}

// upload copies a file of this machine into the application's folder.
func (g *staging) upload(ctx context.Context, as, from, to string, mode os.FileMode) (jobspec.Resource, error) {
	options := storage.CreateOptions{Overwrite: true, Perm: mode, Replication: g.replication}
	if err := g.copy(ctx, from, to, options); err != nil {
		return jobspec.Resource{}, err
	}
	info, err := g.fs.Stat(ctx, to)
	return g.resource(as, to, info, false), err
}

// copy copies a file of this machine. The copy appears only when it is whole.
func (g *staging) copy(ctx context.Context, from, to string, options storage.CreateOptions) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	return g.fs.WriteFile(ctx, to, options, func(w io.Writer) error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := io.Copy(w, &metered{Reader: file, ui: g.ui, name: filepath.Base(from), total: stat.Size()})
		return err
	})
}

// write puts text into the application's folder.
func (g *staging) write(ctx context.Context, name string, text []byte) (jobspec.Resource, error) {
	to := path.Join(g.dir, name)
	options := storage.CreateOptions{Overwrite: true, Perm: secretMode, Replication: g.replication}
	err := g.fs.WriteFile(ctx, to, options, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(text))
		return err
	})
	if err != nil {
		return jobspec.Resource{}, err
	}
	info, err := g.fs.Stat(ctx, to)
	return g.resource(name, to, info, false), err
}

// secret puts the application's secret where its user finds it again.
func (g *staging) secret(ctx context.Context, secret []byte) error {
	credentials := &yarnipc.Credentials{Secrets: map[string][]byte{jobspec.SecretName: secret}}
	_, err := g.write(ctx, credentialsFile, credentials.Bytes())
	return err
}

func (g *staging) resource(name, at string, info storage.Info, private bool) jobspec.Resource {
	return jobspec.Resource{Name: name, URI: g.fs.URI(at), Size: info.Size, Timestamp: info.ModTime.UnixMilli(), Private: private}
}

// metered shows how far an upload is.
type metered struct {
	io.Reader
	ui    *voice.UI
	name  string
	done  int64
	total int64
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.done += int64(n)
	if m.total > 0 {
		m.ui.Progress("uploading %s: %s of %s (%d %%)", m.name, voice.Bytes(m.done), voice.Bytes(m.total), m.done*100/m.total)
	}
	return n, err
}
