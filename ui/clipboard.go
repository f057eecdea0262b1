package ui

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// pictureBoard gives the picture that is in the clipboard, which the toolkit
// reads only as text.
type pictureBoard interface {
	// picture returns an image file's bytes; errNoPicture when the clipboard
	// holds none, errNoBoard when the system has no program to ask.
	picture(ctx context.Context) ([]byte, error)
}

var (
	errNoPicture = errors.New("no picture in the clipboard")
	errNoBoard   = errors.New("no program to read the clipboard's picture with")
)

// boardTime bounds how long a program may take to hand a picture over.
const boardTime = 10 * time.Second

// systemBoard asks a program of the system: wl-paste or xclip, pngpaste or
// AppleScript, PowerShell.
type systemBoard struct {
	system string
	getenv func(string) string
	run    func(ctx context.Context, name string, args ...string) ([]byte, error) // exec.ErrNotFound when there is none
}

func newSystemBoard() systemBoard {
	return systemBoard{system: runtime.GOOS, getenv: os.Getenv, run: func(ctx context.Context, name string, args ...string) ([]byte, error) {
		return exec.CommandContext(ctx, name, args...).Output() //nolint:gosec // the commands are those of boardCommands
	}}
}

// boardCommand is a program that writes the picture, and how.
type boardCommand struct {
	args   []string
	decode func([]byte) ([]byte, error) // nil = as it is
}

// powerShell writes the clipboard's picture as base64.
const powerShell = `Add-Type -AssemblyName System.Windows.Forms,System.Drawing
$i = [System.Windows.Forms.Clipboard]::GetImage()
if ($i) { $m = New-Object IO.MemoryStream; $i.Save($m, [System.Drawing.Imaging.ImageFormat]::Png); [Convert]::ToBase64String($m.ToArray()) }`

func (b systemBoard) commands() []boardCommand {
	switch b.system {
	case "darwin":
		return []boardCommand{
			{args: []string{"pngpaste", "-"}},
			{args: []string{"osascript", "-e", "the clipboard as «class PNGf»"}, decode: fromAppleScript},
		}
	case "windows":
		return []boardCommand{{args: []string{"powershell", "-NoProfile", "-Sta", "-Command", powerShell}, decode: fromBase64}}
	}
	var list []boardCommand
	if b.getenv("WAYLAND_DISPLAY") != "" {
		list = append(list, boardCommand{args: []string{"wl-paste", "--no-newline", "--type", "image/png"}})
	}
	if b.getenv("DISPLAY") != "" {
		list = append(list, boardCommand{args: []string{"xclip", "-selection", "clipboard", "-target", "image/png", "-out"}})
	}
	return list
}

func (b systemBoard) picture(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, boardTime)
	defer cancel()
	result := errNoBoard
	for _, c := range b.commands() {
		data, err := b.run(ctx, c.args[0], c.args[1:]...)
		if errors.Is(err, exec.ErrNotFound) {
			continue
		}
		result = errNoPicture
		if err == nil && c.decode != nil {
			data, err = c.decode(data)
		}
		if err == nil && len(data) > 0 {
			return data, nil
		}
	}
	return nil, result
}

// fromAppleScript reads «data PNGf89504E47…».
func fromAppleScript(out []byte) ([]byte, error) {
	_, body, ok := strings.Cut(string(out), "PNGf")
	body, _, closed := strings.Cut(body, "»")
	if !ok || !closed {
		return nil, errNoPicture
	}
	data, err := hex.DecodeString(body)
	if err != nil {
		return nil, fmt.Errorf("read clipboard: %w", err)
	}
	return data, nil
}

func fromBase64(out []byte) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(out)))
	if err != nil {
		return nil, fmt.Errorf("read clipboard: %w", err)
	}
	return data, nil
}
