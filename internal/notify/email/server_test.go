package email_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
)

// TestAServerThatHangsUpIsDialledAgain says 421 to every third message, as servers do that take so many a connection. That
// is no attempt of the message.
func TestAServerThatHangsUpIsDialledAgain(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	server.Data(func(n int) error {
		if n > 4 && n%3 == 0 { // by then all connections are there
			return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "too many messages on this connection"}
		}
		return nil
	})
	s := newSender(t, server)
	for range 20 {
		if err := s.Send(t.Context(), message(), content); err != nil {
			t.Errorf("%v", err)
		}
	}
	if n := len(server.Mails()); n != 20 {
		t.Errorf("%d mails", n)
	}
}

// TestARefusalKeepsTheConnection refuses one recipient between others.
func TestARefusalKeepsTheConnection(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	server.Recipients(func(to string) error {
		if strings.HasPrefix(to, "gone") {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	})
	s := newSender(t, server)
	for i := range 24 {
		m := message()
		if i%2 == 0 {
			m.Recipient.Email = "gone@example.com"
		}
		if err := s.Send(t.Context(), m, content); (err == nil) == (i%2 == 0) {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if n := server.Connections(); n > 4 || len(server.Mails()) != 12 {
		t.Errorf("%d connections, %d mails", n, len(server.Mails()))
	}
}

// TestInternationalAddresses has domains that are not ASCII, and names that are not.
func TestInternationalAddresses(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	s := newSender(t, server)
	m := message()
	m.Recipient.Email = "aina@bücher.example"
	if err := s.Send(t.Context(), m, content); err != nil {
		t.Fatal(err)
	}
	if got := server.Mails()[0].To; got != "aina@xn--bcher-kva.example" {
		t.Errorf("sent to %q", got)
	}
	m.Recipient.Email = "köln@example.com"
	if err := s.Send(t.Context(), m, content); err != nil {
		t.Fatal(err)
	}
	if got := server.Mails()[1].To; got != m.Recipient.Email {
		t.Errorf("sent to %q", got)
	}
	for _, bad := range []string{"a@example.com\r\nBcc: x@example.com", "a@b@c", "", "a b@example.com"} {
		m.Recipient.Email = bad
		var failure *notify.Failure
		if err := s.Send(t.Context(), m, content); !errors.As(err, &failure) || failure.Verdict != notify.AddressDead {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n := len(server.Mails()); n != 2 {
		t.Errorf("%d mails", n)
	}
}

// TestNamesDoNotReachHeaders has lines in everything that a header could take over.
func TestNamesDoNotReachHeaders(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	m, bad := message(), "x\r\nBcc: evil@example.com\r\n\r\nbody"
	m.Recipient.Name, m.Recipient.WorkspaceName = bad, bad
	if err := newSender(t, server).Send(t.Context(), m, notify.Content{Subject: bad, HTML: bad, Text: bad}); err != nil {
		t.Fatal(err)
	}
	got := server.Mails()
	if len(got) != 1 || got[0].Header.Get("Bcc") != "" || strings.Contains(got[0].Header.Get("Subject"), "\n") {
		t.Errorf("got %+v", got)
	}
}

// TestAboutTheSender has the server refuse our own address when it is told the member's: the member's is not dead.
func TestAboutTheSender(t *testing.T) {
	t.Parallel()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	server.Recipients(func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 8}, Message: "bad sender; Aina is well"}
	})
	var failure *notify.Failure
	if err := newSender(t, server).Send(t.Context(), message(), content); !errors.As(err, &failure) ||
		failure.Verdict != notify.Misconfigured || strings.Contains(failure.Said, "Aina") {
		t.Errorf("got %v", err)
	}
}

// TestAnOutageIsNotWaitedFor has a server that hangs up on everybody: it is dialled once, and then left alone for a moment.
func TestAnOutageIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dialled := make(chan struct{}, 100)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				close(dialled)
				return
			}
			dialled <- struct{}{}
			_, _ = io.WriteString(c, "554 no\r\n")
			_ = c.Close()
		}
	}()
	s := newSender(t, &notifytest.MailServer{URL: "smtp://" + listener.Addr().String()})
	for range 10 {
		var failure *notify.Failure
		if err := s.Send(t.Context(), message(), content); !errors.As(err, &failure) || failure.Verdict != notify.Misconfigured || failure.Uncounted {
			t.Errorf("got %v", err)
		}
	}
	_ = listener.Close()
	n := 0
	for range dialled {
		n++
	}
	if n != 1 {
		t.Errorf("dialled %d times", n)
	}
}
