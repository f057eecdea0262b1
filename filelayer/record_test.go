package filelayer

import "testing"

// TestWordOfADevice: what a device says of a file is another word, which replaces the
// one before on all devices, only when it says something else. Its trash has what it
// has until there is a copy again, and since when it first had it.
func TestWordOfADevice(t *testing.T) {
	t.Parallel()
	self, other := id(1), holding{Saved: true, N: 9, Verified: 10, Trashed: 11}
	set := func(saved bool, verified millis) func(*fileRecord) bool {
		return func(r *fileRecord) bool { return r.set(self, saved, verified) }
	}
	left := func(trashed, placed millis) func(*fileRecord) bool {
		return func(r *fileRecord) bool { return r.setLeft(self, trashed, placed) }
	}
	for _, tt := range []struct {
		name       string
		have, want holding
		say        func(*fileRecord) bool
	}{
		{"a first copy", holding{}, holding{Saved: true, N: 1, Verified: 700}, set(true, 700)},
		{"the same copy", holding{Saved: true, N: 4, Verified: 700}, holding{Saved: true, N: 4, Verified: 700}, set(true, 700)},
		{"read again", holding{Saved: true, N: 4, Verified: 700}, holding{Saved: true, N: 5, Verified: 800}, set(true, 800)},
		{"wished back from the trash", holding{N: 4, Trashed: 600}, holding{Saved: true, N: 5, Trashed: 600}, set(true, 0)},
		{"still wished back", holding{Saved: true, N: 4, Trashed: 600}, holding{Saved: true, N: 4, Trashed: 600}, set(true, 0)},
		{"back from the trash", holding{Saved: true, N: 4, Trashed: 600}, holding{Saved: true, N: 5, Verified: 700}, set(true, 700)},
		{"a copy that the trash was said to have", holding{Saved: true, N: 4, Verified: 700, Trashed: 600}, holding{Saved: true, N: 5, Verified: 700}, set(true, 700)},
		{"no longer wished for", holding{Saved: true, N: 4, Trashed: 600}, holding{N: 5}, set(false, 0)},
		{"to the trash", holding{Saved: true, N: 4, Verified: 700}, holding{N: 5, Trashed: 900}, left(900, 0)},
		{"in the trash already", holding{N: 4, Trashed: 600}, holding{N: 4, Trashed: 600}, left(900, 0)},
		{"in the trash, and a wish", holding{Saved: true, N: 4, Trashed: 600}, holding{N: 5, Trashed: 600}, left(900, 0)},
		{"gone from the trash", holding{N: 4, Trashed: 600}, holding{N: 5, Trashed: notInTrash}, left(notInTrash, 0)},
		{"still gone from there", holding{N: 4, Trashed: notInTrash}, holding{N: 4, Trashed: notInTrash}, left(notInTrash, 0)},
		{"in the trash after all", holding{N: 4, Trashed: notInTrash}, holding{N: 5, Trashed: 900}, left(900, 0)},
		{"in a place", holding{N: 4}, holding{N: 5, Verified: 500, Trashed: notInTrash}, left(notInTrash, 500)},
		{"still there, and read again", holding{N: 4, Verified: 500, Trashed: notInTrash}, holding{N: 4, Verified: 500, Trashed: notInTrash}, left(notInTrash, 800)},
		{"to the trash, and in a place", holding{Saved: true, N: 4, Verified: 700}, holding{N: 5, Verified: 500, Trashed: 900}, left(900, 500)},
		{"gone from the place", holding{N: 4, Verified: 500, Trashed: notInTrash}, holding{N: 5, Trashed: notInTrash}, left(notInTrash, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var r fileRecord
			r.Devices.Set(id(2), other)
			if tt.have != (holding{}) {
				r.Devices.Set(self, tt.have)
			}
			changed := tt.say(&r)
			if got := r.Devices.Of(self); got != tt.want || changed != (tt.have != tt.want) || r.Devices.Of(id(2)) != other {
				t.Errorf("%+v became %+v, want %+v; changed: %t", tt.have, got, tt.want, changed)
			}
		})
	}
}
