package snapshot

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	magic         = "WEFTSNAP"
	fixedHeader   = len(magic) + 4 + 8 + 8
	checksumBytes = 4
	// maxMetadata bounds what is read into memory as _metadata, in bytes.
	maxMetadata = 256 << 20
)

// What can be wrong with a snapshot; the errors of this package wrap these.
var (
	ErrUnfinished  = errors.New("has no " + MetadataName + ": the checkpoint is unfinished or was discarded")
	ErrNotSnapshot = errors.New("is not a snapshot of weft")
	ErrTruncated   = errors.New("is truncated")
	ErrCorrupt     = errors.New("is damaged")
	ErrNewer       = errors.New("is of a newer format version")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode makes the bytes of _metadata. The handles must carry their inline
// bytes; their offsets in the inline section are set in a copy.
func encode(m *Metadata) ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	placed, inline := m.placeInline()
	text, err := json.Marshal(placed)
	if err != nil {
		return nil, err
	}
	size := fixedHeader + len(text) + len(inline) + checksumBytes
	if size > maxMetadata {
		return nil, fmt.Errorf("%s would have %d bytes, more than %d: inline less state", MetadataName, size, maxMetadata)
	}
	data := make([]byte, 0, size)
	data = append(data, magic...)
	data = binary.BigEndian.AppendUint32(data, m.version())
	data = binary.BigEndian.AppendUint64(data, uint64(len(text)))
	data = binary.BigEndian.AppendUint64(data, uint64(len(inline)))
	data = append(data, text...)
	data = append(data, inline...)
	return binary.BigEndian.AppendUint32(data, crc32.Checksum(data, castagnoli)), nil
}

// placeInline copies the metadata with inline state taken out into one section.
func (m *Metadata) placeInline() (*Metadata, []byte) {
	placed, inline := *m, []byte(nil)
	placed.Operators = make([]Operator, len(m.Operators))
	for o, operator := range m.Operators {
		subtasks := make([]Subtask, len(operator.Subtasks))
		for s, subtask := range operator.Subtasks {
			subtask.States = append([]Handle(nil), subtask.States...)
			subtasks[s] = subtask
		}
		operator.Subtasks = subtasks
		placed.Operators[o] = operator
	}
	for h := range placed.handles() {
		if h.File == "" {
			h.Offset = int64(len(inline))
			inline = append(inline, h.Inline...)
			h.Inline = nil
		}
	}
	return &placed, inline
}

// decode reads the bytes of _metadata. Its errors continue the sentence that
// starts with the file's name.
func decode(data []byte) (*Metadata, error) {
	if len(data) < len(magic) && bytes.HasPrefix([]byte(magic), data) {
		return nil, fmt.Errorf("%w: only %d bytes are left", ErrTruncated, len(data))
	}
	if !bytes.HasPrefix(data, []byte(magic)) {
		return nil, ErrNotSnapshot
	}
	if len(data) < fixedHeader+checksumBytes {
		return nil, fmt.Errorf("%w: only %d bytes are left", ErrTruncated, len(data))
	}
	version := binary.BigEndian.Uint32(data[8:])
	intact := crc32.Checksum(data[:len(data)-checksumBytes], castagnoli) == binary.BigEndian.Uint32(data[len(data)-checksumBytes:])
	if version > Version && intact {
		return nil, fmt.Errorf("%w: it has version %d, this build reads up to %d", ErrNewer, version, Version)
	}
	text, inline, err := sections(data)
	known := version >= 1 && version <= Version
	if known && err != nil && !intact {
		return nil, err
	}
	if !intact {
		return nil, fmt.Errorf("%w: its checksum does not match", ErrCorrupt)
	}
	if !known || err != nil {
		return nil, fmt.Errorf("%w: its checksum matches, but not its header (version %d)", ErrCorrupt, version)
	}
	m, err := parse(text, inline)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if m.version() > version {
		return nil, fmt.Errorf("%w: a snapshot of version %d cannot be incremental", ErrCorrupt, version)
	}
	return m, nil
}

// sections splits the body by the lengths in the header. One that is too short
// for them was cut.
func sections(data []byte) (text, inline []byte, err error) {
	body := uint64(len(data) - fixedHeader - checksumBytes)
	textLength := binary.BigEndian.Uint64(data[12:])
	inlineLength := binary.BigEndian.Uint64(data[20:])
	switch {
	case textLength > maxMetadata || inlineLength > maxMetadata || textLength+inlineLength < body:
		return nil, nil, fmt.Errorf("%w: its sections are said to have %d and %d bytes in a body of %d", ErrCorrupt, textLength, inlineLength, body)
	case textLength+inlineLength > body:
		return nil, nil, fmt.Errorf("%w: %d bytes are missing", ErrTruncated, textLength+inlineLength-body)
	}
	rest := data[fixedHeader:]
	return rest[:textLength:textLength], rest[textLength : textLength+inlineLength : textLength+inlineLength], nil
}

// parse reads the JSON, gives inline handles their bytes, and checks the whole.
func parse(text, inline []byte) (*Metadata, error) {
	var m Metadata
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a new field is a new version: an old build must not overlook it
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one json value")
	}
	for h := range m.handles() {
		if h.Inline != nil {
			return nil, errors.New("inline state within the json")
		}
		if h.File != "" {
			continue
		}
		if h.Offset < 0 || h.Length < 0 || h.Length > int64(len(inline)) || h.Offset > int64(len(inline))-h.Length {
			return nil, fmt.Errorf("state %q lies outside the inline section", h.State)
		}
		h.Inline = inline[h.Offset : h.Offset+h.Length : h.Offset+h.Length]
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	return &m, nil
}
