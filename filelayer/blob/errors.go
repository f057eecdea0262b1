package blob

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNotFound says that the store knows no blob of this digest.
	ErrNotFound = errors.New("file is not on this device")
	// ErrMissing says that the index knows the blob, but its file is gone from
	// the library folder. The record of it is kept: absence is not deletion.
	ErrMissing = errors.New("file is missing from the library folder")
	// ErrChanged accompanies ErrMissing: another program has put other bytes in
	// the file's place. Those are left where they are.
	ErrChanged = errors.New("file was changed outside Paul, and what was written is kept")
	// ErrCorrupt says that bytes do not have the digest that they came under,
	// or no longer have it.
	ErrCorrupt = errors.New("bytes do not match their digest")
	// ErrNoSpace says that the disk is full, or has less room than is needed.
	// What was stored before is kept.
	ErrNoSpace = errors.New("not enough space on the disk")
	// ErrReadOnly says that the library folder cannot be written to.
	ErrReadOnly = errors.New("library folder is read-only")
	// ErrTooLarge says that the disk's format cannot hold a file of this size.
	ErrTooLarge = errors.New("file is larger than this disk's format can hold")
	// ErrIO says that the disk failed to read or write.
	ErrIO = errors.New("disk reports an input/output error")
	// ErrNotMounted says that the library folder lacks its marker file, or has
	// that of another library: most likely its disk is not mounted. Nothing is
	// taken for removed.
	ErrNotMounted = errors.New("library folder is not there: is its disk connected?")
	// ErrLeased says that another device relies on this copy for now.
	ErrLeased = errors.New("another device relies on this copy at the moment")
	// ErrDropping says that this device is about to remove its copy, and so
	// cannot promise to keep it.
	ErrDropping = errors.New("this device is about to remove its copy")
	// ErrPlaceAway says that a folder that was added in place is not there, or
	// has none of the files that it had. Nothing is taken for removed.
	ErrPlaceAway = errors.New("folder that was added in place is not there: is its disk connected?")
	// ErrBadPlace says that a folder cannot be added in place.
	ErrBadPlace = errors.New("this folder cannot be added in place, and nothing was changed")
	// ErrClosed says that the batch was committed or aborted before.
	ErrClosed = errors.New("batch is already committed or aborted")
)

// explainRead is explain for errors of looking and reading, to which it does
// not matter whether the folder can be written to.
func explainRead(err error) error {
	if errors.Is(classify(err), ErrReadOnly) {
		return err
	}
	return explain(err)
}

// orNotMounted wraps err with ErrNotMounted when something is not there since the
// library is not.
func (s *Store) orNotMounted(err error) error {
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrNotMounted) {
		if gone := s.Mounted(); errors.Is(gone, ErrNotMounted) {
			return fmt.Errorf("%w: %w", gone, err)
		}
	}
	return err
}

// Explain wraps err with the sentinel for what it says of a disk, as each error of a
// [Store] is: of the system, or of a database in a file.
func Explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return explain(err)
	}
	switch code := e.Code(); {
	case errors.Is(err, ErrNoSpace), errors.Is(err, ErrIO):
		return err
	case code&0xff == sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	case code&0xff == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_IOERR_SHMOPEN, code == sqlite3.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: a database cannot be opened, is the disk full? Free some space, nothing is lost: %w", ErrIO, err)
	case code&0xff == sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: %w", ErrIO, err)
	}
	return err
}

// explain wraps err with the sentinel for its cause, where there is one, so
// that errors.Is finds both.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if cause := classify(err); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}
