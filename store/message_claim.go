package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

const (
	// leaseFor is how long a worker has a message to itself. Whoever sends takes less; a worker that dies in between
	// leaves the message to be sent by another after that.
	leaseFor = 45 * time.Second
	// gatherAtOnce bounds the owed messages that become one, and maxTold the copies that one tells of.
	gatherAtOnce = 1000
	maxTold      = 20_000
	// shownLeads is how many copies a message shows; of the others it has the number.
	shownLeads = 10
	// maxTraceparents bounds the traces that one message belongs in.
	maxTraceparents = 20
)

// A Message is a message in a worker's hand: what is owed to a member by a channel, gathered, with all that is needed to
// write and send it.
type Message struct {
	Workspace uuid.UUID
	ID        uuid.UUID
	Kind      NotificationKind
	Channel   lead.Channel
	// Attempt counts this one. It shows whether the message is still in this worker's hand.
	Attempt int
	// OwedSince is when the first of the leads was given, or the message was owed anew.
	OwedSince time.Time
	// Due is when the member was to be told: then, or after their quiet hours.
	Due time.Time
	// FallbackFrom is the channel by which it could not go, if any, and Error why.
	FallbackFrom lead.Channel
	Error        string
	Recipient    Recipient
	// Traceparents say in which traces belongs what was gathered.
	Traceparents []string
	// Leads are the first copies that it tells of, Total is how many there are.
	Leads []MessageLead
	Total int

	copies int // those that the row names
}

// A Recipient is a member as a message needs them.
type Recipient struct {
	MemberID uuid.UUID `db:"member_id"`
	Name     string    `db:"name"`
	Email    string    `db:"email"`
	ChatID   string    `db:"telegram_chat_id"`
	// MailToken is what the unsubscribe link of this message carries, by e-mail.
	MailToken     uuid.UUID `db:"-"`
	Timezone      string    `db:"timezone"`
	WorkspaceName string    `db:"workspace_name"`
	// Language is what they are told in.
	Language string `db:"language"`
	// Links says that messages have links to the leads that they tell of.
	Links bool `db:"message_links"`
	// InCharge says that it is somebody in charge who is no member.
	InCharge bool `db:"in_charge"`
	// Template is the workspace's own, empty where it has none.
	Template string `db:"template"`
}

// Address is where the channel reaches the member.
func (r Recipient) Address(c lead.Channel) string {
	if c == lead.Telegram {
		return r.ChatID
	}
	return r.Email
}

// A MessageLead is a copy as a message tells of it: what its member may see of it, and no more. At is when it was assigned, so
// that nothing tells of the lead's age.
type MessageLead struct {
	ID         uuid.UUID       `db:"assigned_lead_id"`
	Name       string          `db:"name"`
	Email      string          `db:"email"`
	Phone      string          `db:"phone"`
	PhoneE164  string          `db:"phone_e164"`
	Fields     json.RawMessage `db:"fields"`
	SourceName string          `db:"source_name"`
	At         time.Time       `db:"at"`
	// Holder is who has it, where others are told of it.
	Holder string `db:"holder"`
	// Place is where the person of an offered lead lives, By until when it can be accepted.
	Place string     `db:"-"`
	By    *time.Time `db:"-"`
	// LinkToken is what a link to it carries, empty where there is none. Link is that link.
	LinkToken string `db:"-"`
	Link      string `db:"-"`
}

// recipientRow is what the claim must know of a member.
type recipientRow struct {
	Recipient
	reachRow
	Inactive  bool        `db:"inactive"`
	QuietFrom *lead.Clock `db:"quiet_from"`
	QuietTo   *lead.Clock `db:"quiet_to"`
}

// quietUntil is when the member's quiet hours end, zero where they are not in them.
func (r recipientRow) quietUntil(now time.Time) time.Time {
	if r.QuietFrom == nil || r.QuietTo == nil {
		return time.Time{}
	}
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		zone = time.UTC
	}
	return lead.Hours{From: *r.QuietFrom, To: *r.QuietTo}.Until(now, zone)
}

// due is when the member was to be told of what was owed first.
func (r recipientRow) due(o owedRow) time.Time {
	if quiet := r.quietUntil(o.OwedSince); !quiet.IsZero() && o.Kind != NotifyTest {
		return quiet
	}
	return o.OwedSince
}

// owedRow is an owed message that is being gathered.
type owedRow struct {
	ID           uuid.UUID        `db:"notification_id"`
	Kind         NotificationKind `db:"kind"`
	Copies       IDs              `db:"copies"`
	Attempts     int              `db:"attempts"`
	Error        string           `db:"error"`
	FallbackFrom lead.Channel     `db:"fallback_from"`
	OwedSince    time.Time        `db:"owed_since"`
	Traceparent  string           `db:"traceparent"`
}

