//go:build unix

package localservices

import (
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/alicebob/miniredis/v2"
)

// StartEmbeddedRedis starts a stand-in for Redis inside this process, for machines that have none. It forgets all when
// it is stopped, which Leadwheel is built to bear.
func StartEmbeddedRedis() (*Server, error) {
	redis := miniredis.NewMiniRedis()
	redis.ClockTTL(true) // or keys would never expire
	if err := redis.Start(); err != nil {
		return nil, fmt.Errorf("starting the in-process Redis: %w", err)
	}
	done := make(chan struct{})
	end := sync.OnceFunc(func() {
		redis.Close()
		close(done)
	})
	return &Server{
		URL:     "redis://" + redis.Addr(),
		Addr:    redis.Addr(),
		Notes:   []string{"No redis-server on this machine: using one inside this process, which keeps nothing between runs."},
		name:    redisName,
		pid:     os.Getpid(),
		done:    done,
		signal:  func(syscall.Signal) error { end(); return nil },
		kill:    func() error { end(); return nil },
		exitErr: func() error { return nil },
	}, nil
}
