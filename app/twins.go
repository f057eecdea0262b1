package app

import "fmt"

// twins tells, in words for a person, of a copy of this device's data that is,
// or has been, in use.
func (a *App) twins() []string {
	t := a.files.Twins()
	renew := fmt.Sprintf("To make the copy a device of its own, stop Paul on that computer, move its device.key away (here that is %s), "+
		"start Paul there again, and pair it", a.places.key())
	switch {
	case t.Aside:
		return []string{"Another computer runs as this device, from a copy of the same data, and has done so for longer. " +
			"All photos here stay, and nothing is exchanged with other devices. " + renew + ". If this is the one to go on, stop the other one, and start Paul here again"}
	case t.Both:
		return []string{"Another computer runs as this device, from a copy of the same data. This one goes on as before; " +
			"that one keeps its photos and exchanges nothing with other devices. " + renew}
	case !t.Heard.IsZero():
		return []string{fmt.Sprintf("The data of this device is older than what your other devices know of it, the last of %s: "+
			"it was put back from a backup, or a copy of it has been in use. No photo was lost by that: what was kept here and is missing comes back from a device that has it",
			t.Heard.Local().Format("2006-01-02 15:04"))}
	}
	return nil
}
