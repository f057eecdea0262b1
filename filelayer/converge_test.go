package filelayer

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer/conflict/conflicttest"
)

// TestFilesConverge edits a File record as devices do: each says of itself
// whether it holds a copy, and any of them deletes, and creates anew. Clocks
// differ.
func TestFilesConverge(t *testing.T) {
	t.Parallel()
	conflicttest.Converge(t, mergeFiles, func(t *rapid.T, replica int, body json.RawMessage) json.RawMessage {
		self, now := id(replica+1), millis(rapid.Int64Range(1, 5).Draw(t, "clock"))
		r := fileRecord{Name: "a.jpg", Size: 3, Type: "image/jpeg"}.clone()
		if body == nil {
			r.Added = stamp{self, now}
		} else if err := json.Unmarshal(body, &r); err != nil {
			t.Fatal(err)
		}
		switch rapid.SampledFrom([]string{"hold", "let go", "delete", "create"}).Draw(t, "edit") {
		case "hold":
			r.set(self, true, now)
		case "let go":
			r.set(self, false, 0)
		case "delete":
			if r.Deleted == nil {
				r.Deleted = &stamp{self, max(now, r.Added.At)}
			}
		case "create":
			if r.Deleted != nil {
				r.Added, r.Deleted = after(self, now.time(), &r.Added, r.Deleted), nil
				r.set(self, true, now)
			}
		}
		return encoded(t, r)
	})
}

// TestDevicesConverge edits a Device record: the device renames itself, any
// other removes it, or pairs with it anew.
func TestDevicesConverge(t *testing.T) {
	t.Parallel()
	conflicttest.Converge(t, mergeDevices, func(t *rapid.T, replica int, body json.RawMessage) json.RawMessage {
		self, now := id(replica+1), millis(rapid.Int64Range(1, 5).Draw(t, "clock"))
		r := deviceRecord{Name: "Laptop", Address: "200::1", Platform: "linux"}
		if body == nil {
			r.Added = stamp{self, now}
		} else if err := json.Unmarshal(body, &r); err != nil {
			t.Fatal(err)
		}
		switch rapid.SampledFrom([]string{"rename", "remove", "pair"}).Draw(t, "edit") {
		case "rename":
			r.N++
			r.Name = rapid.SampledFrom([]string{"Laptop", "Desk", "NAS"}).Draw(t, "name")
		case "remove":
			if r.Removed == nil {
				r.Removed = &stamp{self, max(now, r.Added.At)}
			}
		case "pair":
			if r.Removed != nil {
				r.Added, r.Removed = after(self, now.time(), &r.Added, r.Removed), nil
			}
		}
		return encoded(t, r)
	})
}

func encoded(t *rapid.T, record any) json.RawMessage {
	body, err := encode(record)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
