package filelayer

import (
	"errors"
	"testing"
)

// A device hears of its own removal from a device that it has paired, and from nobody
// else; what is older than its latest pairing it leaves alone.
func TestHearRemoval(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ctx := testContext(t)
	meet(t, a, b)
	removed := func() bool { _, _, ok := b.RemovedBy(); return ok }
	own, _ := b.mirror.device(b.id)
	gone := after(a.id, a.now(), &own.Added)
	notice := func(r removalNotice) []byte {
		text, err := encode(r)
		must(t, err)
		return text
	}
	right := notice(removalNotice{own.Added, &gone})
	for _, tt := range []struct {
		what, from string
		notice     []byte
		err        error
	}{
		{"a stranger", id(9), right, ErrNotPaired},
		{"the device itself", b.id, right, ErrNotPaired},
		{"no notice", a.id, []byte("x"), ErrInvalid},
		{"no removal", a.id, notice(removalNotice{Added: own.Added}), ErrInvalid},
		{"a time far ahead", a.id, notice(removalNotice{own.Added, &stamp{a.id, maxMillis - 1}}), ErrInvalid},
		{"an earlier lifecycle", a.id, notice(removalNotice{stamp{b.id, own.Added.At - 1}, &gone}), nil},
	} {
		if err := b.HearRemoval(ctx, tt.from, tt.notice); !errors.Is(err, tt.err) || removed() {
			t.Errorf("%s: %v, removed: %t", tt.what, err, removed())
		}
	}
	if a.removalNotice(b.id) != nil {
		t.Error("a device that was not removed is told something")
	}
	must(t, a.RemoveDevice(ctx, b.id))
	must(t, b.HearRemoval(ctx, a.id, a.removalNotice(b.id)))
	if by, at, ok := b.RemovedBy(); !ok || by != "a" || at.By != a.id || !b.left() {
		t.Errorf("removed by %q, %+v, %t", by, at, ok)
	}
}

// What a device that was removed has done, or undone, is told with its name.
func TestActionsNameARemovedDevice(t *testing.T) {
	t.Parallel()
	a, b := newPair(t)
	ds := sharedFiles(t, a, b, 1)
	deleted := a.do(ActionDelete, ds...)
	until(t, "b hears of the action", func() bool { return b.knows(deleted) }, b)
	b.undoes(deleted)
	undone := func() Action { h, _ := a.action(deleted); return a.exportAction(h) }
	until(t, "a hears that it was undone", func() bool { return undone().Undone != nil }, a)
	must(t, a.RemoveDevice(testContext(t), b.id))
	if act := undone(); act.DeviceName != "a" || act.Undone.By != b.id || act.UndoneOn != "b" {
		t.Errorf("the action is told as %+v", act)
	}
	if name := a.deviceName(id(9)); name != id(9)[:12] {
		t.Errorf("a device that is not known is called %q", name)
	}
}
