package yarnipc

import (
	"encoding/json"
	"testing"
)

func TestContainerID(t *testing.T) {
	attempt := AttemptID{Application: ApplicationID{ClusterTimestamp: 1700000000000, Number: 7}, Number: 2}
	for text, id := range map[string]ContainerID{
		"container_1700000000000_0007_02_000003":      {Attempt: attempt, Number: 3},
		"container_1700000000000_0007_02_1234567":     {Attempt: attempt, Number: 1234567},
		"container_e02_1700000000000_0007_02_000003":  {Attempt: attempt, Number: 2<<40 | 3},
		"container_e123_1700000000000_0007_02_000003": {Attempt: attempt, Number: 123<<40 | 3},
	} {
		if got := id.String(); got != text {
			t.Errorf("%#v prints as %s, want %s", id, got, text)
		}
		if got, err := ParseContainerID(text); err != nil || got != id {
			t.Errorf("%s parses as %#v, %v", text, got, err)
		}
		if got := containerIDFrom(id.toProto()); got != id {
			t.Errorf("%v comes back from protobuf as %v", id, got)
		}
		var got map[ContainerID]ContainerID
		data, err := json.Marshal(map[ContainerID]ContainerID{id: id})
		if err == nil {
			err = json.Unmarshal(data, &got)
		}
		if err != nil || got[id] != id {
			t.Errorf("%v comes back from JSON %s as %v, %v", id, data, got, err)
		}
	}
	if got := attempt.String(); got != "appattempt_1700000000000_0007_000002" {
		t.Error(got)
	}
	if got := attempt.Application.String(); got != "application_1700000000000_0007" {
		t.Error(got)
	}
	for _, text := range []string{
		"", "container", "container_", "container_1_2_3", "container_1_2_3_4_5", "container_1_2_3_x", "container_1_2_3_-4",
		"container_+1_2_3_4", "container_e_1_2_3_4", "container_e1_2_3_4", "container_1_2147483648_3_4", "1_2_3_4",
		"container_1_2_3_1099511627776", "container_e8388608_1_2_3_4", "container_1_2_3_4 ", "container_99999999999999999999_2_3_4",
	} {
		if id, err := ParseContainerID(text); err == nil {
			t.Errorf("%q was taken for %#v", text, id)
		}
	}
}

func FuzzParseContainerID(f *testing.F) {
	f.Add("container_1700000000000_0007_02_000003")
	f.Add("container_e02_1700000000000_0007_02_000003")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseContainerID(text)
		if err != nil {
			return
		}
		if again, err := ParseContainerID(id.String()); err != nil || again != id {
			t.Errorf("%q is %v, and that is %v, %v", text, id, again, err)
		}
	})
}
