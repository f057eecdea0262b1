package words

import (
	"strings"
	"testing"
	"time"

	"github.com/libpaul/paul/app"
)

func TestWay(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 8, 20, 18, 30, 0, 0, time.UTC)
	on := func(p app.Path) app.Device { return app.Device{Online: true, Path: p} }
	for _, test := range []struct {
		device      app.Device
		way, detail string
	}{
		{app.Device{}, "Offline, not seen yet", ""},
		{app.Device{LastSeen: now.Add(-2 * time.Hour), Path: app.Path{Since: now}}, "Offline, last seen 2 h ago", ""},
		{on(app.Path{Kind: app.PathLAN, Method: app.MethodStatic, RTT: 300 * time.Microsecond, RX: 999}), "On this network", "<1 ms"},
		{
			on(app.Path{Kind: app.PathDirect, Method: app.MethodPunched, RTT: 12 * time.Millisecond, Since: now.Add(-8 * time.Hour), RX: 3_100_000, TX: 24_000}),
			"Direct, through both routers", "receiving 3.1 MB/s · sending 24 kB/s · 12 ms · since 10:30",
		},
		{on(app.Path{Kind: app.PathDirect, Method: app.MethodMapped, Since: now.Add(-30 * time.Hour)}), "Direct, a router lets it in", "since 19 Aug 2024"},
		{on(app.Path{Kind: app.PathDirect, Method: app.MethodPublic}), "Direct, one side has a public address", ""},
		{on(app.Path{Kind: app.PathDirect, Method: app.MethodStatic}), "Direct, over the internet", ""},
		{on(app.Path{Kind: app.PathRelayed, ViaDevice: "NAS"}), "Relayed through NAS", ""},
		{on(app.Path{Kind: app.PathRelayed, ViaPublic: true}), "Relayed through a public node", ""},
		{on(app.Path{Kind: app.PathRelayed}), "Relayed through other nodes", ""},
	} {
		t.Run(test.way, func(t *testing.T) {
			t.Parallel()
			if way, detail := Way(test.device, now), WayDetail(test.device, now); way != test.way || detail != test.detail {
				t.Errorf("got %q, %q, want %q", way, detail, test.detail)
			}
		})
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	all := []app.Finding{
		{Code: "noWay", Severity: app.SeverityProblem, About: app.AboutPeers},
		{Code: "lanOff", Severity: app.SeverityHint, About: app.AboutPeers},
		{Code: "upnpOff", Severity: app.SeverityHint, About: app.AboutDirect},
		{Code: "clockThere", Severity: app.SeverityHint, About: app.AboutClock, Device: "a"},
		{Code: "noAnswer", Severity: app.SeverityHint, About: app.AboutDevice, Device: "b"},
	}
	for kind, want := range map[string]string{app.PathDirect: "clockThere ", app.PathRelayed: "clockThere upnpOff ", app.PathOffline: "clockThere lanOff "} {
		got := ""
		for _, f := range Hints(all, app.Device{ID: "a", Path: app.Path{Kind: kind}}) {
			got += f.Code + " "
		}
		if got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	text := app.Text{Format: "The peer {{.Peer}} does not answer ({{.Error}}).", Args: []string{"Peer", "tls://a", "Error", "x"}}
	if got := Say(text); got != "The node tls://a does not answer (x)." {
		t.Errorf("got %q", got)
	}
}

func TestDeviceTexts(t *testing.T) {
	now := time.Date(2024, 8, 20, 18, 30, 0, 0, time.UTC)
	d := app.Device{}
	if got := Role(d) + Disk(d) + Checked(d, now); got != "" {
		t.Errorf("of a device that has said nothing: %q", got)
	}
	d = app.Device{
		RoleKnown: true, Role: app.Role{Everything: true, Space: 200e9}, DiskFree: 90e9, DiskSize: 512e9, Only: 1, OnlyBytes: 2e6,
		NewestProof: now.Add(-2 * time.Hour), OldestProof: now.Add(-3 * time.Hour),
	}
	for _, test := range []struct{ got, want string }{
		{Role(d), "Keeps every photo that fits into 200 GB"},
		{Disk(d), "90 GB free of 512 GB"},
		{Checked(d, now), "Copies checked: latest 2 h ago, oldest 3 h ago"},
		{Loss(d), "If it died now, 1 photo would be lost, 2.0 MB"},
		{Loss(app.Device{}), "If it died now, no photo would be lost"},
		{strings.Join(Plan(app.Plan{}, d), " "), "Nothing has to be fetched or removed for that now."},
		{
			strings.Join(Plan(app.Plan{Fetch: 3, FetchBytes: 100e9, Stuck: 1, StuckBytes: 1e6}, d), " "),
			"3 photos, 100 GB, are fetched to this computer. They do not all fit: only 90 GB are free on its disk. 1 photo, 1.0 MB, stays beyond the limit: too few other devices have it.",
		},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}
