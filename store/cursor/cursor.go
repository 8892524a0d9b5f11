// Package cursor keeps where each distribution group's ring stands, in Redis, moved by one Lua script a batch. The store alone calls it.
// It may hold nothing that cannot be rebuilt from the turn ledger in Postgres, and may be lost at any instant.
package cursor

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A StaleError means that the group's cursor is missing or stands at another ring version, or at one of which turns were given back since,
// and must be loaded.
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

// Cursors are the turn cursors of all groups.
type Cursors struct{ rdb redis.UniversalClient }

// New returns the cursors kept in rdb.
func New(rdb redis.UniversalClient) *Cursors { return &Cursors{rdb} }

// A Ring names the ring whose cursor is meant.
type Ring struct {
	Workspace, Group uuid.UUID
	Version          int
	// Returns is how often turns of the version were given back: a cursor from before does not know of them.
	Returns int
	// Size is how many slots it has, by which a turn tells its lane. A ring without lanes need not say it.
	Size int
}

// A Want is how many turns of a lane a batch needs in all.
type Want struct {
	Lane, N int
	// First is the lane's first turn in this version: a cursor that was loaded before it was opened begins there.
	First int64
}

// lane is the lane of a turn.
func (r Ring) lane(turn int64) int {
	if r.Size == 0 {
		return 0
	}
	return lead.LaneOf(turn, r.Size)
}

// nextField is the field of a cursor with a lane's next turn.
func nextField(lane int) string {
	if lane == 0 {
		return "next"
	}
	return "next:" + strconv.Itoa(lane)
}

// stand is at what a cursor of the ring must stand to be drawn from.
func (r Ring) stand() string {
	if r.Returns == 0 {
		return strconv.Itoa(r.Version)
	}
	return strconv.Itoa(r.Version) + "." + strconv.Itoa(r.Returns)
}

// keys share a hash tag, so that one script may touch them all on a Redis Cluster.
func (r Ring) keys() []string {
	base := "leadwheel:{" + r.Workspace.String() + ":" + r.Group.String() + "}:"
	return []string{base + "cursor", base + "free", base + "draws"}
}

// Draw draws the first n turns of a batch in a ring without lanes, as DrawLanes does.
func (c *Cursors) Draw(ctx context.Context, r Ring, at time.Time, batch uuid.UUID, n int) (epoch string, turns []int64, err error) {
	epoch, turns, err = c.DrawLanes(ctx, r, at, batch, []Want{{N: n}})
	if err != nil {
		return "", nil, err
	}
	return epoch, turns[:n], nil
}

// DrawLanes draws turns for a batch, and returns all that it has drawn by now: of each lane those that it has drawn before, in the same
// order, then free ones, then the next. The epoch names the cursor that was drawn from. It returns a *StaleError where the cursor must be
// loaded first.
func (c *Cursors) DrawLanes(ctx context.Context, r Ring, at time.Time, batch uuid.UUID, wants []Want) (epoch string, turns []int64, err error) {
	var asked strings.Builder
	n := 0
	for _, w := range wants {
		fmt.Fprintf(&asked, "%d,%d,%d ", w.Lane, w.N, w.First)
		n += w.N
	}
	answer, err := drawScript.Run(ctx, c.rdb, r.keys(), r.stand(), at.Unix(), batch.String(), lead.LaneFrom(1, max(r.Size, 1)), asked.String()).StringSlice()
	if err != nil {
		return "", nil, fmt.Errorf("drawing %d turns of group %s: %w", n, r.Group, err)
	}
	if len(answer) <= 1 {
		return "", nil, &StaleError{Epoch: answer[0]}
	}
	turns, err = parseTurns(answer[1])
	if err == nil && len(turns) < n {
		err = fmt.Errorf("there are only %d", len(turns))
	}
	if err != nil {
		return "", nil, fmt.Errorf("drawing %d turns of group %s: %w", n, r.Group, err)
	}
	return answer[0], turns, nil
}

// parseTurns reads "turn,turn,..." with or without the time behind a colon.
func parseTurns(text string) ([]int64, error) {
	text, _, _ = strings.Cut(text, ":")
	turns := make([]int64, 0, strings.Count(text, ",")+1)
	for one := range strings.SplitSeq(text, ",") {
		turn, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn)
	}
	return turns, nil
}

