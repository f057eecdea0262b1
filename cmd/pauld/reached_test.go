package main

import (
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestReached(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 5, 10, 12, 0, 0, 0, time.Local)
	morning := time.Date(2024, 5, 10, 10, 31, 20, 0, time.Local)
	for _, test := range []struct {
		want string
		path app.Path
	}{
		{"offline", app.Path{Kind: app.PathOffline}},
		{"offline, since 2024-05-08 10:31", app.Path{Kind: app.PathOffline, Since: morning.AddDate(0, 0, -2)}},
		{
			"direct (through both NATs), 12 ms, since 10:31, 3.1 MB/s in",
			app.Path{Kind: app.PathDirect, Method: app.MethodPunched, Via: "192.0.2.1:7331", RTT: 12400 * time.Microsecond, Since: morning, RX: 3_100_000, TX: 900},
		},
		{"direct (a router forwards the port), 9.9 ms, 1.0 kB/s out", app.Path{Kind: app.PathDirect, Method: app.MethodMapped, RTT: 9900 * time.Microsecond, TX: 1000}},
		{"direct (one end has a public address)", app.Path{Kind: app.PathDirect, Method: app.MethodPublic}},
		{"direct (by a peer that was named)", app.Path{Kind: app.PathDirect, Method: app.MethodStatic}},
		{"direct", app.Path{Kind: app.PathDirect, Method: "carrier pigeon"}},
		{"on this network, 0.4 ms", app.Path{Kind: app.PathLAN, Method: app.MethodLAN, RTT: 400 * time.Microsecond}},
		{"relayed through NAS", app.Path{Kind: app.PathRelayed, Via: "tls://192.0.2.1:7330", ViaDevice: "NAS"}},
		{"relayed through a public peer", app.Path{Kind: app.PathRelayed, Via: "tls://192.0.2.1:7330", ViaPublic: true}},
		{"relayed through tls://192.0.2.1:7330", app.Path{Kind: app.PathRelayed, Via: "tls://192.0.2.1:7330"}},
		{"relayed", app.Path{Kind: app.PathRelayed}},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Parallel()
			if got := reached(app.Device{Path: test.path}, now); got != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
	if got := reached(app.Device{Self: true, Path: app.Path{Kind: app.PathDirect}}, now); got != "this device" {
		t.Errorf("this device is reached: %q", got)
	}
}
