package tasks

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// tries are how often a command is sent to a Redis that does not take it: for some 12 s to one that refuses it at once.
	tries        = 20
	shortestRest = 50 * time.Millisecond
	longestRest  = time.Second
)

// patient tries again what Redis gave no answer to, or could not do for now, unless a context ends it: the queue's own retry of a
// finished task's "done" is broken. The library could do so, but would go on with the connection, the node or the sentinel that it
// has, which may be dead by then, where here another is found.
type patient struct{}

// DialHook implements redis.Hook.
func (patient) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (patient) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return untilTaken(ctx, []redis.Cmder{cmd}, func() error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook implements redis.Hook.
func (patient) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return untilTaken(ctx, cmds, func() error { return next(ctx, cmds) })
	}
}

func untilTaken(ctx context.Context, cmds []redis.Cmder, send func() error) error {
	for try := 1; ; try++ {
		err := send()
		// A client of Sentinel says that it is closed where it has only closed what it asked a sentinel by; one that is says so again.
		closed := errors.Is(err, redis.ErrClosed) && try == 1
		if err == nil || try == tries || ctx.Err() != nil || !closed && !passes(err) || opens(cmds) {
			return err
		}
		rest := min(shortestRest<<min(try-1, 10), longestRest)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rest/2 + rand.N(rest/2)):
		}
	}
}

// opens reports whether commands make a connection ready. Where they fail, it is another that may do better.
func opens(cmds []redis.Cmder) bool {
	return slices.ContainsFunc(cmds, func(cmd redis.Cmder) bool {
		return slices.Contains([]string{"hello", "auth", "select", "client", "readonly"}, cmd.Name())
	})
}

// passes reports whether an error is one of those that pass: nobody answered, whoever did is not ready, or the client does not know yet who
// has what was asked for, and was sent elsewhere more often than it follows.
func passes(err error) bool {
	var said redis.Error
	if errors.As(err, &said) {
		return slices.ContainsFunc([]string{"LOADING ", "READONLY ", "MASTERDOWN ", "CLUSTERDOWN ", "TRYAGAIN ", "MOVED ", "ASK ", "ERR max number of clients reached"},
			func(begin string) bool { return strings.HasPrefix(said.Error(), begin) })
	}
	var lost net.Error
	return errors.As(err, &lost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || // which is the time to dial, since that of ctx is not over
		errors.Is(err, redis.ErrPoolTimeout)
}

// asking has a cluster's client ask anew who has which slots, wherever a node gave no answer: of itself it would find out within ten
// seconds only.
type asking struct{ client *redis.ClusterClient }

// DialHook implements redis.Hook.
func (a asking) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (a asking) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return a.after(ctx, next(ctx, cmd)) }
}

// ProcessPipelineHook implements redis.Hook.
func (a asking) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return a.after(ctx, next(ctx, cmds)) }
}

func (a asking) after(ctx context.Context, err error) error {
	var said redis.Error
	if err != nil && !errors.As(err, &said) {
		a.client.ReloadState(ctx)
	}
	return err
}
