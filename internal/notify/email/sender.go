// Package email sends messages by e-mail, over SMTP. The worker calls it as a notify.Sender, and signing in sends its links by it. It says of each refusal what to do about
// it, and never tries again by itself.
package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// timeout bounds each step of handing a message over.
	timeout = 12 * time.Second
	// connections bounds those to the mail server, and so the messages under way at once.
	connections = 4
	// worthWaiting is how long a message waits for a connection; for more it is put off.
	worthWaiting = 2 * time.Second
	// idleFor is how long a connection is kept that nobody uses; servers hang up after some minutes.
	idleFor = 30 * time.Second
)

// Options are what a Sender needs.
type Options struct {
	// URL is the mail server's address: smtp://[user:pass@]host[:port], with STARTTLS unless it ends in ?tls=off, or
	// smtps://….
	URL string
	// From is the sender's address, with or without a name.
	From string
	// PublicURL is where Leadwheel is reached from outside, for the unsubscribe links.
	PublicURL string
	// DKIMKey signs messages, as PEM; empty is not at all. DKIMDomain is by default that of From.
	DKIMKey, DKIMDomain, DKIMSelector string
	// TLS is for tests, whose servers have certificates of their own.
	TLS *tls.Config
}

// A Sender sends messages by e-mail, over connections that it keeps. It is safe for concurrent use.
type Sender struct {
	client    *mail.Client
	from      *netmail.Address
	domain    string
	publicURL string
	slots     chan *connection
	outage    notify.Outage
}

// A connection to the mail server, or the room for one.
type connection struct {
	smtp *smtp.Client
	used time.Time
}

// NewSender checks the options. It connects when there is something to send. Close it.
func NewSender(o Options) (*Sender, error) {
	server, err := parseAddress(o.URL)
	if err != nil {
		return nil, err
	}
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("the sender's address %q cannot be read; write it as leads@example.com or Leads <leads@example.com>", o.From)
	}
	s := &Sender{from: from, domain: from.Address[strings.LastIndex(from.Address, "@")+1:], publicURL: strings.TrimRight(o.PublicURL, "/")}
	options := server.options()
	if o.TLS != nil {
		options = append(options, mail.WithTLSConfig(o.TLS))
	}
	if o.DKIMKey != "" {
		key, err := mail.PrivKeyFromPEM([]byte(o.DKIMKey))
		if err != nil {
			return nil, fmt.Errorf("reading the DKIM key: %w; it is an RSA or Ed25519 private key as PEM", err)
		}
		if o.DKIMSelector == "" {
			return nil, errors.New("a DKIM key needs a selector, under which the public key stands in DNS")
		}
		domain := o.DKIMDomain
		if domain == "" {
			domain = s.domain
		}
		options = append(options, mail.WithAlwaysDKIMSign(mail.NewDKIMSigner(domain, o.DKIMSelector, key)))
	}
	if s.client, err = mail.NewClient(server.host, options...); err != nil {
		return nil, fmt.Errorf("setting up mail by %s: %w", server, err)
	}
	s.slots = make(chan *connection, connections)
	for range connections {
		s.slots <- &connection{}
	}
	return s, nil
}

// Examine connects to the mail server and signs in as for a message, and sends none.
func (s *Sender) Examine(ctx context.Context) error {
	var conn connection
	defer conn.close(s.client)
	return s.connect(ctx, &conn)
}

// Close ends the connections, once nothing is under way.
func (s *Sender) Close() {
	for range connections {
		(<-s.slots).close(s.client)
	}
}

func (c *connection) close(client *mail.Client) {
	if c.smtp != nil {
		_ = client.CloseWithSMTPClient(c.smtp) // nothing is under way on it
		c.smtp = nil
	}
}

// Send implements notify.Sender.
func (s *Sender) Send(ctx context.Context, m *store.Message, c notify.Content) error {
	message, err := s.message(m, c)
	if err != nil {
		return err
	}
	return s.hand(ctx, message, m.Recipient.Address(lead.Email))
}

// hand sends a mail when a connection is free.
func (s *Sender) hand(ctx context.Context, message *mail.Msg, to string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(worthWaiting): // others wait for the worker that this message keeps busy
		return &notify.Failure{Verdict: notify.TryLater, Said: "the mail server is slow", After: worthWaiting, Uncounted: true}
	case conn := <-s.slots:
		defer func() { s.slots <- conn }()
		return s.sendOn(ctx, conn, message, to)
	}
}

// Post implements notify.Poster.
func (s *Sender) Post(ctx context.Context, to string, c notify.Content) error {
	message, err := s.envelope(to, c.Subject)
	if err != nil {
		return err
	}
	message.SetMessageID()
	message.SetBodyString(mail.TypeTextPlain, c.Text)
	message.AddAlternativeString(mail.TypeTextHTML, notify.Lines(c.HTML))
	return s.hand(ctx, message, to)
}

// sendOn sends on a kept connection or, where there is none that is good any more, on a new one.
func (s *Sender) sendOn(ctx context.Context, conn *connection, message *mail.Msg, to string) error {
	if conn.smtp != nil && time.Since(conn.used) > idleFor {
		conn.close(s.client)
	}
	for reused := conn.smtp != nil; ; reused = false {
		if err := s.connect(ctx, conn); err != nil {
			return err
		}
		err := s.client.SendWithSMTPClient(conn.smtp, message)
		conn.used = time.Now()
		if message.IsDelivered() {
			if err != nil { // it was taken, and what came after went wrong
				conn.close(s.client)
			}
			return nil
		}
		failed, end := judge(err, to)
		if end != alive {
			conn.close(s.client)
		}
		if reused && end == hungUp {
			continue
		}
		return failed
	}
}