// traceparents are those of messages that have one, each once.
func traceparents(owed []owedRow) (all []string) {
	for _, o := range owed {
		if o.Traceparent != "" && !slices.Contains(all, o.Traceparent) && len(all) < maxTraceparents {
			all = append(all, o.Traceparent)
		}
	}
	return all
}

const owedColumns = `notification_id, kind, assigned_lead_ids AS copies, attempts, coalesce(error, '') AS error,
	coalesce(fallback_from, '') AS fallback_from, coalesce(owed_at, created_at) AS owed_since, coalesce(traceparent, '') AS traceparent`

// ClaimMessage takes what is owed to a member by a channel in hand, gathered into one message, for as long as a lease
// lasts. It returns nil where there is nothing to send now: somebody else has it, it is the member's quiet hours, or they
// cannot be told any more, which it records: failed is how many messages it gave up on. Of several that claim at once each
// gets other messages, or none.
func (t *Tx) ClaimMessage(ctx context.Context, workspace, member uuid.UUID, channel lead.Channel) (m *Message, failed int, err error) {
	owed, err := t.lockOwed(ctx, workspace, member, channel)
	if err != nil || len(owed) == 0 {
		return nil, 0, err
	}
	ids := make([]uuid.UUID, len(owed))
	for i, o := range owed {
		ids[i] = o.ID
	}
	to, err := t.recipient(ctx, workspace, member)
	if err != nil {
		return nil, 0, err
	}
	isTest := owed[0].Kind == NotifyTest
	switch quiet := to.quietUntil(t.now()); {
	case to.Inactive:
		failed, err = len(ids), t.skipOwed(ctx, workspace, ids)
	case to.NotifyBy != nil && len(to.NotifyBy) == 0 && !isTest:
		failed, err = len(ids), t.failOwed(ctx, workspace, ids, "the member chose not to be told before they were")
	case !slices.Contains(t.channels, channel):
		failed, err = t.redirect(ctx, workspace, owed, channel, to, "this installation is not set up to send by it")
	case to.Address(channel) == "" || channel == lead.Email && !to.Mail:
		failed, err = t.redirect(ctx, workspace, owed, channel, to, "the member has no "+string(channel)+" address any more")
	case !quiet.IsZero() && !isTest:
		err = t.postpone(ctx, workspace, ids, quiet)
	default:
		return t.gather(ctx, workspace, channel, to, owed)
	}
	return nil, failed, err
}

// lockOwed locks owed messages of one kind that nobody has in hand, oldest first.
func (t *Tx) lockOwed(ctx context.Context, workspace, member uuid.UUID, channel lead.Channel) ([]owedRow, error) {
	var owed []owedRow
	if err := sqlx.SelectContext(ctx, t.q, &owed, `
		SELECT `+owedColumns+` FROM notifications
		WHERE workspace_id = $1 AND member_id = $2 AND channel = $3 AND state = 'owed'
			AND (leased_until IS NULL OR leased_until <= $4)
		ORDER BY notification_id LIMIT $5 FOR UPDATE SKIP LOCKED`,
		workspace, member, string(channel), t.now(), gatherAtOnce); err != nil {
		return nil, fmt.Errorf("claiming the messages owed to member %s: %w", member, translate(err))
	}
	total := 0
	for i, o := range owed {
		total += len(o.Copies)
		if o.Kind != owed[0].Kind || i > 0 && (o.Kind == NotifyTest || total > maxTold) {
			return owed[:i], nil // the others are found again
		}
	}
	return owed, nil
}

func (q Queries) recipient(ctx context.Context, workspace, member uuid.UUID) (recipientRow, error) {
	var to recipientRow
	err := sqlx.GetContext(ctx, q.q, &to, `
		SELECT m.member_id, m.name, coalesce(m.email, '') AS email, coalesce(m.telegram_chat_id, '') AS telegram_chat_id,
			coalesce(m.timezone, w.timezone) AS timezone, coalesce(m.language, w.language) AS language, w.name AS workspace_name, w.message_links,
			coalesce(tm.template, '') AS template, NOT m.active OR m.removed_at IS NOT NULL AS inactive, m.quiet_from, m.quiet_to,
			`+reachColumns+`
		FROM members m JOIN workspaces w USING (workspace_id) LEFT JOIN message_templates tm USING (workspace_id)
		WHERE m.workspace_id = $1 AND m.member_id = $2`, workspace, member)
	if err = translate(err); !errors.Is(err, ErrNotFound) {
		return to, err
	}
	// Who is in charge need be no member.
	err = sqlx.GetContext(ctx, q.q, &to, `
		SELECT true AS in_charge, p.person_id AS member_id, p.name, p.email, '' AS telegram_chat_id, w.timezone, coalesce(`+personLanguage+`, w.language) AS language, w.name AS workspace_name, false AS message_links,
			'' AS template, p.removed_at IS NOT NULL OR p.role = $3 AS inactive, NULL::int AS quiet_from, NULL::int AS quiet_to,
			false AS has_chat, true AS has_mail, NULL::text[] AS notify_by
		FROM people p JOIN workspaces w USING (workspace_id) WHERE p.workspace_id = $1 AND p.person_id = $2`,
		workspace, member, string(lead.PersonAgent))
	return to, translate(err)
}

