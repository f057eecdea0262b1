package filelayer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/libpaul/paul/filelayer/conflict"
)

func id(n int) string { return fmt.Sprintf("%064x", n) }

func TestJoinFiles(t *testing.T) {
	t.Parallel()
	base := fileRecord{
		Name: "a.jpg", Size: 3, Type: "image/jpeg", Added: stamp{id(1), 100},
		Devices: ByDevice(map[string]holding{id(1): {Saved: true, N: 1, Verified: 100}}),
	}
	with := func(change func(*fileRecord)) fileRecord {
		r := base.clone()
		change(&r)
		return r
	}
	gone := &stamp{id(2), 200}
	tests := []struct {
		name       string
		a, b, want fileRecord
	}{
		{"same", base, base, base},
		{
			"tombstone beats a concurrent change of holders",
			with(func(r *fileRecord) { r.Deleted = gone }),
			with(func(r *fileRecord) { r.Devices.Set(id(3), holding{Saved: true, N: 1, Verified: 300}) }),
			with(func(r *fileRecord) { r.Deleted = gone; r.Devices.Set(id(3), holding{Saved: true, N: 1, Verified: 300}) }),
		},
		{
			"a new creation beats the tombstone",
			with(func(r *fileRecord) { r.Deleted = gone }),
			with(func(r *fileRecord) { r.Added = stamp{id(3), 201} }),
			with(func(r *fileRecord) { r.Added = stamp{id(3), 201} }),
		},
		{
			"the tombstone of a later lifecycle stays",
			with(func(r *fileRecord) { r.Added, r.Deleted = stamp{id(3), 201}, &stamp{id(3), 202} }),
			with(func(r *fileRecord) { r.Deleted = gone }),
			with(func(r *fileRecord) { r.Added, r.Deleted = stamp{id(3), 201}, &stamp{id(3), 202} }),
		},
		{
			"the first deletion is told",
			with(func(r *fileRecord) { r.Deleted = &stamp{id(4), 300} }),
			with(func(r *fileRecord) { r.Deleted = gone }),
			with(func(r *fileRecord) { r.Deleted = gone }),
		},
		{
			"each device's latest word",
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{Saved: false, N: 2, Verified: 0}) }),
			with(func(r *fileRecord) { r.Devices.Set(id(2), holding{Saved: true, N: 7, Verified: 5}) }),
			with(func(r *fileRecord) {
				r.Devices.Set(id(1), holding{Saved: false, N: 2, Verified: 0})
				r.Devices.Set(id(2), holding{Saved: true, N: 7, Verified: 5})
			}),
		},
		{
			"of two words under one n, the weaker claim",
			base,
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{Saved: true, N: 1, Verified: 0}) }),
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{Saved: true, N: 1, Verified: 0}) }),
		},
		{
			"the weaker claim of what a trash has, too",
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{N: 2, Trashed: 900}) }),
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{N: 2, Trashed: notInTrash}) }),
			with(func(r *fileRecord) { r.Devices.Set(id(1), holding{N: 2, Trashed: notInTrash}) }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sameJSON(t, joinFiles(tt.a, tt.b), tt.want)
			sameJSON(t, joinFiles(tt.b, tt.a), tt.want)
		})
	}
}

func TestJoinDevices(t *testing.T) {
	t.Parallel()
	base := deviceRecord{Name: "old", N: 1, Added: stamp{id(1), 100}}
	removed := base
	removed.Removed = &stamp{id(2), 200}
	renamed := base
	renamed.Name, renamed.N = "new", 2
	removedRenamed := renamed
	removedRenamed.Removed = removed.Removed
	again := base
	again.Added = stamp{id(2), 201}
	tests := []struct {
		name       string
		a, b, want deviceRecord
	}{
		{"the later name", base, renamed, renamed},
		{"removal beats a concurrent rename", removed, renamed, removedRenamed},
		{"a later pairing beats removal", removed, again, again},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sameJSON(t, joinDevices(tt.a, tt.b), tt.want)
			sameJSON(t, joinDevices(tt.b, tt.a), tt.want)
		})
	}
}

func sameJSON(t *testing.T, got, want any) {
	t.Helper()
	g, err := encode(got)
	must(t, err)
	w, err := encode(want)
	must(t, err)
	if !bytes.Equal(g, w) {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func genStamp() *rapid.Generator[stamp] {
	return rapid.Custom(func(t *rapid.T) stamp {
		return stamp{id(rapid.IntRange(1, 3).Draw(t, "by")), millis(rapid.Int64Range(1, 4).Draw(t, "at"))}
	})
}

func genFile() *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		r := fileRecord{
			Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), Size: rapid.Int64Range(0, 2).Draw(t, "size"),
			Type: "image/jpeg", Time: millis(rapid.Int64Range(-1, 1).Draw(t, "time")), Added: genStamp().Draw(t, "added"),
		}
		if rapid.Bool().Draw(t, "deleted?") {
			gone := genStamp().Draw(t, "deleted")
			r.Deleted = &gone
		}
		for range rapid.IntRange(0, 3).Draw(t, "holders") {
			r.Devices.Set(id(rapid.IntRange(1, 3).Draw(t, "device")), holding{
				Saved: rapid.Bool().Draw(t, "saved"), N: rapid.Int64Range(1, 3).Draw(t, "n"),
				Verified: millis(rapid.Int64Range(0, 2).Draw(t, "verified")),
				Trashed:  millis(rapid.Int64Range(0, 2).Draw(t, "trashed")),
			})
		}
		body, err := encode(r)
		if err != nil {
			t.Fatal(err)
		}
		return body
	})
}

