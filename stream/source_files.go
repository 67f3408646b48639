package stream

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"path"
	"sort"
	"strings"

	"github.com/weft-stream/weft/internal/storage"
)

// Lines reads the lines of a text file, or of all files in a folder (names that
// begin with . or _ left out), once. The path may name a file system: file:///…,
// hdfs://…. Files are dealt out over the subtasks; a file is read by one of them.
func Lines(env *Env, uid, location string) *Stream[string] {
	options := SourceOptions{Name: "Lines " + path.Base(location), Replayable: true, Bounded: true}
	return From(env, uid, options, func() Source[string] {
		return &fileSource{location: location}
	})
}

// filePlace is a file and how far it was read.
type filePlace struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Done   bool   `json:"done,omitempty"`
}

// fileSource reads its subtask's files one after the other.
type fileSource struct {
	location string
	ctx      *SourceContext
	fs       storage.FS
	places   []filePlace
	at       int
	file     storage.File
	reader   *bufio.Reader
}

func (s *fileSource) Open(ctx *SourceContext, restored bool, places [][]byte) error {
	s.ctx = ctx
	fs, root, err := ctx.files.Resolve(s.location)
	if err != nil {
		return err
	}
	s.fs = fs
	if !restored {
		return s.list(root)
	}
	for _, text := range places {
		var p filePlace
		if err := json.Unmarshal(text, &p); err != nil {
			return fmt.Errorf("place in a file: %w", err)
		}
		s.places = append(s.places, p)
	}
	return nil
}

// list finds the subtask's files: those whose name falls to it by hash, however many
// others there are, since they may be listed again for one subtask only.
func (s *fileSource) list(root string) error {
	info, err := s.fs.Stat(s.ctx.Context, root)
	if err != nil {
		return err
	}
	names := []string{root}
	if info.IsDir {
		names = nil
		entries, err := s.fs.List(s.ctx.Context, root)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.IsDir && !strings.HasPrefix(e.Name, ".") && !strings.HasPrefix(e.Name, "_") {
				names = append(names, path.Join(root, e.Name))
			}
		}
	}
	sort.Strings(names)
	for _, name := range names {
		h := fnv.New32a()
		io.WriteString(h, name)
		if !info.IsDir && s.ctx.Subtask == 0 || info.IsDir && int(h.Sum32()%uint32(s.ctx.Parallelism)) == s.ctx.Subtask {
			s.places = append(s.places, filePlace{File: name})
		}
	}
	return nil
}

func (s *fileSource) Poll(out *Emitter[string]) (Next, error) {
	for s.at < len(s.places) && s.places[s.at].Done {
		s.at++
	}
	if s.at == len(s.places) {
		return End(), nil
	}
	place := &s.places[s.at]
	if s.file == nil {
		if err := s.open(place); err != nil {
			return Next{}, err
		}
	}
	for range s.ctx.PollSize() {
		line, err := s.readLine()
		if len(line) > 0 && (err == nil || errors.Is(err, io.EOF)) {
			place.Offset += int64(len(line))
			out.Emit(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
		}
		if errors.Is(err, io.EOF) {
			place.Done = true
			err = s.file.Close()
			s.file = nil
			return Again(), err
		}
		if err != nil {
			return Next{}, fmt.Errorf("%s: %w", place.File, err)
		}
	}
	return Again(), nil
}

// readLine returns the next line with its end; with io.EOF what is left of the file.
func (s *fileSource) readLine() (string, error) {
	part, err := s.reader.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return string(part), err
	}
	line := append([]byte(nil), part...)
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(line) > maxLine {
			return "", fmt.Errorf("a line is longer than %d bytes", maxLine)
		}
		part, err = s.reader.ReadSlice('\n')
		line = append(line, part...)
	}
	return string(line), err
}

func (s *fileSource) open(place *filePlace) error {
	file, err := s.fs.Open(s.ctx.Context, place.File)
	if err != nil {
		return err
	}
	if _, err := file.Seek(place.Offset, io.SeekStart); err != nil {
		file.Close()
		return fmt.Errorf("%s: go to byte %d: %w", place.File, place.Offset, err)
	}
	s.file = file
	s.reader = bufio.NewReaderSize(file, 256<<10)
	return nil
}

func (s *fileSource) Snapshot() ([][]byte, error) {
	all := make([][]byte, len(s.places))
	for i, p := range s.places {
		text, err := json.Marshal(p)
		if err != nil {
			return nil, err
		}
		all[i] = text
	}
	return all, nil
}

func (s *fileSource) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
