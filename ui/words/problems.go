package words

import (
	"context"
	"errors"

	"github.com/libpaul/paul/app"
	"github.com/libpaul/paul/imagelib"
)

// A Problem is a failure in words: what happened, and what to do.
type Problem struct {
	What string
	Do   string
}

// entry is one row of what is known of failures.
type entry struct {
	err  error
	what string
	do   string
}

// Explain puts a failure into words. Of several joined failures it explains the
// first that it knows.
func Explain(err error) Problem {
	for _, e := range known() {
		if errors.Is(err, e.err) {
			return Problem{e.what, e.do}
		}
	}
	return Problem{T("Something went wrong: {{.Error}}", "Error", err.Error()), T("Nothing was lost. Try again; if it stays, the log tells more.")}
}

func known() []entry {
	return []entry{
		{app.ErrLastCopy, T("This is the only copy that could be proved."), T("Save the photo on another device first, or bring a device that has it online, and try again.")},
		{app.ErrUnverified, T("No other device could prove its copy just now."), T("Bring a device that has the photo online and try again. The copy here stays.")},
		{app.ErrLeased, T("Another device is relying on the copy here at this moment."), T("Try again in ten minutes. The copy here stays.")},
		{app.ErrNoHolder, T("No device that has this photo is online."), T("Start Paul on a device that has it; it follows by itself when you choose Save.")},
		{imagelib.ErrNotHere, T("No device that has this photo is online."), T("Start Paul on a device that has it; it follows by itself when you choose Save.")},
		{app.ErrNoSpace, T("The disk is full."), T("Free some space. Nothing was half-written, and what was under way continues then.")},
		{app.ErrReadOnly, T("The library folder cannot be written to."), T("Check the permissions of the folder, or choose another one in Settings.")},
		{app.ErrNotMounted, T("The library folder is not there; is its disk connected?"), T("Connect the disk. Until then nothing is taken for removed.")},
		{app.ErrCorrupt, T("The bytes that came were not the photo's, and were not kept."), T("Paul asks another device. If there is none, check the disk of the one that has it.")},
		{app.ErrMissing, T("The file is no longer where Paul put it."), T("It is fetched again from another device that has it.")},
		{app.ErrDeleted, T("The photo was deleted meanwhile."), T("It is in the trash and can be restored for 30 days.")},
		{app.ErrNotFound, T("The photo is no longer in the library."), T("Look in the trash.")},
		{app.ErrBadCode, T("This is not a complete pair code."), T("Copy it again as a whole, from paul: to the end, or use the picture of the code.")},
		{app.ErrExpired, T("The pair code is no longer valid: it works for ten minutes."), T("Ask for a new code on the other device. If it is new, check that both clocks are right.")},
		{app.ErrUsed, T("This pair code has been used already."), T("Each code works once. Ask for a new one on the other device.")},
		{app.ErrBurned, T("The pair code was withdrawn after three wrong tries."), T("Ask for a new code on the other device.")},
		{app.ErrWrongSecret, T("The other device did not accept the code."), T("Check for a typing mistake, or ask for a new code.")},
		{app.ErrOwnCode, T("This is this computer's own code."), T("Enter it on the other device.")},
		{app.ErrRejected, T("The other device said no."), T("Accept there when it asks. Both show the same four words.")},
		{app.ErrNotPaired, T("The devices are not paired."), T("Pair them again under Devices.")},
		{app.ErrBadSetting, T("This setting cannot be used."), T("Nothing was changed.")},
		{context.DeadlineExceeded, T("The other device did not answer in time."), T("Is Paul open there, with the code on its screen? A firewall, a guest network or a network that keeps devices apart may be in the way; the same network, or a phone's hotspot, is worth a try.")},
	}
}

// Unreachable is what is said when the device of a pair code cannot be reached
// for a reason that has no name of its own.
func Unreachable(err error) Problem {
	p := Explain(err)
	for _, e := range known() {
		if errors.Is(err, e.err) {
			return p
		}
	}
	return Problem{
		T("The other device could not be reached."),
		T("Is Paul open there, with the code on its screen? A firewall, a guest network or a network that keeps devices apart may be in the way; the same network, or a phone's hotspot, is worth a try."),
	}
}
