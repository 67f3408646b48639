package client

import (
	"context"
	"fmt"
	iofs "io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/jobspec"
)

// shipped is one file that -yt gives to every container.
type shipped struct {
	from string // on this machine
	name string // in the container's working folder: lib/data/words.txt
}

// listShipped lists the files below the folders and files that the user ships.
// A folder keeps its name in the container.
func listShipped(paths []string, where string) ([]shipped, error) {
	var list []shipped
	taken := map[string]string{jobspec.ProgramName: "the program", jobspec.FileName: "the job's specification"}
	for _, given := range paths {
		absolute, err := filepath.Abs(given)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(absolute, func(file string, entry iofs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			below, err := filepath.Rel(filepath.Dir(absolute), file)
			if err != nil {
				return err
			}
			name := filepath.ToSlash(below)
			if other := taken[name]; other != "" {
				return fmt.Errorf("%s of %s would take the place of %s", name, given, other)
			}
			taken[name] = given
			list = append(list, shipped{from: file, name: name})
			return nil
		})
		if os.IsNotExist(err) {
			return nil, fmt.Errorf("%s: %s does not exist", where, given)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	return list, nil
}

// ship uploads files into the application's folder.
func (g *staging) ship(ctx context.Context, files []shipped) ([]jobspec.Resource, error) {
	var resources []jobspec.Resource
	for _, f := range files {
		to := path.Join(g.dir, "ship", f.name)
		if err := g.fs.MkdirAll(ctx, path.Dir(to), folderMode); err != nil {
			return nil, err
		}
		info, err := os.Stat(f.from)
		if err != nil {
			return nil, err
		}
		resource, err := g.upload(ctx, f.name, f.from, to, info.Mode().Perm())
		if err != nil {
			return nil, err
		}
		resources = append(resources, resource)
	}
	if len(files) > 0 {
		g.ui.EndStatus()
		g.ui.Note("shipped %s", voice.Plural(len(files), "file"))
	}
	return resources, nil
}
