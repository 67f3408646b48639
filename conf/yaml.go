package conf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// loadYAML reads settings from YAML: flat ("a.b: 1"), nested, or both mixed.
func (c *Conf) loadYAML(path string, l level, b []byte) error {
	file, err := parseYAML(path, b)
	if err != nil {
		return err
	}
	w := yamlWalk{c: c, path: path, level: l}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			w.node("", doc.Body, 0)
		}
	}
	return errors.Join(w.problems...)
}

// maxDepth is how deep settings may be nested. Names have about five parts.
const maxDepth = 32

// parseYAML guards the parser, whose time grows with the square of the depth and more, against
// a file that is nothing but levels.
func parseYAML(path string, b []byte) (*ast.File, error) {
	open := 0
	for i, line := range strings.Split(string(b), "\n") {
		text := strings.TrimLeft(line, " -?\t\r")
		if text == "" && strings.TrimSpace(line) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		open += strings.Count(text, "[") + strings.Count(text, "{")
		open -= strings.Count(text, "]") + strings.Count(text, "}")
		if open = max(open, 0); open > maxDepth || len(line)-len(text) > 2*maxDepth {
			return nil, fmt.Errorf("%s:%d: nested too deep", path, i+1)
		}
	}
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return nil, yamlError(path, err)
	}
	return file, nil
}

// yamlError turns the parser's error, which shows an excerpt over several lines, into one line.
func yamlError(path string, err error) error {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	line, _, _ := strings.Cut(y.GetMessage(), "\n")
	return fmt.Errorf("%s:%d: %s", path, y.GetToken().Position.Line, clip(line))
}

// yamlWalk turns the tree of a file into settings.
type yamlWalk struct {
	c        *Conf
	path     string
	level    level
	problems []error
}

func (w *yamlWalk) fail(n ast.Node, format string, args ...any) {
	w.problems = append(w.problems, fmt.Errorf("%s: %s", w.origin(n), fmt.Sprintf(format, args...)))
}

func (w *yamlWalk) origin(n ast.Node) Origin {
	return fileOrigin(w.level, w.path, n.GetToken().Position.Line)
}

// node reads the node below the name so far.
func (w *yamlWalk) node(name string, n ast.Node, depth int) {
	if depth > maxDepth {
		w.fail(n, "nested too deep")
		return
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			w.member(name, v, depth)
		}
	case *ast.MappingValueNode:
		w.member(name, n, depth)
	case *ast.CommentGroupNode:
	case *ast.NullNode:
		if name != "" {
			w.c.notice(true, "%s: %s has no value, so it is not set", w.origin(n), name)
		}
	default:
		if name == "" {
			w.fail(n, "name: value is wanted")
			return
		}
		w.value(name, n)
	}
}

func (w *yamlWalk) member(name string, v *ast.MappingValueNode, depth int) {
	key, ok := scalarText(v.Key)
	if !ok || key == "" {
		w.fail(v.Key, "the name of a setting is wanted")
		return
	}
	if name != "" {
		key = name + "." + key
	}
	w.node(key, v.Value, depth+1)
}

// value sets name to a scalar or a list of scalars.
func (w *yamlWalk) value(name string, n ast.Node) {
	text, ok := scalarText(n)
	if seq, isList := n.(*ast.SequenceNode); isList {
		var items []string
		ok = true
		for _, item := range seq.Values {
			s, scalar := scalarText(item)
			items, ok = append(items, s), ok && scalar
		}
		text = formatList(items)
	}
	if !ok {
		w.fail(n, "%s: a plain value or a list of plain values is wanted", name)
		return
	}
	if err := w.c.Set(name, text, w.origin(n)); err != nil {
		w.problems = append(w.problems, err)
	}
}

// scalarText is the text of a scalar as the user wrote it: 010 stays 010, since what a number is
// depends on the key and not on YAML.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}