func genDevice() *rapid.Generator[json.RawMessage] {
	return rapid.Custom(func(t *rapid.T) json.RawMessage {
		r := deviceRecord{
			Name: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name"), Address: rapid.SampledFrom([]string{"", "x"}).Draw(t, "address"),
			N: rapid.Int64Range(0, 2).Draw(t, "n"), Added: genStamp().Draw(t, "added"),
		}
		if rapid.Bool().Draw(t, "removed?") {
			gone := genStamp().Draw(t, "removed")
			r.Removed = &gone
		}
		for range rapid.IntRange(0, maxRuns).Draw(t, "runs") {
			began := millis(rapid.Int64Range(1, 2).Draw(t, "began"))
			at := began + millis(rapid.Int64Range(0, 9).Draw(t, "at"))
			r.Runs = joinRuns(r.Runs, []run{{strconv.Itoa(rapid.IntRange(1, 12).Draw(t, "run")), began, at}})
		}
		body, err := encode(r)
		if err != nil {
			t.Fatal(err)
		}
		return body
	})
}

// TestMergeLaws: whatever the order and grouping, and however often, the same
// bytes come out.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		merge MergeFunc
		gen   *rapid.Generator[json.RawMessage]
	}{"files": {mergeFiles, genFile()}, "devices": {mergeDevices, genDevice()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				merge := func(leaves ...json.RawMessage) json.RawMessage {
					out, err := tt.merge(leaves)
					if err != nil {
						t.Fatal(err)
					}
					return out
				}
				same := func(law string, a, b json.RawMessage) {
					if !bytes.Equal(a, b) {
						t.Fatalf("not %s:\n%s\n%s", law, a, b)
					}
				}
				a, b, c := tt.gen.Draw(t, "a"), tt.gen.Draw(t, "b"), tt.gen.Draw(t, "c")
				same("idempotent", merge(a, a), merge(a))
				same("commutative", merge(a, b), merge(b, a))
				same("associative", merge(merge(a, b), c), merge(a, merge(b, c)))
				same("the same for many", merge(a, b, c), merge(c, a, b))
				same("absorbing", merge(merge(a, b), b), merge(a, b))
				broken := json.RawMessage(`{"name":"../x"}`)
				same("blind to what is broken", merge(a, broken, b), merge(a, b))
			})
		})
	}
}

