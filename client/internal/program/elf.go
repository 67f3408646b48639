package program

import "debug/elf"

// dynamic reports whether the program asks for an interpreter to load shared
// libraries.
func dynamic(path string) bool {
	file, err := elf.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			return true
		}
	}
	return false
}
