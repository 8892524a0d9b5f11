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
)

// What Telegram takes of a bot: about 30 messages a second in all, one a second to a chat, and 20 a minute to a group.
const (
	betweenAny   = 40 * time.Millisecond
	anyAtOnce    = 20
	betweenChat  = time.Second
	betweenGroup = 3 * time.Second
	// maxPause bounds what Telegram may ask for.
	maxPause = time.Hour
)

//go:embed take.lua
var takeScript string

// Limits are kept in Redis, so that all processes that send as one bot keep them together. Where Redis loses them,
// Telegram itself says so again.
type Limits struct {
	rdb    redis.UniversalClient
	script *redis.Script
	key    string
}

// NewLimits returns the limits of the client's bot.
func NewLimits(rdb redis.UniversalClient, c *Client) *Limits {
	return &Limits{rdb, redis.NewScript(takeScript), "leadwheel:{telegram:" + c.botID() + "}:"}
}

// Take takes a chat's turn, and returns 0, or how long to wait before asking again.
func (l *Limits) Take(ctx context.Context, chat string) (time.Duration, error) {
	between := betweenChat
	if strings.HasPrefix(chat, "-") || strings.HasPrefix(chat, "@") {
		between = betweenGroup
	}
	sum := sha256.Sum256([]byte(chat)) // a chat's id is personal
	keys := []string{l.key + "pause", l.key + "any", l.key + "chat:" + hex.EncodeToString(sum[:8])}
	wait, err := l.script.Run(ctx, l.rdb, keys,
		betweenAny.Milliseconds(), anyAtOnce, between.Milliseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("keeping Telegram's limits: %w", err)
	}
	return time.Duration(wait) * time.Millisecond, nil
}

// Pause has nobody send for a while.
func (l *Limits) Pause(ctx context.Context, d time.Duration) error {
	if err := l.rdb.Set(ctx, l.key+"pause", 1, min(d, maxPause)).Err(); err != nil {
		return fmt.Errorf("keeping Telegram's limits: %w", err)
	}
	return nil
}
