package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Costs are what a lead took, as counts that do not depend on how busy the machine is: CPU time in microseconds, of the programs that
// did the work, and bytes, of the write-ahead log and of what the database grew by.
type Costs struct {
	PostgresCPU  float64
	LeadwheelCPU float64
	RedisCPU     float64
	WAL          float64
	Disk         float64
	// SelfCPU is this process', which is Leadwheel's where the store is called directly.
	SelfCPU float64
}

// A meter is how far everything was at a moment.
type meter struct {
	postgres, leadwheel, redis, self time.Duration
	wal, disk                        int64
}

// costsOf is costs of what the server does, which is profiled where that is asked for.
func (i *installation) costsOf(ctx context.Context, name string, n int, do func() error) (costs Costs, err error) {
	err = i.profiled(ctx, name, func() (err error) {
		costs, err = i.costs(ctx, n, do)
		return err
	})
	return costs, err
}

// costs measures what do takes for each of n leads. CPU times are 0 where the system does not tell them by Linux' /proc.
func (i *installation) costs(ctx context.Context, n int, do func() error) (Costs, error) {
	before, err := i.meter(ctx)
	if err != nil {
		return Costs{}, err
	}
	if err := do(); err != nil {
		return Costs{}, err
	}
	after, err := i.meter(ctx)
	if err != nil {
		return Costs{}, err
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	return Costs{
		PostgresCPU: each(after.postgres - before.postgres), LeadwheelCPU: each(after.leadwheel - before.leadwheel),
		RedisCPU: each(after.redis - before.redis), SelfCPU: each(after.self - before.self),
		WAL: float64(after.wal-before.wal) / float64(n), Disk: float64(after.disk-before.disk) / float64(n),
	}, nil
}

func (i *installation) meter(ctx context.Context) (m meter, err error) {
	if err := i.db.QueryRowContext(ctx, `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_database_size(current_database())`).
		Scan(&m.wal, &m.disk); err != nil {
		return m, err
	}
	postgres, redis := i.servers[0].Pid(), i.servers[1].Pid()
	m.postgres, m.redis = cpuTime(postgres), cpuTime(redis)
	children, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return m, err
	}
	for _, path := range children {
		if of := readStat(path); of != nil && of.parent == postgres {
			m.postgres += of.cpu
		}
	}
	m.self = cpuTime(os.Getpid())
	if i.process != nil {
		m.leadwheel = cpuTime(i.process.Process.Pid)
	}
	return m, nil
}

// A stat is what Linux says of a process: its parent, and the CPU time of itself and of those children that have ended.
type stat struct {
	parent int
	cpu    time.Duration
}

func cpuTime(pid int) time.Duration {
	if of := readStat(fmt.Sprintf("/proc/%d/stat", pid)); of != nil {
		return of.cpu
	}
	return 0
}

// tick is the unit of CPU times in /proc: USER_HZ, a hundredth of a second on every Linux.
const tick = 10 * time.Millisecond

// readStat reads a file stat of proc(5), nil where there is none.
func readStat(path string) *stat {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // a name may hold spaces
	const parent, userTime, lastTime = 1, 11, 14
	if len(fields) <= lastTime {
		return nil
	}
	of := &stat{}
	of.parent, _ = strconv.Atoi(fields[parent])
	for _, ticks := range fields[userTime : lastTime+1] {
		n, _ := strconv.ParseInt(ticks, 10, 64)
		of.cpu += time.Duration(n) * tick
	}
	return of
}
