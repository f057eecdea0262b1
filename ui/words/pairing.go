package words

import (
	"context"

	"github.com/libpaul/paul/app"
)

// Joining says why this device could not join another by its pair code.
func Joining(err error) Problem {
	if p, ok := lookUp(err); ok {
		return p
	}
	return Problem{T("The other device could not be reached."), tryToReach()}
}

// tryToReach is what may help when a device cannot be reached.
func tryToReach() string {
	return T("Is Paul open there, with the code on its screen? A firewall may be in the way: let port 7330 (TCP and UDP) through on both devices. A guest network, or one that keeps devices apart, may be too; the same network, or a phone's hotspot, is worth a try.")
}

// joining are the failures of a device that joins.
func joining() []entry {
	return []entry{
		{app.ErrBadCode, T("The pair code is not complete, or has a typing mistake."), T("Copy it again as a whole, from paul: to the end, or use the picture of the code.")},
		{app.ErrOldPaul, T("The two devices have different versions of Paul."), T("Update Paul on the device that has the older one, and try again with a new code.")},
		{app.ErrExpired, T("The pair code is no longer valid: it works for ten minutes."), T("Ask for a new code on the other device. If it is new, check that both clocks are right.")},
		{app.ErrUsed, T("This pair code has been used already."), T("Each code works once. Ask for a new one on the other device.")},
		{app.ErrBurned, T("The pair code was withdrawn after three wrong tries."), T("Ask for a new code on the other device.")},
		{app.ErrCancelled, T("The pair code was withdrawn on the other device."), T("Choose “Add a device” there again, and use the new code. Only the newest one works.")},
		{app.ErrWrongSecret, T("The other device did not accept the code."), T("Check for a typing mistake, or ask for a new code. After three wrong tries a code is withdrawn.")},
		{app.ErrOwnCode, T("This is this computer's own code."), T("Enter it on the other device.")},
		{app.ErrRejected, T("The other device did not let this one in."), T("Ask for a new code there, and accept when both show the same four words.")},
		{app.ErrHungUp, T("The other device stopped answering halfway."), T("Is Paul still open there, with the code on its screen? Then try again with the same code; else ask for a new one.")},
		{app.ErrProtocol, T("The other device answered in a way that Paul does not understand."), T("Update Paul on both devices, and try again with a new code.")},
		{app.ErrClock, T("The clock of one of the two devices is wrong by years."), T("Set the date and the time right on both, start Paul anew there, and try again with a new code.")},
		{app.ErrTooMany, T("The library has as many devices as it can have."), T("Those that were removed count too. This computer can start a library of its own.")},
		{app.ErrNoAnswer, T("The other device did not answer in time."), tryToReach()},
		{context.DeadlineExceeded, T("The other device did not answer in time."), tryToReach()},
	}
}

// Inviting says why the pair code that this device shows has ended, or why it
// could not let another device in.
func Inviting(err error) Problem {
	if p, ok := find(err, inviting()); ok {
		return p
	}
	return Explain(err)
}

// inviting are the failures that read otherwise on the device with the code.
func inviting() []entry {
	return []entry{
		{app.ErrExpired, T("The code has run out: it works for ten minutes."), T("Nobody was let in. Make a new code, and enter it on the other device.")},
		{app.ErrBurned, T("The code was withdrawn: it was entered wrongly three times."), T("Nobody was let in. Make a new code, and enter it on the other device.")},
		{app.ErrCancelled, T("The code was withdrawn, since another one was made."), T("Only the newest code works. Use that one, or make a new one here.")},
		{app.ErrUsed, T("The code has been used."), T("Look under Devices whether the other device is there. If not, make a new code.")},
	}
}
