package conf

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// level is the precedence of an origin: the higher one wins.
type level int

const (
	levelDefault level = iota
	levelFlinkFile
	levelFile
	levelFlag
	levelDynamic
	levelCode
)

// Origin says where a value was given. The zero Origin is the built-in default.
type Origin struct {
	level level
	where string
}

// FromFile is the origin of a value in weft-conf.yaml. Lines count from 1.
func FromFile(path string, line int) Origin { return fileOrigin(levelFile, path, line) }

// FromFlag is the origin of a value given by a flag of its own, such as "-ytm".
func FromFlag(flag string) Origin { return Origin{levelFlag, flag} }

// FromDynamic is the origin of a value given as name=value behind the flag -D or -yD.
func FromDynamic(flag string) Origin { return Origin{levelDynamic, flag} }

// FromCode is the origin of a value set by the job's program; where is its "file.go:line".
func FromCode(where string) Origin { return Origin{levelCode, where} }

func fileOrigin(l level, path string, line int) Origin {
	return Origin{l, path + ":" + strconv.Itoa(line)}
}

// String is the origin as a user should read it: "default", "conf/weft-conf.yaml:12", "-yD".
func (o Origin) String() string {
	if o.level == levelDefault {
		return "default"
	}
	return o.where
}

// originJSON is the wire form of an Origin.
type originJSON struct {
	Level int    `json:"level"`
	Where string `json:"where,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (o Origin) MarshalJSON() ([]byte, error) {
	return json.Marshal(originJSON{int(o.level), o.where})
}

// UnmarshalJSON implements [json.Unmarshaler]; a precedence that does not exist is an error.
func (o *Origin) UnmarshalJSON(b []byte) error {
	var w originJSON
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.Level < int(levelDefault) || w.Level > int(levelCode) {
		return fmt.Errorf("origin of a setting has the unknown precedence %d", w.Level)
	}
	*o = Origin{level(w.Level), w.Where}
	return nil
}
