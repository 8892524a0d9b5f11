package worker

import (
	"fmt"
	"log/slog"
	"os"
)

// queueLog passes the queue library's messages to slog.
type queueLog struct{ log *slog.Logger }

func (l queueLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l queueLog) Info(args ...any)  { l.log.Info(fmt.Sprint(args...)) }
func (l queueLog) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }
func (l queueLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// Fatal ends the program, as the library expects.
func (l queueLog) Fatal(args ...any) {
	l.log.Error(fmt.Sprint(args...))
	os.Exit(1)
}
