package main

import (
	"context"
	"log/slog"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// memoryRatio is how much of what the container may have Go is told of. The rest is for what Go does not count.
const memoryRatio = 0.8

// limitMemory has Go collect in time to stay within what the process' control group allows it, or it would be killed there
// with garbage in its hands. GOMEMLIMIT says otherwise where it is set.
func limitMemory(ctx context.Context, log *slog.Logger) {
	if _, err := memlimit.Set(memlimit.WithRatio(memoryRatio)); err != nil {
		log.WarnContext(ctx, "how much memory this process may have cannot be found out; set GOMEMLIMIT", "error", err)
	}
}
