package app

import (
	"strings"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// Why photos do not come, or not faster.
const (
	WaitPaused   = filelayer.WaitPaused
	WaitSilent   = filelayer.WaitSilent
	WaitOffline  = filelayer.WaitOffline
	WaitNobody   = filelayer.WaitNobody
	WaitSetAside = filelayer.WaitSetAside
	WaitNoSpace  = filelayer.WaitNoSpace
	WaitLimit    = filelayer.WaitLimit
	WaitFailed   = filelayer.WaitFailed
	WaitRelayed  = "relayed" // they come, but through others: that is as fast as these pass them on
)

// mostTold bounds the photos and the reasons that Fetching tells.
const mostTold = 10

// Fetching is how far the photos are that are to be kept here and have not come,
// and why they do not come.
type Fetching struct {
	Files       int      `json:"files"`
	Bytes       int64    `json:"bytes"`                 // still to come
	Rate        float64  `json:"rate,omitempty"`        // bytes a second over the last seconds; 0 = not known, or nothing comes
	SecondsLeft float64  `json:"secondsLeft,omitempty"` // until those have come that wait for nothing; 0 = not known
	Moving      []Moving `json:"moving,omitempty"`      // what comes now, also to be looked at only; the first few
	Waits       []Wait   `json:"waits,omitempty"`       // that of most photos first
}

// Moving is a photo that comes now.
type Moving struct {
	Digest      string   `json:"digest"`
	Name        string   `json:"name"`
	From        []string `json:"from"` // the devices' names
	Done        int64    `json:"done"` // bytes
	Total       int64    `json:"total"`
	Rate        float64  `json:"rate,omitempty"`        // as of Fetching
	SecondsLeft float64  `json:"secondsLeft,omitempty"` // 0 = not known
}

// Wait is what keeps some photos from coming.
type Wait struct {
	Why     string       `json:"why"`   // WaitPaused …
	Files   int          `json:"files"` // so many
	Bytes   int64        `json:"bytes"` // of them, still to come
	Devices []WaitDevice `json:"devices,omitempty"`
	Rate    float64      `json:"rate,omitempty"`  // of WaitRelayed: bytes a second of the link
	Error   string       `json:"error,omitempty"` // of WaitNoSpace and WaitFailed
	Retry   *time.Time   `json:"retry,omitempty"` // when it is tried again by itself; null: when something has happened
}

// WaitDevice is a device that photos wait for.
type WaitDevice struct {
	Name     string     `json:"name"`
	LastSeen *time.Time `json:"lastSeen"` // null: never
}

// Fetching tells how far the photos are that are to be kept here, and why they
// do not come; nil when there are none, and none is loaded to be looked at.
func (a *App) Fetching() *Fetching {
	now, transfers := a.files.Fetching(), a.files.Transfers()
	f := &Fetching{Files: now.Files, Bytes: now.Bytes, Rate: now.Rate, SecondsLeft: seconds(now.Left())}
	devices := make(map[string]Device)
	if now.Files+len(transfers) > 0 {
		for _, d := range a.Devices() {
			devices[d.ID] = d
		}
	}
	for _, w := range now.Waits {
		f.Waits = append(f.Waits, Wait{
			Why: w.Why, Files: w.Files, Bytes: w.Bytes, Devices: waitDevices(w.Devices, devices), Error: w.Err, Retry: wireTime(w.Retry),
		})
	}
	f.Waits = append(f.Waits, relayed(transfers, devices)...)
	f.Waits = f.Waits[:min(len(f.Waits), mostTold)]
	for _, t := range transfers {
		if t.Err == "" && t.Done > 0 && len(f.Moving) < mostTold {
			f.Moving = append(f.Moving, Moving{
				Digest: t.Digest.String(), Name: t.Name, From: names(t.From, devices),
				Done: t.Done, Total: t.Total, Rate: t.Rate, SecondsLeft: seconds(t.Left()),
			})
		}
	}
	if f.Files == 0 && len(f.Moving) == 0 {
		return nil
	}
	return f
}

func seconds(d time.Duration, known bool) float64 {
	if !known {
		return 0
	}
	return max(d.Seconds(), 1)
}

func waitDevices(ids []string, devices map[string]Device) []WaitDevice {
	var out []WaitDevice
	for _, id := range ids {
		if d, ok := devices[id]; ok {
			out = append(out, WaitDevice{d.Name, wireTime(d.LastSeen)})
		}
	}
	return out
}

func names(ids []string, devices map[string]Device) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = devices[id].Name
	}
	return out
}

// relayed tells of the devices that photos come from through others, of a photo
// that comes from several when all of them are.
func relayed(transfers []filelayer.Transfer, devices map[string]Device) []Wait {
	var out []Wait
	at := make(map[string]int) // in out
	for _, t := range transfers {
		var rate float64
		direct := len(t.From) == 0 || t.Err != ""
		for _, id := range t.From {
			path := devices[id].Path
			direct = direct || path.Kind != PathRelayed
			rate += float64(path.RX)
		}
		if direct {
			continue
		}
		who := strings.Join(t.From, " ")
		i, told := at[who]
		if !told {
			i, at[who] = len(out), len(out)
			out = append(out, Wait{Why: WaitRelayed, Devices: waitDevices(t.From, devices), Rate: rate})
		}
		out[i].Files++
		out[i].Bytes += t.Total - t.Done
	}
	return out
}
