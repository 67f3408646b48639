package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/snapshot"
)

// AppendJSON appends an entry as one JSON object, without a line's end: its state, subtask and key groups, and then what
// its kind has, in the forms of [codec.Schema.AppendJSON]. Times are in RFC 3339; one that was never set is null.
//
//	value, list, map    "key", "value"
//	window              "key", "pane" (its start), "value"
//	session-window      "key", "value": a list of {"start", "end", "fired", "value"}
//	timers              "key", "time"
//	clock               "time"
//	in-flight           "channel", "value" and, if it has one, "time"; or "control" (watermark, idle, active) and "time"
//	lists               "value": JSON where the bytes are an object or a list in JSON, a string where they are text,
//	                    else {"base64": …}
func (s *State) AppendJSON(dst []byte, e *Entry) ([]byte, error) {
	dst = codec.AppendJSONString(append(dst, `{"state":`...), []byte(s.Info.Name))
	dst = strconv.AppendInt(append(dst, `,"subtask":`...), int64(e.Subtask), 10)
	switch {
	case s.form == formClock:
		dst = strconv.AppendInt(append(dst, `,"first-key-group":`...), int64(e.FirstKG), 10)
		dst = strconv.AppendInt(append(dst, `,"last-key-group":`...), int64(e.LastKG), 10)
	case e.FirstKG != snapshot.NotKeyed:
		dst = strconv.AppendInt(append(dst, `,"key-group":`...), int64(e.FirstKG), 10)
	}
	var err error
	if s.key != nil {
		if dst, _, err = s.key.AppendJSON(append(dst, `,"key":`...), e.Key); err != nil {
			return nil, err
		}
	}
	if s.form == formPane {
		dst = appendMillis(append(dst, `,"pane":`...), e.Time)
	}
	if s.form == formInFlight {
		dst = strconv.AppendUint(append(dst, `,"channel":`...), e.Channel, 10)
		if dst, err = s.appendInFlight(dst, e); err != nil {
			return nil, err
		}
		return append(dst, '}'), nil
	}
	name := `,"value":`
	if s.value == nil && s.form != formList {
		name = `,"time":`
	}
	if dst, err = s.AppendValue(append(dst, name...), e); err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// AppendName appends what an entry is of, for people: its key as JSON, with the pane of a window; the key groups of a
// clock; nothing in a list.
func (s *State) AppendName(dst []byte, e *Entry) (_ []byte, err error) {
	if s.form == formClock {
		return fmt.Appendf(dst, "key groups %d-%d", e.FirstKG, e.LastKG), nil
	}
	if s.key != nil {
		if dst, _, err = s.key.AppendJSON(dst, e.Key); err != nil {
			return nil, err
		}
	}
	if s.form == formPane {
		dst = appendMillis(append(dst, " pane "...), e.Time)
	}
	return dst, nil
}

// AppendValue appends an entry's value as JSON: the time of a timer or clock, else what is kept.
func (s *State) AppendValue(dst []byte, e *Entry) (_ []byte, err error) {
	switch {
	case s.form == formList:
		return appendAny(dst, e.Value), nil
	case s.form == formInFlight && e.Control != "":
		dst = append(append(append(dst, '"'), e.Control...), '"')
		return dst, nil
	case s.value == nil:
		return appendMillis(dst, e.Time), nil
	case s.sessions:
		return s.appendSessions(dst, e.Value)
	}
	dst, _, err = s.value.AppendJSON(dst, e.Value)
	return dst, err
}

// appendSessions writes the open sessions of a key with their times as people read them.
func (s *State) appendSessions(dst, list []byte) ([]byte, error) {
	acc := s.value.Elem.Fields[3].Type
	count, at, err := codec.Length(list)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for i := range count {
		if i > 0 {
			dst = append(dst, ',')
		}
		for _, name := range []string{`{"start":`, `,"end":`} {
			t, n, err := codec.Int64(list[at:])
			if err != nil {
				return nil, err
			}
			at += n
			dst = appendMillis(append(dst, name...), t)
		}
		dst = strconv.AppendBool(append(dst, `,"fired":`...), list[at] == 1)
		var n int
		if dst, n, err = acc.AppendJSON(append(dst, `,"value":`...), list[at+1:]); err != nil {
			return nil, err
		}
		at += 1 + n
		dst = append(dst, '}')
	}
	return append(dst, ']'), nil
}

// appendMillis writes a time in ms; the time before all others stands for none.
func appendMillis(dst []byte, ms int64) []byte {
	if ms == math.MinInt64 {
		return append(dst, "null"...)
	}
	seconds, rest := ms/1000, ms%1000
	if rest < 0 {
		seconds, rest = seconds-1, rest+1000
	}
	return codec.AppendJSONTime(dst, seconds, rest*1e6)
}

// appendAny writes bytes of which nothing is known.
func appendAny(dst, b []byte) []byte {
	if trimmed := bytes.TrimSpace(b); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && json.Valid(b) {
		buf := bytes.NewBuffer(dst)
		if json.Compact(buf, b) == nil {
			return buf.Bytes()
		}
	}
	if utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }) < 0 {
		return codec.AppendJSONString(dst, b)
	}
	dst = append(dst, `{"base64":"`...)
	return append(base64.StdEncoding.AppendEncode(dst, b), `"}`...)
}
