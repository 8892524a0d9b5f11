package main

import (
	"errors"

	"github.com/alecthomas/kong"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/store"
)

// The exit codes. Refused means that the program understood what was asked and will not do it; asking again is of no
// use, while it may be after a failure.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3
)

// A usageError is a command line that asks for nothing sensible.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// A refusedError is something that a command will not do.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var (
		parse   *kong.ParseError
		usage   usageError
		problem *client.Problem
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &parse), errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &problem):
		return problem.ExitCode()
	case isRefused(err):
		return exitRefused
	}
	return exitFailed
}

func isRefused(err error) bool {
	var (
		refused   refusedError
		field     *store.FieldError
		violation *store.Violation
		name      *client.NameError
	)
	return errors.Is(err, store.ErrOldSchema) || errors.Is(err, store.ErrNewSchema) || errors.Is(err, store.ErrNotFound) ||
		errors.As(err, &refused) || errors.As(err, &field) || errors.As(err, &violation) ||
		errors.As(err, &name)
}
