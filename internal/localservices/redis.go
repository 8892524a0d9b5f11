//go:build unix

package localservices

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisOptions are where and how to run Redis.
type RedisOptions struct {
	// Dir holds the data; it is made where it is not there yet.
	Dir string
	// Throwaway keeps nothing on disk and offers 512 databases instead of 16. For tests.
	Throwaway bool
	// TCPPort makes the server listen on 127.0.0.1 too, with no password. For tests only; 0 means the socket alone.
	TCPPort int
	// Arguments are further ones, for tests of several servers that belong together; they stand before all others, as a file has to.
	Arguments []string
}

// StartRedis starts Redis (or Valkey) on the data in o.Dir and returns once it answers. A server left running there by
// a killed program is ended first. The context bounds the start only.
//
// Errors: *NotInstalledError (see StartEmbeddedRedis), *InUseError, *ServerError.
func StartRedis(ctx context.Context, o RedisOptions) (*Server, error) {
	r := &redisServer{options: o, as: ownerOf(o.Dir)}
	var err error
	if r.bin, err = findRedis(); err != nil {
		return nil, err
	}
	if r.dir, err = dataFolder(o.Dir, r.as); err != nil {
		return nil, err
	}
	lock, err := lockFolder(r.dir)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(ctx); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	proc, err := r.launch(ctx, func() error { return errors.Join(os.RemoveAll(filepath.Dir(r.socket)), lock.release()) })
	if err != nil {
		return nil, err
	}
	s := r.server(proc)
	if err := r.ready(ctx, proc); err != nil {
		return nil, errors.Join(err, s.Kill())
	}
	return s, nil
}

// A redisServer is one server about to be started.
type redisServer struct {
	options          RedisOptions
	bin, dir, socket string
	as               *account
}

// prepare makes way for the socket. Whatever still answers there is shut down: in our private folder, it can only be a
// server of ours that outlived its program.
func (r *redisServer) prepare(ctx context.Context) error {
	folder, err := socketFolder(r.dir, r.as)
	if err != nil {
		return err
	}
	r.socket = filepath.Join(folder, "redis.sock")
	if err := shutDownRedis(ctx, r.socket); err != nil {
		return fmt.Errorf("ending the Redis left running at %s: %w", r.socket, err)
	}
	if err := os.Remove(r.socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the socket of an ended Redis: %w", err)
	}
	return nil
}

// launch runs the server; onExit is called once it has ended, or could not be run.
func (r *redisServer) launch(ctx context.Context, onExit func() error) (*process, error) {
	log, err := openLog(r.dir)
	if err != nil {
		return nil, errors.Join(err, onExit())
	}
	// The server outlives the start, so the context that bounds the start must not end it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), r.bin, r.args()...)
	cmd.Dir = r.dir
	cmd.SysProcAttr = childAttr(r.as, r.deathSignal())
	return startProcess(redisName, cmd, log, onExit)
}

func (r *redisServer) args() []string {
	args := append(slices.Clone(r.options.Arguments),
		"--dir", r.dir, "--unixsocket", r.socket, "--unixsocketperm", "700",
		"--port", strconv.Itoa(r.options.TCPPort), "--bind", "127.0.0.1",
		"--daemonize", "no", "--save", "", "--maxmemory-policy", "noeviction",
	)
	if r.options.Throwaway {
		return append(args, "--appendonly", "no", "--databases", "512")
	}
	return append(args, "--appendonly", "yes", "--appendfsync", "everysec")
}

// deathSignal is what the kernel sends Redis when we die.
func (r *redisServer) deathSignal() syscall.Signal {
	if r.options.Throwaway {
		return syscall.SIGKILL
	}
	return syscall.SIGTERM
}

func (r *redisServer) server(proc *process) *Server {
	s := Server{
		URL:  "unix://" + r.socket,
		Dir:  r.dir,
		stop: []stopStep{{syscall.SIGTERM, 6 * time.Second}},
	}
	if r.options.TCPPort > 0 {
		s.Addr = loopback(r.options.TCPPort)
	}
	return proc.server(s)
}

// ready waits until the server answers.
func (r *redisServer) ready(ctx context.Context, proc *process) error {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: r.socket, MaxRetries: -1, DialerRetries: 1})
	err := proc.untilReady(ctx, func(ctx context.Context) error {
		if _, err := os.Stat(r.socket); err != nil {
			return err // before there is a socket, a Ping would only have the client log its failure
		}
		return client.Ping(ctx).Err()
	})
	return errors.Join(err, client.Close())
}
