package meta

import (
	"bytes"
	"testing"
	"time"
)

// movieWith makes a film of ten seconds, made so many seconds after 1904 began,
// and turned, with more boxes in its moov box.
func movieWith(made uint32, more ...[]byte) []byte {
	matrix := be(0, 0x10000, 0, 0xffff0000, 0, 0, 0, 0, 0x40000000)
	tkhd := bytes.Join([][]byte{be(7), make([]byte, 36), matrix, be(1920<<16, 1080<<16)}, nil)
	parts := append([][]byte{
		boxOf("mvhd", be(0, made, made, 600, 6000), make([]byte, 80)),
		boxOf("trak", boxOf("tkhd", tkhd)),
	}, more...)
	return append(boxOf("ftyp", []byte("qt  "), be(0)), append(boxOf("mdat", make([]byte, 64)), boxOf("moov", parts...)...)...)
}

// itemsOf makes a metadata box of keys and their values, in turn.
func itemsOf(pairs ...string) []byte {
	n := uint32(len(pairs) / 2)
	keys, items := [][]byte{be(0, n)}, [][]byte(nil)
	for i := range n {
		keys = append(keys, boxOf("mdta", []byte(pairs[2*i])))
		items = append(items, boxOf(string(be(i+1)), boxOf("data", be(1, 0), []byte(pairs[2*i+1]))))
	}
	return boxOf("meta", boxOf("hdlr", make([]byte, 25)), boxOf("keys", keys...), boxOf("ilst", items...))
}

func userText(typ, text string) []byte {
	return boxOf(typ, be2(uint16(len(text)), 0x15c7), []byte(text))
}

func TestMovie(t *testing.T) {
	t.Parallel()
	utc := uint32(time.Date(2024, 5, 1, 10, 30, 5, 0, time.UTC).Sub(macEpoch) / time.Second)
	const inUTC = "2024-05-01T10:30:05+00:00 video"
	for name, c := range map[string]struct {
		made uint32
		more []byte
		want string
	}{
		"header only": {utc, nil, inUTC},
		"no clock":    {0, nil, ""},
		"nonsense":    {utc, itemsOf("com.apple.quicktime.creationdate", "nonsense"), inUTC},
		"apple": {
			utc, itemsOf("com.apple.quicktime.model", "iPhone 15", "com.example.else", "x", "com.apple.quicktime.make", "Apple",
				"com.apple.quicktime.location.ISO6709", "+48.8925+002.2364+035.000/", "com.apple.quicktime.creationdate", "2024-05-01T12:30:05+0200"),
			"2024-05-01T12:30:05+02:00 video; 48.8925 2.2364; Apple iPhone 15, ",
		},
		"android": {utc, boxOf("udta", userText("\xa9xyz", "-33.8568+151.2153/")), inUTC + "; -33.8568 151.2153"},
		"user data": {
			utc, boxOf("udta", userText("\xa9day", "2024-05-01T12:30:05+0200"), userText("\xa9mak", "Sony"), userText("\xa9mod", "X1")),
			"2024-05-01T12:30:05+02:00 video; Sony X1, ",
		},
		"date": {utc, boxOf("udta", boxOf("date", []byte("2024-05-01T12:30:05+0200"))), "2024-05-01T12:30:05+02:00 video"},
		"edited": {utc, append(boxOf("uuid", []byte(xmpID), []byte(xmpOf(`xmp:CreateDate="2025-01-01T00:00:00Z">`))),
			boxOf("udta", boxOf("date", []byte("2024-05-01T12:30:05+0200")))...), "2024-05-01T12:30:05+02:00 video"},
		"3gpp":     {utc, boxOf("udta", boxOf("loci", be(0), []byte("\x15\xc7Paris\x00\x00"), be(0x24000, 0x30e000, 0), []byte("earth\x00\x00"))), inUTC + "; 48.8750 2.2500"},
		"no place": {utc, boxOf("udta", userText("\xa9xyz", "+00.0000+000.0000/")), inUTC},
		"sony": {
			utc, boxOf("meta", be(0), boxOf("hdlr", make([]byte, 24)), boxOf("xml ", be(0), []byte(
				`<NonRealTimeMeta><CreationDate value="2024-05-01T12:30:05+02:00"/><Device manufacturer="Sony" modelName="ILCE-7M4"/></NonRealTimeMeta>`))),
			"2024-05-01T12:30:05+02:00 video; Sony ILCE-7M4, ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, err := ReadBytes(movieWith(c.made, c.more))
			if err != nil {
				t.Fatal(err)
			}
			if w, h := in.Upright(); w != 1080 || h != 1920 || in.Duration != 10*time.Second || in.Kind != KindVideo {
				t.Errorf("%d x %d, %v, %s", w, h, in.Duration, in.Kind)
			}
			in.Duration, in.Orientation = 0, 1
			if got := allFacts(&in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// streamOf makes a transport stream of packets of step bytes, of which the video is
// in stream 0x1011 and something else in another.
func streamOf(step int, video []byte) (out []byte) {
	packet := func(id uint16, data []byte) {
		n := min(len(data), 184)
		b := append([]byte{0x47}, be2(id)...)
		if n == 184 {
			b = append(b, 0x10)
		} else { // filled up in front
			b = append(append(b, 0x30, byte(183-n)), make([]byte, 183-n)...)
		}
		out = append(append(out, make([]byte, step-188)...), append(b, data[:n]...)...)
	}
	packet(0, make([]byte, 184))
	for ; len(video) > 0; video = video[min(len(video), 184):] {
		packet(0x1011, video)
		packet(0x1100, []byte("sound"))
	}
	return out
}

func TestTransportStream(t *testing.T) {
	t.Parallel()
	message := func(entries string) []byte { return []byte(recordedID + entries + "\x80") }
	const date = "\x03\x13\x01\x02\x03\x04\x18\x02\x20\x08\x12\x19\x31\x23\x16\x24"
	for name, c := range map[string]struct {
		video []byte
		want  string
	}{
		"date":             {message(date), "2008-12-31T23:16:24"},
		"midnight escaped": {message("\x02\x18\x02\x20\x08\x12\x19\x31\x00\x00\x03\x00"), "2008-12-31T00:00:00"},
		"half in each":     {append(bytes.Repeat([]byte{1}, 184-30), message(date)...), "2008-12-31T23:16:24"},
		"never set":        {message("\x02\x18\xff\xff\xff\xff\x19\xff\xff\xff\xff"), ""},
		"cut":              {message(date)[:24], ""},
		"no message":       {bytes.Repeat([]byte{1}, 1000), ""},
	} {
		for _, step := range []int{188, 192} {
			in, err := ReadBytes(append(streamOf(step, c.video), streamOf(step, make([]byte, 400))...))
			if err != nil {
				t.Fatal(name, err)
			}
			if in.Date.String() != c.want || in.Type != "video/mp2t" {
				t.Errorf("%s, packets of %d: %v, %s; want %s", name, step, in.Date, in.Type, c.want)
			}
		}
	}
}