var fileBodies = []struct {
	name, id, body string
	valid          bool
}{
	{"good", id(1), `{"name":"a.jpg","size":1,"type":"image/jpeg","time":5,"added":{"by":"` + id(2) + `","at":1},"devices":{"` + id(2) + `":{"saved":true,"n":1,"verified":4}}}`, true},
	{"upper-case digest", strings.Repeat("A", 64), `{"name":"a.jpg","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"short digest", "12", `{"name":"a.jpg","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"path", id(1), `{"name":"../a.jpg","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"windows path", id(1), `{"name":"..\\a.jpg","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"dots", id(1), `{"name":"..","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"no name", id(1), `{"added":{"by":"` + id(2) + `","at":1}}`, false},
	{"control character", id(1), `{"name":"a\nb","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"long name", id(1), `{"name":"` + strings.Repeat("x", 256) + `","added":{"by":"` + id(2) + `","at":1}}`, false},
	{"negative size", id(1), `{"name":"a","size":-1,"added":{"by":"` + id(2) + `","at":1}}`, false},
	{"no stamp", id(1), `{"name":"a"}`, false},
	{"n of zero", id(1), `{"name":"a","added":{"by":"` + id(2) + `","at":1},"devices":{"` + id(2) + `":{"n":0}}}`, false},
	{"holder that is no device", id(1), `{"name":"a","added":{"by":"` + id(2) + `","at":1},"devices":{"x":{"n":1}}}`, false},
	{"no JSON", id(1), `{`, false},
	{"array", id(1), `[]`, false},
}

func TestParseFile(t *testing.T) {
	t.Parallel()
	for _, tt := range fileBodies {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := parseFile(tt.id, json.RawMessage(tt.body))
			if (err == nil) != tt.valid {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// What parses is written again as something that parses to the same.
func FuzzParseFile(f *testing.F) {
	for _, tt := range fileBodies {
		f.Add(tt.id, []byte(tt.body))
	}
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		_, r, err := parseFile(id, body)
		if err != nil {
			return
		}
		first, err := encode(r)
		must(t, err)
		_, again, err := parseFile(id, first)
		must(t, err)
		second, err := encode(again)
		must(t, err)
		if !bytes.Equal(first, second) {
			t.Errorf("%s\n%s", first, second)
		}
	})
}

// FuzzReadFile compares what is read with what encoding/json reads.
func FuzzReadFile(f *testing.F) {
	for _, tt := range fileBodies {
		f.Add([]byte(tt.body))
	}
	for _, body := range []string{
		`{"name":"a","size":5,"type":"image/jpeg","time":-3,"added":{"by":"x","at":1},"deleted":{"by":"y","at":2},"devices":{"z":{"saved":true,"n":1,"verified":9},"b":{"saved":false,"n":2,"verified":0}}}`,
		`{"name":"a","Name":"b"}`, `{"name":"a","name":"b"}`, `{"added":{"by":"x"},"added":{"at":1}}`, `{"size":1e3}`, `{"size":-0}`, `{"size":9223372036854775808}`, `{"deleted":null}`,
		`{"devices":{"a":{"n":1},"a":{"saved":true}}}`, `{"devices":{}}`, `{"devices":null}`, `{"name":"ä"}`, "{\"name\":\"\xff\"}", ` {"name" : "a\u0062" , "other":[]} `,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, gotErr := readFile(body)
		var want fileRecord
		wantErr := json.Unmarshal(body, &want)
		if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, %v; want\n%+v, %v", body, got, gotErr, want, wantErr)
		}
	})
}

func FuzzParseDevice(f *testing.F) {
	f.Add(id(1), []byte(`{"name":"laptop","n":1,"added":{"by":"`+id(1)+`","at":1}}`))
	f.Add(id(1), []byte(`{"name":"laptop","n":1,"added":{"by":"x","at":-1},"removed":{}}`))
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		if r, err := parseDevice(id, body); err == nil && r.fault() != "" {
			t.Error("a faulty record was let in")
		}
	})
}

// A document taken apart and put together again keeps its meaning.
func FuzzSplitDoc(f *testing.F) {
	f.Add([]byte(`{"_id":"a","_rev":"1-b","x":1,"_attachments":{},"y":{"_z":2}}`))
	f.Add([]byte(`{"_id":"a"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := splitDoc(raw)
		if err != nil || doc.ID == "" {
			return
		}
		joined, err := joinDoc(doc)
		must(t, err)
		again, err := splitDoc(joined)
		must(t, err)
		if again.ID != doc.ID || again.Rev != doc.Rev || again.Deleted != doc.Deleted || !bytes.Equal(conflict.Canonical(again.Body), conflict.Canonical(doc.Body)) {
			t.Errorf("%s became %s", raw, joined)
		}
	})
}

func FuzzPeerID(f *testing.F) {
	f.Add(peerHost(id(7)) + ":7331")
	f.Add("127.0.0.1:80")
	f.Add("[200::1]:7331")
	f.Fuzz(func(t *testing.T, addr string) {
		if id := peerID(addr); id != "" && (!validDeviceID(id) || !strings.HasPrefix(addr, peerHost(id))) {
			t.Errorf("%q is said to be %q", addr, id)
		}
	})
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"a.jpg", "../x", "", "..", "a\x00b", strings.Repeat("é", 300) + ".jpeg", "C:\\x\\y.png", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := cleanName(s); !validName(got) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestPerDevice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching("[a-f]{1,2}"), rapid.Int(), 0, 6).Draw(t, "values")
		p := ByDevice(want)
		for range rapid.IntRange(0, 4).Draw(t, "sets") {
			id, v := rapid.StringMatching("[a-f]{1,2}").Draw(t, "id"), rapid.Int().Draw(t, "value")
			want[id] = v
			p.Set(id, v)
		}
		if got := maps.Collect(p.All()); !maps.Equal(got, want) || !slices.IsSortedFunc(p, func(a, b OfDevice[int]) int { return strings.Compare(a.Device, b.Device) }) {
			t.Fatalf("%v, want %v", p, want)
		}
		for id, v := range want {
			if got, ok := p.Lookup(id); !ok || got != v || p.Of(id) != v {
				t.Errorf("%s is %d, %t, want %d", id, got, ok, v)
			}
		}
		if v, ok := p.Lookup("x"); ok || v != 0 {
			t.Errorf("unknown is %d, %t", v, ok)
		}
		asMap, _ := json.Marshal(want)
		if got, err := json.Marshal(p); err != nil || string(got) != string(asMap) {
			t.Errorf("%s, %v, want %s", got, err, asMap)
		}
		var back PerDevice[int]
		if err := json.Unmarshal(asMap, &back); err != nil || !slices.Equal(back, p) {
			t.Errorf("%v, %v, want %v", back, err, p)
		}
	})
}
