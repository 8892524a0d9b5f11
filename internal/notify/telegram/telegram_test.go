package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func to(chat string) *store.Message {
	return &store.Message{Channel: "telegram", Recipient: store.Recipient{ChatID: chat}}
}

var content = notify.Content{Subject: "s", HTML: "<b>x</b> &amp; y", Text: "x & y"}

func newSender(t *testing.T, env *testenv.Env, url string) *telegram.Sender {
	t.Helper()
	client := telegram.NewClient(url, notifytest.BotToken)
	t.Cleanup(client.Close)
	return telegram.NewSender(client, telegram.NewLimits(env.Redis, client))
}

func TestSend(t *testing.T) {
	t.Parallel()
	api := notifytest.NewTelegram(t)
	if err := newSender(t, testenv.New(t), api.URL).Send(t.Context(), to("42"), content); err != nil {
		t.Fatal(err)
	}
	if got := api.Sent(); len(got) != 1 || got[0].Chat != "42" || got[0].Text != content.HTML || got[0].Mode != "HTML" {
		t.Errorf("sent %+v", got)
	}
}

// TestVerdicts has the API say everything that it may.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	env, refusal := testenv.New(t), notifytest.Refusal
	for name, c := range map[string]struct {
		reply *notifytest.Reply
		want  notify.Failure
	}{
		"blocked":                  {refusal(403, "Forbidden: bot was blocked by the user", ""), notify.Failure{Verdict: notify.AddressDead}},
		"deactivated":              {refusal(403, "Forbidden: user is deactivated", ""), notify.Failure{Verdict: notify.AddressDead}},
		"kicked":                   {refusal(403, "Forbidden: bot was kicked from the group chat", ""), notify.Failure{Verdict: notify.AddressDead}},
		"not found":                {refusal(400, "Bad Request: chat not found", ""), notify.Failure{Verdict: notify.AddressDead}},
		"moved":                    {refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", `{"migrate_to_chat_id":-1001234567890123}`), notify.Failure{Verdict: notify.AddressMoved, MovedTo: "-1001234567890123"}},
		"too long":                 {refusal(400, "Bad Request: message is too long", ""), notify.Failure{Verdict: notify.Rejected}},
		"a wrong token":            {refusal(401, "Unauthorized", ""), notify.Failure{Verdict: notify.Misconfigured}},
		"trouble":                  {refusal(500, "Internal Server Error", ""), notify.Failure{Verdict: notify.TryLater}},
		"a proxy's page":           {&notifytest.Reply{Status: 502, Body: "<html>Bad Gateway"}, notify.Failure{Verdict: notify.TryLater}},
		"a firewall's page":        {&notifytest.Reply{Status: 403, Body: "<html>Forbidden"}, notify.Failure{Verdict: notify.TryLater}},
		"a proxy's refusal":        {&notifytest.Reply{Status: 400, Body: `{"error":"bad request"}`}, notify.Failure{Verdict: notify.TryLater}},
		"no right to write":        {refusal(400, "Bad Request: not enough rights to send text messages to the chat", ""), notify.Failure{Verdict: notify.AddressDead}},
		"too many, for ever":       {refusal(429, "Too Many Requests", `{"retry_after":9223372036854775807}`), notify.Failure{Verdict: notify.TryLater, After: 24 * time.Hour}},
		"too many":                 {refusal(429, "Too Many Requests: retry after 34", `{"retry_after":34}`), notify.Failure{Verdict: notify.TryLater, After: 34 * time.Second}},
		"too many, without a time": {refusal(429, "Too Many Requests", ""), notify.Failure{Verdict: notify.TryLater, After: time.Second}},
	} {
		if err := env.Redis.FlushDB(t.Context()).Err(); err != nil { // of the pauses that were asked for
			t.Fatal(err)
		}
		api := notifytest.NewTelegram(t)
		api.Answer(func(int, notifytest.Sent) *notifytest.Reply { return c.reply })
		err := newSender(t, env, api.URL).Send(t.Context(), to("-42"), content)
		var got *notify.Failure
		if !errors.As(err, &got) || got.Verdict != c.want.Verdict || got.After != c.want.After || got.MovedTo != c.want.MovedTo || got.Said == "" {
			t.Errorf("%s: got %#v (%v), want %#v", name, got, err, c.want)
		}
	}
}

