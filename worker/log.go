package worker

import (
	"context"
	"fmt"
	"log/slog"
	"os"
)

// queueLog passes the queue library's messages to slog. They hold task ids, never payloads.
type queueLog struct{ log *slog.Logger }

func (l queueLog) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l queueLog) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l queueLog) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l queueLog) Error(args ...any) { l.write(slog.LevelError, args) }

// Fatal ends the program, as the library expects.
func (l queueLog) Fatal(args ...any) {
	l.write(slog.LevelError, args)
	os.Exit(1)
}

func (l queueLog) write(level slog.Level, args []any) {
	l.log.Log(context.Background(), level, "the queue reports", "message", fmt.Sprint(args...))
}
