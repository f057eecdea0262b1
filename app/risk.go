package app

import (
	"context"
	"net/http"
	"net/url"

	"github.com/libpaul/paul/filelayer"
)

// Loss is what would be lost with one device.
type Loss struct {
	Device  string    `json:"device"` // ID
	Name    string    `json:"name"`
	Files   int       `json:"files"`   // of which no other device has a verified copy
	Bytes   int64     `json:"bytes"`   // and their size
	InTrash int       `json:"inTrash"` // of those files: the trash of the device asked has the bytes
	Entries []Listing `json:"-"`       // the files, the oldest photo first
}

// IfLost tells what would be lost if the device with this ID died now.
// ErrNotFound when the library has no such device.
func (a *App) IfLost(id string) (Loss, error) {
	lost, inTrash, err := a.files.IfLost(id)
	if err != nil {
		return Loss{}, err
	}
	loss := Loss{Device: id, Files: len(lost), InTrash: inTrash, Entries: a.listings(lost)}
	for _, e := range lost {
		loss.Bytes = filelayer.AddSizes(loss.Bytes, e.Size)
	}
	for _, d := range a.files.Devices() {
		if d.ID == id {
			loss.Name = d.Name
		}
	}
	return loss, nil
}

// lossAnswer is a Loss as the control API writes it.
type lossAnswer struct {
	Loss
	Entries []Listing `json:"entries"`
}

func (c *control) ifLost(r *http.Request) (any, error) {
	loss, err := c.app.IfLost(r.PathValue("id"))
	return lossAnswer{loss, loss.Entries}, err
}

// IfLost tells what would be lost if a device died now; see [App.IfLost].
func (c *Client) IfLost(ctx context.Context, id string) (Loss, error) {
	var answer lossAnswer
	err := c.call(ctx, http.MethodGet, "/v1/devices/"+url.PathEscape(id)+"/loss", nil, &answer)
	answer.Loss.Entries = answer.Entries
	return answer.Loss, err
}
