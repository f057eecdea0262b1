package app

import (
	"testing"
	"time"

	"github.com/libpaul/paul/filelayer"
)

// TestRelayedIsTold: of what comes now, that which takes the way through others.
func TestRelayedIsTold(t *testing.T) {
	t.Parallel()
	seen := time.Unix(1000, 0).UTC()
	devices := map[string]Device{
		"far":  {ID: "far", Name: "Far", LastSeen: seen, Path: Path{Kind: PathRelayed, RX: 1_500_000}},
		"near": {ID: "near", Name: "Near", Path: Path{Kind: PathLAN, RX: 9_000_000}},
	}
	got := relayed([]filelayer.Transfer{
		{From: []string{"far"}, Done: 10, Total: 100},
		{From: []string{"near"}, Total: 100},
		{Total: 100},
		{From: []string{"far"}, Total: 50},
		{From: []string{"far", "near"}, Total: 50},
		{From: []string{"far"}, Total: 100, Err: "failed"},
	}, devices)
	if len(got) != 1 || got[0].Why != WaitRelayed || got[0].Files != 2 || got[0].Bytes != 140 || got[0].Rate != 1_500_000 ||
		len(got[0].Devices) != 1 || got[0].Devices[0].Name != "Far" || !got[0].Devices[0].LastSeen.Equal(seen) {
		t.Errorf("relayed %+v", got)
	}
}
