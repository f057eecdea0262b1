package words

import "github.com/libpaul/paul/app"

// Devices counts devices: "1 device", "3 devices".
func Devices(n int) string { return N("{{.N}} devices", n) }

// Copies tells what a wish for a number of copies leads to: a sentence for each
// device that has something to do, and for what cannot be.
func Copies(info app.CopiesInfo) (lines []string) {
	switch {
	case info.Files == 0:
		return []string{T("Paul makes no copies by itself then. Those that there are stay.")}
	case info.Below == 0:
		lines = append(lines, T("All photos have that many copies."))
	default:
		lines = append(lines, N("{{.N}} photos are on fewer devices now.", info.Below))
	}
	for _, d := range info.Devices {
		if d.Fetch > 0 {
			lines = append(lines, T("{{.Device}} fetches {{.Photos}}, {{.Size}}.", "Device", d.Name, "Photos", Photos(d.Fetch), "Size", Bytes(d.FetchBytes)))
		}
		if d.Free > 0 {
			lines = append(lines, T("{{.Device}} removes {{.Photos}}, {{.Size}}, for its limit of space.", "Device", d.Name, "Photos", Photos(d.Free), "Size", Bytes(d.FreeBytes)))
		}
		if d.Stuck > 0 {
			lines = append(lines, T("{{.Device}} keeps {{.Photos}}, {{.Size}}, beyond its limit of space.", "Device", d.Name, "Photos", Photos(d.Stuck), "Size", Bytes(d.StuckBytes)))
		}
	}
	if info.Few > 0 {
		lines = append(lines, N("{{.N}} photos cannot have so many copies: too few devices take copies by themselves ({{.Willing}}). Choose in the settings of another device that it does.", info.Few, "Willing", Number(info.Willing)))
	}
	if info.Full > 0 {
		lines = append(lines, N("{{.N}} photos cannot have so many copies: {{.Size}} more room is needed on a device that takes copies.", info.Full, "Size", Bytes(info.FullBytes)))
	}
	return lines
}
