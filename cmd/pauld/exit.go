package main

import (
	"errors"
	"slices"

	"github.com/libpaul/paul/app"
)

// Exit codes.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitProtected = 3 // refused to protect the last copy
	exitNotFound  = 4
	exitNoHolder  = 5 // no device that has the file is online
)

// gravity orders the exit codes: of several files that fail differently, the
// first in this list is the one that the command exits with.
var gravity = []int{exitFailed, exitProtected, exitNoHolder, exitNotFound}

// exitOf returns the exit code for err.
func exitOf(err error) int {
	is := func(targets ...error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
	var usage usageError
	var several *severalError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &several):
		return several.exit
	case errors.As(err, &usage), is(app.ErrAmbiguous, app.ErrBadURI, app.ErrBadForward, app.ErrBadCode, app.ErrBadSetting, app.ErrBadDate, app.ErrBadQuery, app.ErrBadPlace, app.ErrNotLoopback):
		return exitUsage
	case is(app.ErrLastCopy, app.ErrUnverified, app.ErrLeased):
		return exitProtected
	case is(app.ErrNotFound, app.ErrDeleted, app.ErrNotPaired):
		return exitNotFound
	case is(app.ErrNoHolder):
		return exitNoHolder
	}
	return exitFailed
}

// severalError stands for failures that have been printed one by one.
type severalError struct{ exit int }

func (*severalError) Error() string { return "not all was done" }

// worse returns the graver of two exit codes.
func worse(a, b int) int {
	for _, code := range append([]int{exitUsage}, gravity...) {
		if a == code || b == code {
			return code
		}
	}
	return exitDone
}
