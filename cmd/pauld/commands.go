package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// command is one of pauld's commands.
type command struct {
	name        string
	usage       string // after "pauld"
	short       string // one line of the overview
	long        string // the rest of its help
	flags       []string
	least, most int  // number of arguments; most < 0: any
	links       bool // needs other devices, when it opens the home itself
	run         func(context.Context, *line, *printer) error
}

// commands returns all commands, in the order of the overview.
func commands() []*command {
	return []*command{
		{
			name: "run", usage: "run [flags]", short: "run the device until Ctrl-C",
			long: runHelp, flags: runFlags, run: runDevice,
		},
		{
			name: "import", usage: "import PATH...", short: "add photos and folders to the library",
			long: importHelp, flags: openFlags(nil), least: 1, most: -1, run: importPaths,
		},
		{
			name: "watch", usage: "watch add FOLDER | remove FOLDER | list", short: "import what comes into a folder by itself",
			long: watchHelp, flags: openFlags(nil), least: 1, most: 2, run: watchFolders,
		},
		{
			name: "place", usage: "place add FOLDER | remove [--force] FOLDER | list", short: "add a folder in place: its photos are shown, and stay there",
			long: placeHelp, flags: openFlags([]string{"force"}), least: 1, most: 2, run: placeFolders,
		},
		{
			name: "list", usage: "list [SEARCH]", short: "list all photos, or what a search finds, wherever they are",
			long: listHelp, flags: openFlags(nil), most: -1, run: listFiles,
		},
		{
			name: "save", usage: "save DIGEST...", short: "keep photos on this device too",
			long: saveHelp, flags: openFlags(nil), least: 1, most: -1, links: true, run: act,
		},
		{
			name: "unsave", usage: "unsave [--force | --when-safe] DIGEST... | unsave --when-safe | unsave --queued", short: "remove photos from this device, if others prove to have them",
			long: unsaveHelp, flags: openFlags([]string{"force", "when-safe", "queued"}), most: -1, links: true, run: unsave,
		},
		{
			name: "delete", usage: "delete DIGEST... | delete --held", short: "move photos to the trash on all devices",
			long: deleteHelp, flags: openFlags([]string{"held"}), most: -1, links: true, run: deleteFiles,
		},
		{
			name: "restore", usage: "restore DIGEST... | restore --held", short: "bring deleted photos back",
			long: restoreHelp, flags: openFlags([]string{"held"}), most: -1, links: true, run: restoreFiles,
		},
		{
			name: "trash", usage: "trash | trash --empty [--yes] [DIGEST...]", short: "list what was deleted and can be brought back, or empty the trash here",
			long: trashHelp, flags: openFlags([]string{"empty", "yes"}), most: -1, run: runTrash,
		},
		{
			name: "undo", usage: "undo [ID]", short: "take back an import, save, unsave, delete, restore, correction or edit of any device",
			long: undoHelp, flags: openFlags(nil), most: 1, links: true, run: undo,
		},
		{
			name: "dates", usage: "dates --shift SHIFT | --zone ZONE [--from ZONE | --keep-clock] | --set DATE | --reset [--dry-run] DIGEST...", short: "correct when photos were taken",
			long: datesHelp, flags: openFlags([]string{"shift", "zone", "from", "keep-clock", "set", "reset", "dry-run"}), least: 1, most: -1, run: dates,
		},
		{
			name: "clocks", usage: "clocks [--apply N [--dry-run] | --dismiss N]", short: "find cameras whose clock was off, and correct their dates",
			long: clocksHelp, flags: openFlags([]string{"apply", "dismiss", "dry-run"}), run: clocks,
		},
		{
			name: "log", usage: "log [--since TIME]", short: "tell what left this device, and on whose proof",
			long: logHelp, flags: openFlags([]string{"since"}), run: tellLog,
		},
		{
			name: "fetch", usage: "fetch DIGEST [-o FILE]", short: "write a copy of a photo to a file",
			long: fetchHelp, flags: openFlags([]string{"o"}), least: 1, most: 1, links: true, run: fetch,
		},
		{
			name: "edit", usage: "edit [--reset] [--rotate DEGREES] [--mirror] [--straighten DEGREES] [--crop X,Y,W,H] DIGEST...", short: "turn and crop photos, without changing their files",
			long: editHelp, flags: openFlags([]string{"reset", "rotate", "mirror", "straighten", "crop"}), least: 1, most: -1, run: edit,
		},
		{
			name: "export", usage: "export [--edited] [-o FOLDER] DIGEST...", short: "write copies of photos, with what is known of them, to a folder",
			long: exportHelp, flags: openFlags([]string{"edited", "o"}), least: 1, most: -1, links: true, run: export,
		},
		{
			name: "pair", usage: "pair [--yes]", short: "show a code with which another device joins",
			long: pairHelp, flags: openFlags([]string{"yes"}), links: true, run: pair,
		},
		{
			name: "join", usage: "join CODE", short: "join the library of the device that shows the code",
			long: joinHelp, flags: openFlags(nil), least: 1, most: -1, links: true, run: join,
		},
		{
			name: "devices", usage: "devices", short: "list the devices, and how they are reached",
			long: devicesHelp, flags: openFlags(nil), run: devices,
		},
		{
			name: "device", usage: "device remove [--force] DEVICE | rename NAME", short: "shut a device out of the library, or rename this one",
			long: deviceHelp, flags: openFlags([]string{"force"}), least: 2, most: 2, links: true, run: device,
		},
		{
			name: "peer", usage: "peer add URI | remove URI | list", short: "links through which devices are found",
			long: peerHelp, flags: openFlags(nil), least: 1, most: 2, run: peer,
		},
		{
			name: "status", usage: "status [--if-lost DEVICE]", short: "sum up the library on the running device",
			long: statusHelp, flags: []string{"if-lost"}, run: status,
		},
		{
			name: "doctor", usage: "doctor", short: "tell what keeps devices apart, and what to do",
			long: doctorHelp, run: diagnose,
		},
		{
			name: "keep", usage: "keep [everything | helping | chosen] [--space SIZE] [--preview]", short: "say what this device keeps by itself",
			long: keepHelp, flags: openFlags([]string{"space", "preview"}), most: 1, links: true, run: keeps,
		},
		{
			name: "copies", usage: "copies [N | none] [--album NAME] [--on DEVICE]... [--plan]", short: "say on how many devices photos are kept",
			long: copiesHelp, flags: openFlags([]string{"album", "on", "plan"}), most: 1, links: true, run: copies,
		},
		{
			name: "limit", usage: "limit [--down RATE] [--up RATE]", short: "say how fast photos may come and go",
			long: limitHelp, flags: openFlags([]string{"down", "up"}), run: limit,
		},
		{
			name: "pause", usage: "pause [--serving]", short: "stop fetching photos until resume",
			long: pauseHelp, flags: openFlags([]string{"serving"}), run: pause,
		},
		{
			name: "resume", usage: "resume", short: "let photos come and go again, from where they stopped",
			flags: openFlags(nil), run: resume,
		},
		{
			name: "check", usage: "check [--read-data [--subset N/OF]] [--repair]", short: "compare records and files of this device",
			long: checkHelp, flags: openFlags([]string{"read-data", "subset", "repair"}), links: true, run: check,
		},
		{
			name: "backup", usage: "backup FILE | backup --restore FILE", short: "save the records to a file, or take them from one",
			long: backupHelp, flags: openFlags([]string{"restore"}), least: 1, most: 1, run: backup,
		},
		{name: "version", usage: "version", short: "print the version", run: version},
	}
}

// openFlags are the flags of a command that opens the home itself when no
// device runs on it, and more.
func openFlags(more []string) []string { return slices.Concat(linkFlags, more) }

func find(name string) *command {
	all := commands()
	if i := slices.IndexFunc(all, func(c *command) bool { return c.name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// overview is the text of "pauld help".
func overview() string {
	var b strings.Builder
	b.WriteString("Paul keeps a person's photos on all of their devices, with no server and no account.\n" +
		"pauld is a device without a screen.\n\nUsage: pauld [--home DIR] COMMAND [flags] [arguments]\n\nCommands:\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", c.name, c.short)
	}
	b.WriteString(overviewRest)
	return b.String()
}

func (c *command) help() string {
	text := "Usage: pauld [--home DIR] " + c.usage + "\n\n" + upper(c.short) + ".\n"
	if c.long != "" {
		text += "\n" + c.long
	}
	if slices.Contains(c.flags, "listen") && c.name != "run" {
		text += linkHelp
	}
	return text
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
