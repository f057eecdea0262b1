package main

// Texts of "pauld help".
const (
	overviewRest = `
"pauld help COMMAND" tells more. Flags may stand before or after arguments:
  --home DIR   the device's home (default: paul in the place for a program's data,
               $XDG_DATA_HOME or ~/.local/share)
  --json       print one JSON object a line; progress and errors too, on standard error
  --verbose    log what happens to standard error

Commands talk to the device that runs on the home, or open the home themselves
when none does. A DIGEST may be cut to its first 8 digits or more.

Exit codes: 0 done, 1 failed, 2 usage, or a file or folder named that is not there,
3 refused to protect the last copy, 4 not found, 5 no holder online. Of several files
that fail differently the first of 1, 3, 5, 4 counts; each is told on standard error.
`
	runHelp = `Prints a line once it serves; with --json {"ready": {"id", "address", "listen"}},
with the real ports. Stops on Ctrl-C or SIGTERM. Waits for a command that has the
home open; when another device runs on it the exit code is 1.

  --name NAME         what other devices call this one; kept
  --library DIR       where the photos lie, as plain files; kept
  --listen URI        let devices link with this one, such as tls://0.0.0.0:7330
                      (tls, tcp or quic; port 0 for any); may be repeated
  --peer URI          link with another device or node, such as tls://192.0.2.1:7330;
                      may be repeated
  --no-lan            do not look for devices on the local network
  --no-public-peers   do not link through public peers
  --no-direct         do not make direct links to devices in other networks
  --no-port-map       do not ask the router to forward a port for them
  --stun HOST:PORT    ask this STUN server, not the built-in ones, for the address
                      of this device; may be repeated; "none" asks nobody
  --couch ADDR        serve the databases in the CouchDB protocol, such as 127.0.0.1:5984
  --socks ADDR        SOCKS5 and HTTP proxy to one's devices, such as 127.0.0.1:1080
  --forward PORT=ADDR let your other devices reach a program of this machine by an
                      overlay port, such as 5984=127.0.0.1:5984; may be repeated
  --database URL      keep the records in an external CouchDB too, such as
                      http://user:password@127.0.0.1:5984/; kept; "embedded" ends it

--couch and --socks take loopback addresses only, and ask for user paul and the
password in HOME/loopback.password. The program behind --forward takes your devices
for programs of this machine, so it should ask for a password of its own.
`
	linkHelp = `
While no device runs on the home, this command opens it, and then takes
--listen, --peer, --stun, --no-lan, --no-public-peers, --no-direct and
--no-port-map as "pauld run" does.
`
	importHelp = `Copies photos and videos, and those in folders, into the library. Duplicates are
found by their bytes. Dates, places, captions, keywords and ratings in XMP and in
Google Takeout's JSON beside a photo are taken in, also of one that is in the
library already. A file that cannot be imported is told on standard error
and never ends the import; then the exit code is 1. Prints how many
photos were added; with --json, an entry for each.
`
	listHelp = `Oldest first: digest, date, size, on how many devices (* this one), name. With --json
also when the first and the last of the copies were read (oldestProof, newestProof),
and which files the gallery shows as one with it (with): the raw file of a picture, the
film of a live photo. Commands act on those that they are told.

SEARCH is what the gallery's search field takes: words, which are looked for in names,
captions, tags, cameras, lenses and places, or what is to be found where, as in
  pauld list 'camera:canon place:"new york" type:raw from:2019-05 before:2020'
with name, caption, tag, camera, lens, place, type (raw, video, live, heic ...), rating (at
least, 0 to 5), from or after (included) and before (not). All must be met. With a photo
that is found, all files of the same shot are listed.
`
	saveHelp = `Fetches the photos from a device that has them and checks every byte. If none
is online the exit code is 5, and the photo follows as soon as one is. Beyond the
limit of space (see: pauld help keep) it stays saved, and comes once it fits.
`
	unsaveHelp = `Another device must prove now that it has the photo, and promise to keep it; else
the photo stays and the exit code is 3. Files go to the device's trash for 30 days.

  --force      remove it even if it may be the last copy: once the trash is emptied
               the photo is lost
  --when-safe  what is refused waits: it is removed as soon as enough other devices
               prove their copies, also after a restart, and never without that. "pauld
               save" takes it back. Without a DIGEST: list what waits, and why
  --queued     no longer fetch any of the photos that are saved here and have not come

A photo that has not come yet is no longer fetched; nothing is removed, and no other
device is asked.
`
	deleteHelp = `Each device moves its copy to its trash, where it stays for 30 days; "pauld
restore" brings it back.

  --held    agree to deletions by another device that this one held back because
            they were suspiciously many
`
	restoreHelp = `Every device that still has a deleted photo in its trash brings it back.

  --held    bring back all whose deletion by another device this one held back
`
	trashHelp = `The latest first: digest, size, when and on which device it was removed, until when
its bytes stay in the trash here (- for none here), name. "pauld restore" brings
back what was deleted, and "pauld save" what was unsaved here. With --json an entry
has removed, by, unsaved and until (null for none here) as well.

  --empty   remove what is in the trash of this device for good, or of that the photos
            named, before their 30 days are over. Other devices keep what is in theirs.
            A photo that was unsaved but not deleted goes only when another device reads
            its copy now, and promises to keep it; else it stays and the exit code is 3.
            It tells first how many deleted photos no other device is known to have
            (with --json {"onlyHere": n} on standard error)
  --yes     do so without asking
`
	undoHelp = `Without ID: lists what was done to photos on all devices in the last 30 days, the
latest first: ID, when, where, what, how many photos, and whether it was undone. With ID,
does the opposite for those of the photos that it has left as they are:

  import, restore   the photos go to the trash of every device
  delete            they come back, as by "pauld restore"
  save              they are removed from the device again, if others prove to have them
  unsave            they are saved there again
  date              their dates are what they were before
  geometry          they are turned and cut as they were before

What another device saved or unsaved, that device undoes as soon as it hears of it, once;
a removal there waits for its proofs, as by "pauld unsave --when-safe", and never happens
without. What could not be undone is told for each photo: undo again when the cause is gone.
An undo is an action itself: to redo, undo the undo. With --json a line has id, time,
device, deviceName, kind, files, undoes, undone, undoneOn, waits, failed and why.
`
	datesHelp = `The photo's file is never changed: the correction is kept beside it, on all devices, and
"pauld undo" takes it back, exactly, for 30 days. Dates are when a photo was taken, on the
wall clock of that place; the timeline is in their order.

  --shift SHIFT   the clock was off: add so much, such as +1h30m, -45s or 3d2h
  --zone ZONE     where the photos were taken: Europe/Paris, or +02:00. The clock moves
                  there from the zone that each date tells, or from that of
  --from ZONE     which the camera was on: the camera stayed on the time of home
  --keep-clock    the clock was right; only note that it was the clock of the zone
  --set DATE      the date of each: 2024-05-01 12:30, 2024-05-01T12:30:05+02:00, or a
                  day alone, for its noon
  --reset         back to what the file says
  --dry-run       only tell what would be

Where one of the photos cannot be corrected so, none is. With --json prints {"id",
"changed", "same", "photos": [{"digest", "name", "was", "date"}]}.
`
	clocksHelp = `Compares what each camera took with what phones took, whose clocks are right, and cameras
that tell place and time zone: where the photos of both fall together, again and again,
by one shift alone, the camera's clock was off by it. Tells the camera, from when
to when, how many photos, the shift, and how sure that is: on how many scenes it rests
which both photographed, how many of them look alike, and how improbable it would be by
chance. There is no offer where that is not very improbable.

  --apply N     correct the dates of the photos of the Nth; "pauld undo" takes it back
  --dry-run     only tell what that would be
  --dismiss N   do not offer the Nth in the gallery of this device any more

With --json a line has n, camera, first, last, photos, shift (seconds), scenes, alike,
chance and dismissed.
`
	logHelp = `The oldest first: when, what was done, on which device that was asked for, digest,
name, and by which devices' copies it was covered (when each last read its copy, and
until when it promised to keep it). A line is written before the bytes are moved; where
they then stayed after all, a later line says kept. The log keeps the last 100,000 or so.

  unsave     removed from this device, after other devices proved their copies
  when-safe  the same, some time after it was asked for
  space      the same, since photos took more space than they may here
  force      removed though it may have been the last copy
  delete     deleted on all devices
  unwanted   fetched, and no longer wished for by then
  rotten     its bytes had changed on the disk: put aside, to be fetched again
  purge      removed from the trash, for good, after 30 days
  emptied    the same before that, because a person emptied the trash
  restore    brought back out of the trash

  --since TIME   only from then on: a date (2024-05-01), a date and a time
                 (2024-05-01T12:30), or how long ago (90m, 24h, 7d)

With --json a line has time, what, digest, name, size, by, byName, leases [{device,
name, verified, until}] and, of kept, error.
`
	fetchHelp = `Its bytes, and nothing else; to write what the library knows of it as well: pauld export.
The photo may be on any device that is online; the copy is checked byte by byte.
Without -o it gets the photo's name, in the current folder; a file that is there
is never replaced: the copy gets a number.

  -o FILE   write to FILE, replacing it, or into the folder FILE; "-" is standard output
`
	editHelp = `All devices show the photos so. Their files never change, and --reset brings each back
as its file is. What is done is added to how a photo is shown so far, in this order:

  --reset               as the file is
  --rotate DEGREES      by 90, 180 or 270 degrees clockwise
  --mirror              exchange left and right
  --straighten DEGREES  level the horizon: -45 to 45 degrees clockwise, in place of what
                        was before. The corners that this leaves empty are cut off
  --crop X,Y,W,H        keep a part, in shares of the photo's width and height from its
                        upper left, in place of the one before: 0.1,0,0.8,1 cuts a tenth
                        off left and right. "none" keeps all

With --json an entry has geometry {mirror, turns, angle, crop {x, y, w, h}} if it is edited.
`
	exportHelp = `The original is written byte for byte, under its name, and beside it NAME.EXT.xmp, if
the library knows more than the file says: caption, tags, rating, favourite, a corrected
date, the place, how it is turned and cropped. A file that is there is never replaced:
the copy gets a number. The photo may be on any device that is online.

  -o FOLDER   where to write; the current folder if left out
  --edited    of photos that were edited, write a JPEG too that shows them so, as
              NAME-edited.jpg

With --json an entry has file, sidecar and edited: the paths that were written.
`
	pairHelp = `The code is good for ten minutes and for one device. Both devices show the same
four words; then you let the other one in or not. Ctrl-C cancels the code.

  --yes     let in whoever brings the code, without asking
`
	joinHelp = `CODE is what "pauld pair" or the gallery shows, in any case, with or without
blanks and dashes. Compare the four words with those on the other device.
`
	devicesHelp = `This device first. How a device is reached: on this network or direct (by a link of
your own devices, and how it was made), relayed (through others, who see only
encrypted traffic), or offline; then the round trip, since when, and how much moves.
ONLY THERE counts the photos that no other device has: they would be lost with it.
With --json a device has path {kind, method, via, viaDevice, viaPublic, rttMs, since,
rxRate, txRate}, only, onlyBytes, and when the first and the last of its copies were
read (oldestProof, newestProof): kind is lan, direct, relayed or offline, method lan, public, mapped,
punched or static, rates are bytes a second. Why is a device not direct? See:
pauld doctor.
`
	deviceHelp = `remove: all devices shut it out and no longer count its copies. The photos on it stay there.
DEVICE is a name, or an ID cut to its first 8 digits or more. It is refused (exit
code 3) while photos are on that device alone, which could not be reached any more (see:
pauld status --if-lost DEVICE), unless with

  --force      remove it all the same

rename: other devices call this one NAME. Each device has its name from itself.
`
	placeHelp = `The photos and videos in the folder, and below it, become photos of the library that this
device has, without being copied. Paul only ever reads there: nothing is moved, renamed,
changed or removed, whatever is done to the photos in Paul. What comes, changes or goes
there is noticed while a device runs, and at its next start. A folder that is not there,
or in which none of the known files is left, is a disk that is not connected.

Other devices see, fetch and save these photos. But you may clear the folder up at any
time, so no other device removes its own copy because of one that lies there. "pauld
save" copies one into the library, and then it counts like any other.

"unsave" is refused for a photo that only lies there; "delete" deletes it on all devices,
and leaves the file where it is. A photo that is edited there is a new one to Paul.

"add" again looks through a folder anew. "remove" takes one out of Paul, with all that is
only there; it is refused (exit code 3) when photos would be left without a copy that Paul
knows of, unless with

  --force      remove it all the same

The files stay on the disk in any case. With --json "list" prints a line {path, files,
bytes, deleted, only, missing, rotten, busy, away} for each, and "add" what "import" does.
`
	watchHelp = `While a device runs, each photo that is in the folder, or below it, is copied into the
library: what comes within seconds, and what came meanwhile when the device starts. The
folder is only read. A file is taken once no program has written to it for two seconds.
What was deleted from the library, or removed from this device, does not come back
because it still lies there; what is removed from the folder stays in the library.
Hidden files, and those that programs are still writing (.part, .crdownload, .tmp),
are passed over. "pauld undo" takes an import back.

"list" tells how each folder is doing:

  watching   changes are noticed within seconds
  scanned    the system does not tell of changes, as on a network drive, or no more than
             so many; all is looked through every few minutes
  missing    the folder is not there (its disk is not connected, say), and is waited for
  off        no device runs, or WHY

With --json a line {path, state, reason, photos, deleted, notPhotos, unread} for each.
`
	peerHelp = `A peer is a node through which devices find each other. Those added are kept for
later starts. While one of them is linked, no public peer is: so each of your
devices should name it, or it should be linked to the public network itself.
FOR OTHERS is what came over a link for somebody else, and was passed on unread.
`
	backupHelp = `Writes what the library knows to FILE: which photos there are and who holds them,
albums, captions and other edits, devices. Photos are not part of it, nor is the
device's key. A backup that is there is replaced, any other file is not.

  --restore   take in the records of FILE, as if another device had sent them:
              what is newer here stays, and nothing is deleted. Photos come back
              where a device has their bytes
`
	statusHelp = `Asks the running device only: the exit code is 1 when none runs. A photo on one
device only is lost with it; by the records, which copies are counted by, a device has
read each of its copies when it came, and reads it again in the background. Of what is
still to fetch: how fast it comes and how long still, once that is known, and why the
rest does not come. With --json fetching {files, bytes, rate, secondsLeft, moving, waits}.
A library folder that is not there is told of first (with --json: away).

  --if-lost DEVICE   how many photos would be lost if DEVICE died now: those of which
                     no other device has a copy. DEVICE is a name, or an ID cut to its
                     first 8 digits or more. With --json the photos, one a line, and
                     then, on standard error, {"ifLost": {device, name, files, bytes,
                     inTrash}}
`
	doctorHelp = `Says first what stands between this device and the others, the gravest first, and what
you can do; then what that was concluded from: peers, NAT, router, STUN servers, and
the last attempt at a direct link with each device. It asks the running device only,
changes nothing, and sends nothing. The exit code is 1 when none runs, or when
something here keeps devices apart (marked !); hints (marked -) do not change it.
That this device was removed from the library comes first of all.
With --json a line {"finding": {code, severity, about, device, what, do}} for each, where
severity is problem, hint or fine, then one {"facts": {...}}.
`
	keepHelp = `Without arguments it tells what the device keeps, and what is left to do.

  everything     save every photo of the library here, also what comes later
  helping        keep what is saved here, and save photos of which too few devices
                 have a copy; see: pauld help copies
  chosen         keep what is saved here, and nothing else (as from the start)
  --space 60GB   let photos take so much here, the newest first; none for no limit
  --preview      tell what would be fetched and removed, and change nothing

Beyond the limit the oldest photos are removed from this device, each only once
other devices have proved their copy, and go to its trash for 30 days; what too
few others have stays. The trash takes room beside the limit, and what it takes is
told. A device that keeps everything refuses "unsave".

Nothing is fetched that the limit would then remove. What was still to come only
because the device kept everything, or less than the limit, is no longer fetched once
that has changed; what was saved by hand is, and beyond the limit once it fits. What
is here stays.
`
	copiesHelp = `Without arguments it tells what is asked for, what each device has to do for it, and
what cannot be. What you ask for holds on all devices.

  N             keep every photo on at least N devices, such as 2; none for no wish
  --album NAME  the same for the photos of an album: the greater number counts
  --on DEVICE   keep them on this device in any case; may be repeated, for 64 at most
  --plan        tell what each device would fetch and remove, and change nothing

Photos on fewer devices are copied by themselves: to devices that keep everything, then
to those that help ("pauld keep helping" there), each a share by the room it has, within
its limit of space and without filling its disk. Each device decides for itself what is
its share. What one has not brought for half an hour another takes. A device that is
removed from the library no longer counts. No limit of space removes a copy that is
asked for. "pauld unsave" still does, if other devices prove theirs, and the photo then
does not come back to that device by itself.
`
	limitHelp = `Without flags it tells the limits. They hold for all transfers of photos together,
those that run too, and for later starts; records and thumbnails are not held up.

  --down 2MB   fetch at most so many bytes a second; none, or 0, for no limit
  --up 500kB   send at most so many to other devices; none for no limit

The lowest limit is 20kB.
`
	pauseHelp = `What is being fetched stops at the byte, also for commands that wait for it, and goes
on there after "pauld resume"; a restart does not end the pause. What you ask for
while it lasts is fetched all the same: with "pauld fetch" or "pauld save", and what
you open in the gallery. Other devices can still fetch from this one.

  --serving   send no photos to other devices either
`
	checkHelp = `The exit code is 1 when a problem remains. A file in the library folder that is
not in the records, such as one that another program changed, is a problem too:
it stays until you move it elsewhere. What is still to be fetched is counted, and is
none. A file that has rotted is kept in .paul/quarantine in the library folder, and told
of each time until there is a good copy again; what another device has comes by itself,
also without --repair, which waits for it. Of what is marked lost with --json no copy is
known: import it again from wherever it is, or delete it.

  --read-data   read every photo here and compare its digest
  --subset 1/10 read the first of ten parts only; 2/10 is the next, and so on: each
                photo is in the same part every time
  --repair      put right what can be: records, and photos from other devices
`
)
