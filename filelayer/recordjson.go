package filelayer

import (
	"encoding/json"
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

// readFile reads the body of a File document as encoding/json does. There are many,
// each is read several times, and nearly all are as this program writes them.
func readFile(body json.RawMessage) (r fileRecord, err error) {
	if rawjson.Valid(body) && readMembers(body, r.read) {
		return r, nil
	}
	r = fileRecord{}
	err = json.Unmarshal(body, &r)
	return r, err
}

// readMembers gives each member of an object to read, and reports whether it knew
// them all, and none was there twice.
func readMembers(v []byte, read func(name string, value []byte) bool) bool {
	if !rawjson.IsObject(v) {
		return false
	}
	var seen [16]string
	n := 0
	for quoted, value := range rawjson.Members(v) {
		name, ok := plain(quoted)
		if !ok || n == len(seen) {
			return false
		}
		for _, other := range seen[:n] {
			if other == name {
				return false
			}
		}
		seen[n] = name
		n++
		if !read(name, value) {
			return false
		}
	}
	return true
}

func (r *fileRecord) read(name string, value []byte) (ok bool) {
	switch name {
	case "name":
		r.Name, ok = plain(value)
	case "size":
		r.Size, ok = integer(value)
	case "type":
		r.Type, ok = plain(value)
	case "time":
		ok = readMillis(&r.Time, value)
	case "added":
		ok = readMembers(value, r.Added.read)
	case "deleted":
		r.Deleted = new(stamp)
		ok = readMembers(value, r.Deleted.read)
	case "devices":
		r.Devices = make(PerDevice[holding], 0, 2)
		ok = readMembers(value, func(id string, value []byte) bool {
			var h holding
			known := readMembers(value, h.read)
			r.Devices.Set(id, h)
			return known
		})
	}
	return ok
}

func (s *stamp) read(name string, value []byte) (ok bool) {
	switch name {
	case "by":
		s.By, ok = plain(value)
	case "at":
		ok = readMillis(&s.At, value)
	}
	return ok
}

func (h *holding) read(name string, value []byte) (ok bool) {
	switch name {
	case "saved":
		h.Saved = string(value) == "true"
		ok = h.Saved || string(value) == "false"
	case "n":
		h.N, ok = integer(value)
	case "verified":
		ok = readMillis(&h.Verified, value)
	case "trashed":
		ok = readMillis(&h.Trashed, value)
	}
	return ok
}

func readMillis(m *millis, v []byte) bool {
	n, ok := integer(v)
	*m = millis(n)
	return ok
}

// integer reads a number without a fraction or an exponent.
func integer(v []byte) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// plain reads a string in which every byte stands for itself.
func plain(v []byte) (text string, ok bool) {
	if v[0] != '"' {
		return "", false
	}
	v = v[1 : len(v)-1]
	for _, c := range v {
		if c < ' ' || c == '\\' || c >= 0x7f {
			return "", false
		}
	}
	return string(v), true
}
