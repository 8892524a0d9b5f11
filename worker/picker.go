package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// lookPatience is how long a part of Redis has to say where tasks wait, and pickPatience to hand one out.
	lookPatience = time.Second
	pickPatience = 2 * time.Second
	// pickAgain is after what time a part of Redis that did not answer is asked again: others wait for its answer as long.
	pickAgain = time.Second
)

// A picker is Redis as a queue server sees it whose queues are cut into shards. Left to itself the server would ask each shard in turn for
// a task: 16 questions every 10 ms where nothing is to be done, each of which waits for a part of Redis that is away; and a queue would
// have the more of the server the more of its shards hold work. The picker asks all shards at once whether anything waits in them, takes
// tasks only where that is so, from one shard after the other, and gives each queue the share that its weight says.
//
// It knows the question for a task by its keys. Whatever else the server asks goes on to Redis as it is.
type picker struct {
	redis.UniversalClient
	// interval is how often the server looks when there is no work.
	interval time.Duration

	mu     sync.Mutex // the server asks one question at a time
	queues map[string]*rotation
	looked time.Time
}

// rotation are the shards of a queue, and whose turn it is.
type rotation struct {
	shards []*shard
	next   int
}

// shard is what the picker believes of one.
type shard struct {
	name  string
	waits bool
	away  time.Time // until when it is left alone, since it did not answer
}

// newPicker makes one for a server of some queues.
func newPicker(rdb redis.UniversalClient, shards tasks.Shards, queues map[string]int, interval time.Duration) *picker {
	p := &picker{UniversalClient: rdb, interval: interval, queues: make(map[string]*rotation)}
	for queue := range queues {
		r := &rotation{}
		for _, name := range shards.All(queue) {
			r.shards = append(r.shards, &shard{name: name})
		}
		p.queues[queue] = r
	}
	return p
}

// EvalSha implements redis.Scripter.
func (p *picker) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	return p.pick(ctx, keys, args, func(ctx context.Context, keys []string, args []any) *redis.Cmd {
		return p.UniversalClient.EvalSha(ctx, sha, keys, args...)
	})
}

// Eval implements redis.Scripter.
func (p *picker) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return p.pick(ctx, keys, args, func(ctx context.Context, keys []string, args []any) *redis.Cmd {
		return p.UniversalClient.Eval(ctx, script, keys, args...)
	})
}

type scripted func(ctx context.Context, keys []string, args []any) *redis.Cmd

// pick takes a task from any shard of the queue that a question is about. The server asks for the shards of all its queues in an order
// that it draws by their weights, so that of the queues that hold work it first asks for one as often as its weight says.
func (p *picker) pick(ctx context.Context, keys []string, args []any, run scripted) *redis.Cmd {
	asked, is := tasks.Dequeued(keys)
	queue, _ := tasks.QueueOf(asked)
	r := p.queues[queue]
	if !is || r == nil {
		return run(ctx, keys, args)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.look(ctx)
	nothing := redis.NewCmd(ctx)
	nothing.SetErr(redis.Nil)
	for range r.shards {
		s := r.shards[r.next]
		if s.waits {
			answer := p.take(ctx, s, asked, keys, args, run)
			switch err := answer.Err(); {
			case redis.HasErrorPrefix(err, "NOSCRIPT"):
				return answer // the server sends the script itself, and the turn is still this shard's
			case err == nil:
				r.pass()
				return answer
			case !errors.Is(err, redis.Nil):
				s.away, nothing = time.Now().Add(pickAgain), answer
			}
			s.waits = false
		}
		r.pass()
	}
	return nothing
}

func (r *rotation) pass() { r.next = (r.next + 1) % len(r.shards) }

// take asks one shard for a task, with the question that was meant for another.
func (p *picker) take(ctx context.Context, s *shard, asked string, keys []string, args []any, run scripted) *redis.Cmd {
	ctx, cancel := context.WithTimeout(ctx, pickPatience)
	defer cancel()
	movedKeys, movedArgs := make([]string, len(keys)), make([]any, len(args))
	for i, key := range keys {
		movedKeys[i] = tasks.Moved(key, asked, s.name)
	}
	for i, arg := range args {
		if text, is := arg.(string); is {
			arg = tasks.Moved(text, asked, s.name)
		}
		movedArgs[i] = arg
	}
	return run(ctx, movedKeys, movedArgs)
}

// look asks in which shards tasks wait, unless it has just done so.
func (p *picker) look(ctx context.Context) {
	now := time.Now()
	if now.Sub(p.looked) < p.interval/2 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	lengths := make(map[*shard]*redis.IntCmd)
	_, _ = p.Pipelined(ctx, func(pipe redis.Pipeliner) error { // each has an error of its own
		for _, r := range p.queues {
			for _, s := range r.shards {
				if now.After(s.away) {
					lengths[s] = pipe.LLen(ctx, tasks.Key(s.name, "pending"))
				}
			}
		}
		return nil
	})
	p.looked = time.Now()
	for s, length := range lengths {
		s.waits = length.Val() > 0
		if length.Err() != nil {
			s.away = p.looked.Add(pickAgain)
		}
	}
}
