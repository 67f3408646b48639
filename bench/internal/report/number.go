package report

import "fmt"

// Number shows a figure with about three digits; none for 0.
func Number(f float64) string {
	switch {
	case f == 0:
		return "–"
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

// Times shows how many times one figure is the other; nothing if one of them is missing.
func Times(over, under float64) string {
	if over == 0 || under == 0 {
		return ""
	}
	return fmt.Sprintf("**%.1f ×**", over/under)
}
