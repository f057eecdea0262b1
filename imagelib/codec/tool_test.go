package codec

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestOutput: another program gets no environment and no more than it was given.
func TestOutput(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the programs that it runs are those of Linux")
	}
	const memory = 64 << 20
	written := t.TempDir() + "/written"
	for _, tt := range []struct {
		name string
		args []string
		want error
		says string
	}{
		{"what it writes", []string{"/bin/echo", "hello"}, nil, "hello\n"},
		{"no environment", []string{"/usr/bin/env"}, nil, ""},
		{"too much", []string{"/bin/cat", "/dev/zero"}, ErrTool, "too much"},
		{"much memory", []string{"/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"}, ErrTool, "memory exhausted"},
		{"a file", []string{"/bin/dd", "if=/dev/zero", "of=" + written, "count=1"}, ErrTool, ""},
		{"a failure", []string{"/bin/cat", "/gone"}, ErrTool, "No such file"},
		{"nothing there", []string{"/gone"}, ErrTool, "no such file"},
	} {
		out, err := Output(t.Context(), memory, 1000, tt.args[0], tt.args[1:]...)
		said := string(out)
		if err != nil {
			said = err.Error()
		}
		if !errors.Is(err, tt.want) || !strings.Contains(said, tt.says) || tt.says == "" && tt.want == nil && said != "" {
			t.Errorf("%s: %q, %v", tt.name, out, err)
		}
	}
	if st, err := os.Stat(written); err == nil && st.Size() > 0 {
		t.Error("it wrote a file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Output(ctx, memory, 1000, "/bin/sleep", "1000"); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
