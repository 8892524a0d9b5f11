package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

// behindRedis are the checks that need a connection.
var behindRedis = []string{"redis version", "redis writes", "redis eviction", "redis persistence", "redis queues"}

func examineRedis(ctx context.Context, url string) []Check {
	all := append([]string{"redis connection"}, behindRedis...)
	if url == "" {
		return append([]Check{{"redis address", Warning, "REDIS_URL is not set",
			"leadwheel up starts a private Redis without it; leadwheel serve needs it, as in redis://host:6379/0"}},
			skipped("there is no address", all...)...)
	}
	rdb, err := tasks.OpenRedis(url)
	if err != nil { // which is not shown, since it may quote the password
		return append([]Check{{"redis address", Broken, "REDIS_URL cannot be read as an address",
			"write it as redis://:password@host:6379/0, with special characters of the password %-encoded; " +
				"rediss://, unix://, redis-sentinel:// (with ?master_name=) and redis-cluster:// are understood too"}},
			skipped("the address cannot be read", all...)...)
	}
	defer func() { _ = rdb.Close() }() // whether it can be used is said below
	return append([]Check{{"redis address", OK, "REDIS_URL can be read", ""}}, examineConnected(ctx, rdb)...)
}

// impatient is a client to the same server that does not try again, and so says at once what is wrong.
func impatient(rdb redis.UniversalClient) (client redis.UniversalClient, done func()) {
	patient, single := rdb.(*redis.Client)
	if !single {
		return rdb, func() {}
	}
	options := *patient.Options()
	options.MaxRetries, options.DialerRetries = -1, 1
	client = redis.NewClient(&options)
	return client, func() { _ = client.Close() } // whether it can be used is said by then
}

func examineConnected(ctx context.Context, rdb redis.UniversalClient) []Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	rdb, done := impatient(rdb)
	defer done()
	if err := rdb.Ping(ctx).Err(); err != nil {
		return append([]Check{{"redis connection", Broken, err.Error(),
			"check that Redis runs, that its address and password are right, and that it may be reached from here; " +
				"nothing is lost meanwhile, and distribution goes on when it is back"}},
			skipped("there is no connection", behindRedis...)...)
	}
	servers := readServers(ctx, rdb)
	return []Check{
		{"redis connection", OK, "Redis answers", ""},
		ofEach(servers, redisVersion), redisWrites(ctx, rdb), ofEach(servers, redisEviction), ofEach(servers, redisPersistence), redisQueues(ctx, rdb),
	}
}

// A redisServer is what a server says of itself: see readInfo.
type redisServer struct {
	address string
	info    map[string]string
}

// readServers asks each master of a cluster, or the server that there is. One that does not answer says nothing of itself.
func readServers(ctx context.Context, rdb redis.UniversalClient) (all []redisServer) {
	err := tasks.EachMaster(ctx, rdb, func(ctx context.Context, server redis.UniversalClient) error {
		of := redisServer{info: readInfo(ctx, server)}
		if single, is := server.(*redis.Client); is {
			of.address = single.Options().Addr
		}
		all = append(all, of)
		return nil
	})
	if err != nil || len(all) == 0 { // who is in the cluster could not be found out
		all = []redisServer{{info: readInfo(ctx, rdb)}}
	}
	slices.SortFunc(all, func(a, b redisServer) int { return strings.Compare(a.address, b.address) })
	return all
}

// ofEach makes a check of each server, and returns the worst; where there are several it says which it is of.
func ofEach(servers []redisServer, check func(info map[string]string) Check) Check {
	worst := check(servers[0].info)
	of := servers[0]
	for _, s := range servers[1:] {
		if c := check(s.info); severity(c.State) > severity(worst.State) {
			worst, of = c, s
		}
	}
	if len(servers) > 1 && worst.State != OK {
		worst.Found = of.address + ": " + worst.Found
	}
	return worst
}

func severity(s State) int { return slices.Index([]State{OK, Warning, Broken}, s) }

