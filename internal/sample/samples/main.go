// Command samples writes made-up photos into a folder: samples DIR COUNT [SEED].
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/libpaul/paul/internal/sample"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "samples:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: samples DIR COUNT [SEED]")
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	seed := uint64(1)
	if len(args) > 2 {
		if seed, err = strconv.ParseUint(args[2], 10, 32); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	if err := os.MkdirAll(args[0], 0o755); err != nil {
		return err
	}
	_, err = sample.Write(args[0], count, seed)
	return err
}
