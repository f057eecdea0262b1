package filelayer

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
)

// readNotes reads what a small file of this device remembers. It is the zero value
// when there is no file, or a damaged one.
func readNotes[T any](path string) (notes T, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return notes, nil
	}
	if err != nil {
		return notes, err
	}
	if json.Unmarshal(data, &notes) != nil { // some of it may have been read
		var none T
		return none, nil
	}
	return notes, nil
}