// connect makes a connection where there is none, or has the one that there is last until the message is sent.
func (s *Sender) connect(ctx context.Context, conn *connection) error {
	if conn.smtp != nil {
		if err := conn.smtp.UpdateDeadline(timeout); err == nil {
			return nil
		}
		conn.close(s.client)
	}
	if err := s.outage.Check(); err != nil {
		return err
	}
	fresh, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		failed := unconnected(err)
		if ctx.Err() == nil {
			s.outage.Note(*failed)
		}
		return failed
	}
	conn.smtp = fresh
	return nil
}

// message is a message as mail. Its id is that of the notification, so that a mail server that gets it twice can tell.
func (s *Sender) message(m *store.Message, c notify.Content) (*mail.Msg, error) {
	message, err := s.envelope(m.Recipient.Email, c.Subject)
	if err != nil {
		return nil, err
	}
	message.SetMessageIDWithValue(m.ID.String() + "@" + s.domain)
	unsubscribe := ""
	if !m.Recipient.InCharge {
		unsubscribe = s.publicURL + "/unsubscribe/" + m.UnsubscribeToken()
		if tag := m.Recipient.Language; tag != "" && tag != language.English {
			unsubscribe += "?lang=" + url.QueryEscape(tag)
		}
		message.SetListUnsubscribe(unsubscribe)
		message.SetListUnsubscribePost()
	}
	page, text, err := layout(m, c, unsubscribe)
	if err != nil {
		return nil, err
	}
	message.SetBodyString(mail.TypeTextPlain, text)
	message.AddAlternativeString(mail.TypeTextHTML, page)
	return message, nil
}

// envelope is a mail without an id and anything in it.
func (s *Sender) envelope(to, subject string) (*mail.Msg, error) {
	message := mail.NewMsg()
	message.FromMailAddress(s.from)
	if err := message.AddTo(reachable(to)); err != nil {
		return nil, &notify.Failure{Verdict: notify.AddressDead, Said: "the e-mail address cannot be read"}
	}
	message.SetDate()
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.Subject(subject)
	return message, nil
}

// reachable is an address with its domain as the mail system has it, in ASCII. A name before the @ that is not stays: a
// server that takes such (SMTPUTF8) is told.
func reachable(address string) string {
	name, domain, found := strings.Cut(address, "@")
	if ascii, err := idna.Lookup.ToASCII(domain); found && err == nil {
		return name + "@" + ascii
	}
	return address
}

// unconnected says what to do where there is no connection to the mail server.
func unconnected(err error) *notify.Failure {
	var refused *textproto.Error
	if errors.As(err, &refused) && refused.Code >= 500 {
		return &notify.Failure{Verdict: notify.Misconfigured, Said: "the mail server refuses us: " + refused.Error()}
	}
	return &notify.Failure{Verdict: notify.TryLater, Said: "connecting to the mail server: " + discreet.Network(err)}
}

// An end is what a refusal makes of the connection.
type end int

const (
	alive end = iota
	broken
	// hungUp is the server's doing, before it took the message: another connection may do.
	hungUp
)

// judge says what to do about a message that was not taken, and what became of its connection.
func judge(err error, to string) (failed *notify.Failure, became end) {
	failed = &notify.Failure{Verdict: notify.TryLater, Said: said(err, to)}
	var refused *mail.SendError
	if !errors.As(err, &refused) {
		return failed, broken
	}
	code, enhanced := refused.ErrorCode(), refused.EnhancedStatusCode()
	switch {
	case refused.Reason == mail.ErrConnCheck || code == 421:
		return failed, hungUp
	case code == 0:
		return failed, broken
	case code < 500:
	case slices.Contains(aboutSender, enhanced) || refused.Reason == mail.ErrSMTPMailFrom:
		failed.Verdict = notify.Misconfigured
	case refused.Reason == mail.ErrSMTPRcptTo && strings.HasPrefix(enhanced, "5.1."):
		failed.Verdict = notify.AddressDead
	case refused.Reason == mail.ErrSMTPRcptTo: // whoever owns the address, or keeps its server, wants nothing there of us
		failed.Verdict = notify.Rejected
	case strings.HasPrefix(enhanced, "5.7."):
		failed.Verdict = notify.Misconfigured
	default:
		failed.Verdict = notify.Rejected
	}
	return failed, alive
}

// aboutSender are those of the codes about addresses (RFC 3463, RFC 7505) that are about ours.
var aboutSender = []string{"5.1.7", "5.1.8"}

// quoted is what the server said as the library quotes it.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// said is what the server said, without the member's address: neither the whole nor the name before the @.
func said(err error, to string) string {
	text, _, _ := strings.Cut(err.Error(), ", affected ")
	text = quoted.ReplaceAllStringFunc(text, func(q string) string {
		if plain, err := strconv.Unquote(q); err == nil {
			return plain
		}
		return q
	})
	for _, address := range []string{to, reachable(to)} {
		text = strings.ReplaceAll(text, address, "…")
	}
	if name, _, _ := strings.Cut(to, "@"); name != "" {
		text = regexp.MustCompile(`(?i)(^|[^\pL\pN])`+regexp.QuoteMeta(name)+`($|[^\pL\pN])`).ReplaceAllString(text, "$1…$2")
	}
	return text
}
