// Package app is one device of Paul: it opens a home directory, joins the
// overlay, the file layer and the image model, and is the only door to them
// for the gallery and for the commands of pauld.
//
// # Home
//
// A home directory holds everything a device knows except the photos:
//
//	config.json         the settings; edited by hand or by UpdateSettings
//	lock                held while a device runs on the home
//	control.sock        the control API of the running device (where there can be
//	                    no unix socket: control.json, with an address and a token)
//	device.key          the device's identity (an Ed25519 seed)
//	loopback.password   the password of --couch and --socks
//	watched/            what was found in watched folders
//	seen.json           when other devices were last heard
//	duplicates.json     near duplicates that a person keeps all of
//	files/              records, blob index, fetch cache
//	images/             the image model's local snapshot
//	thumbnails/         thumbnail cache, safe to remove
//
// The photos lie in the library folder, as ordinary files.
//
// # Lifecycle
//
// [Open] takes the lock and opens the parts; [App.Run] runs them until its
// context ends; [App.Close] gives everything back. [App.Ready] waits until the
// device serves. Whoever shows state listens on [App.Changed] and reads it
// anew; no method that only reads state blocks on the network or the disk.
package app
