package words

import (
	"errors"
	"io/fs"

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
	if p, ok := lookUp(err); ok {
		return p
	}
	return Problem{T("This did not work: {{.Error}}", "Error", err.Error()), T("Paul removes no photo because of a failure. Try again; if it fails again, start Paul anew.")}
}

// Known tells whether there are words for a failure.
func Known(err error) bool {
	_, ok := lookUp(err)
	return ok
}

func lookUp(err error) (Problem, bool) {
	return find(err, append(joining(), known()...))
}

func find(err error, known []entry) (Problem, bool) {
	for _, e := range known {
		if errors.Is(err, e.err) {
			return Problem{e.what, e.do}, true
		}
	}
	return Problem{}, false
}

func known() []entry {
	return []entry{
		{app.ErrLastCopy, T("This is the only copy that Paul can be sure of, so it was kept."), T("Save the photo on another device first, or bring a device that has it online, and try again.")},
		{app.ErrUnverified, T("No other device could show just now that its copy is whole."), T("The copy here stays. Start Paul on a device that has the photo, and try again.")},
		{app.ErrKeeper, T("This computer keeps every photo, so the photo stays here."), T("Let it keep chosen photos only, and it can be removed here.")},
		{app.ErrBeyondLimit, T("The photo does not fit the space for photos on this computer, which the newest ones have."), T("It stays saved, and comes by itself once it fits. More space can be set in Settings.")},
		{app.ErrLeased, T("Another device removed its copy a short while ago and relies on the one here, so it was kept."), T("Save the photo on that device again, and it can be removed here at once; or save it on another device first, and try again in ten minutes.")},
		{app.ErrInPlace, T("The photo lies in a folder that was added in place, so it stays here."), T("Paul removes nothing there. Remove the file from that folder yourself, or take the folder out of Paul in Settings.")},
		{app.ErrBadPlace, T("This folder cannot be added in place, and nothing was changed."), T("It may be the library folder, hold Paul's own data, or overlap a folder that was added before. Choose another.")},
		{app.ErrPlaceAway, T("The folder that was added in place is not there; is its disk connected?"), T("Connect the disk and try again. Until then no photo on it is taken for removed.")},
		{app.ErrNoHolder, T("No device that has this photo is online."), T("Start Paul on a device that has it; it follows by itself when you choose Save.")},
		{app.ErrNoBytes, T("No device is known to have this photo any more."), T("There is nothing to restore. A device that still has it says so when it comes online; then it shows in the trash.")},
		{imagelib.ErrNotHere, T("No device that has this photo is online."), T("Start Paul on a device that has it; it follows by itself when you choose Save.")},
		{app.ErrNoSpace, T("The disk is full."), T("Free some space. Nothing was half-written. Transfers go on then, and an import once you start it again.")},
		{app.ErrReadOnly, T("The library folder cannot be written to."), T("Check the permissions of the folder, or choose another one in Settings.")},
		{app.ErrNotMounted, T("The library folder is not there; is its disk connected?"), T("Connect the disk and try again. Until then no photo on it is taken for lost.")},
		{app.ErrCorrupt, T("The photo arrived damaged, and was not kept."), T("Paul asks another device that has it. If there is none, check the disk of the device that sent it.")},
		{app.ErrMissing, T("The file is no longer where Paul put it."), T("It is fetched again from another device that has it.")},
		{app.ErrNoCopy, T("No device is known to have this photo."), T("Bring a device or a backup that has it, and import it again; or delete it.")},
		{app.ErrDeleted, T("The photo was deleted meanwhile."), T("It is in the trash and can be restored for 30 days.")},
		{app.ErrNotFound, T("The photo is no longer in the library."), T("Look in the trash.")},
		{app.ErrRemoved, T("This computer was removed from the library."), T("Join it again first, with a code that one of the other devices shows.")},
		{app.ErrNotPaired, T("The devices are not paired."), T("Open Devices on one of them and choose “Add a device”.")},
		{app.ErrPortInUse, T("Another program of this computer has this port."), T("Choose another port, or end that program. Until then everything stays as it was.")},
		{app.ErrBadAddress, T("This is no address that Paul can use."), T("An address is written like tls://192.0.2.1:7999. Until then everything stays as it was.")},
		{app.ErrBadSetting, T("This setting cannot be used."), T("Look over what was entered; until then everything stays as it was.")},
		{app.ErrBadDate, T("The dates cannot be corrected so, and nothing was changed."), T("Look over what was entered, and try again.")},
		{imagelib.ErrNotPhoto, T("It is not a photo or a video."), T("It was left where it is.")},
		{imagelib.ErrEmpty, T("The file is empty."), T("If it should hold a photo, copy it from the camera again.")},
		{imagelib.ErrChanging, T("The file is still being written; import it again when it is complete."), T("Nothing of it was taken.")},
		{imagelib.ErrKeptUndrawn, T("It is in the library, but no picture of it can be shown."), T("If another program cannot open it either, it is damaged.")},
		{imagelib.ErrKeptPartial, T("It is in the library, but the file ends early and part of its picture is missing."), T("Copy it from the camera again, if it is still there.")},
		{fs.ErrPermission, T("This computer does not let Paul read or write there."), T("Check the permissions of the file or folder, and try again.")},
		{fs.ErrNotExist, T("The file or folder is no longer there."), T("Look whether it was moved or its disk removed, and try again.")},
	}
}
