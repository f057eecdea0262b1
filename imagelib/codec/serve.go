package codec

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// ServeIfChild serves as a decoder process, and does not return, when this
// process was started as one. Each program whose [Pool] is to start children
// calls it first of all in main.
func ServeIfChild() {
	served = true
	if memory := os.Getenv(toolEnv); memory != "" {
		fmt.Fprintln(os.Stderr, becomeTool(memory))
		os.Exit(1)
	}
	memory, err := strconv.ParseInt(os.Getenv(childEnv), 10, 64)
	if err != nil {
		return
	}
	if err := serve(memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve answers jobs from standard input until it ends.
func serve(memory int64) error {
	if err := limit(memory); err != nil {
		return err
	}
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(memory / 2)
	runtime.GOMAXPROCS(2) // one decodes, one watches
	in, out := bufio.NewReaderSize(os.Stdin, 64<<10), bufio.NewWriterSize(os.Stdout, 64<<10)
	for {
		job, err := readJob(in)
		if err != nil {
			return nil //nolint:nilerr // whoever asked is gone
		}
		if err := answerJob(out, job); err != nil {
			return err
		}
		job.Data = nil
		debug.FreeOSMemory()
	}
}

func answerJob(out *bufio.Writer, job Job) error {
	orphan := time.AfterFunc(orphanTime, func() { os.Exit(1) })
	m, failed := decode(job)
	orphan.Stop()
	return errors.Join(writeAnswer(out, m, failed), out.Flush())
}

// orphanTime ends a child that decodes on although nobody may be left to stop it.
const orphanTime = 2 * time.Minute

// decode decodes a job. What panics fails.
func decode(job Job) (m image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			m, err = nil, fmt.Errorf("the decoder failed: %v", p)
		}
	}()
	d := decoders[job.Type]
	if d == nil {
		return nil, fmt.Errorf("no decoder for %q", job.Type)
	}
	if m, err = d(job); err != nil {
		return nil, err
	}
	if m.Bounds().Empty() {
		return nil, errors.New("the picture is empty")
	}
	return m, nil
}