// Settle ends the draw of a batch that is done with: forgets it, and hands out again first those of its turns that were not
// spent. The batch went through the first drawn of them, and left unspent those that are listed; what else was drawn for it
// was not spent either. A batch that drew nothing does no harm.
func (c *Cursors) Settle(ctx context.Context, r Ring, batch uuid.UUID, drawn int, unspent []int64) error {
	args := make([]any, 0, len(unspent)+2)
	args = append(args, batch.String(), drawn)
	for _, turn := range unspent {
		args = append(args, turn)
	}
	if err := settleScript.Run(ctx, c.rdb, r.keys(), args...).Err(); err != nil {
		return fmt.Errorf("settling what batch %s drew of group %s: %w", batch, r.Group, err)
	}
	return nil
}

// MostFree is how many free turns of a lane a cursor is loaded with, the lowest. There are more after a restore from a backup that Redis was
// far ahead of: the cursor is loaded again when those are handed out.
const MostFree = 10_000

// Load sets the cursor to positions read from the ledger, of the ring's lanes, and forgets all draws. Call it only while no transaction
// with draws of this group is open.
func (c *Cursors) Load(ctx context.Context, r Ring, lanes ...lead.Position) error {
	epoch, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	args := []any{r.stand(), epoch.String(), len(lanes)}
	for _, p := range lanes {
		args = append(args, nextField(r.lane(p.Next)), p.Next)
	}
	for _, p := range lanes {
		for _, t := range p.Free[:min(len(p.Free), MostFree)] {
			args = append(args, t)
		}
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

// A State is where a cursor stands: turns of a lane below its next are handed out, except those that are Held, which are free to be
// handed out first or drawn and not settled. Known is false where there is no cursor for this ring version.
type State struct {
	Known bool
	Epoch string
	Nexts map[int]int64
	Held  []int64
}

// State reads a cursor, at one instant.
func (c *Cursors) State(ctx context.Context, r Ring) (s State, err error) {
	keys := r.keys()
	var cursor *redis.MapStringStringCmd
	var free, draws *redis.StringSliceCmd
	if _, err := c.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		cursor = p.HGetAll(ctx, keys[0])
		free = p.ZRange(ctx, keys[1], 0, -1)
		draws = p.HVals(ctx, keys[2])
		return nil
	}); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	fields := cursor.Val()
	s = State{Known: fields["version"] == r.stand(), Epoch: fields["epoch"]}
	if s.Nexts, err = nexts(fields); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	for _, text := range append(free.Val(), draws.Val()...) {
		some, err := parseTurns(text)
		if err != nil {
			return s, fmt.Errorf("reading the free turns of group %s: %w", r.Group, err)
		}
		s.Held = append(s.Held, some...)
	}
	return s, nil
}

// nexts reads the next turns of a cursor's lanes from its fields.
func nexts(fields map[string]string) (map[int]int64, error) {
	all := make(map[int]int64, len(fields))
	for field, text := range fields {
		name, number, further := strings.Cut(field, ":")
		if name != "next" {
			continue
		}
		lane := 0
		turn, err := strconv.ParseInt(text, 10, 64)
		if err == nil && further {
			lane, err = strconv.Atoi(number)
		}
		if err != nil {
			return nil, err
		}
		all[lane] = turn
	}
	return all, nil
}

// Nexts are the next turns of the rings' cursors, by lane, none where there is none for that ring version.
func (c *Cursors) Nexts(ctx context.Context, rings []Ring) ([]map[int]int64, error) {
	found := make([]*redis.MapStringStringCmd, len(rings))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rings {
			found[i] = p.HGetAll(ctx, r.keys()[0])
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("reading the turn cursors: %w", err)
	}
	all := make([]map[int]int64, len(rings))
	for i, r := range rings {
		fields := found[i].Val()
		if fields["version"] != r.stand() {
			continue
		}
		var err error
		if all[i], err = nexts(fields); err != nil {
			return nil, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
		}
	}
	return all, nil
}
