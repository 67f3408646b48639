package codec

import (
	"fmt"
	"reflect"
	"strings"
)

// A field's tag is `weft:"name,was=older,was=oldest"`. The name is what snapshots know the field by; without one it is
// the Go field's. The older names are those under which snapshots of former programs may have it. "-" leaves it out.
const wasOption = ",was="

// fieldLabel returns a field's names as its struct's schema has them, "" for a field that is left out. seen holds the
// fields of the struct before it, by each of their names.
func fieldLabel(f reflect.StructField, seen map[string]string) (string, error) {
	tag := f.Tag.Get("weft")
	if tag == "-" {
		return "", nil
	}
	if !f.IsExported() {
		return "", fmt.Errorf("is not exported, so it can't be stored; export it, or tag it `weft:\"-\"` to leave it out")
	}
	name, options, _ := strings.Cut(tag, ",")
	label := f.Name
	if name != "" {
		label = name
	}
	if options != "" {
		label += "," + options
	}
	for _, one := range strings.Split(label, wasOption) {
		if !validName(one) || strings.Contains(one, ",") {
			return "", fmt.Errorf("its tag `weft:%q` is none; use a name of letters, digits and underscores, and older names as in `weft:\"name,was=old\"`", tag)
		}
		if other, ok := seen[one]; ok {
			return "", fmt.Errorf("has the name %s of field %s; give it a tag `weft:\"another_name\"`", one, other)
		}
		seen[one] = f.Name
	}
	return label, nil
}

func validName(name string) bool {
	return name != "" && !strings.ContainsAny(name, " ;{}()[]*\t\n")
}
