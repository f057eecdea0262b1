package mango

import (
	"strconv"

	"github.com/libpaul/paul/filelayer/internal/rawjson"
)

func isNumber(v []byte) bool { return v[0] == '-' || v[0] >= '0' && v[0] <= '9' }

func list(array []byte) (values [][]byte) {
	for v := range rawjson.Elements(array) {
		values = append(values, v)
	}
	return values
}

type member struct {
	name  string
	value []byte
}

func object(b []byte) (all []member) {
	for name, value := range rawjson.Members(b) {
		all = append(all, member{rawjson.Text(name), value})
	}
	return all
}

// number returns the value of a JSON number; the infinite one if it is too
// large.
func number(b []byte) float64 {
	f, _ := strconv.ParseFloat(string(b), 64)
	return f + 0 // -0 is 0
}

// integer returns the value of a JSON number without fraction.
func integer(b []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}

// compact returns a copy of v without white space.
func compact(v []byte) []byte { return rawjson.AppendCompact(nil, v) }
