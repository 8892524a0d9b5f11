package telegram

import (
	"context"
	"errors"
	"net/http"
)

// A Bot is what the Bot API says of the bot.
type Bot struct {
	Name string
	// Webhook is where it delivers what people write to the bot; empty where it is asked for that, as Leadwheel does.
	Webhook string
}

// Examine asks the Bot API for the bot. Nothing is changed.
func (c *Client) Examine(ctx context.Context) (b Bot, err error) {
	if b.Name, err = c.Name(ctx); err != nil {
		return b, err
	}
	var info struct {
		URL string `json:"url"`
	}
	err = c.call(ctx, callTimeout, "getWebhookInfo", struct{}{}, &info)
	b.Webhook = info.URL
	return b, err
}

// WrongToken reports whether an error is the Bot API's answer to a token that it does not know.
func WrongToken(err error) bool {
	var refused *apiError
	return errors.As(err, &refused) && !refused.foreign && (refused.status == http.StatusUnauthorized || refused.status == http.StatusNotFound)
}
