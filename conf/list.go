package conf

import "strings"

func listKind() kind[[]string] {
	return kind[[]string]{
		allowed: `items with ; or , between them (an item that has one of these inside stands in quotes)`,
		parse:   parseList,
		format:  formatList,
	}
}

// parseList reads "a; b, 'c;d'" and, as YAML writes it, "[a, b]". A quote inside a quoted item
// is doubled. Empty items are left out.
func parseList(text string) ([]string, bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = text[1 : len(text)-1]
	}
	var items []string
	for text != "" {
		item, rest, ok := nextItem(strings.TrimLeft(text, " \t"))
		if !ok {
			return nil, false
		}
		if item != "" {
			items = append(items, item)
		}
		text = rest
	}
	return items, true
}

// nextItem cuts the first item and its separator from text.
func nextItem(text string) (item, rest string, ok bool) {
	if text == "" || (text[0] != '"' && text[0] != '\'') {
		end := strings.IndexAny(text, ";,")
		if end < 0 {
			return strings.TrimSpace(text), "", true
		}
		return strings.TrimSpace(text[:end]), text[end+1:], true
	}
	var b strings.Builder
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != quote:
			b.WriteByte(text[i])
		case i+1 < len(text) && text[i+1] == quote:
			b.WriteByte(quote)
			i++
		default:
			rest = strings.TrimLeft(text[i+1:], " \t")
			if rest != "" && rest[0] != ';' && rest[0] != ',' {
				return "", "", false
			}
			return b.String(), strings.TrimLeft(rest, ";,"), true
		}
	}
	return "", "", false
}

// formatList writes items so that parseList reads the same items again.
func formatList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = item
		if strings.ContainsAny(item, `;,'"[]`) || strings.TrimSpace(item) != item {
			quoted[i] = `'` + strings.ReplaceAll(item, `'`, `''`) + `'`
		}
	}
	return strings.Join(quoted, ";")
}
