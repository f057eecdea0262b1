package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/libpaul/paul/app"
)

// moving is from what rate on bytes are told: less is what keeps a path alive.
const moving = 1000

// reached tells how a device is reached, as in "direct (through both NATs),
// 12 ms, since 10:31, 3.1 MB/s in".
func reached(d app.Device, now time.Time) string {
	if d.Self {
		return "this device"
	}
	parts := []string{way(d.Path)}
	if d.Path.RTT > 0 {
		parts = append(parts, roundTrip(d.Path.RTT))
	}
	if !d.Path.Since.IsZero() {
		parts = append(parts, "since "+since(d.Path.Since, now))
	}
	for _, r := range []struct {
		bytes uint64
		where string
	}{{d.Path.RX, "in"}, {d.Path.TX, "out"}} {
		if r.bytes >= moving {
			parts = append(parts, size(int64(r.bytes))+"/s "+r.where)
		}
	}
	return strings.Join(parts, ", ")
}

// way tells which way a path takes.
func way(p app.Path) string {
	switch p.Kind {
	case app.PathLAN:
		return "on this network"
	case app.PathDirect:
		if how := howLinked(p.Method); how != "" {
			return "direct (" + how + ")"
		}
		return "direct"
	case app.PathRelayed:
		switch {
		case p.ViaDevice != "":
			return "relayed through " + p.ViaDevice
		case p.ViaPublic:
			return "relayed through a public peer"
		case p.Via != "":
			return "relayed through " + p.Via
		}
	}
	return p.Kind
}

// howLinked tells how a direct link was made.
func howLinked(method string) string {
	return map[string]string{
		app.MethodLAN:     "on this network",
		app.MethodPublic:  "one end has a public address",
		app.MethodMapped:  "a router forwards the port",
		app.MethodPunched: "through both NATs",
		app.MethodStatic:  "by a peer that was named",
	}[method]
}

// roundTrip is a time for people.
func roundTrip(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

// since is when something began, for people: the time of the day, after a day
// with its date.
func since(t, now time.Time) string {
	if now.Sub(t) < 20*time.Hour {
		return t.Local().Format("15:04")
	}
	return t.Local().Format("2006-01-02 15:04")
}