// readInfo is what Redis says of itself, by name; services that hide some of it make it shorter.
func readInfo(ctx context.Context, rdb redis.UniversalClient) map[string]string {
	info := make(map[string]string)
	for _, section := range []string{"server", "memory", "persistence"} {
		lines := bufio.NewScanner(strings.NewReader(rdb.Info(ctx, section).Val()))
		for lines.Scan() {
			if name, value, found := strings.Cut(lines.Text(), ":"); found {
				info[name] = strings.TrimSpace(value)
			}
		}
	}
	return info
}

func redisVersion(info map[string]string) Check {
	const name = "redis version"
	found := info["redis_version"]
	major, rest, _ := strings.Cut(found, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err := strconv.Atoi(major)
	n, minorErr := strconv.Atoi(minor)
	switch {
	case errors.Join(err, minorErr) != nil:
		return Check{name, Warning, "Redis does not tell its version", "make sure that it is 6.2 or newer"}
	case m < 6 || m == 6 && n < 2:
		return Check{name, Broken, "Redis " + found, "upgrade it to Redis 6.2 or newer"}
	}
	return Check{name, OK, "Redis " + found, ""}
}

// redisWrites writes a key of its own and deletes it.
func redisWrites(ctx context.Context, rdb redis.UniversalClient) Check {
	key := "leadwheel:doctor:" + uuid.NewString()
	err := rdb.Set(ctx, key, "probe", patience).Err()
	if err == nil {
		err = rdb.Del(ctx, key).Err()
	}
	if err != nil {
		return Check{"redis writes", Broken, fmt.Sprintf("writing a key failed: %v", err),
			"point REDIS_URL to the primary, with a user who may write, and see that it has memory left"}
	}
	return Check{"redis writes", OK, "a key could be written", ""}
}

func redisEviction(info map[string]string) Check {
	const name = "redis eviction"
	switch policy := info["maxmemory_policy"]; policy {
	case "noeviction":
		return Check{name, OK, "maxmemory-policy is noeviction", ""}
	case "":
		return Check{name, Warning, "Redis does not tell its maxmemory-policy", "make sure that it is noeviction"}
	default:
		return Check{name, Warning, "maxmemory-policy is " + policy + ", so Redis may throw tasks away when memory is short",
			"set it to noeviction: what is thrown away is done again, but late, and leads that programs pushed through the queue are lost"}
	}
}

func redisPersistence(info map[string]string) Check {
	const name = "redis persistence"
	switch info["aof_enabled"] {
	case "1":
		return Check{name, OK, "appendonly is on", ""}
	case "0":
		return Check{name, Warning, "appendonly is off",
			"turn it on if Go programs push leads through the queue: those that are not stored yet are in Redis alone; all else is in Postgres"}
	default:
		return Check{name, Warning, "Redis does not tell whether it keeps data",
			"make sure that it does if Go programs push leads through the queue; all else is in Postgres"}
	}
}

// redisQueues looks for tasks that wait for nobody.
func redisQueues(ctx context.Context, rdb redis.UniversalClient) Check {
	const name = "redis queues"
	unserved, err := tasks.Unserved(ctx, rdb)
	if err != nil {
		return Check{name, Warning, err.Error(), "see that the user of REDIS_URL may read all keys that begin with asynq:"}
	}
	var all []string
	for _, queue := range slices.Sorted(maps.Keys(unserved)) {
		all = append(all, fmt.Sprintf("%q (%d)", queue, unserved[queue]))
	}
	if len(all) == 0 {
		return Check{name, OK, "no tasks wait in queues from which nobody takes", ""}
	}
	return Check{name, Warning, "tasks wait in queues from which no running server takes: " + strings.Join(all, ", "),
		"of Leadwheel's own queues (" + strings.Join(tasks.Queues(), ", ") + "): start a worker, leadwheel serve --roles=worker. Of others: have the program " +
			"that pushes leads use the package tasks, which names the right queue, and move what waits; see docs/runbooks/LeadwheelQueueUnserved.md"}
}
