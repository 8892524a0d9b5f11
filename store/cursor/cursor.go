// Package cursor keeps where each distribution group's ring stands, in Redis, moved by one Lua script a batch. It holds
// nothing that cannot be rebuilt from the turn ledger in Postgres, and may be lost at any instant. It imports the
// domain only.
package cursor

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A StaleError means that the group's cursor is missing or stands at another ring version, and must be loaded.
type StaleError struct {
	// Epoch names the cursor that was found, empty where there is none.
	Epoch string
}

func (e *StaleError) Error() string { return "the turn cursor is not at this ring version" }

var (
	//go:embed draw.lua
	drawSource string
	//go:embed settle.lua
	settleSource string
	//go:embed load.lua
	loadSource string

	drawScript   = redis.NewScript(drawSource)
	settleScript = redis.NewScript(settleSource)
	loadScript   = redis.NewScript(loadSource)
)

// maxTokens is what one script takes: Lua's stack bounds what it can unpack to 8,000.
const maxTokens = 4000

// Cursors are the turn cursors of all groups.
type Cursors struct{ rdb redis.UniversalClient }

// New returns the cursors kept in rdb.
func New(rdb redis.UniversalClient) *Cursors { return &Cursors{rdb} }

// A Ring names the ring whose cursor is meant.
type Ring struct {
	Workspace, Group uuid.UUID
	Version          int
}

// keys share a hash tag, so that one script may touch them all on a Redis Cluster.
func (r Ring) keys() []string {
	base := "leadwheel:{" + r.Workspace.String() + ":" + r.Group.String() + "}:"
	return []string{base + "cursor", base + "free", base + "draws"}
}

// Draw draws a turn for each token: for a token that has drawn before the same turn again, else a free one or the next.
// The epoch names the cursor that was drawn from. Draw returns a *StaleError where the cursor must be loaded first. No
// more than some thousands of tokens are drawn at once.
func (c *Cursors) Draw(ctx context.Context, r Ring, at time.Time, tokens []string) (epoch string, turns []int64, err error) {
	args := make([]any, 0, len(tokens)+2)
	args = append(args, r.Version, at.Unix())
	for _, t := range tokens {
		args = append(args, t)
	}
	answer, err := drawScript.Run(ctx, c.rdb, r.keys(), args...).StringSlice()
	if err != nil {
		return "", nil, fmt.Errorf("drawing %d turns of group %s: %w", len(tokens), r.Group, err)
	}
	if len(answer) <= 1 {
		return "", nil, &StaleError{Epoch: answer[0]}
	}
	turns = make([]int64, len(tokens))
	for i, t := range answer[1:] {
		if turns[i], err = strconv.ParseInt(t, 10, 64); err != nil {
			return "", nil, fmt.Errorf("reading a turn of group %s: %w", r.Group, err)
		}
	}
	return answer[0], turns, nil
}

// Settle ends the draws of tokens whose batch is done with: forgets them, and hands out again first those turns that
// they drew and that were not spent. Tokens that drew nothing do no harm.
func (c *Cursors) Settle(ctx context.Context, r Ring, tokens []string, spent []int64) error {
	for part := range slices.Chunk(tokens, maxTokens) {
		args := make([]any, 0, len(part)+len(spent)+1)
		args = append(args, len(part))
		for _, t := range part {
			args = append(args, t)
		}
		for _, t := range spent {
			args = append(args, t)
		}
		if err := settleScript.Run(ctx, c.rdb, r.keys(), args...).Err(); err != nil {
			return fmt.Errorf("settling %d draws of group %s: %w", len(tokens), r.Group, err)
		}
	}
	return nil
}

// Load sets the cursor to a position read from the ledger and forgets all draws. Call it only while no transaction
// with draws of this group is open.
func (c *Cursors) Load(ctx context.Context, r Ring, p lead.Position) error {
	epoch, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	args := make([]any, 0, len(p.Free)+3)
	args = append(args, r.Version, epoch.String(), p.Next)
	for _, t := range p.Free {
		args = append(args, t)
	}
	if err := loadScript.Run(ctx, c.rdb, r.keys(), args...).Err(); err != nil {
		return fmt.Errorf("loading the turn cursor of group %s: %w", r.Group, err)
	}
	return nil
}

// Epoch names the cursor that is there now, empty where there is none.
func (c *Cursors) Epoch(ctx context.Context, r Ring) (string, error) {
	epoch, err := c.rdb.HGet(ctx, r.keys()[0], "epoch").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	return epoch, nil
}

// Abandoned returns those of the rings that hold draws older than before: their transaction neither committed nor
// came back for them.
func (c *Cursors) Abandoned(ctx context.Context, rings []Ring, before time.Time) ([]Ring, error) {
	draws := make([]*redis.StringSliceCmd, len(rings))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rings {
			draws[i] = p.HVals(ctx, r.keys()[2])
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("looking for abandoned draws: %w", err)
	}
	var found []Ring
	for i, r := range rings {
		for _, d := range draws[i].Val() {
			_, at, _ := strings.Cut(d, ":")
			if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || seconds < before.Unix() {
				found = append(found, r)
				break
			}
		}
	}
	return found, nil
}

// A State is where a cursor stands: turns below Next are handed out, except those that are Held, which are free to be
// handed out first or drawn and not settled. Known is false where there is no cursor for this ring version.
type State struct {
	Known bool
	Epoch string
	Next  int64
	Held  []int64
}

// State reads a cursor, at one instant.
func (c *Cursors) State(ctx context.Context, r Ring) (s State, err error) {
	keys := r.keys()
	var cursor *redis.SliceCmd
	var free, draws *redis.StringSliceCmd
	if _, err := c.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		cursor = p.HMGet(ctx, keys[0], "version", "epoch", "next")
		free = p.ZRange(ctx, keys[1], 0, -1)
		draws = p.HVals(ctx, keys[2])
		return nil
	}); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	var found struct {
		Version int    `redis:"version"`
		Epoch   string `redis:"epoch"`
		Next    int64  `redis:"next"`
	}
	if err := cursor.Scan(&found); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	s = State{Known: found.Version == r.Version, Epoch: found.Epoch, Next: found.Next}
	for _, text := range append(free.Val(), draws.Val()...) {
		turn, _, _ := strings.Cut(text, ":")
		n, err := strconv.ParseInt(turn, 10, 64)
		if err != nil {
			return s, fmt.Errorf("reading a free turn of group %s: %w", r.Group, err)
		}
		s.Held = append(s.Held, n)
	}
	return s, nil
}

// Nexts are the next turns of the rings' cursors, 0 where there is none for that ring version.
func (c *Cursors) Nexts(ctx context.Context, rings []Ring) ([]int64, error) {
	found := make([]*redis.SliceCmd, len(rings))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rings {
			found[i] = p.HMGet(ctx, r.keys()[0], "version", "next")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("reading the turn cursors: %w", err)
	}
	nexts := make([]int64, len(rings))
	for i, r := range rings {
		var at struct {
			Version int   `redis:"version"`
			Next    int64 `redis:"next"`
		}
		if err := found[i].Scan(&at); err != nil {
			return nil, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
		}
		if at.Version == r.Version {
			nexts[i] = at.Next
		}
	}
	return nexts, nil
}
