package telegram

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/notify"
)

// What Telegram takes of a bot: about 30 messages a second in all, one a second to a chat, and 20 a minute to a group.
const (
	betweenAny   = 40 * time.Millisecond
	anyAtOnce    = 5 // with the 25 that follow within a second these are 30
	betweenChat  = time.Second
	betweenGroup = 3 * time.Second
	// maxPause bounds what Telegram may ask for.
	maxPause = time.Hour
	// botRefused is how many chats in a row make it the bot that Telegram refuses, and refusedFor how long those are
	// remembered. Its answer is the same for one chat that is written to too often and for all.
	botRefused = 3
	refusedFor = time.Minute
)

// worthWaiting is how long a message waits for its turn on the spot; for more it is put off.
const worthWaiting = 3 * time.Second

var (
	//go:embed take.lua
	takeScript string
	//go:embed pause.lua
	pauseScript string
	//go:embed refused.lua
	refusedScript string
)

// Limits are kept in Redis, so that all processes that send as one bot keep them together. Where Redis loses them,
// Telegram itself says so again.
type Limits struct {
	rdb                  redis.UniversalClient
	take, pause, refused *redis.Script
	key                  string
}

// NewLimits returns the limits of the client's bot.
func NewLimits(rdb redis.UniversalClient, c *Client) *Limits {
	return &Limits{rdb, redis.NewScript(takeScript), redis.NewScript(pauseScript), redis.NewScript(refusedScript), "leadwheel:{telegram:" + c.botID() + "}:"}
}

// Take takes a chat's turn, and returns 0, or how long to wait before asking again.
func (l *Limits) Take(ctx context.Context, chat string) (time.Duration, error) {
	between := betweenChat
	if strings.HasPrefix(chat, "-") || strings.HasPrefix(chat, "@") {
		between = betweenGroup
	}
	keys := []string{l.key + "pause", l.key + "any", l.key + "chat:" + nameOf(chat)}
	wait, err := l.take.Run(ctx, l.rdb, keys,
		betweenAny.Milliseconds(), anyAtOnce, between.Milliseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("keeping Telegram's limits: %w", err)
	}
	return time.Duration(wait) * time.Millisecond, nil
}

// nameOf is what a chat is called here: its id is personal.
func nameOf(chat string) string {
	sum := sha256.Sum256([]byte(chat))
	return hex.EncodeToString(sum[:8])
}

// Wait waits for a chat's turn. It returns an uncounted *notify.Failure where that takes too long.
func (l *Limits) Wait(ctx context.Context, chat string) error {
	var waited time.Duration
	for {
		wait, err := l.Take(ctx, chat)
		if err != nil || wait == 0 {
			return err
		}
		if waited += wait; waited > worthWaiting {
			return &notify.Failure{Verdict: notify.TryLater, Said: "Telegram's rate limit", After: wait, Uncounted: true}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Pause has nobody send for a while. It does not shorten a pause that there is.
func (l *Limits) Pause(ctx context.Context, d time.Duration) error {
	err := l.pause.Run(ctx, l.rdb, []string{l.key + "pause"}, min(d, maxPause).Milliseconds()).Err()
	if err != nil {
		return fmt.Errorf("keeping Telegram's limits: %w", err)
	}
	return nil
}

// Refused has nobody write for a while to a chat that Telegram refused to for now. That pauses this chat and no other, and
// everybody once it was so with several in a row.
func (l *Limits) Refused(ctx context.Context, chat string, d time.Duration) error {
	name := nameOf(chat)
	chats, err := l.refused.Run(ctx, l.rdb, []string{l.key + "chat:" + name, l.key + "refused"},
		min(d, maxPause).Milliseconds(), name, refusedFor.Milliseconds()).Int64()
	switch {
	case err != nil:
		return fmt.Errorf("keeping Telegram's limits: %w", err)
	case chats >= botRefused:
		return l.Pause(ctx, d)
	}
	return nil
}

// Took notes that Telegram takes messages of the bot.
func (l *Limits) Took(ctx context.Context) error {
	if err := l.rdb.Del(ctx, l.key+"refused").Err(); err != nil {
		return fmt.Errorf("keeping Telegram's limits: %w", err)
	}
	return nil
}
