package tasks

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// MaxShards is the largest number of shards: several for each master of a large cluster.
const MaxShards = 64

// Shards is into how many queues each of Leadwheel's queues is cut, so that a Redis Cluster spreads them: a queue is with one master as a
// whole. The work of a workspace goes to one of them. 0 and 1 leave each queue whole.
//
// The first shard of a queue bears its plain name, as "bulk", and the others its name and a number, as "bulk:1". QueueIngest is never cut:
// programs push there that know of no shards, and what they push is spread once it is stored. Processes whose numbers differ, as while it
// is being changed, get on with each other: workers serve what they find in shards beyond their number too.
type Shards int

// Of is the shard of a queue that has the work of a workspace.
func (s Shards) Of(queue string, workspace uuid.UUID) string {
	if s <= 1 || queue == QueueIngest {
		return queue
	}
	h := fnv.New32a()
	_, _ = h.Write(workspace[:]) // which does not fail
	return shardName(queue, int64(h.Sum32())%int64(s))
}

// All are the shards of a queue.
func (s Shards) All(queue string) []string {
	all := []string{queue}
	for n := int64(1); n < int64(s) && queue != QueueIngest; n++ {
		all = append(all, shardName(queue, n))
	}
	return all
}

// Queues are the shards of all queues.
func (s Shards) Queues() (all []string) {
	for _, queue := range Queues() {
		all = append(all, s.All(queue)...)
	}
	return all
}

func shardName(queue string, n int64) string {
	if n == 0 {
		return queue
	}
	return queue + ":" + strconv.FormatInt(n, 10)
}

// QueueOf is the queue of which name is a shard; it is false where name is none of Leadwheel's.
func QueueOf(name string) (queue string, own bool) {
	queue, number, cut := strings.Cut(name, ":")
	if !slices.Contains(Queues(), queue) {
		return "", false
	}
	if !cut {
		return queue, true
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return queue, err == nil && n > 0 && n < MaxShards && queue != QueueIngest && name == shardName(queue, n)
}

// Found are all shards that there are by their queues: these, and those that Redis knows of beside them, since the number was another or
// is another for others.
func (s Shards) Found(ctx context.Context, rdb redis.UniversalClient) (map[string][]string, error) {
	registered, err := registered(ctx, rdb)
	if err != nil {
		return nil, err
	}
	found := make(map[string][]string)
	for _, queue := range Queues() {
		found[queue] = s.All(queue)
	}
	for _, name := range registered {
		if queue, own := QueueOf(name); own && !slices.Contains(found[queue], name) {
			found[queue] = append(found[queue], name)
		}
	}
	return found, nil
}

// LeftOver are the shards beyond these in which something is, however it waits.
func (s Shards) LeftOver(ctx context.Context, rdb redis.UniversalClient) ([]string, error) {
	found, err := s.Found(ctx, rdb)
	if err != nil {
		return nil, err
	}
	var beyond []string
	for _, queue := range Queues() {
		beyond = append(beyond, found[queue][len(s.All(queue)):]...)
	}
	counts, err := waitingIn(ctx, rdb, beyond, true)
	return slices.DeleteFunc(beyond, func(queue string) bool { return counts[queue] == 0 }), err
}

// registered are the names of all queues in Redis.
func registered(ctx context.Context, rdb redis.UniversalClient) ([]string, error) {
	names, err := rdb.SMembers(ctx, Registry).Result()
	if err != nil {
		return nil, fmt.Errorf("listing the queues in Redis: %w", err)
	}
	slices.Sort(names)
	return names, nil
}

// Pending counts the tasks of a queue, in all its shards, that a worker could begin at once.
func (s Shards) Pending(ctx context.Context, rdb redis.UniversalClient, queue string) (int, error) {
	var lengths []*redis.IntCmd
	if _, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, shard := range s.All(queue) {
			lengths = append(lengths, p.LLen(ctx, Key(shard, "pending")))
		}
		return nil
	}); err != nil {
		return 0, fmt.Errorf("reading the length of queue %s: %w", queue, err)
	}
	n := 0
	for _, length := range lengths {
		n += int(length.Val())
	}
	return n, nil
}
