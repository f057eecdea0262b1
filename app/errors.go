package app

import (
	"errors"
	"os"

	"github.com/libpaul/paul/filelayer"
	"github.com/libpaul/paul/imagelib"
	"github.com/libpaul/paul/overlay"
)

// Errors of this package that a caller may test for with [errors.Is].
var (
	// ErrRunning is returned by Open when another program holds the home.
	ErrRunning = errors.New("another Paul is running on this home")

	// ErrNotRunning is returned by Connect when no device runs on the home.
	ErrNotRunning = errors.New("no Paul is running on this home")

	// ErrConfig is returned by Open when config.json cannot be understood.
	// A copy of the file is kept beside it.
	ErrConfig = errors.New("config.json cannot be read")

	// ErrNotLoopback is returned for an address that other machines can reach.
	ErrNotLoopback = errors.New("not a loopback address")

	// ErrBadForward is returned by Open for a Forward that cannot be.
	ErrBadForward = errors.New("not a usable forward")

	// ErrOwnDevice is returned by RemoveDevice for the device itself.
	ErrOwnDevice = errors.New("this is the device you are on: removed, it could no longer reach any other device of the library, " +
		"and its copies would no longer count. Nothing was changed; to take it out, remove it on another of your devices")

	// ErrRemoved is returned by Invite and SetCopyRule on a device that was removed
	// from the library; nothing was changed.
	ErrRemoved = errors.New("this device was removed from the library")

	// ErrBadSetting is returned by UpdateSettings; nothing was changed.
	ErrBadSetting = errors.New("not a usable setting")

	// ErrAmbiguous is returned for the beginning of a digest that several files share.
	ErrAmbiguous = errors.New("several digests begin like this")

	// ErrNoWindow is returned by HandOver when the device that runs on the
	// home has no window to raise.
	ErrNoWindow = errors.New("the Paul running on this home has no window")

	// ErrNoAnswer is returned by Join when the device that shows the code
	// cannot be reached, or no longer takes the code.
	ErrNoAnswer = errors.New("the device that shows the code does not answer. Is it switched on, with the code still on its screen, " +
		"and are both devices on the same network or online? A code that was used, withdrawn or has expired does not work: ask for a new one")

	// ErrStopped is returned when the running device ended before it answered.
	ErrStopped = errors.New("the running Paul stopped before this was done: what it had finished is kept, the same command does the rest once it runs again")
)

// errBusy is returned to a second start when the window takes nothing in.
var errBusy = errors.New("the window of Paul does not answer")

// errNodeEnded stops the other parts when the node has failed.
var errNodeEnded = errors.New("the network node has ended")

// causeOf is why the system could not do something to a file, without what was
// called and for which file, for errors that say this themselves.
func causeOf(err error) error {
	if at, ok := errors.AsType[*os.PathError](err); ok {
		return at.Err
	}
	return err
}

// Errors of the file layer, for callers that know only this package.
var (
	ErrNotFound    = filelayer.ErrNotFound
	ErrNoHolder    = filelayer.ErrNoHolder
	ErrNoBytes     = filelayer.ErrNoBytes
	ErrLastCopy    = filelayer.ErrLastCopy
	ErrUnverified  = filelayer.ErrUnverified
	ErrLeased      = filelayer.ErrLeased
	ErrUndone      = filelayer.ErrUndone
	ErrKeeper      = filelayer.ErrKeeper
	ErrBeyondLimit = filelayer.ErrBeyondLimit
	ErrInPlace     = filelayer.ErrInPlace
	ErrBadPlace    = filelayer.ErrBadPlace
	ErrPlaceAway   = filelayer.ErrPlaceAway
	ErrNotPaired   = filelayer.ErrNotPaired
	ErrDeleted     = filelayer.ErrDeleted
	ErrCorrupt     = filelayer.ErrCorrupt
	ErrNoSpace     = filelayer.ErrNoSpace
	ErrReadOnly    = filelayer.ErrReadOnly
	ErrNotMounted  = filelayer.ErrNotMounted
	ErrMissing     = filelayer.ErrMissing
	ErrNoCopy      = filelayer.ErrNoCopy
	ErrBadCode     = filelayer.ErrBadCode
	ErrExpired     = filelayer.ErrExpired
	ErrUsed        = filelayer.ErrUsed
	ErrBurned      = filelayer.ErrBurned
	ErrOwnCode     = filelayer.ErrOwnCode
	ErrRejected    = filelayer.ErrRejected
	ErrCancelled   = filelayer.ErrCancelled
	ErrWrongSecret = filelayer.ErrWrongSecret
	ErrOldPaul     = filelayer.ErrOldPaul
	ErrHungUp      = filelayer.ErrHungUp
	ErrProtocol    = filelayer.ErrProtocol
	ErrClock       = filelayer.ErrClock
	ErrTooMany     = filelayer.ErrTooMany
)

// Errors of the network, likewise.
var (
	ErrPortInUse  = overlay.ErrPortInUse
	ErrBadAddress = overlay.ErrBadURI
)

// ErrBadDate is the image model's error for dates that cannot be corrected as asked.
var ErrBadDate = imagelib.ErrBadDate

// ErrBadQuery is the image model's error for a search that cannot be understood.
var ErrBadQuery = imagelib.ErrBadQuery

// ErrBadURI is the overlay's error for the URI of a peer or listener that
// cannot be used.
var ErrBadURI = overlay.ErrBadURI
