package bench

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine says what this one is, as far as the system tells.
func (i *installation) machine(ctx context.Context) Machine {
	m := Machine{CPUs: runtime.NumCPU(), Date: time.Now().UTC().Format(time.DateOnly), Peers: i.versions}
	_ = i.db.GetContext(ctx, &m.Postgres, "SHOW server_version") // else it is not told
	m.Postgres, _, _ = strings.Cut(m.Postgres, " ")
	info, _ := os.ReadFile("/proc/cpuinfo") // there is none but on Linux
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			m.Model = strings.TrimSpace(value)
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(load)); len(fields) > 0 {
		m.Load, _ = strconv.ParseFloat(fields[0], 64)
	}
	return m
}
