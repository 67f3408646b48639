package conf

import "testing"

func TestParseMemory(t *testing.T) {
	for _, c := range []struct {
		text string
		bare Memory
		want Memory // -1 is an error
	}{
		{"1024", MiB, GiB},
		{"1024", Byte, KiB},
		{"1024m", Byte, GiB},
		{"1g", MiB, GiB},
		{"1 GB", MiB, GiB},
		{" 64 Mebibytes ", Byte, 64 * MiB},
		{"20 kb", Byte, 20 * KiB},
		{"20KiB", Byte, 20 * KiB},
		{"512 bytes", MiB, 512},
		{"1b", MiB, 1},
		{"2t", MiB, 2 * TiB},
		{"2 tebibytes", MiB, 2 * TiB},
		{"12q", MiB, -1},
		{"", MiB, -1},
		{"m", MiB, -1},
		{"1.5g", MiB, -1},
		{"-1", MiB, -1},
		{"9223372036854775807", Byte, 9223372036854775807},
		{"9223372036854775807", MiB, -1},
		{"9999999999t", Byte, -1},
	} {
		got, err := ParseMemory(c.text, c.bare)
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("ParseMemory(%q, %v) = %v, %v; want %v", c.text, c.bare, got, err, c.want)
		}
	}
}

func TestMemoryInMiB(t *testing.T) {
	for m, want := range map[Memory]int{0: 0, 1: 1, MiB: 1, MiB + 1: 2, 3 * GiB: 3072} {
		if got := m.MiB(); got != want {
			t.Errorf("%v is %d MiB, want %d", m, got, want)
		}
	}
}

func FuzzParseMemory(f *testing.F) {
	for _, s := range []string{"1024", "1024m", "1 GB", "64 mebibytes", "9223372036854775807t", "kb", "1 0m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMemory(s, MiB)
		if err != nil {
			return
		}
		if m < 0 {
			t.Fatalf("ParseMemory(%q) = %d is negative", s, m)
		}
		if again, err := ParseMemory(m.String(), Byte); err != nil || again != m {
			t.Fatalf("%q is %d, written %q and read %v, %v", s, m, m, again, err)
		}
	})
}
