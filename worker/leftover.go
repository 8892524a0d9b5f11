package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// leftoverLook is how often a worker looks for shards that are beyond its number and hold something, and leftoverRest for how long one
	// must have held nothing for it not to be served any more.
	leftoverLook = 2 * time.Second
	leftoverRest = 30 * time.Second
	// leftoverAtOnce is how many tasks of such a shard are run at once, and leftoverInterval how often its server looks for work.
	leftoverAtOnce   = 4
	leftoverInterval = 50 * time.Millisecond
)

// leftovers serves shards that are beyond this worker's number, while they hold something: there was another number before, or other
// processes go by another one, as while it is being changed.
type leftovers struct {
	redis  redis.UniversalClient
	shards tasks.Shards
	serve  func(queue string) (*asynq.Server, error)
	log    *slog.Logger
	stop   context.CancelFunc
	ended  chan struct{}
}

// leftover is the server of such a shard, and when it last held something.
type leftover struct {
	server *asynq.Server
	held   time.Time
}

func (l *leftovers) start() {
	ctx, stop := context.WithCancel(context.Background())
	l.stop, l.ended = stop, make(chan struct{})
	go func() {
		defer close(l.ended)
		serving := make(map[string]*leftover)
		again := time.NewTicker(leftoverLook)
		defer again.Stop()
		for {
			l.look(ctx, serving)
			select {
			case <-ctx.Done():
				end(serving, func(*leftover) bool { return true })
				return
			case <-again.C:
			}
		}
	}()
}

// close ends it and its servers.
func (l *leftovers) close() {
	l.stop()
	<-l.ended
}

// look serves the shards in which something is by now, and ends serving those in which nothing was for a while.
func (l *leftovers) look(ctx context.Context, serving map[string]*leftover) {
	looking, cancel := context.WithTimeout(ctx, leftoverLook)
	defer cancel()
	left, err := l.shards.LeftOver(looking, l.redis)
	if err != nil {
		return // Redis is away, which others tell
	}
	for _, queue := range left {
		if serving[queue] == nil {
			server, err := l.serve(queue)
			if err != nil {
				l.log.Error("a queue of another number of shards cannot be served; trying again", "queue", queue, "error", discreet.Error(err))
				continue
			}
			l.log.Info("serving a queue of another number of shards until it is empty", "queue", queue)
			serving[queue] = &leftover{server: server}
		}
		serving[queue].held = time.Now()
	}
	end(serving, func(o *leftover) bool { return time.Since(o.held) > leftoverRest })
}

// end ends those of the servers that are over.
func end(serving map[string]*leftover, over func(*leftover) bool) {
	var servers []*asynq.Server
	for queue, o := range serving {
		if over(o) {
			servers = append(servers, o.server)
			delete(serving, queue)
		}
	}
	shutDown(servers)
}

// shutDown has servers take no more tasks, finish those under way and end.
func shutDown(servers []*asynq.Server) {
	var ending sync.WaitGroup
	for _, s := range servers {
		ending.Go(func() {
			s.Stop()
			s.Shutdown()
		})
	}
	ending.Wait()
}
