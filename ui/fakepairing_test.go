package ui

import (
	"context"
	"time"

	"github.com/libpaul/paul/app"
)

// code is as long as a real pair code.
const code = "paul:04HMASR9NF6YY0938MNK4AQWGK2S7CMXDC51FWVXT0HVHKZT81Q8GS6RTQ4TBN2X6K0C9M3T7PZ5H2W8D4E1VAYJQXNRB5FGKM6T"

func (f *fake) Invite(context.Context) (invitation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.inviteErr != nil {
		return nil, f.inviteErr
	}
	return &fakeInvitation{f: f}, nil
}

type fakeInvitation struct{ f *fake }

func (i *fakeInvitation) Code() string       { return code }
func (i *fakeInvitation) Expires() time.Time { return now.Add(9*time.Minute + 32*time.Second) }
func (i *fakeInvitation) Wait(ctx context.Context) (app.Guest, error) {
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
