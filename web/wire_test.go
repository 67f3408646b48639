package web

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/appmaster/api"
)

var update = flag.Bool("update", false, "write src/wire.ts from the Go types")

// TestWire keeps the page's idea of the API equal to the master's: src/wire.ts
// is what Go's types say.
func TestWire(t *testing.T) {
	const name = "src/wire.ts"
	want := wireTypes(reflect.TypeFor[api.Job]())
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what package api says; run go test ./web -run Wire -update, then web/build (-want +got):\n%s", name, diff)
	}
}

// wireTypes writes a type and all that it is made of as TypeScript.
func wireTypes(root reflect.Type) string {
	var text strings.Builder
	text.WriteString("// Written by `go test ./web -run Wire -update` from the Go package appmaster/api,\n" +
		"// which says what each field means. Do not edit.\n")
	queue, seen := []reflect.Type{root}, map[reflect.Type]bool{root: true}
	for len(queue) > 0 {
		of := queue[0]
		queue = queue[1:]
		fmt.Fprintf(&text, "\nexport interface %s {\n", of.Name())
		for i := range of.NumField() {
			field := of.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if strings.Contains(name, "-") {
				name = `"` + name + `"`
			}
			written, inner := wireType(field.Type)
			fmt.Fprintf(&text, "  %s: %s;\n", name, written)
			if inner != nil && !seen[inner] {
				queue, seen[inner] = append(queue, inner), true
			}
		}
		text.WriteString("}\n")
	}
	return text.String()
}

// wireType is a type in TypeScript's words, and the struct in it.
func wireType(of reflect.Type) (string, reflect.Type) {
	switch of.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number", nil
	case reflect.Struct:
		return of.Name(), of
	case reflect.Slice:
		written, inner := wireType(of.Elem())
		return written + "[]", inner
	case reflect.Pointer:
		written, inner := wireType(of.Elem())
		return written + " | null", inner
	}
	panic("no word for " + of.String())
}
