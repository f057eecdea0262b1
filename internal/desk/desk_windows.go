package desk

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

func open(ctx context.Context, path string) error {
	return begin(ctx, exec.Command("rundll32", "url.dll,FileProtocolHandler", path)) //nolint:gosec,noctx // a file of the person's, by its absolute path; it outlives the window
}

// reveal ignores how explorer ends: it always says that it failed.
func reveal(_ context.Context, path string) error {
	c := exec.Command("explorer")                                                    //nolint:noctx // it outlives the window
	c.SysProcAttr = &syscall.SysProcAttr{CmdLine: `explorer /select,"` + path + `"`} // no file name holds a quote there
	if err := c.Start(); err != nil {
		return ErrNoTool
	}
	go func() { _ = c.Wait() }()
	return nil
}

func copyPicture(ctx context.Context, png []byte) error {
	return withFile(png, func(path string) error {
		const script = `Add-Type -AssemblyName System.Windows.Forms,System.Drawing; $i = [System.Drawing.Image]::FromFile($env:PAUL_PICTURE); [System.Windows.Forms.Clipboard]::SetImage($i); $i.Dispose()`
		c := exec.CommandContext(ctx, "powershell", "-NoProfile", "-STA", "-Command", script)
		c.Env = append(os.Environ(), "PAUL_PICTURE="+path)
		c.SysProcAttr = &syscall.SysProcAttr{HideWindow: true}
		return c.Run()
	})
}
