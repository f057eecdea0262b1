package filelayer

import (
	"errors"

	"github.com/libpaul/paul/filelayer/blob"
	"github.com/libpaul/paul/filelayer/couch"
	"github.com/libpaul/paul/filelayer/pairing"
)

// Errors a caller may test for with [errors.Is].
var (
	// ErrNotFound is returned when no file, document or device has the given ID.
	ErrNotFound = errors.New("not found")

	// ErrNoHolder is returned when no device that holds the file is online.
	ErrNoHolder = errors.New("no device that holds this file is online")

	// ErrLowLimit is returned for a limit below LeastRate.
	ErrLowLimit = errors.New("this limit is too low")

	// ErrLastCopy is returned when removing the copy here could leave the
	// library with fewer copies than asked for. Nothing was removed.
	ErrLastCopy = errors.New("this may be the last copy")

	// ErrUnverified is returned when other devices are said to hold a file, but
	// too few could prove it now. Nothing was removed.
	ErrUnverified = errors.New("too few other devices could prove their copy")

	// ErrKeeper is returned by Unsave on a device that keeps everything: the file
	// would be fetched again at once. Nothing was removed.
	ErrKeeper = errors.New("this device keeps every photo: let it keep chosen ones only (pauld keep chosen), and try again")

	// ErrBeyondLimit is returned for a file that is saved and beyond the limit of space
	// of this device, see [Role]: it would be freed again at once.
	ErrBeyondLimit = errors.New("it does not fit this device's limit of space, which is for the newest photos: it stays saved, and comes once it fits")

	// ErrInPlace is returned when the copy of a device lies in a folder that was
	// added in place: Paul removes nothing there, and vouches for nothing.
	ErrInPlace = errors.New("the copy lies in a folder that was added in place, where Paul removes nothing, and cannot promise that anything stays")

	// ErrComingBack is returned for bytes that stay in the trash since they are wanted
	// in the library again.
	ErrComingBack = errors.New("it is about to come back into the library")

	// ErrLeased is returned when another device relies on the copy here.
	ErrLeased = blob.ErrLeased

	// ErrNotPaired is returned for a device that is not in the roster.
	ErrNotPaired = errors.New("device is not paired")

	// ErrNoBytes is returned for a deleted file that cannot be restored.
	ErrNoBytes = errors.New("no device is known to have its bytes any more, so there is nothing to restore")

	// ErrDeleted is returned for a file that has been deleted.
	ErrDeleted = errors.New("file has been deleted")

	// ErrUndone is returned for an action that was undone before.
	ErrUndone = errors.New("it was undone before")

	// ErrConflict is returned when a document was changed by somebody else
	// since the revision that was to be replaced.
	ErrConflict = errors.New("document was changed meanwhile")

	// ErrInvalid is returned for a record or a name that no device may write.
	ErrInvalid = errors.New("invalid record")

	// ErrUnrecorded is a [Problem]: bytes are here that the records do not tell
	// of.
	ErrUnrecorded = errors.New("file is here, but not in the records")

	// ErrNoCopy is a [Problem]: a file is saved here, where it never was as far as is
	// known, and no device claims a copy.
	ErrNoCopy = errors.New("no device is known to have it")

	// ErrStray is a [Problem]: a file lies in the library folder that is none of
	// Paul's. It stays.
	ErrStray = errors.New("file is in the library folder, but not in the records: " +
		"a new photo is imported by itself within a minute while Paul runs; else move it elsewhere, and import it from there if it is wanted")

	// ErrNoBackup is returned for a file that is no backup of the records, or
	// a damaged one.
	ErrNoBackup = errors.New("the file is no backup of Paul's records, or a damaged one")

	// ErrClock is returned by UsePairCode and Accept when the clock of one of the
	// two devices is years off.
	ErrClock = errors.New("its time lies too far ahead: is the clock right, there and here?")

	// ErrTooMany is returned by UsePairCode and Accept when the library has as
	// many devices as it can have.
	ErrTooMany = errors.New("the library has as many devices as it can have")

	// ErrClosed is returned once the layer is closed.
	ErrClosed = errors.New("file layer is closed")
)

// Errors of the parts below, so that callers need not know them.
var (
	ErrCorrupt    = blob.ErrCorrupt
	ErrNoSpace    = blob.ErrNoSpace
	ErrReadOnly   = blob.ErrReadOnly
	ErrNotMounted = blob.ErrNotMounted
	ErrMissing    = blob.ErrMissing
	ErrChanged    = blob.ErrChanged
	ErrPlaceAway  = blob.ErrPlaceAway
	ErrBadPlace   = blob.ErrBadPlace

	ErrDamaged = couch.ErrDamaged
	ErrNewer   = couch.ErrNewer

	ErrBadCode     = pairing.ErrBadCode
	ErrExpired     = pairing.ErrExpired
	ErrUsed        = pairing.ErrUsed
	ErrBurned      = pairing.ErrBurned
	ErrOwnCode     = pairing.ErrOwnCode
	ErrRejected    = pairing.ErrRejected
	ErrCancelled   = pairing.ErrCancelled
	ErrWrongSecret = pairing.ErrWrongSecret
	ErrOldPaul     = pairing.ErrVersion
	ErrHungUp      = pairing.ErrGone
	ErrProtocol    = pairing.ErrProtocol
)
