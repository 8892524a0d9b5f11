// Package telegram sends messages by Telegram, and connects members' chats. The worker calls it as a notify.Sender, the scheduler's
// process has it listen for members who connect. It says of each refusal what to do about it, and may show the bot's token to no one.
package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultURL is Telegram's own address.
const DefaultURL = "https://api.telegram.org"

const (
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 4 << 20
	// maxRetryAfter bounds, in seconds, for how long an answer may have us wait.
	maxRetryAfter = 24 * 60 * 60
)

// A Client calls the Bot API, as far as Leadwheel needs it. It is safe for concurrent use.
type Client struct {
	url, token string
	http       *http.Client

	naming sync.Mutex
	name   string
}

// NewClient returns a client of the bot with the token. An empty url is DefaultURL.
func NewClient(url, token string) *Client {
	if url == "" {
		url = DefaultURL
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 8
	return &Client{url: strings.TrimRight(url, "/"), token: token, http: &http.Client{
		Transport: transport,
		// The token is in the address: it goes to nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// botID is the public part of the token.
func (c *Client) botID() string {
	id, _, _ := strings.Cut(c.token, ":")
	return id
}

// An apiError is a refusal by the Bot API.
type apiError struct {
	status      int
	description string
	foreign     bool // something else answered, as a proxy does
	retryAfter  time.Duration
	movedTo     int64
}

func (e *apiError) Error() string { return e.description }

// call calls a method. It returns an *apiError where the API answered with one; whatever else goes wrong may have gone
// wrong after the API took the call.
func (c *Client) call(ctx context.Context, timeout time.Duration, method string, params, result any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/bot"+c.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the Telegram API or the bot's token cannot be read") // the cause quotes the token
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("calling Telegram: %w", c.withoutToken(err))
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading Telegram's answer: %w", c.withoutToken(err))
	}
	return read(response, data, result)
}

// read reads an answer. One that is none of the API's, as a proxy's, is told by its status.
func read(response *http.Response, data []byte, result any) error {
	var answer struct {
		OK          bool            `json:"ok"`
		Result      json.RawMessage `json:"result"`
		Code        int             `json:"error_code"`
		Description string          `json:"description"`
		Parameters  struct {
			RetryAfter int64 `json:"retry_after"`
			MovedTo    int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	err := json.Unmarshal(data, &answer)
	switch {
	case err != nil || !answer.OK && answer.Code == 0:
		if response.StatusCode == http.StatusOK {
			return errors.New("Telegram's answer cannot be read") //nolint:staticcheck // it is a name
		}
		return &apiError{status: response.StatusCode, description: "HTTP " + response.Status, foreign: true}
	case !answer.OK:
		return &apiError{
			status: answer.Code, description: answer.Description,
			retryAfter: time.Duration(min(max(answer.Parameters.RetryAfter, 0), maxRetryAfter)) * time.Second, movedTo: answer.Parameters.MovedTo,
		}
	case result == nil:
		return nil
	}
	if err := json.Unmarshal(answer.Result, result); err != nil {
		return fmt.Errorf("reading Telegram's answer: %w", err)
	}
	return nil
}

// withoutToken keeps the token, which is part of every address, out of an error.
func (c *Client) withoutToken(err error) error {
	return &tokenless{err, strings.ReplaceAll(err.Error(), c.token, "…")}
}

// A tokenless error is told without the token, and is what it was.
type tokenless struct {
	cause error
	text  string
}

func (e *tokenless) Error() string { return e.text }

func (e *tokenless) Unwrap() error { return e.cause }

// callTimeout bounds calls that do not wait for something to happen.
const callTimeout = 15 * time.Second

// Name is the bot's user name.
func (c *Client) Name(ctx context.Context) (string, error) {
	c.naming.Lock()
	defer c.naming.Unlock()
	if c.name != "" {
		return c.name, nil
	}
	var me struct {
		Username string `json:"username"`
	}
	if err := c.call(ctx, callTimeout, "getMe", struct{}{}, &me); err != nil {
		return "", err
	}
	if me.Username == "" {
		return "", errors.New("the Telegram bot has no user name")
	}
	c.name = me.Username
	return c.name, nil
}

// Link is the address at which a member starts the bot with a token.
func (c *Client) Link(ctx context.Context, token string) (string, error) {
	name, err := c.Name(ctx)
	return "https://t.me/" + name + "?start=" + token, err
}

type outgoing struct {
	ChatID      chatID  `json:"chat_id"`
	Text        string  `json:"text"`
	ParseMode   string  `json:"parse_mode,omitempty"`
	LinkPreview preview `json:"link_preview_options"`
}

type preview struct {
	Disabled bool `json:"is_disabled"`
}

// chatID is a number where it can be, which is what chats have; channels have names.
type chatID string

// MarshalJSON implements json.Marshaler.
func (id chatID) MarshalJSON() ([]byte, error) {
	var number json.Number
	if err := json.Unmarshal([]byte(id), &number); err == nil && number != "" {
		return []byte(id), nil
	}
	return json.Marshal(string(id))
}

func (c *Client) sendMessage(ctx context.Context, chat, text, mode string) error {
	return c.call(ctx, callTimeout, "sendMessage", outgoing{chatID(chat), text, mode, preview{true}}, nil)
}
