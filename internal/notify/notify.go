// Package notify writes the messages that tell members of their leads, and says what providers may answer to them. The worker calls
// it; the rooms below it send, one a channel. It may tell a member of nothing but what the store gives it for them.
package notify

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// Content is a message as it is sent.
type Content struct {
	// Subject is one line.
	Subject string
	// HTML has line breaks as they are, and no elements but those of AllowedTags. Text says the same without any.
	HTML, Text string
}

// A Sender sends messages by one channel.
type Sender interface {
	// Send returns nil once the provider has taken the message, and a *Failure where it said anything else. Any other
	// error means that it is not known whether the message was taken.
	Send(ctx context.Context, m *store.Message, c Content) error
}

// A Poster sends by one channel what is no message to a member, to any address of that channel.
type Poster interface {
	// Post returns nil once the provider has taken it, and errors as a Sender's Send does.
	Post(ctx context.Context, to string, c Content) error
}

// Verdict is what to do about a message that a provider did not take.
type Verdict int

// The verdicts.
const (
	// TryLater is trouble that passes.
	TryLater Verdict = iota
	// Misconfigured is trouble that passes when an operator mends it: a wrong password or token.
	Misconfigured
	// AddressDead means that nothing reaches the member at this address.
	AddressDead
	// AddressMoved means that the member is reached at another address from now on.
	AddressMoved
	// Rejected means that the channel will never take this message.
	Rejected
)

// A Failure is a provider's refusal.
type Failure struct {
	Verdict Verdict
	// Said is what the provider said, without personal data.
	Said string
	// After is how long the provider wants to be left alone, 0 where it did not say.
	After time.Duration
	// Uncounted failures are not the message's: the sender held it back itself.
	Uncounted bool
	// MovedTo is the new address, for AddressMoved.
	MovedTo string
}

func (f *Failure) Error() string { return f.Said }
