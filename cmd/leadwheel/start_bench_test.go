package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// BenchmarkStart starts all roles on a database that is as they need it, and measures until /readyz is 200: how long that takes, and how
// much of the processors, which a machine that has other work does not make more of. Both are medians.
func BenchmarkStart(b *testing.B) {
	env := testenv.New(b)
	if _, err := shipped(); err != nil {
		b.Fatal(err)
	}
	address := "127.0.0.1:" + freePort(b)
	settings := []string{"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL}
	var took, worked []time.Duration
	for b.Loop() {
		started := time.Now()
		p := startShipped(b, settings, "serve", "--listen", address, "--ops-listen", "127.0.0.1:0")
		if err := untilReady(b.Context(), p, "http://"+address+"/readyz"); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(started))
		_ = p.cmd.Process.Kill() // it has not ended, since it answers
		<-p.ended
		worked = append(worked, p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime())
	}
	b.ReportMetric(median(took), "ms/ready")
	b.ReportMetric(median(worked), "CPU-ms/ready")
}

// untilReady asks a process every millisecond, as soon as it is there.
func untilReady(ctx context.Context, p *program, url string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if response, err := asking.Do(r); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.ended:
			return errors.New("it ended: " + p.stderr.String())
		case <-ctx.Done():
			return fmt.Errorf("it is not ready: %s", &p.stderr)
		case <-again.C:
		}
	}
}

// median is in milliseconds.
func median(of []time.Duration) float64 {
	return float64(slices.Sorted(slices.Values(of))[len(of)/2]) / float64(time.Millisecond)
}
