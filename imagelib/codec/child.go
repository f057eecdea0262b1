package codec

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// childEnv tells a process that it is a child, and how much memory it may take.
const childEnv = "PAUL_DECODER_MEMORY"

// served is set once this program has said that it can be started as a child.
var served bool

// child is a running decoder process.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   *tail
	limits io.Closer // of the operating system, held while it runs; nil for none
}

// start starts a child.
func start(opts *Options) (*child, error) {
	if !served {
		return nil, errors.New("this program does not serve as one")
	}
	path, err := self()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(path), said: &tail{}} //nolint:noctx // it outlives the picture that it was started for
	c.cmd.Args = []string{"paul-decoder"}
	c.cmd.Env = []string{childEnv + "=" + strconv.FormatInt(opts.Memory, 10)}
	if root := os.Getenv("SystemRoot"); root != "" { // without it Windows starts nothing
		c.cmd.Env = append(c.cmd.Env, "SystemRoot="+root)
	}
	c.cmd.Dir = os.TempDir()
	c.cmd.Stderr = c.said
	c.cmd.WaitDelay = time.Second
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 64<<10)
	hide(c.cmd)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if c.limits, err = confine(c.cmd.Process, opts.Memory); err != nil {
		c.kill()
		return nil, err
	}
	return c, nil
}

// decode runs one job. A child that has just been started gets time to prepare.
func (c *child) decode(job Job, timeout time.Duration, fresh bool, sent chan struct{}) (image.Image, error) {
	if fresh {
		timeout += prepareTime
	}
	late := time.AfterFunc(timeout, func() { _ = c.cmd.Process.Kill() }) // then the pipes end
	m, err := exchange(c.in, c.out, job, sync.OnceFunc(func() {
		select {
		case <-sent: // by the try before
		default:
			close(sent)
		}
	}))
	if !late.Stop() && err != nil {
		err = errTimeout
	}
	return m, err
}

// prepareTime is how long a child may take to be ready for its first job.
const prepareTime = 30 * time.Second

// end lets the child finish.
func (c *child) end() {
	_ = c.in.Close()
	c.wait()
}

// kill ends the child at once and returns the last that it said.
func (c *child) kill() string {
	_ = c.cmd.Process.Kill()
	c.wait()
	return c.said.String()
}

func (c *child) wait() {
	_ = c.cmd.Wait() // how it ended is not asked for
	if c.limits != nil {
		_ = c.limits.Close()
	}
}

// tail keeps the first bytes that are written.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Write(p[:min(len(p), max(0, 300-t.buf.Len()))])
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := strings.Cut(t.buf.String(), "\n")
	return line
}
