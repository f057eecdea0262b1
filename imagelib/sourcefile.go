package imagelib

import (
	"context"
	"io"
	"io/fs"
	"os"
)

// readAtOnce bounds one read, so that a slow card can be given up at once.
const readAtOnce = 1 << 20

// sourceFile is a file being imported. Reading it stops when its context ends,
// tells how far it is, and fails with [ErrChanging] in place of its end when the
// file is no longer what it was when it was opened.
type sourceFile struct {
	f       *os.File
	st      fs.FileInfo // as it was opened
	read    int64
	stopped func() error
	told    func(n int64) // bytes that were read; not nil
}

func openSource(ctx context.Context, path string, told func(n int64)) (*sourceFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		_ = f.Close() // read only
		return nil, err
	}
	return &sourceFile{f: f, st: st, stopped: ctx.Err, told: told}, nil
}

func (s *sourceFile) close() { _ = s.f.Close() } // read only

func (s *sourceFile) Read(p []byte) (int, error) {
	if err := s.stopped(); err != nil {
		return 0, err
	}
	n, err := s.f.Read(p[:min(len(p), readAtOnce)])
	s.read += int64(n)
	s.told(int64(n))
	if err == io.EOF { //nolint:errorlint // a file returns the very value
		if changed := s.steady(); changed != nil {
			err = changed
		}
	}
	return n, err
}

// whole reads all of it into buf, or a larger one.
func (s *sourceFile) whole(buf []byte) ([]byte, error) {
	buf, err := readWhole(s, s.st.Size(), buf)
	if err == nil {
		err = s.steady()
	}
	return buf, err
}

// steady checks that what was read is all of a file that nobody changed.
func (s *sourceFile) steady() error {
	now, err := s.f.Stat()
	if err != nil {
		return err
	}
	if s.read != now.Size() || now.Size() != s.st.Size() || !now.ModTime().Equal(s.st.ModTime()) {
		return ErrChanging
	}
	return nil
}
