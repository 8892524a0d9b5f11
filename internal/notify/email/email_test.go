package email_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/store"
)

var content = notify.Content{Subject: "New lead: Äsyah 😀", HTML: "<b>New lead</b>\nPhone: 1", Text: "New lead\nPhone: 1"}

func message() *store.Message {
	return &store.Message{
		ID: uuid.Must(uuid.NewV7()), Workspace: uuid.New(), Channel: "email",
		Recipient: store.Recipient{MemberID: uuid.New(), MailToken: uuid.New(), Email: "aina@example.com", WorkspaceName: "A & B"},
	}
}

func newSender(t *testing.T, server *notifytest.MailServer, change ...func(*email.Options)) *email.Sender {
	t.Helper()
	o := email.Options{URL: server.URL, From: "Leads <leads@example.org>", PublicURL: "https://leads.example.org/", TLS: server.ClientTLS}
	for _, f := range change {
		f(&o)
	}
	s, err := email.NewSender(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestModesOfTLS(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]notifytest.TLSMode{"off": notifytest.NoTLS, "STARTTLS": notifytest.StartTLS, "TLS": notifytest.ImplicitTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := notifytest.NewMailServer(t, mode)
			if err := newSender(t, server).Send(t.Context(), message(), content); err != nil {
				t.Fatal(err)
			}
			if got := server.Mails(); len(got) != 1 || got[0].To != "aina@example.com" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestSTARTTLSIsRequired sends to a server without it, and to one whose certificate nobody knows.
func TestSTARTTLSIsRequired(t *testing.T) {
	t.Parallel()
	plain, unknown := notifytest.NewMailServer(t, notifytest.NoTLS), notifytest.NewMailServer(t, notifytest.StartTLS)
	for name, s := range map[string]*email.Sender{
		"no STARTTLS":            newSender(t, plain, func(o *email.Options) { o.URL = strings.TrimSuffix(o.URL, "?tls=off") }),
		"an unknown certificate": newSender(t, unknown, func(o *email.Options) { o.TLS = nil }),
	} {
		var failure *notify.Failure
		if err := s.Send(t.Context(), message(), content); !errors.As(err, &failure) || failure.Verdict != notify.TryLater {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(plain.Mails())+len(unknown.Mails()) > 0 {
		t.Error("mail went out in the open")
	}
}

func TestMailHasBothForms(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	m := message()
	if err := newSender(t, server).Send(t.Context(), m, content); err != nil {
		t.Fatal(err)
	}
	got := server.Mails()[0]
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != content.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	link := "<https://leads.example.org/unsubscribe/" + m.UnsubscribeToken() + ">"
	for header, want := range map[string]string{
		"Message-Id": "<" + m.ID.String() + "@example.org>", "List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Auto-Submitted": "auto-generated", "From": `"Leads" <leads@example.org>`, "Dkim-Signature": "",
	} {
		if value := strings.ReplaceAll(got.Header.Get(header), " ", ""); value != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s is %q, want %q", header, value, want)
		}
	}
	parts := partsOf(t, got)
	if !strings.HasPrefix(parts["text/plain"], "New lead\r\nPhone: 1") || !strings.Contains(parts["text/plain"], m.UnsubscribeToken()) {
		t.Errorf("text: %s", parts["text/plain"])
	}
	if page := parts["text/html"]; !strings.Contains(page, "<b>New lead</b><br>") || !strings.Contains(page, "A &amp; B") || !strings.Contains(page, "overflow-wrap:anywhere") || !strings.Contains(page, m.UnsubscribeToken()) {
		t.Errorf("page: %s", page)
	}
}

func partsOf(t *testing.T, m notifytest.Mail) map[string]string {
	t.Helper()
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		parts[kind] = string(data)
	}
}

func TestDKIM(t *testing.T) {
	t.Parallel()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	s := newSender(t, server, func(o *email.Options) {
		o.DKIMKey, o.DKIMSelector = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "s1"
	})
	if err := s.Send(t.Context(), message(), content); err != nil {
		t.Fatal(err)
	}
	signature := server.Mails()[0].Header.Get("Dkim-Signature")
	for _, part := range []string{"d=example.org", "s=s1", "a=ed25519-sha256"} {
		if !strings.Contains(signature, part) {
			t.Errorf("the signature %q is without %s", signature, part)
		}
	}
}

// TestConnectionsAreKept sends many messages, and then has the server hang up.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.StartTLS)
	proxy := newRelay(t, server)
	s := newSender(t, server, func(o *email.Options) { o.URL = proxy.url })
	for range 20 {
		if err := s.Send(t.Context(), message(), content); err != nil {
			t.Fatal(err)
		}
	}
	if n := server.Connections(); n > 2*4 { // a session before STARTTLS and one after, for each of four
		t.Errorf("%d sessions", n)
	}
	proxy.hangUp()
	for range 8 {
		if err := s.Send(t.Context(), message(), content); err != nil {
			t.Errorf("after the server hung up: %v", err)
		}
	}
	if n := len(server.Mails()); n != 28 {
		t.Errorf("%d mails of 28", n)
	}
}

// A relay passes connections on, until it hangs up those that there are.
type relay struct {
	url   string
	conns chan net.Conn
}

func newRelay(t *testing.T, server *notifytest.MailServer) *relay {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	_, address, _ := strings.Cut(server.URL, "@")
	r := &relay{url: strings.Replace(server.URL, address, listener.Addr().String(), 1), conns: make(chan net.Conn, 100)}
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				_ = in.Close()
				continue
			}
			r.conns <- in
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	return r
}

func (r *relay) hangUp() {
	for {
		select {
		case c := <-r.conns:
			_ = c.Close()
		default:
			return
		}
	}
}

// TestVerdicts has the server say everything that it may.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	refuse := func(code int, enhanced ...int) error {
		e := &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: "no, aina@example.com"}
		if len(enhanced) == 3 {
			e.EnhancedCode = smtp.EnhancedCode{enhanced[0], enhanced[1], enhanced[2]}
		}
		return e
	}
	for name, c := range map[string]struct {
		recipient, data error
		want            notify.Verdict
	}{
		"busy":                 {refuse(450, 4, 2, 0), nil, notify.TryLater},
		"no such mailbox":      {refuse(550, 5, 1, 1), nil, notify.AddressDead},
		"a list of senders":    {refuse(550, 5, 7, 1), nil, notify.Rejected},
		"no relaying":          {refuse(554, 5, 7, 1), nil, notify.Rejected},
		"a policy":             {refuse(550, 5, 7, 0), nil, notify.Rejected},
		"no sign-in there":     {refuse(530, 5, 7, 0), nil, notify.Rejected},
		"disabled":             {refuse(554, 5, 2, 1), nil, notify.Rejected},
		"a list of addresses":  {refuse(550, 5, 5, 3), nil, notify.Rejected},
		"no null MX":           {refuse(556, 5, 1, 10), nil, notify.AddressDead},
		"a policy against us":  {nil, refuse(550, 5, 7, 26), notify.Misconfigured},
		"full":                 {refuse(552, 5, 2, 2), nil, notify.Rejected},
		"refused, for nothing": {refuse(554), nil, notify.Rejected},
		"content, for now":     {nil, refuse(451, 4, 3, 0), notify.TryLater},
		"content, for good":    {nil, refuse(554, 5, 6, 0), notify.Rejected},
	} {
		server := notifytest.NewMailServer(t, notifytest.NoTLS)
		server.Recipients(func(string) error { return c.recipient })
		server.Data(func(int) error { return c.data })
		err := newSender(t, server).Send(t.Context(), message(), content)
		var failure *notify.Failure
		if !errors.As(err, &failure) || failure.Verdict != c.want || failure.Uncounted {
			t.Errorf("%s: got %#v (%v), want verdict %d", name, failure, err, c.want)
		} else if strings.Contains(failure.Said, "aina@") {
			t.Errorf("%s: %q has the address", name, failure.Said)
		}
	}
	wrong := newSender(t, notifytest.NewMailServer(t, notifytest.NoTLS), func(o *email.Options) {
		o.URL = strings.Replace(o.URL, "secret", "guessed", 1)
	})
	var failure *notify.Failure
	if err := wrong.Send(t.Context(), message(), content); !errors.As(err, &failure) || failure.Verdict != notify.Misconfigured {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:p%zz@h", "smtps://h?tls=off", "smtp://h?tls=on", "smtp://h:x"} {
		if _, err := email.NewSender(email.Options{URL: url, From: "a@example.com"}); err == nil || strings.Contains(err.Error(), "p%zz") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for name, o := range map[string]email.Options{
		"no sender": {URL: "smtp://h"}, "a wrong sender": {URL: "smtp://h", From: "x"},
		"a wrong key": {URL: "smtp://h", From: "a@b.c", DKIMKey: "x", DKIMSelector: "s"},
	} {
		if _, err := email.NewSender(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
