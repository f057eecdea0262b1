package imagelib

import (
	"context"
)

// ImportProgress is how far an import is.
type ImportProgress struct {
	Total, Done               int // files found, and dealt with
	Added, Duplicates, Failed int
	TotalBytes, Bytes         int64
	Current                   string // path of a file being read
}

// ImportResult is what an import did.
type ImportResult struct {
	Added      []Digest  // new in the library, in the order they were found
	Duplicates int       // files whose bytes the library had already
	Failed     int       // files that were not kept
	Problems   []Problem // what a person should hear of, in path order
}

// Problem is a file that an import skipped, or kept without a picture.
type Problem struct {
	Path string
	Err  error // [ErrNotPhoto], [ErrEmpty], [ErrKeptUndrawn] or why it could not be read
}

// Kept reports whether the file is in the library all the same.
func (p Problem) Kept() bool { return false }

// Import adds the photos and videos at paths, files or folders with all below
// them, and returns when they are on disk and recorded. One bad file never
// ends an import. When ctx ends, what is committed stays, and Import returns
// what it did with ctx's error; the same import again adds only the rest.
// report, which may be nil, is called from one goroutine at a time, a few times
// a second and once at the end.
func (l *Library) Import(ctx context.Context, paths []string, report func(ImportProgress)) (ImportResult, error) {
	return ImportResult{}, nil
}
