package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// code is a pair code of no device.
const code = "paul:07BM2QDX79X0NXVSMKZNSABMCJ80PBNKP35H6Y91616NVGWKJY59RWV9F1T6ASBE41P6AX3MCNS768BB97900060N00H87525BX16"

// short is its short code.
const short = "EDMQGX35CNQ20V35EHT6AWKK44CP44"

// nearDesktop is the device of that code, on the same network.
var nearDesktop = app.NearbyDevice{ID: app.ReviewCode(code).Device, Name: "Studio", Platform: "linux"}

func (f *fake) Nearby() []app.NearbyDevice {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nearby
}

func (f *fake) Invite(context.Context) (invitation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inviteErr != nil {
		return nil, f.inviteErr
	}
	return &fakeInvitation{f: f}, nil
}

type fakeInvitation struct{ f *fake }

func (i *fakeInvitation) Code() string { return code }
func (i *fakeInvitation) ShortCode() string {
	if i.f.noLAN {
		return ""
	}
	return short
}
func (i *fakeInvitation) Expires() time.Time { return now.Add(9*time.Minute + 32*time.Second) }
func (i *fakeInvitation) Wait(ctx context.Context) (app.Guest, error) {
	i.f.mu.Lock()
	err := i.f.waitErr
	i.f.mu.Unlock()
	if err != nil {
		return app.Guest{}, err
	}
	select {
	case g := <-i.f.guest:
		return g, nil
	case <-ctx.Done():
		return app.Guest{}, ctx.Err()
	}
}

func (i *fakeInvitation) Accept(context.Context) (app.Device, error) {
	i.f.mu.Lock()
	defer i.f.mu.Unlock()
	i.f.call("accept")
	if err := i.f.acceptErr; err != nil {
		i.f.acceptErr = nil
		return app.Device{}, err
	}
	return app.Device{Name: "Mira's new PC"}, nil
}

func (i *fakeInvitation) Reject() {
	i.f.mu.Lock()
	defer i.f.mu.Unlock()
	i.f.call("reject")
}

func (i *fakeInvitation) Cancel() {
	i.f.mu.Lock()
	defer i.f.mu.Unlock()
	i.f.call("cancel")
}

// board is a clipboard with a picture, or why there is none.
type board struct {
	data []byte
	err  error
}

func (b *board) picture(context.Context) ([]byte, error) { return b.data, b.err }

// joinWith joins by a code as it is typed.
func (r *rig) joinWith(code string) {
	r.join()
	r.joining.entry.SetText(code)
	r.joining.start()
}

// waitErrOver lets the next code work.
func (r *rig) waitErrOver() {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	r.f.waitErr = nil
}

func (f *fake) setNearby(list ...app.NearbyDevice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nearby = list
}

// joinedBy is the code that was used last.
func (f *fake) joinedBy() string {
	for _, c := range slices.Backward(f.called()) {
		if used, ok := strings.CutPrefix(c, "join "); ok {
			return used
		}
	}
	return ""
}