// gather makes one message of several: the first takes over what the others tell of, and they are gone.
func (t *Tx) gather(ctx context.Context, workspace uuid.UUID, channel lead.Channel, to recipientRow, owed []owedRow) (m *Message, failed int, err error) {
	m = &Message{
		Workspace: workspace, ID: owed[0].ID, Kind: owed[0].Kind, Channel: channel, OwedSince: owed[0].OwedSince, Due: to.due(owed[0]), Recipient: to.Recipient,
		Traceparents: traceparents(owed),
	}
	var ids, others []uuid.UUID
	for i, o := range owed {
		ids = append(ids, o.Copies...)
		m.Attempt = max(m.Attempt, o.Attempts+1)
		if i > 0 {
			others = append(others, o.ID)
		}
		if m.FallbackFrom == "" {
			m.FallbackFrom, m.Error = o.FallbackFrom, o.Error
		}
	}
	stillDue := map[NotificationKind]func(context.Context, *Message, []uuid.UUID) ([]uuid.UUID, error){
		NotifyReminder: t.toFollowUp, NotifyAnswer: t.toAnswer, NotifyUndone: t.toTakeBack, NotifyOffer: t.toAccept,
	}[m.Kind]
	if stillDue != nil {
		if ids, err = stillDue(ctx, m, ids); err != nil {
			return nil, 0, err
		}
		if len(ids) == 0 {
			others = append(others, m.ID)
		}
	}
	m.copies = len(ids)
	if err := t.forgetMessages(ctx, workspace, others); err != nil || len(ids) == 0 && stillDue != nil {
		return nil, 0, err
	}
	until := t.now().Add(leaseFor)
	if _, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET assigned_lead_ids = $3::uuid[], attempts = $4, leased_until = $5, send_at = $5,
			fallback_from = $6, error = $7
		WHERE workspace_id = $1 AND notification_id = $2`,
		workspace, m.ID, uuids(ids), m.Attempt, until, nullText(string(m.FallbackFrom)), nullText(m.Error)); err != nil {
		return nil, 0, translate(err)
	}
	shown := ids[:min(len(ids), shownLeads)]
	if m.Leads, err = t.messageAbout(ctx, workspace, m.Kind, shown); err != nil {
		return nil, 0, err
	}
	m.Total = len(ids) - len(shown) + len(m.Leads)
	if m.Kind != NotifyTest && len(m.Leads) == 0 {
		return nil, 1, t.failOwed(ctx, workspace, []uuid.UUID{m.ID}, "the leads it tells of are not there any more")
	}
	if err := t.addMessageLinks(ctx, m); err != nil {
		return nil, 0, err
	}
	return m, 0, t.addUnsubscribeLink(ctx, m)
}

// messageAbout reads what messages of a kind tell of.
func (q Queries) messageAbout(ctx context.Context, workspace uuid.UUID, kind NotificationKind, ids []uuid.UUID) ([]MessageLead, error) {
	switch {
	case kind.OfOffers():
		return q.messageOffers(ctx, workspace, ids)
	case kind == NotifyUndone:
		return q.takenBack(ctx, workspace, ids)
	}
	return q.messageLeads(ctx, workspace, ids)
}

// messageLeads reads copies as messages tell of them, in the order of their ids, but for those that were erased or taken back since.
func (q Queries) messageLeads(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) ([]MessageLead, error) {
	var rows []MessageLead
	err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT a.assigned_lead_id, coalesce(a.name, '') AS name, coalesce(a.email, '') AS email, coalesce(a.phone, '') AS phone,
			coalesce(a.phone_e164, '') AS phone_e164, a.fields,
			coalesce(s.name, '') AS source_name,
			a.assigned_at AS at, (SELECT m.name FROM members m WHERE m.workspace_id = a.workspace_id AND m.member_id = a.member_id) AS holder
		FROM assigned_leads a
		LEFT JOIN sources s ON s.workspace_id = a.workspace_id AND s.source_id = a.source_id
		WHERE a.workspace_id = $1 AND a.assigned_lead_id = ANY($2::uuid[]) AND a.erased_at IS NULL AND a.withdrawn_at IS NULL`, workspace, uuids(ids))
	if err != nil {
		return nil, fmt.Errorf("reading what to tell: %w", translate(err))
	}
	leads := make([]MessageLead, 0, len(rows))
	for _, id := range ids {
		if i := slices.IndexFunc(rows, func(r MessageLead) bool { return r.ID == id }); i >= 0 {
			leads = append(leads, rows[i])
		}
	}
	return leads, nil
}