// TestUnknownWhetherTaken breaks off answers, and gives wrong ones.
func TestUnknownWhetherTaken(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	for name, reply := range map[string]*notifytest.Reply{
		"cut off": {CutOff: true}, "wrong JSON": {Status: 200, Body: `{"ok":`}, "no JSON": {Status: 200, Body: "ok"}, "empty": {Status: 200},
	} {
		api := notifytest.NewTelegram(t)
		api.Answer(func(int, notifytest.Sent) *notifytest.Reply { return reply })
		err := newSender(t, env, api.URL).Send(t.Context(), to(fmt.Sprint(time.Now().UnixNano())), content)
		if failure := (*notify.Failure)(nil); err == nil || errors.As(err, &failure) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestUnparsedElementsAreSentPlain(t *testing.T) {
	t.Parallel()
	api := notifytest.NewTelegram(t)
	api.Answer(func(n int, _ notifytest.Sent) *notifytest.Reply {
		if n == 1 {
			return notifytest.Refusal(400, "Bad Request: can't parse entities: unsupported start tag", "")
		}
		return nil
	})
	if err := newSender(t, testenv.New(t), api.URL).Send(t.Context(), to("42"), content); err != nil {
		t.Fatal(err)
	}
	if got := api.Sent(); len(got) != 1 || got[0].Text != content.Text || got[0].Mode != "" {
		t.Errorf("sent %+v", got)
	}
}

// TestTokenIsNotTold looks for the token, which is part of every address, in errors.
func TestTokenIsNotTold(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	env, url := testenv.New(t), "http://"+listener.Addr().String()
	_ = listener.Close()
	for _, url := range []string{url, "http://[broken"} {
		err := newSender(t, env, url).Send(t.Context(), to(url), content)
		if err == nil || strings.Contains(err.Error(), notifytest.BotToken) {
			t.Errorf("%s: error %v", url, err)
		}
	}
}

// tooMany has the API refuse some chats for 34 seconds, all where none are named.
func tooMany(chats ...string) func(int, notifytest.Sent) *notifytest.Reply {
	return func(_ int, m notifytest.Sent) *notifytest.Reply {
		if len(chats) > 0 && !slices.Contains(chats, m.Chat) {
			return nil
		}
		return notifytest.Refusal(429, "Too Many Requests: retry after 34", `{"retry_after":34}`)
	}
}

// held reports whether a message was held back for about as long as Telegram asked, without asking it.
func held(err error) bool {
	var f *notify.Failure
	return errors.As(err, &f) && f.Uncounted && f.After > 30*time.Second && f.After <= 34*time.Second
}

// TestARefusedChatIsLeftInPeace has Telegram refuse one chat: all processes write to the others, and not to that one. That
// goes on for as many refusals as there are, with others in between.
func TestARefusedChatIsLeftInPeace(t *testing.T) {
	t.Parallel()
	api, env := notifytest.NewTelegram(t), testenv.New(t)
	refused := []string{"42", "-1001234567890", "44", "45"}
	api.Answer(tooMany(refused...))
	for i, chat := range refused {
		if err := newSender(t, env, api.URL).Send(t.Context(), to(chat), content); err == nil {
			t.Fatal("the refusal is not told")
		}
		if err := newSender(t, env, api.URL).Send(t.Context(), to(chat), content); !held(err) {
			t.Errorf("to the refused chat %s: %v", chat, err)
		}
		if err := newSender(t, env, api.URL).Send(t.Context(), to(fmt.Sprint(100+i)), content); err != nil {
			t.Errorf("to another: %v", err)
		}
	}
	if n := api.Calls(); n != 2*len(refused) {
		t.Errorf("Telegram was called %d times", n)
	}
}

// TestARefusedBotIsLeftInPeace has Telegram refuse everybody: once that shows, no process sends anything.
func TestARefusedBotIsLeftInPeace(t *testing.T) {
	t.Parallel()
	api, env := notifytest.NewTelegram(t), testenv.New(t)
	api.Answer(tooMany())
	for chat := range 3 {
		if err := newSender(t, env, api.URL).Send(t.Context(), to(fmt.Sprint(42+chat)), content); err == nil || held(err) {
			t.Fatalf("the refusal is not told: %v", err)
		}
	}
	api.Answer(nil)
	if err := newSender(t, env, api.URL).Send(t.Context(), to("49"), content); !held(err) {
		t.Errorf("to anybody: %v", err)
	}
	if api.Calls() > 0 {
		t.Error("Telegram was called in its pause")
	}
	if err := env.Redis.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := newSender(t, env, api.URL).Send(t.Context(), to("49"), content); err != nil {
		t.Errorf("with Redis empty: %v", err)
	}
}

// TestLimits asks for turns as fast as it can. The clock is Redis's own, so it counts what is given at once.
func TestLimits(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	client := telegram.NewClient("", notifytest.BotToken)
	limits := telegram.NewLimits(env.Redis, client)
	take := func(chat string) time.Duration {
		t.Helper()
		wait, err := limits.Take(t.Context(), chat)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	for chat, most := range map[string]time.Duration{"1": time.Second, "-1": 3 * time.Second} {
		if wait := take(chat); wait != 0 {
			t.Errorf("chat %s waits %s for its first message", chat, wait)
		}
		if wait := take(chat); wait <= most*3/4 || wait > most {
			t.Errorf("chat %s waits %s for its second message, want nearly %s", chat, wait, most)
		}
	}
	var given []time.Time
	for i := range 50 {
		if err := limits.Wait(t.Context(), fmt.Sprint(90+i)); err != nil {
			t.Fatal(err)
		}
		given = append(given, time.Now())
	}
	for i, at := range given {
		if i >= 30 && at.Sub(given[i-30]) < 950*time.Millisecond { // the clocks are two
			t.Errorf("31 messages in %s", at.Sub(given[i-30]))
		}
	}
}

// TestAPauseIsNotShortened by a chat that is told to wait for less.
func TestAPauseIsNotShortened(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	limits := telegram.NewLimits(env.Redis, telegram.NewClient("", notifytest.BotToken))
	for _, pause := range []time.Duration{time.Second, 30 * time.Second, 2 * time.Second} {
		if err := limits.Pause(t.Context(), pause); err != nil {
			t.Fatal(err)
		}
	}
	if wait, err := limits.Take(t.Context(), "1"); err != nil || wait < 20*time.Second {
		t.Errorf("wait %s, error %v", wait, err)
	}
}

// TestAnOutageIsNotWaitedFor has nobody at the address: what follows is told at once, without trying.
func TestAnOutageIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	s := newSender(t, testenv.New(t), "http://"+address)
	if failure := (*notify.Failure)(nil); errors.As(s.Send(t.Context(), to("1"), content), &failure) {
		t.Fatalf("the first is refused: %v", failure)
	}
	if listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", address); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var failure *notify.Failure
	err = s.Send(t.Context(), to("2"), content) // would wait for an answer that never comes
	if !errors.As(err, &failure) || failure.Verdict != notify.TryLater || failure.Uncounted || !strings.Contains(failure.Said, "refused") {
		t.Errorf("error %v", err)
	}
}

// TestSlowAnswers never get one.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	called := make(chan struct{})
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 1))
		close(called)
		_, _ = io.Copy(io.Discard, conn)
	}()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-called; cancel() }()
	err = newSender(t, testenv.New(t), "http://"+listener.Addr().String()).Send(ctx, to("42"), content)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
